//! What a dedupe plan tells beside its moves: every file accounted for.

use super::copies::{Copies, Place};
use super::decision::{Decision, Fate, Stay};
use crate::model::batches::runs;
use crate::model::index::{Entry, Index, Totals};
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::RawPlan;
use crate::model::report::{Account, Remain, Remains, WholeDirectory};
use crate::model::state::State;
use crate::model::tree::Tree;
use memchr::memchr_iter;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Puts into `plan` how many files of which units were seen, what remains and why, and which
/// directories go as a whole.
pub(super) fn tell(plan: &mut RawPlan, state: &State<'_>, decision: &Decision<'_>) {
    plan.accounts = accounts(&state.archive);
    plan.accounts.extend(accounts(&state.media));
    (plan.remains, plan.directories) = rayon::join(
        || remains(state, decision),
        || whole_directories(&state.media, decision),
    );
    plan.warnings.extend(linked(decision));
}

/// How many files each unit has; the rest follows from the moves.
fn accounts(index: &Index<'_>) -> Vec<Account> {
    let of_one = |a: &Entry<'_>, b: &Entry<'_>| a.path.first() == b.path.first();
    let units = runs(&index.entries, of_one);
    let accounts = units.into_iter().map(|entries| {
        let first = TreePath::new(index.tree, entries[0].path.borrowed());
        Account {
            seen: entries.len() as u64,
            ..Account::of(first.unit().into_owned())
        }
    });
    accounts.collect()
}

/// Why each file stays that does, in numbers.
fn remains(state: &State<'_>, decision: &Decision<'_>) -> Vec<Remain> {
    let mut reasons: BTreeMap<Remains, Totals> = BTreeMap::new();
    let mut add = |why, entry: &Entry<'_>| reasons.entry(why).or_default().add(entry.stamp.size);
    let copies = &decision.copies;
    for group in 0..copies.len() {
        let keeper = decision.keeper(group);
        add(Remains::Keeper, copies.entry(keeper));
        for place in copies.group(group).iter().filter(|p| **p != keeper) {
            match place.tree {
                Tree::Archive => add(Remains::ArchiveCopy, copies.entry(*place)),
                _ if decision.fate(place.at) == Fate::Aside => {
                    add(Remains::Aside, copies.entry(*place));
                }
                _ => {}
            }
        }
    }
    for beside in &decision.beside {
        let why = match beside.stay {
            Stay::Link(_) => Remains::HardLink,
            Stay::With(..) => Remains::Bundle,
        };
        add(why, copies.entry(Place::of_media(beside.file)));
    }
    let mut copied = copies.of_archive();
    copied.sort_unstable();
    let mut copied = copied.into_iter().peekable();
    for (at, entry) in (0..).zip(&state.archive.entries) {
        let place = Place {
            tree: Tree::Archive,
            at,
        };
        if copied.next_if_eq(&at).is_some() {
            continue;
        }
        match copies.is_lost(place) {
            true => add(Remains::Lost, entry),
            false => add(reason_alone(entry), entry),
        }
    }
    for (why, totals) in alone(state, copies) {
        reasons.entry(why).or_default().extend(&totals);
    }
    let remains = reasons.into_iter().map(|(why, totals)| Remain {
        why,
        files: totals.files,
        bytes: totals.bytes,
    });
    remains.collect()
}

/// Why the files of media stay that equal no other, in numbers.
fn alone(state: &State<'_>, copies: &Copies<'_>) -> BTreeMap<Remains, Totals> {
    let files = state.media.entries.par_iter().enumerate();
    let alone = files.filter(|(at, _)| copies.group_of(*at as u32).is_none());
    let counted = alone.fold(BTreeMap::new, |mut reasons, (_, entry)| {
        let totals: &mut Totals = reasons.entry(reason_alone(entry)).or_default();
        totals.add(entry.stamp.size);
        reasons
    });
    counted.reduce(BTreeMap::new, |mut reasons, others| {
        for (why, totals) in others {
            reasons.entry(why).or_default().extend(&totals);
        }
        reasons
    })
}

/// Why a file stays that equals no other.
fn reason_alone(entry: &Entry<'_>) -> Remains {
    match &entry.hash {
        Err(_) => Remains::Unread,
        Ok(_) if entry.stamp.size == 0 => Remains::Empty,
        Ok(_) => Remains::Only,
    }
}

/// The directories of which every file moves, but for those in one another.
fn whole_directories(media: &Index<'_>, decision: &Decision<'_>) -> Vec<WholeDirectory> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut whole = Vec::new();
    for (at, entry) in (0..).zip(&media.entries) {
        let parent = entry.path.parent();
        while let Some(last) = open.last() {
            if parent
                .as_ref()
                .is_some_and(|parent| parent.starts_with(&last.path))
            {
                break;
            }
            close(&mut open, &mut whole);
        }
        let from = open.last().map_or(0, |last| last.path.as_bytes().len() + 1);
        let path = entry.path.as_bytes();
        let slashes = memchr_iter(b'/', path.get(from..).unwrap_or_default());
        open.extend(slashes.filter_map(|slash| {
            Some(Open {
                path: RelPath::new(&path[..from + slash]).ok()?,
                totals: Totals::default(),
                moving: 0,
                found: whole.len(),
            })
        }));
        if let Some(last) = open.last_mut() {
            last.totals.add(entry.stamp.size);
            last.moving += u64::from(decision.fate(at) == Fate::Moves);
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut whole);
    }
    whole
}

/// A directory while its files are counted.
struct Open<'e> {
    path: RelPath<'e>,
    totals: Totals,
    moving: u64,
    /// How many whole directories were found before it.
    found: usize,
}

/// Closes the innermost directory, and counts its files for the one that it lies in.
fn close(open: &mut Vec<Open<'_>>, whole: &mut Vec<WholeDirectory>) {
    let Some(Open {
        path,
        totals,
        moving,
        found,
    }) = open.pop()
    else {
        return;
    };
    if let Some(outer) = open.last_mut() {
        outer.totals.files += totals.files;
        outer.totals.bytes = outer.totals.bytes.saturating_add(totals.bytes);
        outer.moving += moving;
    }
    if moving == totals.files {
        whole.truncate(found);
        whole.push(WholeDirectory {
            dir: TreePath::new(Tree::Media, path.into_owned()),
            files: totals.files,
            bytes: totals.bytes,
        });
    }
}

/// That some of what moves is one file under several names.
fn linked(decision: &Decision<'_>) -> Option<String> {
    let links = decision.copies.links.iter();
    let moving =
        links.filter(|(_, name)| name.tree == Tree::Media && decision.fate(name.at) == Fate::Moves);
    let mut totals = Totals::default();
    moving.for_each(|(_, name)| totals.add(decision.copies.entry(*name).stamp.size));
    let Totals { files, bytes } = totals;
    let are = if files == 1 { "is" } else { "are" };
    (files > 0).then(|| {
        format!(
            "{files} of the moves {are} of hard links to files that move too; so {bytes} bytes are \
             counted twice"
        )
    })
}

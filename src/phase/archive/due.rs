//! Which files of media go to the archive now, and why the others stay.
//!
//! A bundle goes whole or not at all. Where one member of it cannot go, none does; where the archive has
//! all of it, it stays; and where it has a part, all of it goes, so that one volume has it whole.

use super::filed::Filed;
use super::in_media;
use super::shelf::Open;
use crate::model::bundle::{Bundle, bundles_of_directories};
use crate::model::digest::Digest;
use crate::model::index::{Entry, Totals};
use crate::model::path::RelPath;
use crate::model::plan::{Skip, SkipKind};
use crate::model::report::{Account, Remain, Remains};
use crate::model::state::State;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The longest path that a disc takes, in bytes. Source: ISO 9660 with Rock Ridge, where readers keep
/// no longer ones.
const LONGEST_PATH: usize = 1023;

/// What becomes of the files of media.
pub(super) struct Due<'s> {
    /// Those that go, in the order of their paths, and under which date each is filed.
    pub(super) files: Vec<(&'s Entry<'s>, Filed)>,
    /// Those that should and cannot.
    pub(super) skipped: Vec<Skip>,
    /// How many there are of each unit.
    pub(super) accounts: Vec<Account>,
    remains: BTreeMap<Remains, Totals>,
}

/// What becomes of a file.
enum Fate {
    Goes,
    /// The archive has its content.
    Archived,
    Cannot(Remains, SkipKind, String),
}

impl<'s> Due<'s> {
    /// Sorts the files of media out; `open` is the volume that may be continued.
    pub(super) fn of(state: &'s State<'s>, open: Option<&Open<'_>>) -> Due<'s> {
        let mut due = Due {
            files: Vec::new(),
            skipped: Vec::new(),
            accounts: Vec::new(),
            remains: BTreeMap::new(),
        };
        let through = state.settings.through.unwrap_or(i16::MAX);
        let mut in_years: Vec<(&Entry<'_>, i16)> = Vec::new();
        for unit in &state.media.units {
            let entries = state.media.entries_of(&unit.unit);
            let Some(first) = entries.first() else {
                continue;
            };
            due.accounts.push(Account {
                seen: entries.len() as u64,
                ..Account::of(in_media(&first.path).unit().into_owned())
            });
            let year = unit.unit.parse::<i16>().unwrap_or(i16::MAX);
            match year > through {
                true => entries.iter().for_each(|e| due.stays(e, Remains::NotDue)),
                false => in_years.extend(entries.iter().map(|entry| (entry, year))),
            }
        }
        let judge = Judge::of(state, open);
        let fates = in_years.par_iter().map(|(entry, _)| judge.fate(entry));
        let mut fates: Vec<_> = fates.collect();
        let paths: Vec<_> = in_years.par_iter().map(|(entry, _)| &entry.path).collect();
        for bundle in &bundles_of_directories(&paths).bundles {
            keep_whole(bundle, &paths, &mut fates);
        }
        let zone = &state.intake.time_zone;
        let filed = in_years
            .par_iter()
            .map(|(entry, year)| Filed::of(&entry.path, *year, entry.stamp.modified, zone));
        let filed: Vec<_> = filed.collect();
        for (((entry, _), fate), filed) in in_years.into_iter().zip(fates).zip(filed) {
            match fate {
                Fate::Archived => due.stays(entry, Remains::Archived),
                Fate::Cannot(remains, kind, why) => {
                    due.stays(entry, remains);
                    due.skip(entry, kind, why);
                }
                Fate::Goes => due.files.push((entry, filed)),
            }
        }
        due
    }

    /// Leaves a file out that fits no volume.
    pub(super) fn cannot(&mut self, entry: &Entry<'_>, why: String) {
        self.stays(entry, Remains::Unfit);
        self.skip(entry, SkipKind::Other, why);
    }

    /// Why files stay, in numbers.
    pub(super) fn remains(&self) -> Vec<Remain> {
        let remains = self.remains.iter();
        let remains = remains.map(|(why, Totals { files, bytes })| Remain {
            why: *why,
            files: *files,
            bytes: *bytes,
        });
        remains.collect()
    }

    fn stays(&mut self, entry: &Entry<'_>, why: Remains) {
        self.remains.entry(why).or_default().add(entry.stamp.size);
    }

    fn skip(&mut self, entry: &Entry<'_>, kind: SkipKind, why: String) {
        self.skipped.push(Skip {
            path: in_media(&entry.path).into_owned(),
            kind,
            why,
            bundle: None,
        });
    }
}

/// Lets the files of a bundle have one fate.
fn keep_whole(bundle: &Bundle, paths: &[&RelPath<'_>], fates: &mut [Fate]) {
    let members = bundle.members.iter().copied();
    let is_stuck = |member: &usize| matches!(fates[*member], Fate::Cannot(..));
    if let Some(stuck) = members.clone().find(is_stuck) {
        let why = format!("it stays with {}, which cannot go", in_media(paths[stuck]));
        for member in members {
            if !matches!(fates[member], Fate::Cannot(..)) {
                fates[member] = Fate::Cannot(Remains::Unfit, SkipKind::Other, why.clone());
            }
        }
    } else if !members
        .clone()
        .all(|member| matches!(fates[member], Fate::Archived))
    {
        members.for_each(|member| fates[member] = Fate::Goes);
    }
}

/// What decides on each file by itself.
struct Judge<'s> {
    state: &'s State<'s>,
    open: Option<&'s Open<'s>>,
    /// The hashes of what the archive holds, sorted.
    archived: Vec<Digest>,
    is_disc: bool,
}

impl<'s> Judge<'s> {
    fn of(state: &'s State<'_>, open: Option<&'s Open<'_>>) -> Judge<'s> {
        Judge {
            state,
            open,
            archived: archived(state),
            is_disc: state.settings.medium.unwrap_or_default().is_disc(),
        }
    }

    fn fate(&self, entry: &Entry<'_>) -> Fate {
        let length = entry.path.as_bytes().len();
        match &entry.hash {
            Err(unread) => {
                let why = format!("unreadable: {}", unread.why);
                Fate::Cannot(Remains::Unread, SkipKind::Unread, why)
            }
            Ok(hash) if entry.stamp.size > 0 && self.archived.binary_search(hash).is_ok() => {
                Fate::Archived
            }
            Ok(_) if self.is_disc && length > LONGEST_PATH => {
                let why = format!("its path has {length} bytes, and a disc takes {LONGEST_PATH}");
                Fate::Cannot(Remains::Unfit, SkipKind::Other, why)
            }
            Ok(_) => self.occupied(entry).unwrap_or(Fate::Goes),
        }
    }

    /// What becomes of a file where something is in its place in the open volume.
    fn occupied(&self, entry: &Entry<'_>) -> Option<Fate> {
        let open = self.open?;
        if entry.stamp.size == 0 && open.get(&entry.path).is_some_and(|e| e.stamp.size == 0) {
            return Some(Fate::Archived);
        }
        let place = open.name.holding(entry.path.as_bytes());
        let taken = &self.state.taken;
        let is_taken = taken.files.contains(&place.rel) || taken.directories.contains(&place.rel);
        let mut above = place.rel.ancestors();
        let mut is_below_file = || above.any(|dir| taken.files.contains(&dir.into_owned()));
        (is_taken || open.get(&entry.path).is_some() || is_below_file()).then(|| {
            let why = format!("{place} is there already, or what is in its way");
            Fate::Cannot(Remains::Unfit, SkipKind::Occupied, why)
        })
    }
}

/// The hashes of what the archive holds, on the disk or on a disc that is known to hold it, sorted.
fn archived(state: &State<'_>) -> Vec<Digest> {
    let offline = state.offline();
    let is_lost = |entry: &&Entry<'_>| {
        let unit = std::str::from_utf8(entry.path.first()).unwrap_or_default();
        offline.get(unit).is_some_and(Option::is_none)
    };
    let entries = state.archive.entries.par_iter();
    let held = entries.filter(|entry| offline.is_empty() || !is_lost(entry));
    let mut hashes: Vec<_> = held.filter_map(Entry::digest).collect();
    hashes.par_sort_unstable();
    hashes
}

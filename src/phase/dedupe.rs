//! Dedupe: the files of media whose content is in the archive, or earlier in media, move to
//! duplicates.
//!
//! The keeper of a content is the archive's first copy by path, else media's first. Copies in the
//! archive never move, whatever their number. It works on the indexes alone and reads no file.

use crate::model::digest::Digest;
use crate::model::index::{Entry, Index};
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Basis, Move, Need, Phase, Plan, RawPlan, Skip, Summary, Why};
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashSet};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DedupeError {
    /// A tree was never indexed.
    #[error("{0} was never indexed")]
    NotIndexed(Tree),
    /// One hash stands at files of different sizes.
    #[error("the indexes contradict themselves: {0} and {1} have one hash and different sizes")]
    UnequalSizes(TreePath<'static>, TreePath<'static>),
}

/// The plan that leaves each content in media at most once, and not at all where the archive has
/// it.
///
/// # Errors
/// Where a tree was never indexed, or equal hashes stand at unequal sizes.
pub fn plan(state: &State<'_>) -> Result<Plan, DedupeError> {
    for tree in Tree::INDEXED {
        if state.index_of(tree).indexed.is_none() {
            return Err(DedupeError::NotIndexed(tree));
        }
    }
    let mut plan = RawPlan::of(Phase::Dedupe);
    plan.basis = Basis {
        archive: Some(state.archive.basis()),
        media: Some(state.media.basis()),
    };
    plan.skipped = unread(&state.archive).chain(unread(&state.media)).collect();

    let copies = copies(state);
    let mut moving = Vec::new();
    for group in copies.chunk_by(|a, b| a.digest == b.digest) {
        let [keeper, others @ ..] = group else {
            continue;
        };
        if others.is_empty() {
            continue;
        }
        if let Some(other) = others.iter().find(|o| o.size() != keeper.size()) {
            return Err(DedupeError::UnequalSizes(keeper.path(), other.path()));
        }
        let mut needed = false;
        for copy in others.iter().filter(|c| c.tree == Tree::Media) {
            let stays = |other: &&Copy| other.tree == Tree::Archive;
            let link = std::iter::once(keeper)
                .chain(group.iter().filter(stays))
                .find(|other| copy.is_link_of(other));
            if let Some(link) = link {
                plan.skipped.push(Skip {
                    path: copy.path(),
                    why: format!("hard link of {}: moving it would free nothing", link.path()),
                });
                continue;
            }
            moving.push((copy, keeper));
            needed = true;
        }
        if needed {
            plan.needs.push(keeper.need());
        }
    }
    let mut names = Names::new(&state.taken, moving.iter().map(|(copy, _)| copy.entry));
    // Names are given in the order of the sources, whatever the order of the groups.
    moving.par_sort_unstable_by_key(|(copy, _)| copy.at);
    plan.moves = moving
        .into_iter()
        .map(|(copy, keeper)| copy.move_to(names.free(&copy.entry.path), keeper))
        .collect();

    let seen = (state.archive.entries.len() + state.media.entries.len()) as u64;
    plan.summary = Some(Summary {
        seen,
        ..Summary::default()
    });
    Ok(plan
        .check()
        .expect("what dedupe plans obeys the laws by how it is made"))
}

/// A file with content, as an index has it.
struct Copy<'s> {
    digest: Digest,
    tree: Tree,
    at: usize,
    entry: &'s Entry<'s>,
}

impl Copy<'_> {
    fn size(&self) -> u64 {
        self.entry.stamp.size
    }

    fn path(&self) -> TreePath<'static> {
        TreePath::new(self.tree, self.entry.path.clone().into_owned())
    }

    fn is_link_of(&self, other: &Copy<'_>) -> bool {
        self.entry.stamp.same_file_as(&other.entry.stamp)
    }

    fn need(&self) -> Need {
        Need {
            path: self.path(),
            size: self.size(),
            modified: self.entry.stamp.modified,
            hash: self.digest,
        }
    }

    fn move_to(&self, name: RelPath<'static>, keeper: &Copy<'_>) -> Move {
        Move {
            from: self.path(),
            to: TreePath::new(Tree::Duplicates, name),
            size: self.size(),
            modified: self.entry.stamp.modified,
            hash: self.digest,
            why: Why::Duplicate { of: keeper.path() },
        }
    }
}

/// All files with content, those of one content together, the keeper first: the archive's before
/// media's, then by path. Empty files are nobody's duplicates.
fn copies<'s>(state: &'s State<'_>) -> Vec<Copy<'s>> {
    let of = |index: &'s Index<'_>| {
        let tree = index.tree;
        let entries = index.entries.par_iter().enumerate();
        entries.filter_map(move |(at, entry)| {
            let digest = entry.digest().filter(|_| entry.stamp.size > 0)?;
            Some(Copy {
                digest,
                tree,
                at,
                entry,
            })
        })
    };
    let mut copies: Vec<_> = of(&state.archive).chain(of(&state.media)).collect();
    // Within an index, the order of the entries is that of their paths.
    copies.par_sort_unstable_by_key(|c| (c.digest, c.tree, c.at));
    copies
}

fn unread(index: &Index<'_>) -> impl Iterator<Item = Skip> {
    index.entries.iter().filter_map(|entry| {
        let unread = entry.hash.as_ref().err()?;
        Some(Skip {
            path: TreePath::new(index.tree, entry.path.clone().into_owned()),
            why: unread.why.clone(),
        })
    })
}

/// The names in the duplicates tree, and which of them are free.
struct Names<'s> {
    taken: &'s BTreeSet<RelPath<'static>>,
    /// The directories that files of this plan need there, so that no file may take their names.
    directories: HashSet<RelPath<'s>>,
    given: HashSet<RelPath<'static>>,
}

/// The longest name of a file, in bytes, on every common file system.
const NAME_MAX: usize = 255;

impl<'s> Names<'s> {
    fn new(
        taken: &'s BTreeSet<RelPath<'static>>,
        moving: impl Iterator<Item = &'s Entry<'s>>,
    ) -> Self {
        Names {
            taken,
            directories: moving.flat_map(|entry| entry.path.ancestors()).collect(),
            given: HashSet::new(),
        }
    }

    /// `wanted`, or where that is taken, the same with `~2`, `~3` and so on before the extension.
    fn free(&mut self, wanted: &RelPath<'_>) -> RelPath<'static> {
        let mut name = wanted.clone().into_owned();
        let mut number = 1;
        while !self.is_free(&name) {
            number += 1;
            name = numbered(wanted, number);
        }
        self.given.insert(name.clone());
        name
    }

    fn is_free(&self, name: &RelPath<'_>) -> bool {
        !self.taken.contains(name) && !self.given.contains(name) && !self.directories.contains(name)
    }
}

/// `path` with `~number` before the extension of its last component, which is cut so that the
/// whole name stays within [`NAME_MAX`].
fn numbered(path: &RelPath<'_>, number: u32) -> RelPath<'static> {
    let name = path.file_name();
    let mark = format!("~{number}");
    let dot = name.iter().rposition(|b| *b == b'.').filter(|at| *at > 0);
    let (mut stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let room = NAME_MAX.saturating_sub(mark.len() + extension.len());
    if stem.len() > room {
        // A cut within a character would make text into something that is none.
        let is_boundary = |at: &usize| stem[*at] & 0xC0 != 0x80;
        stem = &stem[..(1..=room).rev().find(is_boundary).unwrap_or(room)];
    }
    let name = [stem, mark.as_bytes(), extension].concat();
    path.with_file_name(&name)
        .expect("a name with a mark in it is a name")
}

#[cfg(test)]
mod tests;

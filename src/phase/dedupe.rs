//! Dedupe: the files of media whose content is in the archive, or earlier in media, move to
//! duplicates.
//!
//! The keeper of a content is the archive's first copy by path, else media's first. Copies in the
//! archive never move, whatever their number. It works on the indexes alone and reads no file.

use super::names::Names;
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index};
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Basis, Move, Need, Phase, Plan, RawPlan, Skip, Summary, Why};
use crate::model::problem;
use crate::model::run::FileId;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Volumes};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DedupeError {
    /// A tree was never indexed.
    #[error("{0} was never indexed")]
    NotIndexed(Tree),
    /// One hash stands at files of different sizes.
    #[error("the indexes contradict themselves: {0} and {1} have one hash and different sizes")]
    UnequalSizes(TreePath<'static>, TreePath<'static>),
    /// A name is taken, and with a number it would be too long.
    #[error("there is no free name for {0} in duplicates")]
    NoName(TreePath<'static>),
    /// The indexes hold what no disk can, and so would the plan.
    #[error("the indexes contradict themselves: {0}")]
    Unlawful(String),
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

    let offline = Offline::of(state);
    let copies = copies(state, &offline);
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
        let (archived, in_media) =
            group.split_at(group.partition_point(|copy| copy.tree == Tree::Archive));
        let (stay, go) = match archived {
            [] => in_media.split_at(1),
            archived => (archived, in_media),
        };
        // A file on a disc is no link to one on this machine, whatever its inode was.
        let stay = stay
            .iter()
            .rev()
            .filter(|copy| offline.volume(copy).is_none());
        let stay: HashMap<_, _> = stay.map(|copy| (copy.file(), copy)).collect();
        for copy in go {
            if let Some(link) = stay.get(&copy.file()) {
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
            plan.needs.push(keeper.need(offline.volume(keeper)));
        }
    }
    let mut names = Names::new(
        &state.taken,
        moving.iter().map(|(copy, _)| &copy.entry.path),
    );
    // Names are given in the order of the sources, whatever the order of the groups.
    moving.par_sort_unstable_by_key(|(copy, _)| copy.at);
    plan.moves = moving
        .into_iter()
        .map(|(copy, keeper)| match names.free(&copy.entry.path) {
            Ok(name) => Ok(copy.move_to(name, keeper)),
            Err(_) => Err(DedupeError::NoName(copy.path())),
        })
        .collect::<Result<_, _>>()?;

    let seen = (state.archive.entries.len() + state.media.entries.len()) as u64;
    plan.summary = Some(Summary {
        seen,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| DedupeError::Unlawful(problem::in_one_line(&problems)))
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

    /// Which file it is, under whatever name.
    fn file(&self) -> FileId {
        self.entry.stamp.into()
    }

    fn need(&self, offline: Option<VolumeName>) -> Need {
        Need {
            path: self.path(),
            offline,
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

/// The volumes of which there are discs alone.
struct Offline<'s> {
    names: BTreeSet<&'s str>,
    volumes: &'s Volumes,
}

impl<'s> Offline<'s> {
    fn of(state: &'s State<'_>) -> Offline<'s> {
        Offline {
            names: state.offline(),
            volumes: &state.volumes,
        }
    }

    /// The volume of a file that is on discs alone.
    fn volume(&self, copy: &Copy<'_>) -> Option<VolumeName> {
        if self.names.is_empty() || copy.tree != Tree::Archive {
            return None;
        }
        let name = std::str::from_utf8(copy.entry.path.first()).ok()?;
        let is_offline = self.names.contains(name);
        is_offline.then(|| name.to_owned().try_into().ok())?
    }

    /// Whether a file is on discs alone, and those are lost: it is nowhere.
    fn is_lost(&self, copy: &Copy<'_>) -> bool {
        let volume = self.volume(copy);
        volume.is_some_and(|name| !self.volumes.hold(name.as_str()))
    }
}

/// All files with content, those of one content together, the keeper first: the archive's before
/// media's, then by path. Empty files are nobody's duplicates.
fn copies<'s>(state: &'s State<'_>, offline: &Offline<'_>) -> Vec<Copy<'s>> {
    let of = |index: &'s Index<'_>| {
        let tree = index.tree;
        let entries = index.entries.par_iter().enumerate();
        entries.filter_map(move |(at, entry)| {
            let digest = entry.digest().filter(|_| entry.stamp.size > 0)?;
            let copy = Copy {
                digest,
                tree,
                at,
                entry,
            };
            (!offline.is_lost(&copy)).then_some(copy)
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

#[cfg(test)]
mod tests;

//! Contents that media or the archive hold already.

use crate::model::digest::Digest;
use crate::model::index::Entry;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::Need;
use crate::model::state::{Listed, State};
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where the indexes have the contents that are asked for.
pub(super) struct Known<'s> {
    state: &'s State<'s>,
    /// The volumes that are on discs alone, and what tells that those hold them.
    offline: BTreeMap<&'s str, Option<Witness>>,
    first: HashMap<Digest, (Rank, Tree, &'s Entry<'s>)>,
}

/// Which of several copies is named as the keeper, the best first; among equals, the first by path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// In the archive, on the disk.
    Archive,
    /// In the archive, on discs alone.
    Discs,
    /// In media.
    Media,
}

impl<'s> Known<'s> {
    /// Where the indexes of `state` have any of `wanted`.
    pub(super) fn of(state: &'s State<'s>, wanted: impl Iterator<Item = Digest>) -> Known<'s> {
        let mut known = Known {
            state,
            offline: state.offline(),
            first: HashMap::new(),
        };
        let wanted: HashSet<Digest> = wanted.collect();
        for index in [&state.archive, &state.media] {
            for entry in &index.entries {
                let Some(hash) = entry.digest().filter(|hash| wanted.contains(hash)) else {
                    continue;
                };
                let Some(rank) = known.rank(index.tree, entry) else {
                    continue;
                };
                let first = known.first.entry(hash);
                let best = first.or_insert((rank, index.tree, entry));
                if rank < best.0 {
                    *best = (rank, index.tree, entry);
                }
            }
        }
        known
    }

    /// A file that is to be there and holds that content; of no empty one.
    pub(super) fn keeper(&self, hash: Digest) -> Option<Need> {
        let (_, tree, entry) = self.first.get(&hash)?;
        Some(self.need(*tree, entry, hash))
    }

    /// The file at a path of a tree, if it holds that content and is to be there.
    pub(super) fn at(&self, tree: Tree, path: &RelPath<'_>, hash: Digest) -> Option<Need> {
        let entry = self.state.index_of(tree).get(path)?;
        let is_it = entry.digest() == Some(hash) && self.rank(tree, entry).is_some();
        is_it.then(|| self.need(tree, entry, hash))
    }

    /// Whether a file is one with that at `path` of an index, under another name.
    pub(super) fn is_link(&self, path: &TreePath<'_>, file: &Listed) -> bool {
        let entry = self.state.index_of(path.tree).get(&path.rel);
        entry.is_some_and(|entry| entry.stamp.same_file_as(&file.stamp))
    }

    fn need(&self, tree: Tree, entry: &Entry<'_>, hash: Digest) -> Need {
        Need {
            path: TreePath::new(tree, entry.path.clone().into_owned()),
            offline: self.volume(tree, entry).map(|(volume, _)| volume),
            size: entry.stamp.size,
            modified: entry.stamp.modified,
            hash,
        }
    }

    /// How good a keeper a file is; none where it is nowhere, or is nothing.
    fn rank(&self, tree: Tree, entry: &Entry<'_>) -> Option<Rank> {
        if entry.stamp.size == 0 {
            return None;
        }
        match (tree, self.volume(tree, entry)) {
            (Tree::Media, _) => Some(Rank::Media),
            (_, None) => Some(Rank::Archive),
            // Who leaves a file on a card for what a disc holds needs a disc that was read.
            (_, Some((_, Some(Witness::Burned)))) if self.state.settings.copy == Some(true) => None,
            (_, Some((_, Some(_)))) => Some(Rank::Discs),
            (_, Some((_, None))) => None,
        }
    }

    /// The volume of a file that is on discs alone, and what tells that those hold it.
    fn volume(&self, tree: Tree, entry: &Entry<'_>) -> Option<(VolumeName, Option<Witness>)> {
        if tree != Tree::Archive || self.offline.is_empty() {
            return None;
        }
        let name = std::str::from_utf8(entry.path.first()).ok()?;
        let witness = *self.offline.get(name)?;
        Some((name.to_owned().try_into().ok()?, witness))
    }
}

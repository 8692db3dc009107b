//! Files of the archive that are on discs alone.

use crate::model::index::Entry;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use std::collections::BTreeMap;

/// The volumes of which there are discs alone.
pub(super) struct Offline<'s> {
    volumes: BTreeMap<&'s str, Option<Witness>>,
}

impl<'s> Offline<'s> {
    /// Those that `state` knows.
    pub(super) fn of(state: &'s State<'_>) -> Offline<'s> {
        Offline {
            volumes: state.offline(),
        }
    }

    /// The volume of a file of `tree` that is on discs alone.
    pub(super) fn volume(&self, tree: Tree, entry: &Entry<'_>) -> Option<VolumeName> {
        let (name, _) = self.around(tree, entry)?;
        name.to_owned().try_into().ok()
    }

    /// Whether a file of `tree` is gone from the disk with its volume.
    pub(super) fn holds(&self, tree: Tree, entry: &Entry<'_>) -> bool {
        self.around(tree, entry).is_some()
    }

    /// Whether a file of `tree` is gone from the disk, and no disc holds its volume as the index has
    /// it: it is nowhere.
    pub(super) fn is_lost(&self, tree: Tree, entry: &Entry<'_>) -> bool {
        self.around(tree, entry)
            .is_some_and(|(_, witness)| witness.is_none())
    }

    /// The name of the volume around a file that is gone from the disk with it, and what tells that
    /// a disc holds it.
    fn around(&self, tree: Tree, entry: &Entry<'_>) -> Option<(&'s str, Option<Witness>)> {
        if self.volumes.is_empty() || tree != Tree::Archive {
            return None;
        }
        let name = std::str::from_utf8(entry.path.first()).ok()?;
        let (name, witness) = self.volumes.get_key_value(name)?;
        Some((name, *witness))
    }
}

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
        if self.volumes.is_empty() || tree != Tree::Archive {
            return None;
        }
        let name = std::str::from_utf8(entry.path.first()).ok()?;
        let is_offline = self.volumes.contains_key(name);
        is_offline.then(|| name.to_owned().try_into().ok())?
    }

    /// Whether a file of `tree` is gone from the disk, and no disc holds its volume as the index has
    /// it: it is nowhere.
    pub(super) fn is_lost(&self, tree: Tree, entry: &Entry<'_>) -> bool {
        let volume = self.volume(tree, entry);
        volume.is_some_and(|name| self.volumes[name.as_str()].is_none())
    }
}

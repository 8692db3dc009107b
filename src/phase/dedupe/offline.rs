//! Files of the archive that are on discs alone.

use crate::model::index::Entry;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Volumes};
use std::collections::BTreeSet;

/// The volumes of which there are discs alone.
pub(super) struct Offline<'s> {
    names: BTreeSet<&'s str>,
    volumes: &'s Volumes,
}

impl<'s> Offline<'s> {
    /// Those that `state` knows.
    pub(super) fn of(state: &'s State<'_>) -> Offline<'s> {
        Offline {
            names: state.offline(),
            volumes: &state.volumes,
        }
    }

    /// The volume of a file of `tree` that is on discs alone.
    pub(super) fn volume(&self, tree: Tree, entry: &Entry<'_>) -> Option<VolumeName> {
        if self.names.is_empty() || tree != Tree::Archive {
            return None;
        }
        let name = std::str::from_utf8(entry.path.first()).ok()?;
        let is_offline = self.names.contains(name);
        is_offline.then(|| name.to_owned().try_into().ok())?
    }

    /// Whether a file of `tree` is on discs alone, and those are lost: it is nowhere.
    pub(super) fn is_lost(&self, tree: Tree, entry: &Entry<'_>) -> bool {
        let volume = self.volume(tree, entry);
        volume.is_some_and(|name| !self.volumes.hold(name.as_str()))
    }
}

//! What is on the disk of a burned volume, against what its discs hold.

use super::super::{GONE_ALONE, unit_path};
use super::Merging;
use crate::model::index::Entry;
use crate::model::path::TreePath;
use crate::model::tree::Tree;
use crate::model::volume::Volume;

/// A file of a unit that is another than before, and what happened to it, for people.
pub(super) type Change = (TreePath<'static>, &'static str);

pub(super) const CAME: &str = "it is new";
pub(super) const CHANGED: &str = "it changed";
pub(super) const WENT: &str = "it is gone";
const WENT_HERE: &str = "it is gone, and on the discs";

/// What is told of a burned volume that is on the disk with other files than on its discs.
const UNLIKE: &str = "no disc is known that holds it as it is now";

impl Merging<'_, '_> {
    /// Tells what came to a unit, changed in it or went from it, as far as that matters. The entries
    /// from `start` on are those of the unit; of a burned one, those that are gone stay there only
    /// while a disc holds them all.
    pub(super) fn tell(
        &mut self,
        unit: &str,
        entries: &mut Vec<Entry<'_>>,
        start: usize,
        mut changes: Vec<Change>,
    ) {
        if !self.is_burned(unit) {
            self.tell_gone(changes);
            return;
        }
        let volumes = &self.state.volumes;
        if volumes.witness(unit, &entries[start..]).is_some() {
            // Only what is gone differs from the discs, and they hold it.
            changes.retain(|(_, what)| *what == WENT);
            changes.iter_mut().for_each(|(_, what)| *what = WENT_HERE);
            self.report.unlike.append(&mut changes);
            return;
        }
        let stay = entries.split_off(start).into_iter();
        entries.extend(stay.filter(|entry| !is_gone_alone(entry)));
        if volumes.witness(unit, &entries[start..]).is_some() {
            self.tell_gone(changes);
            return;
        }
        if entries.len() > start {
            let path = unit_path(self.listing.tree, unit);
            self.report.unlike.push((path, UNLIKE));
        }
        changes.sort();
        self.report.unlike.append(&mut changes);
    }

    /// Tells what went from a unit.
    fn tell_gone(&mut self, changes: Vec<Change>) {
        let gone = changes.into_iter().filter(|(_, what)| *what == WENT);
        if self.listing.tree == Tree::Archive {
            self.report.gone.extend(gone.map(|(path, _)| path));
        }
    }

    /// Whether there is a disc of the unit of that name.
    pub(super) fn is_burned(&self, unit: &str) -> bool {
        let volume = self
            .state
            .volumes
            .get(unit)
            .filter(|_| self.listing.tree == Tree::Archive);
        volume.is_some_and(Volume::is_held)
    }
}

/// Whether a file is gone from a burned volume whose other files are there.
fn is_gone_alone(entry: &Entry<'_>) -> bool {
    let unread = entry.hash.as_ref().err();
    unread.is_some_and(|unread| unread.why == GONE_ALONE)
}

//! The volumes that there are: which one is gone on with, and how the next one is called.

use crate::model::index::{Entry, UnitState};
use crate::model::path::RelPath;
use crate::model::state::State;
use crate::model::volume::{VolumeName, VolumeState};

/// The volume that may be gone on with: the last one, where it is on no disc and not sealed.
pub(super) struct Open<'s> {
    pub(super) name: VolumeName,
    /// What it holds, sorted by path.
    pub(super) entries: &'s [Entry<'s>],
}

impl<'s> Open<'s> {
    /// The file that it holds where one from `path` in media would go.
    pub(super) fn get(&self, path: &RelPath<'_>) -> Option<&'s Entry<'s>> {
        let wanted = self.name.holding(path.as_bytes());
        let found = self.entries.binary_search_by(|e| e.path.cmp(&wanted.rel));
        found.ok().map(|at| &self.entries[at])
    }
}

/// The volume that may be gone on with; none where there is no such one.
///
/// It bears the mark of a volume that is on no disc yet: one without may have been burned without
/// this tool.
pub(super) fn open<'s>(state: &'s State<'s>) -> Option<Open<'s>> {
    let last = names(state).max_by_key(|name| number(name))?;
    let name = VolumeName::try_from(last.to_owned()).ok()?;
    let is_marked = state.shelf.marked.contains_key(last);
    let unit = state.archive.unit(last)?;
    let is_there = unit.state == UnitState::Present;
    let entries = state.archive.entries_of(last);
    let is_open = is_marked && is_there && state.volume_state(last) == VolumeState::Open;
    is_open.then_some(Open { name, entries })
}

/// Names for new volumes: they go on from the highest number that was ever used.
pub(super) fn new_names(state: &State<'_>) -> impl Iterator<Item = VolumeName> + use<> {
    let highest = names(state).map(number).max().unwrap_or(0);
    let numbers = (highest..u32::MAX).map(|number| number + 1);
    numbers.filter_map(|number| format!("{number:02}").try_into().ok())
}

/// The name of the volume that has the highest number; empty where there is none.
pub(super) fn highest(state: &State<'_>) -> String {
    let highest = names(state).max_by_key(|name| number(name));
    highest.unwrap_or_default().to_owned()
}

/// The names of all volumes that are on the disk, in the index, or on discs.
fn names<'s>(state: &'s State<'_>) -> impl Iterator<Item = &'s str> {
    // One of which a run took everything back was never used.
    let units = state.archive.units.iter();
    let units = units.filter(|unit| unit.totals.files > 0);
    let indexed = units.map(|unit| unit.unit.as_str());
    let known = state.volumes.iter().map(|(name, _)| name.as_str());
    let there = state.shelf.volumes.iter().map(String::as_str);
    indexed.chain(known).chain(there)
}

/// The number of a volume; the highest where it is beyond all that a plan can name.
fn number(name: &str) -> u32 {
    name.parse().unwrap_or(u32::MAX)
}

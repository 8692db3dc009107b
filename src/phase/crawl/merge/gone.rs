//! A unit that is gone from the disk, and why its files have no hashes then.

use super::super::{GONE, believed, is_on_disc, unit_path};
use super::{Merging, borrowed};
use crate::model::index::{Entry, Stamp, Unit, UnitState, Unread};
use crate::model::tree::Tree;

impl<'s> Merging<'_, 's> {
    /// What becomes of a unit that is gone. The archive's files are known on: where a disc holds them
    /// all as they were known, they keep their hashes, and otherwise those are remembered.
    pub(super) fn gone_unit(&mut self, unit: &Unit, entries: &mut Vec<Entry<'s>>) -> Option<Unit> {
        let path = unit_path(self.listing.tree, &unit.unit);
        let known = self.old.entries_of(&unit.unit);
        if self.listing.tree != Tree::Archive {
            self.report.vanished.push(path);
            return None;
        }
        if known.is_empty() {
            return None;
        }
        let is_on_disc = is_on_disc(self.state, &unit.unit);
        let (state, told) = match (is_on_disc, self.is_burned(&unit.unit)) {
            (true, _) => (UnitState::Offline, &mut self.report.offline),
            (false, true) => (UnitState::Missing, &mut self.report.unheld),
            (false, false) => (UnitState::Missing, &mut self.report.missing),
        };
        told.push(path);
        let start = entries.len();
        for known in known {
            let hash = match believed(known) {
                Some(digest) if is_on_disc => Ok(digest),
                Some(_) => Err(unread(GONE, Some(known), &known.stamp)),
                None => known.hash.clone(),
            };
            entries.push(Entry {
                hash,
                ..borrowed(known)
            });
        }
        Some(Unit {
            state,
            ..Unit::of(&unit.unit, unit.indexed, &entries[start..])
        })
    }
}

/// Why a file with this stamp has no hash. The hash of other bytes than these is not remembered.
pub(super) fn unread(why: &str, known: Option<&Entry<'_>>, stamp: &Stamp) -> Box<Unread> {
    let known = known.filter(|k| k.stamp.same_content_as(stamp));
    Box::new(Unread {
        why: why.to_owned(),
        was: known.and_then(Entry::remembered),
    })
}

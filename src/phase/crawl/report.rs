//! What a crawl found, for people and for the exit code.

use crate::model::index::Totals;
use crate::model::path::TreePath;
use crate::model::plan::UnitPlan;
use std::collections::BTreeMap;

/// What a crawl found. All lists are sorted by tree and path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each unit that was looked at.
    pub units: Vec<UnitReport>,
    /// Files whose hashes were taken over from a crawl that was interrupted.
    pub taken_over: Totals,
    /// Why nothing could be kept for the case of an interruption, if so.
    pub unkept: Option<String>,
    /// Files whose bytes changed under an unchanged size and modification time.
    pub rot: Vec<TreePath<'static>>,
    /// Files that have the bytes again that they had before they could not be read.
    pub healed: Vec<TreePath<'static>>,
    /// Files that could not be read, and why.
    pub unread: Vec<(TreePath<'static>, String)>,
    /// Directories that could not be read, and files that could not be looked at, and why.
    pub unreadable: Vec<(TreePath<'static>, String)>,
    /// Symbolic links and special files, and what they are.
    pub special: Vec<(TreePath<'static>, &'static str)>,
    /// What lies outside any unit, and what it is.
    pub strays: Vec<(TreePath<'static>, &'static str)>,
    /// How many files, directories and units were left out by each pattern.
    pub excluded: BTreeMap<String, u64>,
    /// Units that were left out as a whole, and what becomes of what the index knows of them.
    pub left_alone: Vec<(TreePath<'static>, &'static str)>,
    /// Files that are gone from units of the archive that are not burned.
    pub gone: Vec<TreePath<'static>>,
    /// Units of the archive that are gone.
    pub missing: Vec<TreePath<'static>>,
    /// Units of the archive that are gone from the disk, and on discs.
    pub offline: Vec<TreePath<'static>>,
    /// Units of the archive that are gone from the disk, and of which no disc holds what the index
    /// had last.
    pub unheld: Vec<TreePath<'static>>,
    /// Files of burned volumes that are not on the disk as the discs hold them, and what happened.
    pub unlike: Vec<(TreePath<'static>, &'static str)>,
    /// Units of media that are gone.
    pub vanished: Vec<TreePath<'static>>,
    /// Units whose sidecar index could not be written, and why.
    pub unwritten: Vec<(TreePath<'static>, String)>,
}

/// What was done with a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitReport {
    /// What was planned, and so done: action, reason, and the numbers of files and bytes.
    pub plan: UnitPlan,
    /// Files that the index did not know.
    pub new: u64,
    /// Files that have other bytes now.
    pub changed: u64,
    /// Files that are not there any more.
    pub gone: u64,
}

impl Report {
    /// Whether something was left out or is not as it should be, each named with its reason.
    pub fn left_out(&self) -> bool {
        !(self.rot.is_empty()
            && self.unread.is_empty()
            && self.unreadable.is_empty()
            && self.missing.is_empty()
            && self.unheld.is_empty()
            && self.unlike.is_empty()
            && self.unwritten.is_empty())
    }

    /// How many files and bytes are in the units.
    pub fn totals(&self) -> Totals {
        self.sum(|plan| (plan.files, plan.bytes))
    }

    /// How many files and bytes were to be hashed.
    pub fn hashed(&self) -> Totals {
        self.sum(|plan| (plan.hash_files, plan.hash_bytes))
    }

    fn sum(&self, of: impl Fn(&UnitPlan) -> (u64, u64)) -> Totals {
        let mut totals = Totals::default();
        for (files, bytes) in self.units.iter().map(|unit| of(&unit.plan)) {
            totals.files += files;
            totals.bytes = totals.bytes.saturating_add(bytes);
        }
        totals
    }
}

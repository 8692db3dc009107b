//! What was done: the runs, as `history` and `show RUN` tell them.

use super::digest::Digest;
use super::index::Totals;
use super::path::TreePath;
use super::plan::{Directory, Phase};
use super::run::{RunId, Work};
use super::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// The `format` of what `history --json` prints.
pub const HISTORY_FORMAT: &str = "mediastruct/history/1";

/// The `format` of what `show RUN --json` prints.
pub const RUN_FORMAT: &str = "mediastruct/run/1";

/// What `history --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "mediastruct history")]
pub struct History {
    /// `mediastruct/history/1`.
    pub format: String,
    /// The runs, newest first.
    pub runs: Vec<Entry>,
}

/// A run, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// Its name.
    pub run: RunId,
    /// The phase of its plan.
    pub phase: Phase,
    /// When it began.
    pub begun: Time,
    /// When it ended; none where it is unfinished.
    pub ended: Option<Time>,
    /// How it ended, and whether it stands.
    pub state: Standing,
    /// How many of the things that it did were taken back.
    pub taken_back: u64,
    /// The runs that took some of it back, and stand themselves.
    pub taken_back_by: Vec<RunId>,
    /// What its plan holds.
    pub work: Work,
    /// What it parked and is there still.
    pub parked: Totals,
}

/// How a run ended, and whether it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It was interrupted.
    Unfinished,
    /// It was taken back before it ended, and did nothing.
    RolledBack,
    /// All of it was done, and stands.
    Applied,
    /// All of it was done, and some of it was taken back since.
    PartlyUndone,
    /// All of it was done, and taken back since.
    Undone,
}

/// What `show RUN --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "mediastruct run")]
pub struct RunReport {
    /// `mediastruct/run/1`.
    pub format: String,
    /// The run, as `history` tells it.
    pub entry: Entry,
    /// Why it turned back, if it did.
    pub turned_back: Option<String>,
    /// The paths at which a person accepted what was there.
    pub left: Vec<TreePath<'static>>,
    /// The files that are durably where it brought them, as far as its journal says; none where it
    /// was rolled back.
    pub done: Vec<Done>,
    /// The directories that it made for their own sake.
    pub made: Vec<Directory>,
    /// The empty directories that it removed.
    pub pruned: Vec<Directory>,
}

/// A file that a run brought to its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Done {
    /// Where it was; a name of mediastruct's own where the run wrote it.
    pub from: TreePath<'static>,
    /// Where it was brought.
    pub to: TreePath<'static>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
}

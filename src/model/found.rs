//! Where files are and were, as `find` tells it.

use super::digest::Digest;
use super::index::UnitState;
use super::path::TreePath;
use super::plan::Phase;
use super::run::RunId;
use super::time::Time;
use super::volume::Holds;
use schemars::JsonSchema;
use serde::Serialize;
use std::num::NonZeroU32;

/// The `format` of what `find --json` prints.
pub const FIND_FORMAT: &str = "mediastruct/find/1";

/// What `find --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "mediastruct find")]
pub struct Finding {
    /// `mediastruct/find/1`.
    pub format: String,
    /// What was asked for, in its order, and what was found.
    pub answers: Vec<Answer>,
}

/// What was found of one thing that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answer {
    /// What was asked for, with everything escaped that is no plain text.
    pub what: String,
    /// As what it was read.
    pub read_as: ReadAs,
    /// The contents that were found, by their first places; files without a hash stand alone.
    pub contents: Vec<Content>,
}

/// As what something was read that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadAs {
    /// A file in hand, which was hashed.
    File,
    /// A hash, or how one begins.
    Hash,
    /// Part of a name or path, or a glob.
    Name,
}

/// A content, where it is, and where it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Content {
    /// Its hash; none where the file could not be read.
    pub hash: Option<Digest>,
    /// Its size in bytes.
    pub size: u64,
    /// Where it is, as far as indexes and journals know, sorted by path.
    pub places: Vec<Place>,
    /// Where it was and is not any more, sorted by path.
    pub was: Vec<TreePath<'static>>,
    /// The moves that brought it where it is, oldest first.
    pub moves: Vec<Passage>,
}

/// A place where a file is, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The place.
    pub path: TreePath<'static>,
    /// What knows of it.
    pub known_by: KnownBy,
    /// The modification time that the file had there.
    pub modified: Time,
    /// What a look at the disk says.
    pub presence: Presence,
    /// The volume in which it is, if it is in the archive.
    pub volume: Option<InVolume>,
    /// Why there is no hash, where there is none.
    pub why: Option<String>,
}

/// What knows that a file is somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KnownBy {
    /// An index.
    Index,
    /// The journal of the run that brought it there; no index lists that tree.
    Journal,
}

/// What a look at a place says; nothing is read there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// A file of that size and time is there.
    There,
    /// Something of another size, time or kind is there.
    Changed,
    /// Nothing is there.
    Gone,
    /// It could not be looked at.
    Unknown,
}

/// The volume in which a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InVolume {
    /// Its name, e.g. `07`.
    pub volume: String,
    /// Whether its files are on the disk; none where no index knows it.
    pub state: Option<UnitState>,
    /// The discs that were burned of it, by number; those that are lost are not among them.
    pub discs: Vec<Disc>,
}

/// A disc that was burned of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Disc {
    /// The number of the copy, from 1.
    pub copy: NonZeroU32,
    /// Where it is kept, in the words of whoever burned it.
    pub location: Option<String>,
    /// Whether it holds the volume just as the index has it.
    pub holds: Holds,
    /// When it was last read and found to hold every byte that was burned.
    pub verified: Option<Time>,
}

/// A move of a file, by a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Passage {
    /// The run.
    pub run: RunId,
    /// The phase of its plan.
    pub phase: Phase,
    /// When the run began.
    pub at: Time,
    /// Where the file was.
    pub from: TreePath<'static>,
    /// Where it was brought.
    pub to: TreePath<'static>,
    /// The later run that took this back, and stands itself.
    pub taken_back_by: Option<RunId>,
    /// Whether the run is unfinished.
    pub unfinished: bool,
}

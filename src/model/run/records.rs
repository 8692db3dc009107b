//! The records of a journal.

use super::RunId;
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::path::TreePath;
use crate::model::plan::Phase;
use crate::model::time::Time;
use crate::model::tree::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One record of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// The run begins; nothing has been touched.
    Begin(Begin),
    /// A batch of moves is about to be done.
    Intent(Intent),
    /// A batch of moves is durably done.
    Done(Done),
    /// From here on the run goes back to its start.
    Back {
        /// Why, for people.
        why: String,
    },
    /// A person accepts what is at this path of a move, whatever it is.
    Leave {
        /// The source or the destination of the move.
        path: TreePath<'static>,
    },
    /// The run has ended; nothing is left to do.
    End(End),
}

/// How a run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// `mediastruct/journal/1`.
    pub format: String,
    /// The run.
    pub run: RunId,
    /// When it began.
    pub at: Time,
    /// The phase of its plan.
    pub phase: Phase,
    /// The BLAKE3 hash of the bytes of `plan.json` beside the journal.
    pub plan: Digest,
    /// The trees as they were when the run began.
    pub trees: Vec<TreeId>,
}

/// Which directory a tree is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeId {
    /// The tree.
    pub tree: Tree,
    /// The device of its directory.
    pub device: u64,
    /// The inode of its directory.
    pub inode: u64,
}

/// A batch of moves that is about to be done: consecutive moves of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The number of the first move, from 0.
    pub first: u64,
    /// The files that move, in the plan's order.
    pub files: Vec<FileId>,
    /// The directories that do not exist yet and are made for them, parents first.
    pub directories: Vec<TreePath<'static>>,
}

/// A batch of moves that is durably done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// The number of the first move, from 0.
    pub first: u64,
    /// The files in their new places, in the plan's order.
    pub files: Vec<Placed>,
}

/// Which file it is, whatever its name: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct FileId {
    /// The device that holds the inode.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

impl From<(u64, u64)> for FileId {
    fn from((device, inode): (u64, u64)) -> Self {
        FileId { device, inode }
    }
}

impl From<FileId> for (u64, u64) {
    fn from(id: FileId) -> Self {
        (id.device, id.inode)
    }
}

impl From<Stamp> for FileId {
    fn from(stamp: Stamp) -> Self {
        FileId {
            device: stamp.device,
            inode: stamp.inode,
        }
    }
}

/// A file in its new place: device, inode, and the time of its inode's last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(u64, u64, Time)", into = "(u64, u64, Time)")]
pub struct Placed {
    /// The device that holds the inode.
    pub device: u64,
    /// The inode.
    pub inode: u64,
    /// The time of the last change to the inode.
    pub changed: Time,
}

impl From<(u64, u64, Time)> for Placed {
    fn from((device, inode, changed): (u64, u64, Time)) -> Self {
        Placed {
            device,
            inode,
            changed,
        }
    }
}

impl From<Placed> for (u64, u64, Time) {
    fn from(placed: Placed) -> Self {
        (placed.device, placed.inode, placed.changed)
    }
}

impl From<Stamp> for Placed {
    fn from(stamp: Stamp) -> Self {
        Placed {
            device: stamp.device,
            inode: stamp.inode,
            changed: stamp.changed,
        }
    }
}

/// How and when a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Which end it reached.
    pub outcome: Outcome,
    /// When.
    pub at: Time,
}

/// The two ends of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every move is done.
    Applied,
    /// Every move is as if it had never been.
    RolledBack,
}

//! The records of a journal.

use super::{RunId, Work};
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
    /// A batch of steps is about to be done.
    Intent(Intent),
    /// Directories that were about to be made were there already: somebody else had made them
    /// meanwhile, and they are not the run's to remove.
    Found {
        /// The directories.
        directories: Vec<TreePath<'static>>,
    },
    /// Files were made that are about to take their places; each is durable and was read back.
    Copied {
        /// The files, by the steps that make them.
        copies: Vec<Copy>,
    },
    /// A batch of steps is durably done.
    Done(Done),
    /// From here on the run goes back to its start.
    Back {
        /// Why, for people.
        why: String,
    },
    /// The run is being recovered.
    Recover {
        /// The trees as they are now; a device may have another number after a restart.
        trees: Vec<TreeId>,
    },
    /// A person accepts what is at this path of a move, whatever it is.
    Leave {
        /// The source or the destination of the move, or the place of the file of ours.
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
    /// What the files say that the plan writes, in its order; the texts lie beside the journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Text>,
    /// How closely files are looked at, whoever goes on with the run.
    #[serde(default, skip_serializing_if = "Verify::is_stat")]
    pub verify: Verify,
    /// What its plan holds; none in the journals of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

/// How closely files are looked at before they move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// By kind, size and times; by content only where the inode changed since the index was made.
    #[default]
    Stat,
    /// By content, always.
    Hash,
}

impl Verify {
    fn is_stat(&self) -> bool {
        *self == Verify::Stat
    }
}

/// What a file says that a run writes: so many bytes of this hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Bytes in the file.
    pub size: u64,
    /// The hash over them.
    pub hash: Digest,
}

impl Text {
    /// The size and hash of a text.
    pub fn of(text: &[u8]) -> Text {
        Text {
            size: text.len() as u64,
            hash: Digest::of(text),
        }
    }
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

impl FileId {
    /// This identity as it is once the devices have the numbers of `now`: told by the tree that
    /// lies on it, which had the number in `then`.
    pub fn renumbered(self, tree: Tree, then: &[TreeId], now: &[TreeId]) -> FileId {
        let of = |trees: &[TreeId]| trees.iter().find(|t| t.tree == tree).cloned();
        match (of(then), of(now)) {
            (Some(then), Some(now)) if then.inode == now.inode && then.device == self.device => {
                FileId {
                    device: now.device,
                    ..self
                }
            }
            _ => self,
        }
    }
}

/// A batch of steps that is about to be done: consecutive steps of the plan's schedule.
///
/// Each step's temporary names follow from the run and the number of its move or of itself: they
/// are `.mediastruct-<run>-<move>.tmp` beside the source, `.mediastruct-<run>-<step>.part` beside
/// the destination, and `.mediastruct.d/parked/<run>/<move>-<name>` in the tree of the source or
/// `.mediastruct-<run>-<move>.parked` beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The number of the first step, from 0.
    pub first: u64,
    /// The files that move and the directories that go, in the schedule's order; none for what does
    /// not exist yet.
    pub files: Vec<Option<FileId>>,
    /// The directories that do not exist yet and are made for them, parents first.
    pub directories: Vec<TreePath<'static>>,
}

/// A file that a step made, and that has not taken its place yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// The number of the step.
    pub step: u64,
    /// The new file.
    pub file: FileId,
}

/// A batch of steps that is durably done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// The number of the first step, from 0.
    pub first: u64,
    /// The files in their new places, in the schedule's order; none for directories, and for what a
    /// person left as it was.
    pub files: Vec<Option<Placed>>,
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

impl Placed {
    /// What `stat` said of the file, whose size and modification time these are.
    pub(super) fn of(self, (size, modified): (u64, Time)) -> Stamp {
        Stamp {
            size,
            modified,
            changed: self.changed,
            device: self.device,
            inode: self.inode,
        }
    }
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
    /// How many files it copied to other file systems, whose sources it parked; none in the
    /// journals of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<u64>,
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

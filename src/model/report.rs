//! What a plan says of itself in numbers: recomputed on reading, as far as the plan can tell, and
//! never trusted.

use super::path::TreePath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The files of one unit, each accounted for: seen = moves + kept + skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The unit, e.g. `media/2024`.
    pub unit: TreePath<'static>,
    /// Files that the phase looked at.
    pub seen: u64,
    /// Files that move.
    pub moves: u64,
    /// Bytes that move.
    pub bytes: u64,
    /// Files that stay where they are.
    pub kept: u64,
    /// Files that were left out, each with its reason.
    pub skipped: u64,
}

/// How many files stay for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remain {
    /// The reason.
    pub why: Remains,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why files stay.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Remains {
    /// There is no copy of it.
    Only,
    /// It is kept, and there are copies of it.
    Keeper,
    /// It is a further copy in the archive, which nothing leaves.
    ArchiveCopy,
    /// It could move, and the settings leave it aside.
    Aside,
    /// It is a copy that stays with its bundle.
    Bundle,
    /// It is another name of a file that stays.
    HardLink,
    /// There is nothing in it.
    Empty,
    /// It could not be read.
    Unread,
    /// It was on discs that are lost.
    Lost,
    /// It is of a year that does not go to the archive yet.
    NotDue,
    /// Its content is in the archive already.
    Archived,
    /// It fits no volume, or no disc could bear its name.
    Unfit,
    /// A person took its move out of the plan.
    TakenOut,
}

/// A directory of which every file moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeDirectory {
    /// Where it is.
    pub dir: TreePath<'static>,
    /// How many files lie in it, however deep.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Account {
    /// Of a unit of which nothing is known.
    pub fn of(unit: TreePath<'static>) -> Account {
        Account {
            unit,
            seen: 0,
            moves: 0,
            bytes: 0,
            kept: 0,
            skipped: 0,
        }
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Remains::Only => "there is no copy of it",
            Remains::Keeper => "it is kept of several copies",
            Remains::ArchiveCopy => "a further copy, in the archive",
            Remains::Aside => "left aside, as was asked for",
            Remains::Bundle => "a copy that stays with its bundle",
            Remains::HardLink => "another name of a file that stays",
            Remains::Empty => "it is empty",
            Remains::Unread => "it could not be read",
            Remains::Lost => "it was on discs that are lost",
            Remains::NotDue => "its year is not due yet",
            Remains::Archived => "it is in the archive already; dedupe moves it away",
            Remains::Unfit => "it fits no volume as it is",
            Remains::TakenOut => "its move was taken out of the plan",
        })
    }
}

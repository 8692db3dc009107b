//! What ingest looks at besides the indexes, and the files of the drop directory and their hashes.

use super::capture::Reading;
use super::date_dirs::DateDirs;
use super::path::{RelPath, TreePath};
use super::plan::Directory;
use super::said::Said;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// What ingest looks at besides.
#[derive(Clone, Debug)]
pub struct Intake {
    /// What each file says of itself, or why it could not be read.
    pub metadata: BTreeMap<RelPath<'static>, Result<Reading, String>>,
    /// What a person said about dates.
    pub said: Said,
    /// Whose wall clock moments in UTC are put on.
    pub time_zone: TimeZone,
    /// The makers whose cameras write local time where UTC belongs.
    pub local_makes: Vec<String>,
    /// How the directories in media are called.
    pub date_dirs: DateDirs,
    /// Names in media that are taken by what no index knows, or cannot be reached, as far as it was
    /// looked for.
    pub occupied: BTreeMap<TreePath<'static>, Occupant>,
    /// Files of the indexes that are not on the disk as those have them, as far as it was looked.
    pub lost: BTreeSet<TreePath<'static>>,
    /// The directories of ingest that alone are taken in; none where all are.
    pub within: Vec<RelPath<'static>>,
    /// Files that lie on mounts within ingest, from where nothing is moved.
    pub on_mounts: BTreeSet<RelPath<'static>>,
    /// The directories of ingest, where those that are emptied are to go; none where they stay.
    pub directories: Vec<DropDirectory>,
}

/// What takes a name in media, as far as no index tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// A file that no index lists.
    Unlisted,
    /// What is no regular file, in words with an article.
    NoFile(&'static str),
    /// Whatever it is, it could not be looked at, and why.
    Unreachable(String),
}

/// A directory in ingest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropDirectory {
    /// Where it is, and what comes back where it goes and is undone.
    pub directory: Directory,
    /// How many things of whatever kind lie right in it.
    pub entries: u64,
}

impl Default for Intake {
    /// Nothing is known, and moments in UTC stay there.
    fn default() -> Intake {
        Intake {
            metadata: BTreeMap::new(),
            said: Said::default(),
            time_zone: TimeZone::UTC,
            local_makes: Vec::new(),
            date_dirs: DateDirs::default(),
            occupied: BTreeMap::new(),
            lost: BTreeSet::new(),
            within: Vec::new(),
            on_mounts: BTreeSet::new(),
            directories: Vec::new(),
        }
    }
}

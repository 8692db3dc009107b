//! What is wrong with a plan, in itself or against the disk.

use super::path::TreePath;
use super::plan::Phase;
use super::run::RunId;
use super::tree::Tree;
use super::volume::VolumeName;
use std::fmt;

/// One thing that is wrong with a plan, and at which path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The path, where the problem is at one.
    pub path: Option<TreePath<'static>>,
    /// What is wrong there.
    pub fault: Fault,
}

impl Problem {
    /// A fault at a path.
    pub fn at(path: &TreePath<'_>, fault: Fault) -> Problem {
        Problem {
            path: Some(path.clone().into_owned()),
            fault,
        }
    }

    /// A fault of the plan as a whole.
    pub fn whole(fault: Fault) -> Problem {
        Problem { path: None, fault }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{path}: {}", self.fault),
            None => self.fault.fmt(f),
        }
    }
}

/// All problems in one line, for a message about something larger.
pub fn in_one_line(problems: &[Problem]) -> String {
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    problems.join("; ")
}

/// What can be wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The phase moves nothing between these trees.
    #[error("{phase} moves nothing from {from} to {to}")]
    WrongTrees {
        /// The phase of the plan.
        phase: Phase,
        /// The tree of the source.
        from: Tree,
        /// The tree of the destination.
        to: Tree,
    },
    /// Nothing leaves the archive but by undoing the run that brought it in.
    #[error("nothing leaves the archive but by undoing the run that brought it in")]
    LeavesArchive,
    /// Nothing leaves a volume that is on a disc, or was.
    #[error("volume {0} is burned, and nothing leaves it any more")]
    LeavesBurned(VolumeName),
    /// Nothing is added to a volume that is on a disc, or was.
    #[error("volume {0} is burned, and its discs would not hold this")]
    JoinsBurned(VolumeName),
    /// Nothing joins a sealed volume or leaves it, unless the seal goes as well.
    #[error(
        "volume {0} is sealed: undo the run that sealed it first, and else nothing is added to it or \
         taken from it"
    )]
    Sealed(VolumeName),
    /// The files of the volume are not on the disk.
    #[error("volume {0} is gone from the disk, and nothing can join it; make a new plan")]
    AwayFromDisk(VolumeName),
    /// Another volume has the same number, written otherwise.
    #[error("volume {0} has this number already")]
    OtherSpelling(String),
    /// The mark of a volume is to go that holds other files.
    #[error("its volume holds files of other runs, too; take those back first")]
    MarkOfOthers,
    /// A seal is to come back to a volume that it does not fit any more.
    #[error(
        "volume {0} holds other files by now than when it was sealed, and this would vouch for what is \
         not there; seal it anew: `mediastruct volumes seal {0}`"
    )]
    StaleSeal(VolumeName),
    /// Some of the files that seal a volume are written, and others are not.
    #[error(
        "a volume is sealed by README, manifest, disc.json and index.html together, and {0} is missing"
    )]
    HalfSealed(&'static str),
    /// The reason is not one that the phase gives.
    #[error("its reason '{kind}' is none of {phase}'s")]
    WrongReason {
        /// The phase of the plan.
        phase: Phase,
        /// The kind of the reason.
        kind: &'static str,
    },
    /// The path is that of a file of mediastruct's own.
    #[error("this is a file of mediastruct's own, not a media file")]
    Ours,
    /// The source stands in two moves.
    #[error("two moves take this file")]
    SourceTwice,
    /// Two moves go to one place.
    #[error("two moves go here")]
    DestinationTwice,
    /// The file is to move to where it is.
    #[error("it is to move to where it is")]
    Nowhere,
    /// One directory goes twice, or is also a destination.
    #[error("this directory is pruned twice, or something goes there")]
    PrunedTwice,
    /// Something goes into a directory that is pruned.
    #[error("the directory {0}, in which this is to be, is pruned by the same plan")]
    InsidePruned(TreePath<'static>),
    /// The reason names one volume, and the destination another.
    #[error("it goes to volume {0}, its reason says, and this is not in that volume")]
    OtherVolume(u32),
    /// The phase writes no files.
    #[error("{0} writes no files")]
    WritesElsewhere(Phase),
    /// Files of ours are written right beneath a volume.
    #[error("files are written right beneath a volume only, e.g. archive/07/.unburned")]
    WriteOutsideVolume,
    /// A file of this role has another name.
    #[error("a file of this role is called {0}")]
    WriteName(&'static str),
    /// A file that goes onto a disc takes the place of another.
    #[error("a file that goes onto a disc takes the place of no other")]
    Replaces,
    /// Only an undo makes directories by themselves.
    #[error("{0} makes no directories but those that its files need")]
    MakesElsewhere(Phase),
    /// The phase removes no directories in this tree.
    #[error("{phase} removes no directories in {tree}")]
    PrunesElsewhere {
        /// The phase of the plan.
        phase: Phase,
        /// The tree of the directory.
        tree: Tree,
    },
    /// One move makes a file where another needs a directory.
    #[error("one move makes a file of {0}, in which this one needs to be")]
    InsideFile(TreePath<'static>),
    /// The keeper is the file that moves, or moves too.
    #[error("its keeper {0} is moved by this plan")]
    KeeperMoves(TreePath<'static>),
    /// The keeper is neither in media nor in the archive.
    #[error("its keeper {0} is neither in media nor in archive")]
    KeeperElsewhere(TreePath<'static>),
    /// The keeper is not among the needs.
    #[error("its keeper {0} is not among the plan's needs, nor brought there by it")]
    KeeperNotNeeded(TreePath<'static>),
    /// The keeper has other content.
    #[error("its keeper {0} has another size or hash")]
    KeeperDiffers(TreePath<'static>),
    /// A file goes to duplicates, and nothing says of what it is one.
    #[error("it goes to duplicates, and its reason names no file of which it is one")]
    DuplicateOfNothing,
    /// A move of ingest does not say when its file was taken.
    #[error("its reason does not say when it was taken")]
    Undated,
    /// The keeper is said to be archived, and is elsewhere.
    #[error("{0} is said to be archived, and is not in the archive")]
    NotArchived(TreePath<'static>),
    /// An empty file is nobody's duplicate.
    #[error("an empty file is not a duplicate")]
    Empty,
    /// The main file of its bundle lies elsewhere.
    #[error("it is in a bundle with {0}, which is not in the same directory")]
    BundleElsewhere(TreePath<'static>),
    /// The same file stands among the needs twice.
    #[error("it stands among the needs twice")]
    NeedTwice,
    /// A file is said to be in a volume, and its path is not.
    #[error("it is said to be offline with volume {0}, and is not in that volume")]
    NotInVolume(VolumeName),
    /// The index does not say that the volume is gone from the disk and on discs.
    #[error("volume {0} is not offline any more; make a new plan")]
    NotOffline(VolumeName),
    /// No disc of the volume is known that is not lost and holds what the index has.
    #[error("no disc is known that holds volume {0} as the index has it")]
    OnNoDisc(VolumeName),
    /// No disc of the volume was read and found whole, and the plan relies on one.
    #[error("no disc of volume {0} was read and found whole")]
    NotVerified(VolumeName),
    /// The plan is to undo, and does not name one run.
    #[error("an undo plan names the run that it takes back in its settings, and in each move")]
    UndoOfWhat,
    /// Only ingest copies files, and what comes back from a disc is copied; then no directories are
    /// removed and no files written.
    #[error(
        "only ingest and restoring a volume copy files in place of moving them, and then no directory \
         is removed and no file of ours written"
    )]
    CopiesElsewhere,
    /// A crawl plan moves nothing.
    #[error("a crawl plan holds no moves")]
    CrawlMoves,
    /// There are units in a plan that is not one of crawl.
    #[error("only a crawl plan holds units")]
    UnitsElsewhere,
    /// There are volumes in a plan that is not one of archive.
    #[error("only an archive plan holds volumes")]
    VolumesElsewhere,
    /// The move is not the inverse of one that the run made.
    #[error("run {0} made no move that this one takes back, or another run took it back already")]
    NotInJournal(RunId),
    /// The path lies in another tree that is nested in this one.
    #[error("this lies in the {0} tree, and is to be named so")]
    InnerTree(Tree),
    /// The file is not there.
    #[error("it is not there")]
    Missing,
    /// It is a directory, a symbolic link or a special file.
    #[error("it is {0}, not a regular file")]
    NotAFile(&'static str),
    /// Size or modification time are others than the plan says.
    #[error("it changed: {0}")]
    Changed(String),
    /// The bytes are others than the plan says.
    #[error("its content changed: another hash than in the plan")]
    OtherContent,
    /// The index does not list the file.
    #[error("the index does not list it; crawl again and make a new plan")]
    NotIndexed,
    /// The index holds another hash.
    #[error("the index holds another hash for it; make a new plan")]
    IndexDiffers,
    /// It is a hard link of its keeper.
    #[error("it and its keeper {0} are one file under two names; moving it frees nothing")]
    SameFile(TreePath<'static>),
    /// It takes the name of another move's file, and both are hard links of one file: after a crash
    /// nothing could tell them apart.
    #[error(
        "it takes the name that {0} leaves, and the two are one file under two names; move them by \
         two plans"
    )]
    FollowsItself(TreePath<'static>),
    /// Something is at the destination.
    #[error("something is there already; nothing is ever overwritten")]
    Occupied,
    /// A symbolic link, a mount or a file stands where a directory is needed.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// Its content has to be known, and reading it fails.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It lies on a mount within its tree, or would.
    #[error("it is on a mount within the tree, where files are read and never moved")]
    OnMount,
    /// A copy has to have the owner of its source, and may not be given to that one.
    #[error(
        "it has to be copied, for that is another file system, and this user may not give the copy \
         to user {user} and group {group}, to whom the file belongs"
    )]
    NotOurs {
        /// The number of the user.
        user: u32,
        /// The number of the group.
        group: u32,
    },
    /// Another name in this plan or on the disk differs in case or composition only, and the file
    /// system makes no difference.
    #[error("this file system takes its name and {0} for one")]
    SameName(TreePath<'static>),
    /// The directory is to go, and holds what the plan does not take away.
    #[error("the directory holds {0}, which the plan does not take away")]
    NotEmpty(TreePath<'static>),
    /// It is no directory.
    #[error("it is {0}, not a directory")]
    NotADirectory(&'static str),
    /// The copies do not fit.
    #[error("the copies that go to {tree} take {need} bytes, and {free} are free there")]
    NoRoom {
        /// The tree.
        tree: Tree,
        /// Bytes that are needed.
        need: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The file system has no inodes left for the copies.
    #[error("{need} files are copied to {tree}, and its file system has room for {free} more")]
    NoInodes {
        /// The tree.
        tree: Tree,
        /// Files that are copied.
        need: u64,
        /// Files for which there is room.
        free: u64,
    },
    /// What is written does not fit.
    #[error(
        "what is written and copied takes up to {need} bytes on the file system of {place}, and \
         {free} are free there"
    )]
    NoRoomToWrite {
        /// The tree, or what else it is, in words.
        place: &'static str,
        /// Bytes that are needed at most.
        need: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The file system has no inodes left for what is written.
    #[error("{need} files are made on the file system of {place}, which has room for {free} more")]
    NoInodesToWrite {
        /// The tree, or what else it is, in words.
        place: &'static str,
        /// Files that are made.
        need: u64,
        /// Files for which there is room.
        free: u64,
    },
    /// The text is longer than the plan allows.
    #[error("its text takes {size} bytes, and the plan allows {max}")]
    TextTooLong {
        /// Bytes of the text.
        size: u64,
        /// Bytes that the plan allows.
        max: u64,
    },
    /// A run did what the plan would do, and stands.
    #[error("this plan is applied already, by run {0}")]
    AppliedAlready(RunId),
}

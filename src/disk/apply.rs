//! The one mover: it carries out a plan in batches, and takes it back where something fails.
//!
//! For each batch: the intents are made durable, the files are renamed, the renames are made
//! durable, and only then are they recorded as done. What a kill leaves behind is for
//! [`super::recover`], which looks at the disk and goes on with the same steps.

mod directories;
mod rollback;

use super::error::DiskError;
use super::filesystem::{Filesystem, Kind, Node};
use super::journal::Ledger;
use super::monitor::Monitor;
use super::preflight::Ready;
use super::store::StoreError;
use crate::model::digest::Digest;
use crate::model::index::{Moved, Stamp};
use crate::model::path::TreePath;
use crate::model::plan::{Move, Plan};
use crate::model::run::{Done, End, FileId, Intent, Outcome, Placed, Record, RunId};
use crate::model::time::Time;
use std::collections::HashSet;

/// Moves whose intents and results are made durable together.
///
/// Measured on ext4: a sync for each move makes 91 moves a second, one for a thousand 21,000.
pub const BATCH: usize = 1000;

/// Lets the indexes follow files that moved; to do so twice changes nothing more.
pub type Follow<'m> = dyn FnMut(&[Moved<'_>]) -> Result<(), StoreError> + 'm;

/// What a run needs at hand.
pub struct Tools<'t> {
    /// Where the files are.
    pub filesystem: &'t dyn Filesystem,
    /// Where it is written down.
    pub ledger: &'t mut dyn Ledger,
    /// What lets the indexes follow.
    pub follow: &'t mut Follow<'t>,
    /// What time it is.
    pub now: &'t dyn Fn() -> Time,
    /// Who watches.
    pub monitor: &'t dyn Monitor,
    /// Moves in a batch, at least one.
    pub batch: usize,
}

/// A run under way.
pub struct Mover<'t> {
    pub(super) tools: Tools<'t>,
    pub(super) plan: &'t Plan,
    run: &'t RunId,
    /// The files of the moves that are intended so far, in the plan's order.
    pub(super) intended: Vec<FileId>,
    /// The same files in their new places, where they have reached them.
    pub(super) placed: Vec<Option<Stamp>>,
    /// The directories that the run made, parents first.
    pub(super) made: Vec<TreePath<'static>>,
    /// Paths at which a person accepted what was there: their moves are not touched.
    pub(super) left: HashSet<TreePath<'static>>,
    /// Whether the indexes may have followed files already.
    pub(super) followed: bool,
    /// Directories that are known to exist.
    there: HashSet<TreePath<'static>>,
    /// Whether making something durable failed, so that no later success would mean anything.
    unsure: bool,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// An index cannot follow the files that moved.
    #[error(transparent)]
    Index(#[from] StoreError),
    /// A file is not what it was when the plan was held against the disk.
    #[error("{0} changed while the plan was being applied")]
    Changed(TreePath<'static>),
    /// A file is neither where it was nor where it was to go, or may be at both.
    #[error("{from} -> {to}: {why}")]
    Conflict {
        /// The source of the move.
        from: TreePath<'static>,
        /// Its destination.
        to: TreePath<'static>,
        /// What was found.
        why: String,
    },
    /// The disk failed to make changes durable, and nothing that it says later can mend that.
    #[error("the disk could not make the changes durable")]
    Unsure,
}

/// How an apply that could not be finished ended.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Everything is as it was.
    #[error("{0}")]
    RolledBack(Stop),
    /// Not all could be taken back; the run is unfinished.
    #[error("{0}; and what was done could not all be taken back: {1}")]
    Unfinished(Box<Stop>, Box<Stop>),
    /// Everything is done and durable, but for the record that says so.
    #[error("everything is moved, but the end of the run could not be recorded: {0}")]
    Unconfirmed(Stop),
}

/// Where the file of a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Source(Node),
    Destination(Node),
}

impl<'t> Mover<'t> {
    /// A run of `plan` of which nothing is done yet.
    pub fn new(tools: Tools<'t>, plan: &'t Plan, run: &'t RunId) -> Mover<'t> {
        Mover {
            tools,
            plan,
            run,
            intended: Vec::new(),
            placed: Vec::new(),
            made: Vec::new(),
            left: HashSet::new(),
            followed: false,
            there: HashSet::new(),
            unsure: false,
        }
    }

    /// Carries out the moves that are not intended yet, and ends the run. `ready` is how the
    /// preflight found the files of those moves; `leftover` are directories that the run which this
    /// one undoes had made, parents first: those that are empty then go.
    ///
    /// # Errors
    /// Where something failed, and was taken back or not.
    pub fn apply(&mut self, ready: &Ready, leftover: &[TreePath<'_>]) -> Result<(), ApplyError> {
        let forward = ready
            .sources
            .chunks(self.tools.batch.max(1))
            .try_for_each(|batch| self.carry_out(batch, ready))
            .and_then(|()| self.settle(leftover));
        match forward {
            // From here on nothing goes back: the record of the end may have become durable.
            Ok(()) => self
                .end(Outcome::Applied)
                .map_err(|e| ApplyError::Unconfirmed(e.into())),
            Err(stop) => Err(match self.roll_back(&stop.to_string()) {
                Ok(()) => ApplyError::RolledBack(stop),
                Err(second) => ApplyError::Unfinished(stop.into(), second.into()),
            }),
        }
    }

    /// Carries out the next moves, as many as there are `sources`.
    fn carry_out(&mut self, sources: &[Node], ready: &Ready) -> Result<(), Stop> {
        let plan = self.plan;
        let first = self.intended.len();
        let moves = &plan.moves[first..first + sources.len()];
        self.tools.filesystem.refresh();
        let missing = self.missing_directories(moves.iter().map(|m| (&m.to, &m.from)))?;
        let intent = Intent {
            first: first as u64,
            files: sources.iter().map(|node| node.stamp.into()).collect(),
            directories: missing.iter().map(|(path, _)| path.clone()).collect(),
        };
        self.intended.extend(&intent.files);
        self.placed.resize(self.intended.len(), None);
        self.made.extend(intent.directories.iter().cloned());
        self.tools.ledger.append(&Record::Intent(intent))?;
        self.tools.ledger.sync()?;

        for (path, like) in missing {
            self.tools.filesystem.make_directory(&path, &like)?;
        }
        for (number, source) in (first..).zip(sources) {
            self.step(number, source, ready)?;
        }
        self.record_done(first)?;
        let bytes = moves.iter().map(|m| m.size).fold(0, u64::saturating_add);
        self.tools.monitor.advance(moves.len() as u64, bytes);
        Ok(())
    }

    /// Does one move, whose source was found as `source`.
    pub(super) fn step(&mut self, number: usize, source: &Node, ready: &Ready) -> Result<(), Stop> {
        let plan = self.plan;
        let operation = &plan.moves[number];
        if self.is_left(operation) {
            return Ok(());
        }
        let Move {
            from,
            to,
            hash,
            why,
            ..
        } = operation;
        self.unchanged(from, &source.stamp, *hash)?;
        if let Some(keeper) = why.keeper() {
            match ready.needs.get(keeper) {
                Some(stamp) => self.unchanged(keeper, stamp, *hash)?,
                None => return Err(Stop::Changed(keeper.clone())),
            }
        }
        self.rename(from, to, |node| {
            is_file(node, source.stamp.into(), operation)
        })
        .map(|stamp| self.placed[number] = Some(stamp))
    }

    /// Renames a file and says what it is in its new place; one that is not the file in question,
    /// because another took the name between the look and the rename, goes back.
    fn rename(
        &self,
        from: &TreePath<'static>,
        to: &TreePath<'static>,
        is_it: impl Fn(&Node) -> bool,
    ) -> Result<Stamp, Stop> {
        let filesystem = self.tools.filesystem;
        filesystem.rename(from, to)?;
        match filesystem.look(to)? {
            Some(node) if is_it(&node) => Ok(node.stamp),
            _ => {
                filesystem.rename(to, from)?;
                Err(Stop::Changed(from.clone()))
            }
        }
    }

    /// Refuses a file that is not as it was found before. Where only the time of its inode's last
    /// change differs, as it does when another link of it was moved, its content tells.
    fn unchanged(&self, path: &TreePath<'static>, found: &Stamp, hash: Digest) -> Result<(), Stop> {
        let changed = || Stop::Changed(path.clone());
        let filesystem = self.tools.filesystem;
        let node = filesystem.look(path)?.ok_or_else(changed)?;
        if node.kind != Kind::File
            || !node.stamp.same_file_as(found)
            || !node.stamp.same_content_as(found)
        {
            return Err(changed());
        }
        if node.stamp.changed != found.changed && filesystem.hash(path)? != hash {
            return Err(changed());
        }
        Ok(())
    }

    /// Makes the moves durable, and then says durably so of those from `first` on.
    pub(super) fn record_done(&mut self, first: usize) -> Result<(), Stop> {
        self.sync()?;
        // A move that was left alone is recorded where its file was intended to be.
        let files = (first..self.intended.len()).map(|n| match self.placed[n] {
            Some(stamp) => stamp.into(),
            None => Placed {
                device: self.intended[n].device,
                inode: self.intended[n].inode,
                changed: Time::default(),
            },
        });
        let done = Done {
            first: first as u64,
            files: files.collect(),
        };
        self.tools.ledger.append(&Record::Done(done))?;
        Ok(self.tools.ledger.sync()?)
    }

    /// Lets the indexes follow, and removes directories that are left over.
    fn settle(&mut self, leftover: &[TreePath<'_>]) -> Result<(), Stop> {
        let moved: Vec<_> = (self.plan.moves.iter().zip(&self.placed))
            .filter(|(operation, stamp)| stamp.is_some() || self.is_left(operation))
            .map(|(operation, stamp)| Moved {
                operation,
                stamp: *stamp,
            })
            .collect();
        self.follow(&moved)?;
        self.remove_directories(leftover)
    }

    fn follow(&mut self, moved: &[Moved<'_>]) -> Result<(), Stop> {
        self.followed = true;
        Ok((self.tools.follow)(moved)?)
    }

    pub(super) fn sync(&mut self) -> Result<(), Stop> {
        let synced = self.tools.filesystem.sync();
        self.unsure |= synced.is_err();
        Ok(synced?)
    }

    fn end(&mut self, outcome: Outcome) -> Result<(), DiskError> {
        let at = (self.tools.now)();
        self.tools
            .ledger
            .append(&Record::End(End { outcome, at }))?;
        self.tools.ledger.sync()
    }

    pub(super) fn is_left(&self, operation: &Move) -> bool {
        self.left.contains(&operation.from) || self.left.contains(&operation.to)
    }
}

/// Whether what was found is the file of a move: the same inode, as long and as old as planned.
fn is_file(node: &Node, id: FileId, operation: &Move) -> bool {
    node.kind == Kind::File
        && FileId::from(node.stamp) == id
        && (node.stamp.size, node.stamp.modified) == (operation.size, operation.modified)
}

//! The one mover: it carries out a plan in batches, and takes it back where something fails.
//!
//! For each batch: the intents are made durable, the files are renamed, the renames are made
//! durable, and only then are they recorded as done. What a kill leaves behind is for
//! [`super::recover`], which looks at the disk and goes on with the same steps.

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
            .and_then(|()| self.finish(leftover));
        forward.map_err(|stop| match self.roll_back(&stop.to_string()) {
            Ok(()) => ApplyError::RolledBack(stop),
            Err(second) => ApplyError::Unfinished(stop.into(), second.into()),
        })
    }

    /// Carries out the next moves, as many as there are `sources`.
    fn carry_out(&mut self, sources: &[Node], ready: &Ready) -> Result<(), Stop> {
        let plan = self.plan;
        let first = self.intended.len();
        let moves = &plan.moves[first..first + sources.len()];
        let ends: Vec<_> = moves.iter().map(|m| (&m.to, &m.from)).collect();
        let missing = self.missing_directories(&ends)?;
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
        let bytes = moves.iter().map(|m| m.size).sum();
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
        let filesystem = self.tools.filesystem;
        filesystem.rename(from, to)?;
        match filesystem.look(to)? {
            Some(node) if is_file(&node, source.stamp.into(), operation) => {
                self.placed[number] = Some(node.stamp);
                Ok(())
            }
            _ => {
                // Between the look and the rename another file took the name: it goes back.
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

    /// Makes the moves durable, and then says so of those from `first` on.
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
        Ok(self.tools.ledger.append(&Record::Done(done))?)
    }

    /// Lets the indexes follow, removes directories that are left over, and ends the run.
    fn finish(&mut self, leftover: &[TreePath<'_>]) -> Result<(), Stop> {
        let placed = self.plan.moves.iter().zip(&self.placed);
        let moved: Vec<_> = placed
            .filter_map(|(operation, stamp)| {
                let stamp = (*stamp)?;
                Some(Moved { operation, stamp })
            })
            .collect();
        (self.tools.follow)(&moved)?;
        self.remove_directories(leftover)?;
        self.end(Outcome::Applied)
    }

    /// Takes everything back that was done, in reverse order, and ends the run.
    ///
    /// # Errors
    /// Where not all of it could be taken back; what could be is.
    pub(super) fn roll_back(&mut self, why: &str) -> Result<(), Stop> {
        let why = why.to_owned();
        let ledger = &mut self.tools.ledger;
        let recorded = ledger.append(&Record::Back { why });
        let recorded = recorded.and_then(|()| ledger.sync()).map_err(Stop::from);
        // Even if that could not be recorded the files go back: the intents name both of their ends.
        let mut first_error = recorded.err();
        let plan = self.plan;
        let mut returned = Vec::new();
        for number in (0..self.intended.len()).rev() {
            let operation = &plan.moves[number];
            if self.is_left(operation) {
                continue;
            }
            match self.take_back(number) {
                Ok(stamp) => returned.push((operation.inverse(self.run), stamp)),
                Err(stop) => first_error = first_error.or(Some(stop)),
            }
        }
        let made = std::mem::take(&mut self.made);
        let removed = self.remove_directories(&made);
        let moved: Vec<_> = returned
            .iter()
            .map(|(operation, stamp)| Moved {
                operation,
                stamp: *stamp,
            })
            .collect();
        let followed = (self.tools.follow)(&moved).map_err(Stop::from);
        match first_error.or(removed.err()).or(followed.err()) {
            Some(stop) => Err(stop),
            None if self.unsure => Err(Stop::Unsure),
            None => self.end(Outcome::RolledBack),
        }
    }

    /// Brings the file of one move back to its source, and says what it is there.
    fn take_back(&mut self, number: usize) -> Result<Stamp, Stop> {
        let plan = self.plan;
        let Move { from, to, .. } = &plan.moves[number];
        match self.place(number)? {
            Place::Source(node) => Ok(node.stamp),
            Place::Destination(node) => {
                self.make_directories(&[(from, to)])?;
                let filesystem = self.tools.filesystem;
                filesystem.rename(to, from)?;
                self.placed[number] = None;
                let back = filesystem.look(from)?;
                match back.filter(|b| b.stamp.same_file_as(&node.stamp)) {
                    Some(back) => Ok(back.stamp),
                    None => Err(Stop::Changed(to.clone())),
                }
            }
        }
    }

    /// Where the file of an intended move is, told by its identity.
    pub(super) fn place(&self, number: usize) -> Result<Place, Stop> {
        let operation = &self.plan.moves[number];
        let Move { from, to, .. } = operation;
        let id = self.intended[number];
        let source = self.tools.filesystem.look(from)?;
        let target = self.tools.filesystem.look(to)?;
        let is_it = |node: &Node| is_file(node, id, operation);
        match (source, target) {
            (Some(node), other) if is_it(&node) && !other.is_some_and(|o| is_it(&o)) => {
                Ok(Place::Source(node))
            }
            (None, Some(node)) if is_it(&node) => Ok(Place::Destination(node)),
            (source, target) => Err(Stop::Conflict {
                from: from.clone(),
                to: to.clone(),
                why: doubt(source.map(|n| is_it(&n)), target.map(|n| is_it(&n))),
            }),
        }
    }

    /// The directories that do not exist and that files going to the first of these paths need,
    /// parents first; each with the directory on the same height above the second path, where the
    /// file comes from: it is to have the permissions and the owner of that one.
    fn missing_directories(
        &mut self,
        ends: &[(&TreePath<'static>, &TreePath<'static>)],
    ) -> Result<Vec<(TreePath<'static>, Node)>, Stop> {
        let filesystem = self.tools.filesystem;
        let mut missing = Vec::new();
        for (to, from) in ends {
            let mut chain = Vec::new();
            let mut origins = from.rel.ancestors();
            for ancestor in to.rel.ancestors() {
                let origin = origins.next();
                let ancestor = TreePath::new(to.tree, ancestor.into_owned());
                if self.there.contains(&ancestor) {
                    break;
                }
                let exists = filesystem.look(&ancestor)?.is_some();
                self.there.insert(ancestor.clone());
                if exists {
                    break;
                }
                let like = match origin {
                    Some(origin) => filesystem.look(&TreePath::new(from.tree, origin))?,
                    None => filesystem.root(from.tree),
                };
                let like = like.ok_or_else(|| Stop::Changed((*from).clone()))?;
                chain.push((ancestor, like));
            }
            missing.extend(chain.into_iter().rev());
        }
        Ok(missing)
    }

    /// Makes directories of which the journal knows already, or which were there when the run began.
    pub(super) fn make_directories(
        &mut self,
        ends: &[(&TreePath<'static>, &TreePath<'static>)],
    ) -> Result<(), Stop> {
        for (path, like) in self.missing_directories(ends)? {
            self.tools.filesystem.make_directory(&path, &like)?;
        }
        Ok(())
    }

    /// Removes those of the directories that are empty, the last first.
    fn remove_directories(&mut self, directories: &[TreePath<'_>]) -> Result<(), Stop> {
        for directory in directories.iter().rev() {
            self.tools.filesystem.remove_directory(directory)?;
            self.there.remove(&directory.clone().into_owned());
        }
        self.sync()
    }

    fn sync(&mut self) -> Result<(), Stop> {
        let synced = self.tools.filesystem.sync();
        self.unsure |= synced.is_err();
        Ok(synced?)
    }

    fn end(&mut self, outcome: Outcome) -> Result<(), Stop> {
        let at = (self.tools.now)();
        self.tools
            .ledger
            .append(&Record::End(End { outcome, at }))?;
        Ok(self.tools.ledger.sync()?)
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

/// What is in doubt about the two ends of a move, each of which holds the file, something else, or
/// nothing.
fn doubt(source: Option<bool>, target: Option<bool>) -> String {
    let end = |name: &str, found: Option<bool>| match found {
        Some(true) => format!("the {name} is the file"),
        Some(false) => format!("the {name} is something else, or was changed"),
        None => format!("the {name} is missing"),
    };
    format!(
        "{}, and {}",
        end("source", source),
        end("destination", target)
    )
}

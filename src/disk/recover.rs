//! Brings a run that was interrupted to its end or back to its start, by looking at the disk.
//!
//! The journal says which moves were intended and to which files; where each file is now, only the
//! disk knows. Recovering twice, or being killed while recovering, changes nothing about the end.

use super::apply::{ApplyError, Course, How, Mover, Pending, Place, Stop, Tools};
use super::error::DiskError;
use super::preflight::Ready;
use crate::model::path::TreePath;
use crate::model::problem::Problem;
use crate::model::run::{FileId, Outcome, Record, Run, TreeId};
use crate::model::schedule::Step;
use crate::model::tree::Tree;
use std::collections::BTreeSet;

/// What to do with an interrupted run.
pub struct Recovery<'r> {
    /// The run.
    pub run: &'r Run,
    /// Which directories the trees are now.
    pub trees: Vec<TreeId>,
    /// Whether to go back even where the run could be finished.
    pub rollback: bool,
    /// Paths at which a person accepts what is there.
    pub leave: Vec<TreePath<'static>>,
    /// Directories that the run which this one undoes had made, parents first.
    pub leftover: Vec<TreePath<'static>>,
}

/// Holds the steps of the given numbers, which ascend, against the disk, and what they lean on.
pub type Preflight<'p> = dyn Fn(&[usize]) -> Result<Ready, Vec<Problem>> + 'p;

/// Why a run could not be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Files are where neither the run nor its start has them; nothing was touched.
    #[error("{} of the run's files are in doubt", .0.len())]
    Conflicts(Vec<Stop>),
    /// A tree is not the directory that it was when the run began, or is missing.
    #[error("{0} is not the directory that it was when the run began")]
    OtherTree(Tree),
    /// A path to leave is not one of the run's.
    #[error("{0} is no place that this run takes files from or brings files to")]
    NotOfRun(TreePath<'static>),
    /// It stopped again; the run is still unfinished.
    #[error("{0}")]
    Stopped(Stop),
}

impl<'t> Recovery<'t> {
    /// Finishes the run where that can be done, else takes it back, and says which it was. A run
    /// of which nothing was intended goes back: nothing is lost by that.
    ///
    /// # Errors
    /// Where files are in doubt, or the disk refuses.
    pub fn recover(
        self,
        tools: Tools<'t>,
        preflight: &Preflight<'_>,
    ) -> Result<Outcome, RecoverError> {
        let run: &'t Run = self.run;
        let plan = &run.plan;
        for path in &self.leave {
            let is_end = plan.moves.iter().any(|m| m.from == *path || m.to == *path);
            if !is_end && !plan.writes.iter().any(|w| w.to == *path) {
                return Err(RecoverError::NotOfRun(path.clone()));
            }
        }
        self.same_trees()?;
        let mut mover = self.mover(tools, run);
        mover.suspect_traces().map_err(RecoverError::Stopped)?;
        let places = mover.places().map_err(RecoverError::Conflicts)?;
        let trees = self.trees.clone();
        let left = self.leave.iter().cloned();
        let left = left.map(|path| Record::Leave { path });
        for record in [Record::Recover { trees }].into_iter().chain(left) {
            mover.tools.ledger.append(&record).map_err(stopped)?;
        }
        mover.tools.ledger.sync().map_err(stopped)?;
        // What was found is to be durable before any name is taken from it.
        mover.sync().map_err(RecoverError::Stopped)?;

        if let Some(why) = &run.progress.back {
            return back(&mut mover, why);
        }
        if self.rollback {
            return back(&mut mover, "asked to by recover --rollback");
        }
        if mover.intended.is_empty() {
            return back(&mut mover, "nothing of it was done yet");
        }
        let stranded = |place: &Option<Place>| matches!(place, Some(Place::Parked(None, _)));
        if places.iter().any(stranded) {
            return back(&mut mover, "it was on its way back");
        }
        let undone = |place: &Option<Place>| matches!(place, Some(Place::Before(_)));
        let mut numbers: Vec<_> = (0..places.len()).filter(|n| undone(&places[*n])).collect();
        numbers.extend(places.len()..run.schedule.steps().len());
        let ready = match preflight(&numbers) {
            Ok(ready) => ready,
            Err(problems) => {
                let why = problems.first().map(ToString::to_string);
                return back(&mut mover, &why.unwrap_or_default());
            }
        };
        let first = run.progress.steps.iter().position(|mark| !mark.done);
        if let Err(stop) = mover.resume(&places, first, &ready) {
            return back(&mut mover, &stop.to_string());
        }
        match mover.apply(&ready, &self.leftover) {
            Ok(()) => Ok(Outcome::Applied),
            Err(ApplyError::RolledBack(_)) => Ok(Outcome::RolledBack),
            Err(ApplyError::Unconfirmed(stop)) => Err(RecoverError::Stopped(stop)),
            Err(ApplyError::Unfinished(_, stop)) => Err(RecoverError::Stopped(*stop)),
        }
    }

    /// Refuses trees that are missing, or others than those on which the run began: where a disk is
    /// not mounted, everything that is on it would seem to be gone.
    fn same_trees(&self) -> Result<(), RecoverError> {
        let plan = &self.run.plan;
        let steps = self.run.schedule.steps().iter();
        // Copies are taken back without their sources: a card may be out of its slot by now.
        let is_back = self.rollback || self.run.progress.back.is_some();
        let ends = steps.map(|step| match (step, step.trees(plan)) {
            (Step::Copy(_), (_, to)) if is_back => [to, to],
            (_, (from, to)) => [from, to],
        });
        let used: BTreeSet<_> = ends.flatten().collect();
        for tree in used {
            let of = |trees: &[TreeId]| Some(trees.iter().find(|t| t.tree == tree)?.inode);
            let begun = of(&self.run.progress.begin.trees);
            if begun.is_some() && begun != of(&self.trees) {
                return Err(RecoverError::OtherTree(tree));
            }
        }
        Ok(())
    }

    /// The run as its journal tells it.
    fn mover(&self, tools: Tools<'t>, run: &'t Run) -> Mover<'t> {
        let progress = &run.progress;
        let course = Course {
            plan: &run.plan,
            schedule: &run.schedule,
            begin: &progress.begin,
        };
        let mut mover = Mover::new(tools, course);
        // The number of a device may be another after a restart.
        let begun = &progress.begin.trees;
        let today = |id: FileId, tree| id.renumbered(tree, begun, &self.trees);
        // The indexes follow once everything is moved.
        mover.followed = progress.steps.len() == run.schedule.steps().len();
        mover.left = progress.left.iter().chain(&self.leave).cloned().collect();
        mover.made = progress.directories.clone();
        for (at, (mark, step)) in progress.steps.iter().zip(run.schedule.steps()).enumerate() {
            let (from, to) = step.trees(&run.plan);
            mover.intended.push(mark.file.map(|id| today(id, from)));
            mover.placed.push(mark.placed);
            if let Some(copy) = progress.copies.get(&at) {
                mover.copies.insert(at, today(*copy, to));
            }
            // On the way back, what was done may be beside its place again.
            if !mark.done || progress.back.is_some() {
                mover.traces.insert(at);
            }
        }
        mover
    }
}

fn stopped(error: DiskError) -> RecoverError {
    RecoverError::Stopped(error.into())
}

fn back(mover: &mut Mover<'_>, why: &str) -> Result<Outcome, RecoverError> {
    mover.roll_back(why).map_err(RecoverError::Stopped)?;
    Ok(Outcome::RolledBack)
}

impl Mover<'_> {
    /// Where files were put aside or copied, any step may have left something under our names.
    fn suspect_traces(&mut self) -> Result<(), Stop> {
        let mut suspect = !self.copies.is_empty();
        for directory in self.asides() {
            suspect = suspect || self.tools.filesystem.look(&directory)?.is_some();
        }
        if suspect {
            self.traces.extend(0..self.intended.len());
        }
        Ok(())
    }

    /// Where everything is that the intended steps are about; none for those that are left as they
    /// are. What the run did before it was killed may not be durable, so all of it is marked.
    ///
    /// # Errors
    /// All conflicts.
    fn places(&mut self) -> Result<Vec<Option<Place>>, Vec<Stop>> {
        let mut places = Vec::with_capacity(self.intended.len());
        let mut conflicts = Vec::new();
        let filesystem = self.tools.filesystem;
        let asides = self.asides();
        for directory in self.made.iter().chain(&asides) {
            let marked = filesystem.mark(directory);
            conflicts.extend(marked.err().map(Stop::from));
        }
        for at in 0..self.intended.len() {
            let known = self.placed[at].take();
            if self.is_left(at) {
                places.push(None);
                continue;
            }
            let parts = !matches!(self.schedule.steps()[at], Step::Copy(_));
            let hop = self.hop(at).filter(|_| parts);
            let from = hop.as_ref().map(|hop| hop.from.clone());
            let is_trace = parts && self.traces.contains(&at);
            let parked = is_trace.then(|| self.parked(at));
            let ends = from.into_iter().chain([self.destination(at)]);
            for end in ends.chain(parked.into_iter().flatten()) {
                conflicts.extend(filesystem.mark(&end).err().map(Stop::from));
            }
            match self.place(at) {
                Ok(place) => {
                    if let Some(node) = place.arrived() {
                        let known = known.is_some_and(|k| k.changed == node.stamp.changed);
                        let stamp = node.stamp;
                        self.placed[at] = Some(if known { stamp } else { stamp.in_doubt() });
                    }
                    places.push(Some(place));
                }
                Err(stop) => conflicts.push(stop),
            }
        }
        if conflicts.is_empty() {
            Ok(places)
        } else {
            Err(conflicts)
        }
    }

    /// Reads a copy back from the disk before its source is put aside. It was read when it was made,
    /// but what the disk failed to write since, only the process that died may have been told.
    fn read_copy(&self, at: usize) -> Result<(), Stop> {
        let Some(hop) = self.hop(at) else {
            return Ok(());
        };
        let (_, hash) = self.tools.filesystem.read_back(&hop.to, &|_| {})?;
        if hash == hop.hash {
            Ok(())
        } else {
            Err(Stop::Changed(hop.to.into_owned()))
        }
    }

    /// Whether a step made a copy of a file that stays, and nothing says yet that it is durable.
    fn is_fresh_copy(&self, at: usize, first: Option<usize>) -> bool {
        let is_copy = matches!(self.schedule.steps()[at], Step::Copy(_));
        is_copy && first.is_some_and(|first| at >= first)
    }

    /// Does those intended steps that the kill left undone, sees those through that it left
    /// half done, and records from the step numbered `first` on that they are done.
    fn resume(
        &mut self,
        places: &[Option<Place>],
        first: Option<usize>,
        ready: &Ready,
    ) -> Result<(), Stop> {
        self.heed()?;
        self.tools.filesystem.refresh();
        let undone = |at: &usize| matches!(places[*at], Some(Place::Before(_)));
        self.make_directories((0..places.len()).filter(undone))?;
        self.dress_directories()?;
        let mut resumed = None;
        for (at, place) in places.iter().enumerate() {
            let how = match place {
                Some(Place::Before(_)) => {
                    resumed = resumed.or(Some(at));
                    self.act(at, ready)?;
                    continue;
                }
                Some(Place::Linked(source)) => How::Linked(source.stamp),
                Some(Place::Copied(source, _)) => {
                    self.read_copy(at)?;
                    How::Copied(source.stamp)
                }
                Some(Place::After(_)) if self.is_fresh_copy(at, first) => {
                    self.read_copy(at)?;
                    continue;
                }
                Some(Place::After(_) | Place::Parked(..)) | None => continue,
            };
            resumed = resumed.or(Some(at));
            self.pending.push(Pending { at, how });
        }
        self.finish()?;
        match first.into_iter().chain(resumed).min() {
            Some(first) => self.record_done(first),
            // All was recorded as done; whether it is durable only a sync can tell.
            None => self.sync(),
        }
    }
}

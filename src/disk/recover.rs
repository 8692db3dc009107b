//! Brings a run that was interrupted to its end or back to its start, by looking at the disk.
//!
//! The journal says which moves were intended and to which files; where each file is now, only the
//! disk knows. Recovering twice, or being killed while recovering, changes nothing about the end.

use super::apply::{ApplyError, Mover, Place, Stop, Tools};
use super::error::DiskError;
use super::filesystem::Node;
use super::preflight::Ready;
use crate::model::path::TreePath;
use crate::model::problem::Problem;
use crate::model::run::{FileId, Outcome, Record, Run, Step, TreeId};
use crate::model::tree::Tree;

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

/// Holds the moves of the given numbers against the disk, and what they lean on.
pub type Preflight<'p> = dyn Fn(&[usize]) -> Result<Ready, Vec<Problem>> + 'p;

/// Why a run could not be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Files are where neither the run nor its start has them; nothing was touched.
    #[error("{} of the run's files are in doubt", .0.len())]
    Conflicts(Vec<Stop>),
    /// A path to leave is not one of the run's.
    #[error("{0} is neither source nor destination of a move of this run")]
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
        let moves = &run.plan.moves;
        for path in &self.leave {
            if !moves.iter().any(|m| m.from == *path || m.to == *path) {
                return Err(RecoverError::NotOfRun(path.clone()));
            }
        }
        let mut mover = self.mover(tools, run);
        for path in &self.leave {
            let path = path.clone();
            mover
                .tools
                .ledger
                .append(&Record::Leave { path })
                .map_err(stopped)?;
        }
        mover.tools.ledger.sync().map_err(stopped)?;
        let places = mover.places().map_err(RecoverError::Conflicts)?;

        if let Some(why) = &run.progress.back {
            return back(&mut mover, why);
        }
        if self.rollback {
            return back(&mut mover, "asked to by recover --rollback");
        }
        if mover.intended.is_empty() {
            return back(&mut mover, "nothing of it was done yet");
        }
        let undone = |place: &Option<Place>| matches!(place, Some(Place::Source(_)));
        let mut numbers: Vec<_> = (0..places.len()).filter(|n| undone(&places[*n])).collect();
        let resumed = numbers.len();
        numbers.extend(places.len()..moves.len());
        let mut ready = match preflight(&numbers) {
            Ok(ready) => ready,
            Err(problems) => {
                let why = problems.first().map(ToString::to_string);
                return back(&mut mover, &why.unwrap_or_default());
            }
        };
        let rest = ready.sources.split_off(resumed);
        let sources = std::mem::replace(&mut ready.sources, rest);
        numbers.truncate(resumed);
        let intended = |step: &Step| matches!(step, Step::Intended(_));
        let first = run.progress.moves.iter().position(intended);
        if let Err(stop) = mover.resume(&numbers, &sources, first, &ready) {
            return back(&mut mover, &stop.to_string());
        }
        match mover.apply(&ready, &self.leftover) {
            Ok(()) => Ok(Outcome::Applied),
            Err(ApplyError::RolledBack(_)) => Ok(Outcome::RolledBack),
            Err(ApplyError::Unconfirmed(stop)) => Err(RecoverError::Stopped(stop)),
            Err(ApplyError::Unfinished(_, stop)) => Err(RecoverError::Stopped(*stop)),
        }
    }

    /// The run as its journal tells it.
    fn mover(&self, tools: Tools<'t>, run: &'t Run) -> Mover<'t> {
        let progress = &run.progress;
        let mut mover = Mover::new(tools, &run.plan, &run.id);
        mover.followed = true;
        mover.left = progress.left.iter().chain(&self.leave).cloned().collect();
        mover.made = progress.directories.clone();
        for (step, operation) in progress.moves.iter().zip(&run.plan.moves) {
            let (id, placed) = match *step {
                Step::Intended(id) => (id, None),
                Step::Done(stamp) => (stamp.into(), Some(stamp)),
            };
            mover
                .intended
                .push(self.on_todays_device(id, operation.from.tree));
            mover.placed.push(placed);
        }
        mover
    }

    /// An identity as it is today: the number of a device may be another after a restart, and is
    /// told by the tree that lay on it.
    fn on_todays_device(&self, id: FileId, tree: Tree) -> FileId {
        let of = |trees: &[TreeId]| trees.iter().find(|t| t.tree == tree).cloned();
        match (of(&self.run.progress.begin.trees), of(&self.trees)) {
            (Some(then), Some(now)) if then.inode == now.inode && then.device == id.device => {
                FileId {
                    device: now.device,
                    ..id
                }
            }
            _ => id,
        }
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
    /// Where the files of all intended moves are; none for those that are left as they are. What
    /// the run did before it was killed may not be durable, so all of it is marked.
    ///
    /// # Errors
    /// All conflicts.
    fn places(&mut self) -> Result<Vec<Option<Place>>, Vec<Stop>> {
        let mut places = Vec::with_capacity(self.intended.len());
        let mut conflicts = Vec::new();
        let filesystem = self.tools.filesystem;
        for directory in &self.made {
            filesystem.mark(directory).map_err(|e| vec![e.into()])?;
        }
        for number in 0..self.intended.len() {
            let operation = &self.plan.moves[number];
            for end in [&operation.from, &operation.to] {
                filesystem.mark(end).map_err(|e| vec![e.into()])?;
            }
            let known = self.placed[number].take();
            if self.is_left(operation) {
                places.push(None);
                continue;
            }
            match self.place(number) {
                Ok(place) => {
                    if let Place::Destination(node) = place {
                        let known = known.is_some_and(|k| k.changed == node.stamp.changed);
                        let stamp = node.stamp;
                        self.placed[number] = Some(if known { stamp } else { stamp.in_doubt() });
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

    /// Does those intended moves that the kill left undone, whose `numbers` and `sources` these
    /// are, and records from the move numbered `first` on that they are done.
    fn resume(
        &mut self,
        numbers: &[usize],
        sources: &[Node],
        first: Option<usize>,
        ready: &Ready,
    ) -> Result<(), Stop> {
        self.tools.filesystem.refresh();
        let plan = self.plan;
        let undone = numbers.iter().map(|number| &plan.moves[*number]);
        self.make_directories(undone.map(|m| (&m.to, &m.from)))?;
        self.dress_directories()?;
        for (number, source) in numbers.iter().zip(sources) {
            self.step(*number, source, ready)?;
        }
        match first.into_iter().chain(numbers.first().copied()).min() {
            Some(first) => self.record_done(first),
            // All was recorded as done; whether it is durable only a sync can tell.
            None => self.sync(),
        }
    }
}

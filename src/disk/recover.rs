//! Brings a run that was interrupted to its end or back to its start, by looking at the disk.
//!
//! The journal says which moves were intended and to which files; where each file is now, only the
//! disk knows. Recovering twice, or being killed while recovering, changes nothing about the end.

use super::apply::{ApplyError, Mover, Place, Stop, Tools};
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
    /// Finishes the run where that can be done, else takes it back, and says which it was.
    ///
    /// `preflight` holds the plan against the disk from the move of the given number on.
    ///
    /// # Errors
    /// Where files are in doubt, or the disk refuses.
    pub fn recover(
        self,
        tools: Tools<'t>,
        preflight: &dyn Fn(usize) -> Result<Ready, Vec<Problem>>,
    ) -> Result<Outcome, RecoverError> {
        let moves = &self.run.plan.moves;
        for path in &self.leave {
            if !moves.iter().any(|m| m.from == *path || m.to == *path) {
                return Err(RecoverError::NotOfRun(path.clone()));
            }
        }
        for path in &self.leave {
            let path = path.clone();
            let recorded = tools.ledger.append(&Record::Leave { path });
            recorded.map_err(|e| RecoverError::Stopped(e.into()))?;
        }
        let progress = &self.run.progress;
        let run: &'t Run = self.run;
        let mut mover = Mover::new(tools, &run.plan, &run.id);
        mover.left = progress.left.iter().chain(&self.leave).cloned().collect();
        mover.made = progress.directories.clone();
        mover.intended = progress
            .moves
            .iter()
            .zip(moves)
            .map(|(step, m)| {
                let id = match *step {
                    Step::Intended(id) => id,
                    Step::Done(stamp) => stamp.into(),
                };
                self.on_todays_device(id, m.from.tree)
            })
            .collect();
        let places = mover.places().map_err(RecoverError::Conflicts)?;

        if let Some(why) = &progress.back {
            return back(&mut mover, why);
        }
        if self.rollback {
            return back(&mut mover, "asked to by recover --rollback");
        }
        let ready = match preflight(mover.intended.len()) {
            Ok(ready) => ready,
            Err(problems) => {
                let why = problems
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                return back(&mut mover, &why);
            }
        };
        let first = progress
            .moves
            .iter()
            .position(|s| matches!(s, Step::Intended(_)));
        let resumed = mover.resume(&places, first, &ready);
        let applied = match resumed {
            Ok(()) => mover.apply(&ready, &self.leftover),
            Err(stop) => return back(&mut mover, &stop.to_string()),
        };
        match applied {
            Ok(()) => Ok(Outcome::Applied),
            Err(ApplyError::RolledBack(_)) => Ok(Outcome::RolledBack),
            Err(ApplyError::Unfinished(_, stop)) => Err(RecoverError::Stopped(*stop)),
        }
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

fn back(mover: &mut Mover<'_>, why: &str) -> Result<Outcome, RecoverError> {
    mover.roll_back(why).map_err(RecoverError::Stopped)?;
    Ok(Outcome::RolledBack)
}

impl Mover<'_> {
    /// Where the files of all intended moves are; none for those that are left as they are.
    ///
    /// # Errors
    /// All conflicts.
    fn places(&mut self) -> Result<Vec<Option<Place>>, Vec<Stop>> {
        self.placed = vec![None; self.intended.len()];
        let mut places = Vec::with_capacity(self.intended.len());
        let mut conflicts = Vec::new();
        for number in 0..self.intended.len() {
            if self.is_left(&self.plan.moves[number]) {
                places.push(None);
                continue;
            }
            match self.place(number) {
                Ok(place) => {
                    if let Place::Destination(node) = place {
                        self.placed[number] = Some(node.stamp);
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

    /// Does those intended moves that the kill left undone, and records from the move numbered
    /// `first` on that they are done.
    fn resume(
        &mut self,
        places: &[Option<Place>],
        first: Option<usize>,
        ready: &Ready,
    ) -> Result<(), Stop> {
        let sources: Vec<_> = places
            .iter()
            .enumerate()
            .filter_map(|(number, place)| match place {
                Some(Place::Source(node)) => Some((number, *node)),
                _ => None,
            })
            .collect();
        let ends: Vec<_> = sources
            .iter()
            .map(|(number, _)| &self.plan.moves[*number])
            .map(|m| (&m.to, &m.from))
            .collect();
        self.make_directories(&ends)?;
        for (number, source) in &sources {
            self.step(*number, source, ready)?;
        }
        match first
            .into_iter()
            .chain(sources.first().map(|(n, _)| *n))
            .min()
        {
            Some(first) => self.record_done(first),
            None => Ok(()),
        }
    }
}

//! The runs of the past: all of them in brief, and as a whole those that somebody asks about.

use super::context::Context;
use super::failure::{Exit, Failure};
use crate::disk::journal::Runs;
use crate::disk::purge::find;
use crate::disk::trees::Trees;
use crate::model::index::Totals;
use crate::model::parked::Parked;
use crate::model::plan::{Phase, Plan};
use crate::model::problem::{Fault, Problem};
use crate::model::run::{Brief, Run, RunId};
use crate::phase::undo;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The runs of a library.
pub struct Past {
    runs: Runs,
    /// Runs that were read as wholes before.
    known: RefCell<Vec<Run>>,
    /// All of which something was begun, oldest first.
    pub briefs: Vec<Brief>,
}

impl Past {
    /// The runs of the library of `context`.
    ///
    /// # Errors
    /// Where one of them cannot be read or trusted.
    pub fn of(context: &Context) -> Result<Past, Failure> {
        let runs = Runs::in_datadir(&context.layout().datadir);
        let briefs = runs.briefs()?;
        Ok(Past {
            runs,
            known: RefCell::default(),
            briefs,
        })
    }

    /// The same, where these of them were read as wholes a moment ago: a run that is finished does
    /// not change.
    pub fn knowing(self, runs: Vec<Run>) -> Past {
        Past {
            known: RefCell::new(runs),
            ..self
        }
    }

    /// The run that was interrupted, if there is one.
    pub fn unfinished(&self) -> Option<&Brief> {
        self.briefs.iter().find(|run| !run.is_finished())
    }

    /// Refuses to go on where a run was interrupted.
    ///
    /// # Errors
    /// Where there is such a run.
    pub fn refuse_unfinished(&self) -> Result<(), Failure> {
        let Some(Brief { id, .. }) = self.unfinished() else {
            return Ok(());
        };
        let message = format!("run {id} was interrupted and is unfinished");
        Err(Failure::new(Exit::Unfinished, message)
            .hint("`mediastruct recover` finishes it, or takes it back")
            .hint(format!("`mediastruct show {id}` says what it was doing")))
    }

    /// The run `id` and all that took some of it back, or some of that, as wholes, oldest first:
    /// what tells how much of it stands. None where there is no such run.
    ///
    /// # Errors
    /// Where one of them cannot be read or trusted.
    pub fn with_undos(&self, id: &RunId) -> Result<Vec<Run>, Failure> {
        self.load(|known, run| {
            run.id == *id || run.took_back().is_some_and(|of| known.contains(of))
        })
    }

    /// Those of these runs of which something was taken back, and what took it back, as wholes,
    /// oldest first: what tells how much of each of them stands.
    ///
    /// # Errors
    /// Where one of them cannot be read or trusted.
    pub fn undone_among(&self, shown: &[&Brief]) -> Result<Vec<Run>, Failure> {
        let shown: BTreeSet<&RunId> = shown.iter().map(|run| &run.id).collect();
        let undone = self.briefs.iter().filter_map(Brief::took_back);
        let undone: BTreeSet<&RunId> = undone.filter(|id| shown.contains(id)).collect();
        self.load(|known, run| {
            undone.contains(&run.id) || run.took_back().is_some_and(|of| known.contains(of))
        })
    }

    /// The run that `plan` takes back, with all that [`Past::with_undos`] gives; none where it
    /// takes none back.
    ///
    /// # Errors
    /// As [`Past::with_undos`].
    pub fn undone_by(&self, plan: &Plan) -> Result<Vec<Run>, Failure> {
        match &plan.settings.run {
            Some(id) => self.with_undos(id),
            None => Ok(Vec::new()),
        }
    }

    /// The newest run that stands and is itself no undo, with all that [`Past::with_undos`] gives;
    /// none where there is none.
    ///
    /// # Errors
    /// As [`Past::with_undos`].
    pub fn newest_standing(&self) -> Result<Vec<Run>, Failure> {
        for run in self.briefs.iter().rev() {
            if !run.is_applied() || run.begin.phase == Phase::Undo {
                continue;
            }
            let runs = self.with_undos(&run.id)?;
            if undo::newest(&runs).is_some() {
                return Ok(runs);
            }
        }
        Ok(Vec::new())
    }

    /// The run `id`, as a whole.
    ///
    /// # Errors
    /// Where there is no such run, or it cannot be read or trusted.
    pub fn whole(&self, id: &RunId) -> Result<Run, Failure> {
        let found = self.load(|_, run| run.id == *id)?.pop();
        found.ok_or_else(|| {
            Failure::usage(format!("there is no run {id}"))
                .hint("`mediastruct history` lists the runs")
        })
    }

    /// All runs after `id` that are applied, as wholes, oldest first.
    ///
    /// # Errors
    /// Where one of them cannot be read or trusted.
    pub fn after(&self, id: &RunId) -> Result<Vec<Run>, Failure> {
        self.load(|_, run| run.id > *id && run.is_applied())
    }

    /// Refuses a plan that was applied already, and of which something stands.
    ///
    /// # Errors
    /// Where it was, or a run that may be of the same plan cannot be read or trusted.
    pub fn refuse_again(&self, plan: &Plan) -> Result<(), Failure> {
        // The name of a run ends in digits of its plan's id, which tell most others apart.
        let may_be_same = |run: &&Brief| run.is_applied() && run.id.is_of(plan.id());
        for run in self.briefs.iter().filter(may_be_same) {
            let runs = self.with_undos(&run.id)?;
            let is_same = |r: &&Run| r.id == run.id && r.plan.id() == plan.id();
            let same = runs.iter().find(is_same);
            if same.is_some_and(|run| undo::stands(run, &runs)) {
                let problem = Problem::whole(Fault::AppliedAlready(run.id.clone()));
                return Err(Failure::refused(problem.to_string())
                    .hint(format!("`mediastruct undo {}` takes it back", run.id)));
            }
        }
        Ok(())
    }

    /// How much of what these runs parked is there still, by their names. What cannot be looked at
    /// is not counted: whoever wants to delete it is told.
    ///
    /// # Errors
    /// Where a run that parked something cannot be read or trusted.
    pub fn parked<'b>(
        &self,
        briefs: impl IntoIterator<Item = &'b Brief>,
        context: &Context,
    ) -> Result<BTreeMap<RunId, Totals>, Failure> {
        let undone: BTreeSet<_> = self.briefs.iter().filter_map(Brief::took_back).collect();
        let has_parked = |run: &&Brief| {
            run.copied > 0 || run.work.copies || (run.work.writes > 0 && undone.contains(&run.id))
        };
        let parking = briefs.into_iter().filter(has_parked);
        let parking: BTreeSet<&RunId> = parking.map(|run| &run.id).collect();
        if parking.is_empty() {
            return Ok(BTreeMap::new());
        }
        let Ok(trees) = Trees::open(context.layout()) else {
            return Ok(BTreeMap::new());
        };
        let runs = self.load(|_, run| parking.contains(&run.id))?;
        let count = |run: Run| {
            let totals = parked_by(&run, &trees);
            (totals.files > 0).then_some((run.id, totals))
        };
        Ok(runs.into_iter().filter_map(count).collect())
    }

    /// Those runs, as wholes, that `is_wanted` asks for, which is told of the names of those that
    /// it asked for already.
    fn load(
        &self,
        is_wanted: impl Fn(&BTreeSet<&RunId>, &Brief) -> bool,
    ) -> Result<Vec<Run>, Failure> {
        let mut wanted = BTreeSet::new();
        let mut runs = Vec::new();
        for run in &self.briefs {
            if is_wanted(&wanted, run) {
                wanted.insert(&run.id);
                match self.take_known(&run.id) {
                    Some(known) => runs.push(known),
                    None => runs.extend(self.runs.load(&run.id)?),
                }
            }
        }
        Ok(runs)
    }

    fn take_known(&self, id: &RunId) -> Option<Run> {
        let mut known = self.known.borrow_mut();
        let at = known.iter().position(|run| run.id == *id)?;
        Some(known.swap_remove(at)).filter(Run::is_finished)
    }
}

/// How much of what `run` parked is there still; what cannot be looked at is not counted.
fn parked_by(run: &Run, trees: &Trees) -> Totals {
    let mut totals = Totals::default();
    for parked in Parked::by(run) {
        let found = find(trees, std::slice::from_ref(&parked)).unwrap_or_default();
        let sizes = found.iter().map(|f| f.parked.operation.size);
        sizes.for_each(|size| totals.add(size));
    }
    totals
}

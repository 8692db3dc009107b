//! Undo: a run is taken back by a plan of the inverses of its moves, through the same mover.
//!
//! Undoing an undo is redoing. A run can be taken back in parts, where a person deleted lines from
//! an undo plan; what stands of a run is what no standing undo has taken back.

use crate::model::plan::{Phase, Plan, RawPlan, Summary};
use crate::model::problem;
use crate::model::run::{Run, RunId, Standing};
use crate::model::state::State;
use foldhash::HashSet;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// There is no run that could be taken back.
    #[error("there is no run to undo")]
    NoRun,
    /// There is no run of that name.
    #[error("there is no run {0}")]
    Unknown(RunId),
    /// The run was interrupted.
    #[error("run {0} is unfinished")]
    Unfinished(RunId),
    /// The run was rolled back, and so did nothing.
    #[error("run {0} was rolled back: there is nothing to undo")]
    RolledBack(RunId),
    /// The journal tells of moves that no lawful run can have made.
    #[error("run {0} cannot be undone as its journal tells it: {1}")]
    Unlawful(RunId, String),
    /// Nothing of the run stands any more.
    #[error("run {0} was undone already")]
    Undone(RunId),
}

/// The plan that takes back what stands of the run named in the settings, or of the newest run that
/// stands and is itself no undo.
///
/// # Errors
/// Where there is no such run, or nothing of it stands.
pub fn plan(state: &State<'_>) -> Result<Plan, UndoError> {
    let runs = &state.runs;
    let run = match &state.settings.run {
        Some(id) => runs
            .iter()
            .find(|r| r.id == *id)
            .ok_or_else(|| UndoError::Unknown(id.clone()))?,
        None => newest(runs).ok_or(UndoError::NoRun)?,
    };
    if !run.is_finished() {
        return Err(UndoError::Unfinished(run.id.clone()));
    }
    if !run.is_applied() {
        return Err(UndoError::RolledBack(run.id.clone()));
    }
    let standing = standing(run, runs);
    if standing.is_empty() {
        return Err(UndoError::Undone(run.id.clone()));
    }
    let mut plan = RawPlan::of(Phase::Undo);
    plan.settings.run = Some(run.id.clone());
    plan.moves = standing.hops.iter().map(|h| h.inverse(&run.id)).collect();
    plan.makes = standing.pruned.into_iter().cloned().collect();
    plan.prunes = standing.made.into_iter().cloned().collect();
    plan.summary = Some(Summary {
        seen: run.done().count() as u64,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| UndoError::Unlawful(run.id.clone(), problem::in_one_line(&problems)))
}

/// The newest run that is applied, no undo, and not undone as a whole.
pub fn newest(runs: &[Run]) -> Option<&Run> {
    runs.iter()
        .rev()
        .filter(|r| r.is_applied() && r.plan.phase != Phase::Undo)
        .find(|r| stands(r, runs))
}

/// Whether anything of `run` is done that no standing undo among `runs` has taken back.
pub fn stands(run: &Run, runs: &[Run]) -> bool {
    let nothing_back = undos(run, runs).next().is_none();
    let is_moved = nothing_back && run.is_applied() && run.done().next().is_some();
    is_moved || !standing(run, runs).is_empty()
}

/// What of `run` is done and no standing undo among `runs` has taken back.
pub fn standing<'r>(run: &'r Run, runs: &'r [Run]) -> Standing<'r> {
    if !run.is_applied() {
        return Standing::default();
    }
    let undos: Vec<_> = undos(run, runs).map(|u| standing(u, runs)).collect();
    let back = undos.iter().flat_map(|undo| &undo.hops);
    let back: HashSet<_> = back.map(|hop| (&hop.to, &hop.from)).collect();
    let remade: HashSet<_> = undos.iter().flat_map(|undo| &undo.made).collect();
    let gone: HashSet<_> = undos.iter().flat_map(|undo| &undo.pruned).collect();
    let hops = run.done().map(|(hop, _)| hop);
    Standing {
        hops: hops.filter(|h| !back.contains(&(&h.from, &h.to))).collect(),
        made: (run.plan.makes.iter())
            .filter(|d| !gone.contains(d))
            .collect(),
        pruned: (run.plan.prunes.iter())
            .filter(|d| !remade.contains(d))
            .collect(),
    }
}

/// The runs that took back some of `run`, standing or not.
fn undos<'r>(run: &'r Run, runs: &'r [Run]) -> impl Iterator<Item = &'r Run> {
    let undoes = |r: &&Run| {
        r.id > run.id
            && r.plan.phase == Phase::Undo
            && r.plan.settings.run.as_ref() == Some(&run.id)
    };
    runs.iter().filter(undoes)
}

#[cfg(test)]
pub(super) mod tests;

//! History: what became of runs.

use super::undo;
use crate::model::history::{Done, Entry, RUN_FORMAT, RunReport, Standing};
use crate::model::index::Totals;
use crate::model::run::{Brief, Outcome, Run, RunId};

/// What became of `run`, which has so much `parked`. `whole` holds it and all that took some of it
/// back, as far as there are such; else it is as it ended.
pub fn entry(run: &Brief, whole: &[Run], parked: Totals) -> Entry {
    let undone = whole.iter().find(|r| r.id == run.id);
    let (taken_back, left) = undone.map_or((0, 1), |undone| taken_back(undone, whole));
    let state = match run.end.as_ref().map(|end| end.outcome) {
        None => Standing::Unfinished,
        Some(Outcome::RolledBack) => Standing::RolledBack,
        Some(Outcome::Applied) if taken_back == 0 => Standing::Applied,
        Some(Outcome::Applied) if left == 0 => Standing::Undone,
        Some(Outcome::Applied) => Standing::PartlyUndone,
    };
    Entry {
        run: run.id.clone(),
        phase: run.begin.phase,
        begun: run.begin.at,
        ended: run.end.as_ref().map(|end| end.at),
        state,
        taken_back,
        taken_back_by: standing_undos(&run.id, whole),
        work: run.work.clone(),
        parked,
    }
}

/// The whole of a run and what became of it; `whole` as for [`entry`].
pub fn report(run: &Run, whole: &[Run], parked: Totals) -> RunReport {
    let progress = &run.progress;
    let is_back = progress.back.is_some() && run.is_finished();
    let done = run.told().filter(|_| !is_back).map(|hop| Done {
        from: hop.from.into_owned(),
        to: hop.to.into_owned(),
        size: hop.size,
        modified: hop.modified,
        hash: hop.hash,
    });
    let directories = |listed: &[_]| match run.is_applied() {
        true => listed.to_vec(),
        false => Vec::new(),
    };
    RunReport {
        format: RUN_FORMAT.to_owned(),
        entry: entry(&Brief::from(run), whole, parked),
        turned_back: progress.back.clone(),
        left: progress.left.clone(),
        done: done.collect(),
        made: directories(&run.plan.makes),
        pruned: directories(&run.plan.prunes),
    }
}

/// How many of the things that `run` did are taken back, and how many stand.
fn taken_back(run: &Run, whole: &[Run]) -> (u64, u64) {
    let all = run.done().count() + run.plan.makes.len() + run.plan.prunes.len();
    let standing = undo::standing(run, whole);
    let left = standing.hops.len() + standing.made.len() + standing.pruned.len();
    (all.saturating_sub(left) as u64, left as u64)
}

/// The runs among `whole` that took some of `run` back, and stand.
fn standing_undos(run: &RunId, whole: &[Run]) -> Vec<RunId> {
    let undos = whole
        .iter()
        .filter(|r| Brief::from(*r).took_back() == Some(run));
    undos
        .filter(|undo| undo::stands(undo, whole))
        .map(|undo| undo.id.clone())
        .collect()
}

#[cfg(test)]
mod tests;

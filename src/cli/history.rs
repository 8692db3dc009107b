//! `history` and `show RUN`: what was done, and what of it stands.

use super::args::ShowArguments;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::human::{Bytes, Count, Things};
use super::library;
use super::show;
use crate::disk::journal::Runs;
use crate::model::index::Totals;
use crate::model::plan::Phase;
use crate::model::run::{Outcome, Run, RunId};
use crate::phase::undo;
use std::fmt::Write;

/// Lists all runs, newest first.
///
/// # Errors
/// Where one of them cannot be read or trusted.
pub fn history(context: &Context) -> Result<Exit, Failure> {
    let runs = library::runs(context)?;
    if runs.is_empty() {
        context.output.note("there are no runs yet");
        return Ok(Exit::Done);
    }
    let text = list(&runs, &library::parked(&runs, context));
    context.output.data(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}

/// The runs, newest first, one a line.
fn list(runs: &[Run], parked: &[Totals]) -> String {
    let mut text = String::new();
    for (run, parked) in runs.iter().zip(parked).rev() {
        let moves = Count(run.plan.moves.len() as u64);
        let sizes = run.plan.moves.iter().map(|m| m.size);
        let bytes = Bytes(sizes.fold(0, u64::saturating_add));
        let phase = run.plan.phase.to_string();
        let mut state = state(run, runs);
        if parked.files > 0 {
            let files = Things(parked.files, "file");
            let _ = write!(state, "; parked: {files}, {}", Bytes(parked.bytes));
        }
        let _ = writeln!(
            text,
            "{}  {phase:<8}{moves:>10} moves {bytes:>10}  {state}",
            run.id
        );
    }
    text
}

/// How a run ended, and whether it stands.
fn state(run: &Run, runs: &[Run]) -> String {
    let Some(end) = &run.progress.end else {
        return "unfinished".to_owned();
    };
    if end.outcome == Outcome::RolledBack {
        return "rolled back".to_owned();
    }
    let of = match (run.plan.phase, &run.plan.settings.run) {
        (Phase::Undo, Some(of)) => format!("of {of}, "),
        _ => String::new(),
    };
    let (all, standing) = (run.done().count(), undo::standing(run, runs).hops.len());
    match standing {
        0 if all > 0 => format!("{of}undone"),
        standing if standing < all => format!("{of}applied, {} undone", all - standing),
        _ => format!("{of}applied"),
    }
}

/// Shows the run `id`, as text or as a page of what it did.
///
/// # Errors
/// Where there is no such run, it cannot be read or trusted, or the page cannot be written.
pub fn show_run(id: &RunId, arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    let run = Runs::in_datadir(&context.layout().datadir).load(id)?;
    let run = run.ok_or_else(|| {
        Failure::usage(format!("there is no run {id}")).hint("`mediastruct history` lists the runs")
    })?;
    let parked = library::parked(std::slice::from_ref(&run), context);
    let parked = parked.first().copied().unwrap_or_default();
    show::show(
        &show::run(&run, parked),
        &run.plan,
        arguments,
        context.output,
    )
}

//! `recover`: brings a run that was interrupted to its end, or back to its start.

use super::apply::undone;
use super::args::RecoverArguments;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::library;
use crate::disk::apply::{BATCH, Tools};
use crate::disk::journal::Runs;
use crate::disk::preflight::{Verify, World, preflight};
use crate::disk::recover::{RecoverError, Recovery};
use crate::disk::trees::Trees;
use crate::model::index::Moved;
use crate::model::run::{Outcome, RunId};
use crate::model::tree::Tree;
use crate::phase::undo;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Recovers the run that was interrupted, if there is one.
///
/// # Errors
/// Where files are in doubt, or the disk refuses; the run is unfinished then.
pub fn recover(arguments: &RecoverArguments, context: &Context) -> Result<Exit, Failure> {
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    let all = library::runs(context)?;
    let Some(id) = all.iter().find(|r| !r.is_finished()).map(|r| r.id.clone()) else {
        context.output.note("there is nothing to recover");
        return Ok(Exit::Done);
    };
    let runs = Runs::in_datadir(&context.layout().datadir);
    let Some((run, mut ledger)) = runs.reopen(&id)? else {
        context.output.note("there is nothing to recover");
        return Ok(Exit::Done);
    };
    let indexes = library::index_files(context)?;
    let (archive, media) = (indexes.index(Tree::Archive)?, indexes.index(Tree::Media)?);
    let undone = undone(&run.plan, &all);
    let world = World {
        layout: context.layout(),
        archive: &archive,
        media: &media,
        undone,
        standing: undone.map(|r| undo::standing(r, &all)).unwrap_or_default(),
    };
    let progress = context.output.progress();
    let mut follow = |moved: &[Moved<'_>]| library::follow(context, moved);
    let tools = Tools {
        filesystem: &trees,
        ledger: &mut ledger,
        follow: &mut follow,
        now: &library::now,
        monitor: &progress,
        batch: BATCH,
    };
    let recovery = Recovery {
        run: &run,
        trees: trees.identities(),
        rollback: arguments.rollback,
        leave: arguments.leave.clone(),
        leftover: undone
            .map(|r| r.progress.directories.clone())
            .unwrap_or_default(),
    };
    tracing::info!("Recover - Run {id} is looked at");
    let check = |numbers: &[usize]| preflight(&run.plan, numbers, &trees, &world, Verify::Stat);
    let outcome = recovery
        .recover(tools, &check)
        .map_err(|e| failure(&e, &id))?;
    let end = match outcome {
        Outcome::Applied => "is finished: everything is where its plan says",
        Outcome::RolledBack => "is taken back: everything is where it was",
    };
    tracing::info!("Recover - Run {id} {end}");
    context.output.note(format_args!("run {id} {end}"));
    let left: BTreeSet<_> = run.progress.left.iter().chain(&arguments.leave).collect();
    for path in &left {
        context
            .output
            .note(format_args!("  but for {path}, which is left as it is"));
    }
    if !left.is_empty() {
        context
            .output
            .note("`mediastruct crawl` takes into the index what is there now");
    }
    Ok(Exit::Done)
}

fn failure(error: &RecoverError, run: &RunId) -> Failure {
    match error {
        RecoverError::Conflicts(stops) => {
            let mut message =
                format!("run {run} is still unfinished: {error}; nothing was touched");
            for stop in stops {
                let _ = write!(message, "\n  {stop}");
            }
            Failure::failed(message)
                .hint("put each file at one of its two places, and recover again")
                .hint("or accept what is there: `mediastruct recover --leave PATH`")
        }
        RecoverError::NotOfRun(_) => Failure::usage(error.to_string())
            .hint(format!("`mediastruct show {run}` lists its moves")),
        RecoverError::Stopped(_) => {
            Failure::failed(format!("run {run} is still unfinished: {error}"))
                .hint("when the cause is mended, `mediastruct recover` goes on")
        }
    }
}

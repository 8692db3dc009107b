//! `recover`: brings a run that was interrupted to its end, or back to its start.

use super::args::RecoverArguments;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::library;
use super::past::Past;
use super::workshop::{Workshop, hashed, leftover, world};
use crate::disk::journal::Runs;
use crate::disk::preflight::{Undone, World, Writing, preflight};
use crate::disk::recover::{RecoverError, Recovery};
use crate::disk::trees::Trees;
use crate::model::run::{Outcome, RunId};
use crate::model::tree::Tree;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Recovers the run that was interrupted, if there is one.
///
/// # Errors
/// Where files are in doubt, or the disk refuses; the run is unfinished then.
pub fn recover(arguments: &RecoverArguments, context: &Context) -> Result<Exit, Failure> {
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    let past = Past::of(context)?;
    let Some(id) = past.unfinished().map(|run| run.id.clone()) else {
        context.output.note("there is nothing to recover");
        return Ok(Exit::Done);
    };
    let mut workshop = Workshop::open(&trees, context);
    let runs = Runs::in_datadir(&context.layout().datadir);
    let Some((run, mut ledger)) = runs.reopen(&id)? else {
        context.output.note("there is nothing to recover");
        return Ok(Exit::Done);
    };
    let undone = past.undone_by(&run.plan)?;
    let indexes = library::index_files(context)?;
    let (archive, media) = (indexes.index(Tree::Archive)?, indexes.index(Tree::Media)?);
    let volumes = library::volumes(context)?;
    let hashed = hashed(&run.plan, context);
    let hashed = hashed.as_ref();
    let texts = run.progress.begin.texts.iter().map(|text| text.size);
    let world = World {
        writing: Writing {
            texts: texts.collect(),
            records: None,
        },
        ..world(
            &run.plan, &archive, &media, &volumes, &undone, hashed, context,
        )
    };
    let tools = workshop.tools(&mut ledger);
    let recovery = Recovery {
        run: &run,
        trees: trees.identities(),
        rollback: arguments.rollback,
        leave: arguments.leave.clone(),
        leftover: leftover(&run.plan, &undone).to_vec(),
    };
    tracing::info!("Recover - Run {id} is looked at");
    let check = |steps: &[usize]| {
        let undone = Undone {
            plan: &run.plan,
            schedule: &run.schedule,
            run: Some(&run.id),
            steps,
        };
        preflight(undone, &trees, &world, run.progress.begin.verify)
    };
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
        RecoverError::OtherTree(tree) => {
            let failure = Failure::failed(format!("run {run} is still unfinished: {error}"))
                .hint("is its disk mounted? nothing was touched; recover again when it is there");
            match tree {
                Tree::Ingest => failure.hint(
                    "where the run took in another directory, name that by MEDIASTRUCT_INGEST_DIR",
                ),
                _ => failure,
            }
        }
        RecoverError::NotOfRun(_) => Failure::usage(error.to_string())
            .hint(format!("`mediastruct show {run}` lists its moves")),
        RecoverError::Stopped(_) => {
            Failure::failed(format!("run {run} is still unfinished: {error}"))
                .hint("when the cause is mended, `mediastruct recover` goes on")
        }
    }
}

//! `purge`: deletes the sources that a finished run parked, once copies of them are verified again.

use super::args::PurgeArguments;
use super::ask::{can_be_asked_to_delete, confirm};
use super::context::{Context, require};
use super::failure::{Exit, Failure};
use super::human::{Bytes, Count, Exactly, Things};
use super::library;
use super::output::Output;
use super::past::Past;
use super::table::{Column, table};
use super::workshop::raise_wall;
use crate::disk::interrupt::Watch;
use crate::disk::monitor::Monitor;
use crate::disk::purge::{Found, Purge, Purged, find, tidy, totals};
use crate::disk::trees::Trees;
use crate::model::index::Totals;
use crate::model::parked::{Aside, Parked, Trail};
use crate::model::run::{Run, RunId};
use crate::model::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// Deletes what the run that `arguments` name has parked, as far as copies of it are verified.
///
/// # Errors
/// Where there is no such run, one is unfinished, nobody can be asked, or the disk refuses.
pub fn purge(arguments: &PurgeArguments, context: &Context) -> Result<Exit, Failure> {
    let id = &arguments.run;
    if arguments.dry_run {
        return go(&known(id, context)?, arguments, context);
    }
    can_be_asked_to_delete(arguments.yes, &format!("mediastruct purge {id}"))?;
    known(id, context)?;
    let _lock = library::lock(context, &Trees::open(context.layout())?)?;
    // Only under the lock it holds what they tell.
    go(&known(id, context)?, arguments, context)
}

/// The run of that name and the applied ones after it, where none is unfinished.
fn known(id: &RunId, context: &Context) -> Result<(Run, Vec<Run>), Failure> {
    let past = Past::of(context)?;
    past.refuse_unfinished()?;
    Ok((past.whole(id)?, past.after(id)?))
}

/// Shows what `run` has parked, asks, and deletes it.
fn go(
    (run, later): &(Run, Vec<Run>),
    arguments: &PurgeArguments,
    context: &Context,
) -> Result<Exit, Failure> {
    let parked = Parked::by(run);
    let places = parked.iter().flat_map(|parked| &parked.places);
    let sources: BTreeSet<Tree> = places.map(|path| path.tree).collect();
    // What lies on a disk that is not there cannot be told from what is gone.
    require(context.layout(), &Vec::from_iter(sources.iter().copied()))?;
    let trees = Trees::open(context.layout())?;
    let found = find(&trees, &parked)?;
    if found.is_empty() {
        if !arguments.dry_run {
            tidy(&trees, &run.id, &sources)?;
        }
        let message = format!("nothing of run {} is parked: nothing to purge", run.id);
        context.output.note(message);
        return Ok(Exit::Done);
    }
    if !run.is_applied() {
        return Ok(keep(run, &found, context.output));
    }
    let trail = Trail::after(run, later);
    context.output.note(listing(run, &found, &trail).trim_end());
    let amount = amount(totals(&found));
    let vouched = Vouched::of(&found);
    let question = match vouched {
        Vouched::Ourselves => format!("Delete {amount} of mediastruct's own for good?"),
        _ => format!("Delete {amount} for good, after verifying the copies again?"),
    };
    if !arguments.dry_run && !confirm(&question, arguments.yes)? {
        context.output.note("nothing was done");
        return Ok(Exit::Done);
    }

    let output = context.output;
    raise_wall(&trees, context);
    let watch = Watch::begin(move || tell_interrupted(output));
    let progress = output.progress();
    let purge = Purge {
        filesystem: &trees,
        trail: &trail,
        rehearses: arguments.dry_run,
        monitor: &progress,
        interrupted: &|| watch.is_interrupted(),
    };
    tracing::info!("Purge - Run {}: {amount} are parked", run.id);
    progress.begin("Verifying", twice(totals(&found)));
    let purged = purge.delete(&found);
    progress.end();
    let purged = purged.map_err(|error| {
        Failure::from(error).hint(format!(
            "when the cause is mended, `mediastruct purge {}` goes on",
            run.id
        ))
    })?;
    if !arguments.dry_run {
        tidy(&trees, &run.id, &sources)?;
    }
    tell(run, &purged, vouched, arguments.dry_run, output)
}

/// What makes it right to delete files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vouched {
    /// There are copies of all of them.
    Copies,
    /// They are all files of ours.
    Ourselves,
    /// Some are the one, and some the other.
    Both,
}

impl Vouched {
    fn of(found: &[Found<'_>]) -> Vouched {
        let texts = found.iter().filter(|f| f.parked.what == Aside::Text);
        match texts.count() {
            0 => Vouched::Copies,
            all if all == found.len() => Vouched::Ourselves,
            _ => Vouched::Both,
        }
    }
}

impl fmt::Display for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Vouched::Copies => "of which copies were verified",
            Vouched::Ourselves => "which mediastruct wrote itself",
            Vouched::Both => "of which copies were verified, or which mediastruct wrote itself",
        })
    }
}

/// Says what came of it.
fn tell(
    run: &Run,
    purged: &Purged<'_>,
    vouched: Vouched,
    rehearsed: bool,
    output: Output,
) -> Result<Exit, Failure> {
    for (path, why) in &purged.stays {
        output.warn(format_args!("{path} stays: {why}"));
    }
    let gone = amount(purged.gone);
    if purged.is_interrupted {
        let message = format!("interrupted; {gone} deleted, the rest is parked still");
        return Err(Failure::failed(message)
            .hint(format!("`mediastruct purge {}` goes on with it", run.id)));
    }
    tracing::info!("Purge - Run {}: {gone} done", run.id);
    output.note(if rehearsed {
        format!("would delete {gone}, {vouched}; nothing was done")
    } else {
        format!("deleted {gone}, {vouched}")
    });
    Ok(stay(purged.stays.len(), output))
}

/// Leaves all that a run has parked which was rolled back: nothing should be, and it may be all
/// that there is of a file.
fn keep(run: &Run, found: &[Found<'_>], output: Output) -> Exit {
    for Found { path, .. } in found {
        output.warn(format_args!(
            "{path} stays: run {} was rolled back, and this may be all there is of the file",
            run.id
        ));
    }
    stay(found.len(), output)
}

/// Says how many files stay, and how that ends.
fn stay(files: usize, output: Output) -> Exit {
    if files == 0 {
        return Exit::Done;
    }
    let files = Things(files as u64, "file");
    output.note(format_args!("left out: {files}, parked still"));
    Exit::LeftOut
}

/// What is parked, by tree, and the first files with the places of their copies.
fn listing(run: &Run, found: &[Found<'_>], trail: &Trail<'_>) -> String {
    const FIRST: usize = 10;
    let amount = amount(totals(found));
    let mut text = format!("run {} has parked {amount}\n", run.id);
    let mut trees: BTreeMap<Tree, Totals> = BTreeMap::new();
    for Found { parked, path } in found {
        trees
            .entry(path.tree)
            .or_default()
            .add(parked.operation.size);
    }
    let columns = [
        Column::Words("parked in"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
    ];
    let row = |(tree, Totals { files, bytes }): (Tree, Totals)| {
        vec![
            tree.to_string(),
            Count(files).to_string(),
            Exactly(bytes).to_string(),
        ]
    };
    text.push_str(&table(&columns, trees.into_iter().map(row)));
    text.push_str(match Vouched::of(found) {
        Vouched::Ourselves => "\nthese are deleted, where they are what the run wrote\n",
        _ => "\nfirst their copies are read, and then these are deleted\n",
    });
    for Found { parked, path } in &found[..found.len().min(FIRST)] {
        let _ = writeln!(text, "  {path}");
        if let Some(copy) = parked.copies(trail).first() {
            let size = Bytes(parked.operation.size);
            let _ = writeln!(text, "    {size}, copy at {copy}");
        } else if parked.what == Aside::Text {
            let _ = writeln!(text, "    a file of mediastruct's own, and needs no copy");
        }
    }
    if found.len() > FIRST {
        let more = Count((found.len() - FIRST) as u64);
        let _ = writeln!(text, "  and {more} more");
    }
    text
}

fn amount(totals: Totals) -> String {
    format!(
        "{}, {}",
        Things(totals.files, "file"),
        Exactly(totals.bytes)
    )
}

/// What is read to verify so much: each file, and its copy.
fn twice(totals: Totals) -> Totals {
    Totals {
        bytes: totals.bytes.saturating_mul(2),
        ..totals
    }
}

fn tell_interrupted(output: Output) {
    tracing::warn!("Interrupted");
    output.break_line();
    output.note(
        "interrupted: ending after the file in hand, and deleting no more (again to stop at once)",
    );
}

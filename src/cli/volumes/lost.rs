//! `volumes lost`: a disc that is gone, and what went with it.

use super::against::there;
use crate::cli::args::LostArguments;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Things};
use crate::cli::library;
use crate::cli::past::Past;
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::model::index::{Entry, Totals};
use crate::model::path::TreePath;
use crate::model::volume::{Volume, VolumeEvent, VolumeName, VolumeRecord};
use crate::phase::volumes::lost::only_there;
use std::num::NonZeroU32;

/// How many files are named.
const FIRST: usize = 20;

/// Records that a disc of the volume that `arguments` name is lost, and says what nothing else holds.
///
/// # Errors
/// Where no such disc is known, or it cannot be recorded.
pub fn lost(arguments: &LostArguments, context: &Context) -> Result<Exit, Failure> {
    let name = &arguments.volume;
    let output = context.output;
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    Past::of(context)?.refuse_unfinished()?;
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let copy = copy(name, arguments.copy, state.volumes.get(name.as_str()))?;
    let is_there =
        |path: &TreePath<'_>, entry: &Entry<'_>| there(path, &entry.stamp, &trees).is_some();
    let gone = only_there(&state, name, copy, &is_there);
    Datadir::at(&context.layout().datadir).record(&[VolumeRecord {
        volume: name.clone(),
        at: library::now(),
        event: VolumeEvent::Lost { copy },
    }])?;
    tracing::info!("Volumes - copy {copy} of volume {name} is lost");
    output.note(format_args!("volume {name}: copy {copy} is lost"));
    if gone.is_empty() {
        output.note("all that it held is known to be elsewhere");
        return Ok(Exit::Done);
    }
    let totals: Totals = gone.iter().copied().collect();
    output.warn(format_args!(
        "nothing else is known to hold {}, {}, of volume {name}:",
        Things(totals.files, "file"),
        Bytes(totals.bytes)
    ));
    tell(&gone, arguments.all, context);
    output.note(format_args!(
        "where there is another copy: `mediastruct volumes import {name} --at PATH`"
    ));
    Ok(Exit::LeftOut)
}

fn tell(gone: &[&Entry<'_>], all: bool, context: &Context) {
    let shown = if all { gone.len() } else { FIRST };
    for entry in gone.iter().take(shown) {
        context
            .output
            .note(format_args!("  archive/{}", entry.path));
    }
    if let Some(more @ 1..) = gone.len().checked_sub(shown) {
        let more = Things(more as u64, "more file");
        context.output.note(format_args!("  and {more} (--all)"));
    }
}

/// Which of the discs of a volume it is.
fn copy(
    name: &VolumeName,
    asked: Option<NonZeroU32>,
    known: Option<&Volume>,
) -> Result<NonZeroU32, Failure> {
    let discs = known.into_iter().flat_map(Volume::discs);
    let numbers: Vec<NonZeroU32> = discs.map(|(number, _)| number).collect();
    match (asked, &numbers[..]) {
        (None, [copy]) => Ok(*copy),
        (Some(copy), numbers) if numbers.contains(&copy) => Ok(copy),
        (_, []) => Err(Failure::usage(format!("no disc of volume {name} is known"))
            .hint("`mediastruct volumes` lists the discs that are known")),
        (asked, numbers) => {
            let known: Vec<_> = numbers.iter().map(NonZeroU32::to_string).collect();
            let known = known.join(", ");
            Err(Failure::usage(match asked {
                Some(copy) => format!("volume {name} has no copy {copy}, but {known}"),
                None => format!("volume {name} has several copies: {known}"),
            })
            .hint("say with --copy which one is lost"))
        }
    }
}

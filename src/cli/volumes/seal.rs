//! `volumes seal`: what makes a disc readable alone, and nothing after that.

use crate::cli::apply::execute;
use crate::cli::archive;
use crate::cli::args::{ArchiveOptions, CapacityOptions, ImageArguments, SealArguments};
use crate::cli::ask::can_be_asked;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::past::Past;
use crate::cli::phases::go;
use crate::model::run::Verify;
use crate::model::volume::VolumeName;
use std::panic::resume_unwind;

/// Seals the volume that `arguments` name.
///
/// # Errors
/// Where it cannot be sealed, or nobody can be asked.
pub fn seal(arguments: &SealArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct volumes seal")?;
    Past::of(context)?.refuse_unfinished()?;
    let options = ArchiveOptions {
        capacity: arguments.capacity.clone(),
        ..ArchiveOptions::default()
    };
    let plan = archive::seal(&arguments.volume, &options, context)?;
    go(&plan, arguments.yes, Verify::Stat, context)?;
    Ok(Exit::Done)
}

/// Seals a volume before its image is made, where it is open still.
///
/// # Errors
/// Where it cannot be sealed.
pub fn seal_first(
    volume: &VolumeName,
    arguments: &ImageArguments,
    context: &Context,
) -> Result<(), Failure> {
    Past::of(context)?.refuse_unfinished()?;
    if !archive::is_open(volume, context)? {
        return Ok(());
    }
    let options = ArchiveOptions {
        capacity: CapacityOptions {
            medium: arguments.medium.medium,
            raw_capacity: arguments.medium.raw_capacity,
            ..CapacityOptions::default()
        },
        ..ArchiveOptions::default()
    };
    let plan = archive::seal(volume, &options, context)?;
    context
        .output
        .note(format_args!("volume {volume} is sealed first"));
    for warning in &plan.warnings {
        context.output.warn(warning);
    }
    // The wall that a run raises lasts as long as its thread, and the image is written beyond it.
    let ended = std::thread::scope(|threads| {
        let run = threads.spawn(|| execute(&plan, Vec::new(), Verify::Stat, context));
        run.join().unwrap_or_else(|panic| resume_unwind(panic))
    });
    ended.map(drop)
}

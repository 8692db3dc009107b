//! `volumes`: the volumes of the archive, and their discs.

mod against;
mod burned;
mod image;
mod import;
mod list;
mod lost;
mod medium;
mod restore;
mod seal;
mod verify;
pub mod volume;

use super::args::{VolumesArguments, VolumesCommand};
use super::context::{Context, refuse_shared};
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::disk::disc::DiscError;
use crate::disk::xorriso::XorrisoError;
use crate::phase::volumes::compare::Comparison;

/// Does what `arguments` say with volumes and their discs.
///
/// # Errors
/// Where a volume is not known, something cannot be read or recorded, or a law forbids it.
pub fn volumes(arguments: &VolumesArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.is_confused() {
        return Err(
            Failure::usage("an option stands before the command of `volumes`")
                .hint("put it behind the command, e.g. `mediastruct volumes list --json`"),
        );
    }
    match &arguments.command {
        None => list::list(&arguments.list, context),
        Some(VolumesCommand::List(arguments)) => list::list(arguments, context),
        Some(VolumesCommand::Verify(arguments)) => verify::verify(arguments, context),
        Some(VolumesCommand::Seal(arguments)) => {
            refuse_shared(context)?;
            seal::seal(arguments, context)
        }
        Some(VolumesCommand::Restore(arguments)) => restore::restore(arguments, context),
        Some(VolumesCommand::Image(arguments)) => {
            refuse_shared(context)?;
            image::image(arguments, context)
        }
        Some(VolumesCommand::Lost(arguments)) => {
            refuse_shared(context)?;
            lost::lost(arguments, context)
        }
        Some(VolumesCommand::Import(arguments)) => {
            refuse_shared(context)?;
            import::import(arguments, context)
        }
        Some(VolumesCommand::Burned(arguments)) => {
            refuse_shared(context)?;
            burned::burned(arguments, context)
        }
    }
}

/// Names what is wrong with a disc or an image.
fn tell_troubles(compared: &Comparison, output: Output) {
    for trouble in &compared.troubles {
        output.warn(trouble);
    }
}

impl From<DiscError> for Failure {
    fn from(error: DiscError) -> Self {
        match error {
            DiscError::Disk(error) => error.into(),
            DiscError::NoImage(_) => Failure::failed(error.to_string()).hint(MOUNT),
            DiscError::NoDisc(_) => Failure::usage(error.to_string()),
            DiscError::Image { ref source, .. } => {
                let failure = Failure::failed(error.to_string());
                match source {
                    XorrisoError::Missing => failure.hint(INSTALL).hint(MOUNT),
                    _ => failure.hint(MOUNT),
                }
            }
        }
    }
}

/// What to do where xorriso is missing.
const INSTALL: &str = "install it: `apt install xorriso`, or your system's package of that name";

/// What to do where xorriso cannot read an image.
const MOUNT: &str = "mount the disc, and name the directory on which it is mounted";

//! ExifTool, where the configuration has it asked too.

use crate::cli::config::MetadataReader;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::human::Things;
use crate::disk::metadata::Readings;
use crate::disk::metadata::exiftool::{Exiftool, ExiftoolError};
use crate::model::path::TreePath;
use crate::model::state::Listed;
use crate::model::tree::Tree;

/// A running ExifTool; none where the configuration asks for none.
///
/// # Errors
/// Where it is asked for and does not work.
pub(super) fn start(context: &Context) -> Result<Option<Exiftool>, Failure> {
    match context.configuration.ingest.metadata {
        MetadataReader::Builtin => Ok(None),
        MetadataReader::Exiftool => Ok(Some(Exiftool::start()?)),
    }
}

/// Tells of which files it could not say anything: each by name, but those that it was not asked
/// about any more by their number.
pub(super) fn tell_unanswered(read: &Readings, files: &[&Listed], context: &Context) {
    let mut not_asked = 0;
    for (place, error) in &read.unanswered {
        if matches!(error, ExiftoolError::GivenUp) {
            not_asked += 1;
            continue;
        }
        let path = TreePath::new(Tree::Ingest, files[*place].path.borrowed());
        context
            .output
            .warn(format_args!("{path}: {error}; dated without it"));
    }
    if not_asked > 0 {
        let files = Things(not_asked, "file");
        let error = ExiftoolError::GivenUp;
        context
            .output
            .warn(format_args!("{error}; {files} dated without it"));
    }
}

impl From<ExiftoolError> for Failure {
    fn from(error: ExiftoolError) -> Self {
        let failure = Failure::failed(error.to_string());
        match error {
            ExiftoolError::Missing => failure.hint(
                "install it (Debian: libimage-exiftool-perl), or take the key out of the \
                 configuration",
            ),
            _ => failure.hint("see whether `exiftool -ver` works, or set metadata = builtin"),
        }
    }
}

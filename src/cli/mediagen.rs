//! `mediagen`: a bogus dataset to try things on.

use super::args::MediagenArguments;
use super::failure::{Exit, Failure};
use super::human::{Bytes, Things};
use super::init::lay_out;
use super::output::Output;
use crate::disk::mediagen::{self, Error, Options, Truth};
use crate::disk::monitor::Monitor;
use crate::disk::named_file;
use crate::model::index::Totals;
use crate::model::path::Escaped;
use std::path::Path;

/// Makes a dataset, and a library around it.
///
/// # Errors
/// Where the directory is not empty, or something cannot be written.
pub fn mediagen(arguments: &MediagenArguments, output: Output) -> Result<Exit, Failure> {
    let options = Options {
        files: arguments.files,
        size: arguments.size,
        seed: arguments.seed,
        duplicates: f64::from(arguments.duplicates.get()) / 100.0,
    };
    let truth = make(&arguments.dir, &options, output)?;
    if let Some(file) = &arguments.truth {
        let text = serde_json::to_string_pretty(&truth)
            .map_err(|e| Failure::failed(format!("the truth cannot be written: {e}")))?;
        let text = text + "\n";
        match file == Path::new("-") {
            true => output.data(|out| out.write_all(text.as_bytes()))?,
            false => named_file::write(file, |out| out.write_all(text.as_bytes()))?,
        }
    }
    let totals = &truth.totals;
    let dir = Escaped::path(&arguments.dir);
    output.note(format_args!(
        "made {}, {}, of which dedupe is to move {}\nnow try: mediastruct --root {dir} crawl",
        Things(totals.files, "file"),
        Bytes(totals.bytes),
        Things(totals.moves, "file"),
    ));
    Ok(Exit::Done)
}

/// Makes a dataset in the directory `dir`, which is empty or missing, and the rest of a library.
///
/// # Errors
/// As [`mediagen`].
pub fn make(dir: &Path, options: &Options, output: Output) -> Result<Truth, Failure> {
    let progress = output.progress();
    let (files, bytes) = (options.files, options.files.saturating_mul(options.size));
    progress.begin("Making files", Totals { files, bytes });
    let mut done = Totals::default();
    let truth = mediagen::generate(dir, options, &mut |files, _, bytes| {
        progress.advance(files - done.files, bytes - done.bytes);
        done = Totals { files, bytes };
    });
    progress.end();
    let truth = truth?;
    lay_out(dir)?;
    Ok(truth)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotEmpty { .. } => {
                Failure::refused(message).hint("name a directory that does not exist yet")
            }
            Error::Share(_) => Failure::usage(message),
            Error::Io { .. } => Failure::failed(message),
        }
    }
}

//! ExifTool, which knows many more formats than are read here: asked about the files in which no date
//! was found, if the configuration says so.
//!
//! One process serves all files: starting Perl for each would take longer than reading. It is given
//! the handle that is open already, under its name in `/proc`, so that no name of a file is ever
//! an argument and nothing can be put in the place of what was checked. It can put nothing into a
//! file, is given up where it takes too long or says too much, and ends when mediastruct does. What it
//! answers is as little trusted as the files are.

mod answer;
mod process;
#[cfg(test)]
mod tests;

pub use self::answer::understand;

use self::process::Process;
use crate::model::capture::Reading;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a process is replaced that did not answer as it should.
const MOST_RESTARTS: u32 = 8;

/// A running ExifTool. Calls from several threads are served one after another.
pub struct Exiftool {
    program: OsString,
    patience: Duration,
    state: Mutex<State>,
}

struct State {
    /// None once it failed; the next question starts another.
    process: Option<Process>,
    restarts: u32,
}

/// Why ExifTool says nothing of a file.
#[derive(Debug, thiserror::Error)]
pub enum ExiftoolError {
    /// It is not there.
    #[error("[Ingest] metadata = exiftool, and no exiftool is on PATH")]
    Missing,
    /// It is there and cannot be used.
    #[error("exiftool cannot be started: {0}")]
    Start(io::Error),
    /// It took too long.
    #[error("exiftool did not answer within {} seconds", .0.as_secs())]
    Slow(Duration),
    /// It ended, or closed its output.
    #[error("exiftool ended before it answered")]
    Ended,
    /// It said more than its answer can be.
    #[error("exiftool's answer is too long")]
    TooLong,
    /// Its answer is none.
    #[error("exiftool's answer cannot be understood: {0}")]
    Answer(String),
    /// It failed so often that it is asked no more.
    #[error("exiftool failed too often, and is asked no more")]
    GivenUp,
}

impl Exiftool {
    /// Starts the ExifTool that is found on `PATH`.
    ///
    /// # Errors
    /// Where there is none, or it does not work.
    pub fn start() -> Result<Exiftool, ExiftoolError> {
        Exiftool::of("exiftool".into(), PATIENCE)
    }

    fn of(program: OsString, patience: Duration) -> Result<Exiftool, ExiftoolError> {
        let process = Process::start(&program)?;
        Ok(Exiftool {
            program,
            patience,
            state: Mutex::new(State {
                process: Some(process),
                restarts: 0,
            }),
        })
    }

    /// What it says of `file`, dates after `now` passed over. Nothing but the file itself is looked
    /// at, whatever its name is by now.
    ///
    /// # Errors
    /// Where it cannot be asked, or does not answer as it should; it is then started anew for the
    /// next file.
    pub fn read(&self, file: &File, now: Timestamp) -> Result<Reading, ExiftoolError> {
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Until the answer is understood, the process is not trusted to be in step.
        let mut process = match state.process.take() {
            Some(process) => process,
            None if state.restarts < MOST_RESTARTS => {
                state.restarts += 1;
                Process::start(&self.program)?
            }
            None => return Err(ExiftoolError::GivenUp),
        };
        let answer = process.ask(&path, self.patience)?;
        let reading = understand(&answer, &path, now).map_err(ExiftoolError::Answer)?;
        state.process = Some(process);
        Ok(reading)
    }
}

//! How a command ends: the exit codes, and failures that say what to do next.

use crate::disk::config_file::ConfigFileError;
use crate::disk::init::InitError;
use crate::disk::named_file::NamedFileError;
use crate::disk::place::PlaceError;
use anstyle::{AnsiColor, Style};
use std::io::Write;
use std::process::ExitCode;

/// How a command ended. The numbers of the exit codes stand here and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed; what was begun is rolled back.
    Failed = 1,
    /// The plan holds work; only where `--detailed-exitcode` asks for it.
    HasWork = 2,
    /// Refused: the plan no longer fits the disk, or breaks a law.
    Refused = 3,
    /// Done, but some files were left out, each named with its reason.
    LeftOut = 4,
    /// An unfinished run stands in the way.
    Unfinished = 5,
    /// Another process holds the lock.
    Locked = 6,
    /// The command line or the configuration cannot be understood.
    Usage = 64,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what it was asked to, and what to do next.
///
/// File names in it are escaped already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the command ends.
    pub code: Exit,
    /// What happened and to which path; further lines say more.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without hints.
    pub fn new(code: Exit, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Something went wrong.
    pub fn failed(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Failed, message)
    }

    /// Something is not done because it breaks a law or does not fit the disk.
    pub fn refused(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Refused, message)
    }

    /// The command line or the configuration cannot be understood.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    /// The same failure with one more hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    /// Tells the failure on the standard error and in the log.
    pub fn report(&self) {
        for line in self.message.lines() {
            tracing::error!("{line}");
        }
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        let mut err = anstream::stderr().lock();
        // Where not even the standard error takes it, there is nobody left to tell.
        let _ = writeln!(err, "mediastruct: {red}error:{red:#} {}", self.message);
        for hint in &self.hints {
            let _ = writeln!(err, "  {cyan}hint:{cyan:#} {hint}");
        }
    }
}

impl From<ConfigFileError> for Failure {
    fn from(error: ConfigFileError) -> Self {
        Failure::usage(error.to_string())
    }
}

impl From<NamedFileError> for Failure {
    fn from(error: NamedFileError) -> Self {
        let failure = Failure::failed(error.to_string());
        match error {
            NamedFileError::Occupied(_) => {
                failure.hint("name another file, or remove that one yourself")
            }
            _ => failure,
        }
    }
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        Failure::failed(error.to_string())
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        let code = match error {
            PlaceError::Link(_) => Exit::Refused,
            PlaceError::Nameless(_) => Exit::Usage,
            PlaceError::Dangling(_) | PlaceError::Unreachable(..) => Exit::Failed,
        };
        Failure::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_manual() {
        let table = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::HasWork, 2),
            (Exit::Refused, 3),
            (Exit::LeftOut, 4),
            (Exit::Unfinished, 5),
            (Exit::Locked, 6),
            (Exit::Usage, 64),
        ];
        for (exit, number) in table {
            assert_eq!(exit as u8, number);
        }
    }
}

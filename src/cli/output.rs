//! Where a command's words go: data to the standard output, everything else to the standard error.

use super::args::{Color, GlobalOptions};
use super::failure::Failure;
use super::progress::Progress;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, BufWriter, Write};

/// How much a command says besides its data.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Whether only failures and warnings are told.
    pub quiet: bool,
    /// Whether what is logged is also told.
    pub verbose: bool,
    progress: bool,
    narrated: bool,
}

impl Output {
    /// What the command line asks for; also sets the use of colours for the whole process.
    pub fn new(global: &GlobalOptions) -> Output {
        let color = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        color.write_global();
        Output {
            quiet: global.quiet,
            verbose: global.verbose,
            progress: !global.no_progress && !global.quiet,
            narrated: false,
        }
    }

    /// The same, with what is told besides data on the standard output as well: for a story of
    /// which both are part.
    pub fn narrated(self) -> Output {
        Output {
            progress: false,
            narrated: true,
            ..self
        }
    }

    /// Lets `write` write data to the standard output, byte by byte as it is. A reader that has seen enough, such as
    /// `head`, is no failure.
    ///
    /// # Errors
    /// Where writing fails otherwise.
    pub fn data(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let written = write(&mut out).and_then(|()| out.flush());
        let (_, unwritten) = out.into_parts();
        drop(unwritten);
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(
                format!("the standard output cannot be written to: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Writes `value` to the standard output as JSON, for other programs.
    ///
    /// # Errors
    /// As [`Output::data`].
    pub fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        self.data(|out| {
            serde_json::to_writer_pretty(&mut *out, value)?;
            out.write_all(b"\n")
        })
    }

    /// Tells `text`, whose names are escaped, on the standard error, unless `--quiet`.
    pub fn note(self, text: impl Display) {
        if self.quiet {
            return;
        }
        if self.narrated {
            let _ = writeln!(anstream::stdout(), "{text}");
        } else {
            // Where not even the standard error takes it, there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// Ends the line of a bar or of an echoed Ctrl-C, so that what is told next begins a new one.
    pub fn break_line(self) {
        if io::IsTerminal::is_terminal(&io::stderr()) {
            let _ = writeln!(io::stderr());
        }
    }

    /// Tells a warning, whose names are escaped, on the standard error and in the log.
    pub fn warn(self, text: impl Display) {
        let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        let _ = writeln!(
            anstream::stderr(),
            "mediastruct: {yellow}warning:{yellow:#} {text}"
        );
        tracing::warn!("{text}");
    }

    /// Someone to watch long work: a bar on a terminal, else a line now and then, or nobody.
    pub fn progress(self) -> Progress {
        if !self.progress {
            return Progress::hidden();
        }
        // A bar and lines of the log would write over each other.
        if self.verbose || !io::IsTerminal::is_terminal(&io::stderr()) {
            return Progress::lines();
        }
        Progress::bar()
    }
}

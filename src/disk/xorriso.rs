//! xorriso, a program of its own that knows the file system of discs: asked what is in an image, and
//! told to make one. It gets its words as arguments, and no shell sees them; it reads no
//! configuration, and its words and dates depend on nobody's environment.

use crate::model::path::Escaped;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit, set_parent_process_death_signal};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// Why xorriso is of no help.
#[derive(Debug, thiserror::Error)]
pub enum XorrisoError {
    /// It is not installed.
    #[error("the program xorriso is not installed")]
    Missing,
    /// It could not be started.
    #[error("xorriso cannot be run: {0}")]
    Run(#[from] io::Error),
    /// It failed, and said this last, escaped for people.
    #[error("xorriso: {}", .0.join("; "))]
    Failed(Vec<String>),
    /// It said something that is not understood.
    #[error("xorriso said something that is not understood")]
    Answer,
    /// It was interrupted, and ended.
    #[error("interrupted")]
    Interrupted,
}

/// How much memory it may have to look at an image, in bytes: whoever made that may be no friend.
const MOST_MEMORY: u64 = 8 << 30;

/// How long its answer may be, in bytes.
const MOST_ANSWER: u64 = 4 << 30;

/// How many of its last lines are remembered.
const MOST_LINES: usize = 8;

/// How long one of these lines may be, in bytes.
const MOST_LINE: u64 = 2000;

/// How often is looked whether it has ended.
const PATIENCE: Duration = Duration::from_millis(50);

/// Whether it is installed.
pub fn is_there() -> bool {
    let asked = ask(&["-version".into()]);
    !matches!(asked, Err(XorrisoError::Missing))
}

/// What it answers to these arguments, by which it reads and changes nothing: the kernel refuses it
/// to put anything into files.
///
/// # Errors
/// Where it is missing or fails.
pub fn ask(arguments: &[OsString]) -> Result<Vec<u8>, XorrisoError> {
    let limit = |most| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    let process = Process::start(arguments)?;
    let pid = Some(Pid::from_child(&process.child));
    prlimit(pid, Resource::Fsize, limit(0)).map_err(io::Error::from)?;
    prlimit(pid, Resource::As, limit(MOST_MEMORY)).map_err(io::Error::from)?;
    process.finish(&mut || true)
}

/// Has it do what these arguments say; asks `go_on` now and then, and ends it where that says no.
///
/// # Errors
/// Where it is missing, fails, or is ended.
pub fn tell(arguments: &[OsString], go_on: &mut dyn FnMut() -> bool) -> Result<(), XorrisoError> {
    Process::start(arguments)?.finish(go_on)?;
    Ok(())
}

/// xorriso at work. It is killed when this value goes.
struct Process {
    child: Child,
}

impl Process {
    fn start(arguments: &[OsString]) -> Result<Process, XorrisoError> {
        let mut command = Command::new("xorriso");
        // Names are bytes: as long as both sets of characters are the same, none is changed.
        command
            .args(["-no_rc", "-abort_on", "FAILURE"])
            .args(["-return_with", "SORRY", "32"])
            .args(["-charset", "UTF-8", "-local_charset", "UTF-8"])
            .args(["-disk_pattern", "off", "-iso_rr_pattern", "off"])
            .args(arguments)
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        end_with_us(&mut command);
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => XorrisoError::Missing,
            _ => XorrisoError::Run(error),
        })?;
        Ok(Process { child })
    }

    /// Waits until it has ended, and gives what it answered.
    fn finish(mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<u8>, XorrisoError> {
        let answer = self.child.stdout.take().expect("it is a pipe");
        let words = self.child.stderr.take().expect("it is a pipe");
        let answer = thread::spawn(move || {
            let mut text = Vec::new();
            answer
                .take(MOST_ANSWER)
                .read_to_end(&mut text)
                .map(|_| text)
        });
        let words = thread::spawn(move || last_lines(BufReader::new(words)));
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if !go_on() {
                return Err(XorrisoError::Interrupted);
            }
            thread::sleep(PATIENCE);
        };
        let answer = answer.join().map_err(|_| XorrisoError::Answer)??;
        let words = words.join().map_err(|_| XorrisoError::Answer)?;
        match status.success() {
            true if answer.len() as u64 == MOST_ANSWER => Err(XorrisoError::Answer),
            true => Ok(answer),
            // Ctrl-C reaches it as well, and it may be the first to end.
            false if !go_on() => Err(XorrisoError::Interrupted),
            false => Err(XorrisoError::Failed(told(words, status))),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and still to wait for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has the kernel kill the program when this process is gone, were that killed: else it would write
/// on.
#[allow(
    unsafe_code,
    reason = "between fork and exec nothing is done but one system call, which takes no lock and no \
              memory"
)]
fn end_with_us(command: &mut Command) {
    let die = || Ok(set_parent_process_death_signal(Some(Signal::KILL))?);
    // SAFETY: see the reason above.
    unsafe { command.pre_exec(die) };
}

/// The last lines that tell of trouble. Progress is none.
fn last_lines(mut words: impl BufRead) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    loop {
        let mut line = Vec::new();
        let read = words.by_ref().take(MOST_LINE).read_until(b'\n', &mut line);
        if !read.is_ok_and(|count| count > 0) {
            return lines;
        }
        let line = line.trim_ascii();
        let is_trouble = [&b"FATAL"[..], b"FAILURE", b"SORRY", b"MISHAP", b"ABORT"]
            .iter()
            .any(|word| line.windows(word.len()).any(|part| part == *word));
        if is_trouble {
            lines.push_back(Escaped(line).to_string());
        }
        if lines.len() > MOST_LINES {
            lines.pop_front();
        }
    }
}

/// What to say of a failure.
fn told(words: VecDeque<String>, status: ExitStatus) -> Vec<String> {
    match words.is_empty() {
        true => vec![format!("it ended with {status}")],
        false => words.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_its_words_those_about_trouble_are_remembered() {
        let mut words = b"xorriso : UPDATE : Writing: 12s\n".repeat(1000);
        for number in 0..20 {
            words.extend(format!("xorriso : FAILURE : \x1b number {number}\n").bytes());
        }
        words.extend(b"x".repeat(1 << 16));
        let lines = last_lines(&words[..]);
        assert_eq!(lines.len(), MOST_LINES);
        assert_eq!(lines[0], "xorriso : FAILURE : \\u{1b} number 12");
    }
}

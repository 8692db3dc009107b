//! The process, and how questions and answers go to and fro.

use super::ExiftoolError;
use super::answer::TAGS;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::MemfdFlags;
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long Perl may take to start, on a machine that is busy with other things.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How long an answer is at most, in bytes: two dozen short texts.
const MOST_ANSWER: usize = 256 << 10;

/// How much memory the process may have, in bytes.
const MOST_MEMORY: u64 = 2 << 30;

/// A process that waits for questions. It is killed when this value goes: it only reads.
pub(super) struct Process {
    child: Child,
    questions: ChildStdin,
    answers: ChildStdout,
    /// How many questions were asked.
    asked: u64,
}

impl Process {
    /// Starts `program`, and waits until it says which version it is.
    pub(super) fn start(program: &OsStr) -> Result<Process, ExiftoolError> {
        let configuration = configuration().map_err(ExiftoolError::Start)?;
        let own = std::process::id();
        let mut command = Command::new(program);
        command
            .arg("-config")
            .arg(format!("/proc/{own}/fd/{}", configuration.as_raw_fd()))
            .args(["-stay_open", "True", "-@", "-", "-common_args"])
            .args(["-json", "-G1", "-n", "-api", "largefilesupport=1"])
            .args(TAGS.iter().map(|tag| format!("-{tag}")))
            // No date depends on where and for whom this runs.
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ExiftoolError::Missing,
            _ => ExiftoolError::Start(error),
        })?;
        let mut process = Process {
            questions: child.stdin.take().expect("it is a pipe"),
            answers: child.stdout.take().expect("it is a pipe"),
            child,
            asked: 0,
        };
        process.confine().map_err(ExiftoolError::Start)?;
        let version = process.ask("-ver", START_PATIENCE)?;
        let version = String::from_utf8_lossy(&version);
        let version = version.trim();
        let is_number = !version.is_empty()
            && version.len() < 16
            && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if !is_number {
            return Err(ExiftoolError::Start(io::Error::other(
                "it does not say which version it is",
            )));
        }
        tracing::info!("Ingest - Dates are read with ExifTool {version} too");
        Ok(process)
    }

    /// What it answers to one argument: a file, or an option.
    pub(super) fn ask(
        &mut self,
        argument: &str,
        patience: Duration,
    ) -> Result<Vec<u8>, ExiftoolError> {
        let deadline = Instant::now() + patience;
        self.asked += 1;
        let question = format!("{argument}\n-execute{}\n", self.asked);
        // It waits for the question, which is shorter than what a pipe holds: this cannot block.
        let written = self.questions.write_all(question.as_bytes());
        written.map_err(|_| ExiftoolError::Ended)?;
        let end = format!("{{ready{}}}\n", self.asked);
        let mut answer = Vec::new();
        let mut part = [0; 8192];
        loop {
            // No text in JSON holds the end of a line, so that none can look like the end.
            if let Some(body) = answer.strip_suffix(end.as_bytes())
                && (body.is_empty() || body.ends_with(b"\n"))
            {
                answer.truncate(body.len());
                return Ok(answer);
            }
            if answer.len() > MOST_ANSWER {
                return Err(ExiftoolError::TooLong);
            }
            if !self.has_more(deadline) {
                return Err(ExiftoolError::Slow(patience));
            }
            match self.answers.read(&mut part) {
                Ok(0) => return Err(ExiftoolError::Ended),
                Ok(read) => answer.extend(&part[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(ExiftoolError::Ended),
            }
        }
    }

    /// Waits until there is more to read, or the end; not when `deadline` has passed.
    fn has_more(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).ok();
            let mut answers = [PollFd::new(&self.answers, PollFlags::IN)];
            match poll(&mut answers, left.as_ref()) {
                Err(Errno::INTR) => {}
                found => return found.is_ok_and(|ready| ready > 0),
            }
        }
    }

    /// Has the kernel refuse it to put anything into files, and to take all memory that there is.
    fn confine(&self) -> io::Result<()> {
        let limit = |most| Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        let pid = Some(Pid::from_child(&self.child));
        prlimit(pid, Resource::Fsize, limit(0))?;
        prlimit(pid, Resource::As, limit(MOST_MEMORY))?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill, and still to wait for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration in place of the user's, which is a program and could do anything. ExifTool goes
/// on to ask for more when its input has ended: with this it ends when mediastruct is gone, were
/// that killed.
fn configuration() -> io::Result<File> {
    let text = format!(
        "use POSIX ();\n\
         my $watch = sub {{ getppid() == {} or POSIX::_exit(1); alarm 5 }};\n\
         POSIX::sigaction(POSIX::SIGALRM(),\n\
         \x20 POSIX::SigAction->new($watch, POSIX::SigSet->new, POSIX::SA_RESTART()));\n\
         alarm 5;\n\
         1;\n",
        std::process::id()
    );
    let file = rustix::fs::memfd_create("exiftool-configuration", MemfdFlags::CLOEXEC)?;
    let mut file = File::from(file);
    file.write_all(text.as_bytes())?;
    Ok(file)
}

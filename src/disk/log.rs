//! The log file: written through, rotated by size.
//!
//! There is no thread behind it, and no buffer but for lines that are logged [`together`]: what was
//! logged before a kill is in the file.

use crate::model::path::{Escaped, write_escaped};
use file_rotate::compression::Compression;
use file_rotate::suffix::AppendCount;
use file_rotate::{ContentLimit, FileRotate};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// The log cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error("{}: the log cannot be written to: {source}", Escaped::path(.path))]
pub struct LogError {
    /// The log file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// When the log is rotated and how much of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The size in bytes that the log does not outgrow.
    pub max_size: u64,
    /// How many older logs are kept, as `mediastruct.log.1` and so on.
    pub keep: usize,
}

/// The log of this process.
static LOG: OnceLock<Mutex<Log>> = OnceLock::new();

/// Sends what is logged from here on to `mediastruct.log` in `logdir`, which is made if needed, and
/// with `echo` to the standard error, too.
///
/// Messages carry names escaped already; each is to fit on a line.
///
/// # Errors
/// Where the file cannot be written; the echo works all the same.
pub fn start(logdir: &Path, rotation: Rotation, echo: bool) -> Result<(), LogError> {
    let path = logdir.join("mediastruct.log");
    let (log, result) = match Log::open(&path, rotation) {
        Ok(log) => (Some(LOG.get_or_init(|| Mutex::new(log))), Ok(())),
        Err(source) => (None, Err(LogError { path, source })),
    };
    let file = log.map(|log| {
        layer()
            .event_format(Line)
            .with_ansi(false)
            .log_internal_errors(false)
            .with_writer(move || Shared(log))
    });
    let echo = echo.then(|| {
        layer()
            .event_format(Line)
            .with_ansi(false)
            .log_internal_errors(false)
            .with_writer(io::stderr)
    });
    let subscriber = tracing_subscriber::registry()
        .with(file.with_filter(LevelFilter::INFO))
        .with(echo.with_filter(LevelFilter::INFO));
    // A second log in one process would be a second command in it; the first one stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    result
}

/// Logs what `lines` logs, in large pieces: each write takes longer than the making of its line. A
/// kill in the midst of it loses some of them.
pub fn together(lines: impl FnOnce()) {
    let hold = |held| {
        if let Some(log) = LOG.get() {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.hold(held);
        }
    };
    hold(Some(Vec::with_capacity(Log::PIECE)));
    lines();
    hold(None);
}

/// The log, for whoever has a line for it.
struct Shared(&'static Mutex<Log>);

impl Write for Shared {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.add(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `2026-01-02T03:04:05.678Z INFO message`, in UTC.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = jiff::Timestamp::now();
        write!(writer, "{now:.3} {}", event.metadata().level())?;
        let mut fields = Fields {
            line: OneLine(&mut writer),
            written: Ok(()),
        };
        event.record(&mut fields);
        fields.written?;
        writeln!(writer)
    }
}

/// What an event says, written to a line: its message, and by their names what else it has.
struct Fields<'w> {
    line: OneLine<'w>,
    written: fmt::Result,
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write as _;
        let line = &mut self.line;
        self.written = self.written.and_then(|()| match field.name() {
            "message" => write!(line, " {value:?}"),
            name => write!(line, " {name}={value:?}"),
        });
    }
}

/// A line that is being written, of which nothing ends it or drives a terminal.
struct OneLine<'w>(&'w mut dyn fmt::Write);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_escaped(self.0, text, char::is_control)
    }
}

/// The file, and what is needed to rotate it.
struct Log {
    path: PathBuf,
    rotation: Rotation,
    file: FileRotate<AppendCount>,
    size: u64,
    /// Lines that wait for others, while they are logged together.
    held: Option<Vec<u8>>,
}

impl Log {
    /// Bytes of lines that are logged together that make a piece.
    const PIECE: usize = 1 << 16;

    fn open(path: &Path, rotation: Rotation) -> io::Result<Log> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        // file-rotate panics where the directory cannot be listed, and is silent where the file
        // cannot be opened, so both are tried first.
        fs::read_dir(directory)?;
        let size = options().open(path)?.metadata()?.len();
        Ok(Log {
            path: path.to_owned(),
            rotation,
            file: rotating(path, rotation)?,
            size,
            held: None,
        })
    }

    /// Writes a line, or lets it wait for others.
    fn add(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(held) = &mut self.held else {
            return self.write(line);
        };
        let most = self.rotation.max_size.min(Log::PIECE as u64);
        if (held.len() + line.len()) as u64 <= most {
            held.extend_from_slice(line);
            return Ok(());
        }
        let full = std::mem::replace(held, line.to_vec());
        self.write(&full)
    }

    /// Lets lines wait from here on, in `held`, or no longer; those that wait are written.
    fn hold(&mut self, held: Option<Vec<u8>>) {
        if let Some(last) = std::mem::replace(&mut self.held, held) {
            // A log that fails is no reason to fail.
            let _ = self.write(&last);
        }
    }

    /// Writes lines that fit into one log.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let length = lines.len() as u64;
        if self.is_full(length) {
            // A log that cannot be rotated is still a log.
            let _ = self.rotate(length);
        }
        self.file.write_all(lines)?;
        self.size += length;
        Ok(())
    }

    /// Renames the log away and begins a new one for a line of `length` bytes, unless another
    /// process did so just now.
    fn rotate(&mut self, length: u64) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let guard = open(
            directory,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        flock(&guard, FlockOperation::LockExclusive)?;
        let size = fs::symlink_metadata(&self.path).map_or(0, |found| found.len());
        let free = (1..=self.rotation.keep + 1).all(|n| self.is_rotated_or_absent(n));
        fs::read_dir(directory)?;
        self.file = rotating(&self.path, self.rotation)?;
        self.size = size;
        if self.is_full(length) && free {
            self.file.rotate()?;
            self.size = 0;
        }
        Ok(())
    }

    fn is_full(&self, length: u64) -> bool {
        self.size > 0 && self.size.saturating_add(length) > self.rotation.max_size
    }

    /// Whether the `n`th older log can be renamed: file-rotate panics over a directory there.
    fn is_rotated_or_absent(&self, n: usize) -> bool {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        match fs::symlink_metadata(name) {
            Ok(found) => found.is_file(),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

/// The file behind the log. file-rotate panics where the disk fails it, and a log is no reason to
/// end a run in its midst.
fn rotating(path: &Path, rotation: Rotation) -> io::Result<FileRotate<AppendCount>> {
    let opened = std::panic::catch_unwind(|| {
        FileRotate::new(
            path,
            AppendCount::new(rotation.keep),
            ContentLimit::None,
            Compression::None,
            Some(options()),
        )
    });
    opened.map_err(|_| io::Error::other("the disk failed"))
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options
        .read(true)
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn small(dir: &Path) -> Log {
        let rotation = Rotation {
            max_size: 20,
            keep: 2,
        };
        Log::open(&dir.join("mediastruct.log"), rotation).unwrap()
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_full_log_is_rotated_and_old_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("logs");
        let mut log = small(&dir);
        for n in 0..10 {
            log.add(format!("line number {n:03}\n").as_bytes()).unwrap();
        }
        assert_eq!(
            names(&dir),
            ["mediastruct.log", "mediastruct.log.1", "mediastruct.log.2"]
        );
        let last = dir.join("mediastruct.log");
        assert_eq!(fs::read_to_string(&last).unwrap(), "line number 009\n");
        let mode = fs::metadata(&last).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_logged_stays_on_its_line_and_drives_no_terminal() {
        let said = |text: &str| {
            let mut line = String::new();
            fmt::Write::write_str(&mut OneLine(&mut line), text).unwrap();
            line
        };
        assert_eq!(
            said("plain, and \\n as it stands: é"),
            "plain, and \\n as it stands: é"
        );
        assert_eq!(said("a\nb\u{1b}[2Jc\u{9b}"), "a\\nb\\u{1b}[2Jc\\u{9b}");
    }

    #[test]
    fn two_processes_may_log_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (small(dir.path()), small(dir.path()));
        for n in 0..20 {
            one.add(format!("one {n:03}\n").as_bytes()).unwrap();
            other.add(format!("other {n:03}\n").as_bytes()).unwrap();
        }
        assert_eq!(names(dir.path()).len(), 3);
    }

    #[test]
    fn lines_that_are_logged_together_are_rotated_as_others_are() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = small(dir.path());
        log.hold(Some(Vec::new()));
        for line in ["one\n", "two\n", "three\n", "number four\n", "five\n"] {
            log.add(line.as_bytes()).unwrap();
        }
        log.hold(None);
        log.add(b"6\n").unwrap();
        let read = |name| fs::read_to_string(dir.path().join(name)).unwrap();
        let older = ["mediastruct.log.1", "mediastruct.log"].map(read);
        assert_eq!(older, ["one\ntwo\nthree\n", "number four\nfive\n6\n"]);
    }

    #[test]
    fn what_cannot_be_renamed_stops_rotation_and_not_the_log() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("mediastruct.log.1")).unwrap();
        let mut log = small(dir.path());
        for _ in 0..5 {
            log.add(b"line number one\n").unwrap();
        }
        let text = fs::read_to_string(dir.path().join("mediastruct.log")).unwrap();
        assert_eq!(text.lines().count(), 5);
    }

    #[test]
    fn a_log_is_not_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("mediastruct.log");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &link).unwrap();
        let rotation = Rotation {
            max_size: 20,
            keep: 2,
        };
        assert!(Log::open(&link, rotation).is_err());
    }
}

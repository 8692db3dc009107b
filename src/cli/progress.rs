//! Progress of long work: a bar on a terminal, else a line now and then.

use super::human::{Bytes, Count};
use crate::disk::monitor::Monitor;
use crate::model::index::Totals;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Shows how far work has come. Many threads may tell it at once: an advance is a few atomic
/// additions, and only one thread in a while draws.
pub struct Progress {
    face: Face,
    work: RwLock<Option<Work>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Hidden,
    Bar,
    Lines,
}

/// The work that began last.
struct Work {
    what: String,
    totals: Totals,
    begun: Instant,
    files: Arc<AtomicU64>,
    bytes: AtomicU64,
    /// Milliseconds after the beginning at which the next line is due.
    due: AtomicU64,
    place: Mutex<String>,
    bar: ProgressBar,
}

/// How often a line is told where there is no terminal, in milliseconds.
const LINE_EVERY: u64 = 10_000;

/// The bar of work that reads bytes, of work that only counts files, and of work of unknown length.
const BY_BYTES: &str = "{prefix} {bar:24} {percent:>3}%  {decimal_bytes} of {decimal_total_bytes}  \
                        {files}  {decimal_bytes_per_sec}  {eta} left  {wide_msg}";
const BY_FILES: &str = "{prefix} {bar:24} {percent:>3}%  {files}  {eta} left  {wide_msg}";
const UNKNOWN: &str = "{prefix} {spinner}  {wide_msg}";

impl Progress {
    /// Nobody is told anything.
    pub fn hidden() -> Progress {
        Progress::of(Face::Hidden)
    }

    /// A bar on the standard error.
    pub fn bar() -> Progress {
        Progress::of(Face::Bar)
    }

    /// A line on the standard error every ten seconds.
    pub fn lines() -> Progress {
        Progress::of(Face::Lines)
    }

    fn of(face: Face) -> Progress {
        Progress {
            face,
            work: RwLock::new(None),
        }
    }

    fn with(&self, tell: impl FnOnce(&Work)) {
        if self.face == Face::Hidden {
            return;
        }
        let work = self.work.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = work.as_ref() {
            tell(work);
        }
    }

    fn replace(&self, work: Option<Work>) -> Option<Work> {
        let mut place = self.work.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, work)
    }
}

impl Monitor for Progress {
    fn begin(&self, what: &str, totals: Totals) {
        if self.face == Face::Hidden {
            return;
        }
        let files = Arc::new(AtomicU64::new(0));
        let bar = match self.face {
            Face::Bar => drawn(what, totals, &files),
            Face::Lines | Face::Hidden => ProgressBar::hidden(),
        };
        let work = Work {
            what: what.to_owned(),
            totals,
            begun: Instant::now(),
            files,
            bytes: AtomicU64::new(0),
            due: AtomicU64::new(LINE_EVERY),
            place: Mutex::new(String::new()),
            bar,
        };
        if let Some(earlier) = self.replace(Some(work)) {
            earlier.bar.finish_and_clear();
        }
    }

    fn at(&self, place: &str) {
        self.with(|work| {
            work.bar.set_message(place.to_owned());
            let mut at = work.place.lock().unwrap_or_else(PoisonError::into_inner);
            place.clone_into(&mut at);
        });
    }

    fn advance(&self, files: u64, bytes: u64) {
        self.with(|work| {
            work.files.fetch_add(files, Relaxed);
            work.bytes.fetch_add(bytes, Relaxed);
            if self.face == Face::Bar {
                let by_bytes = work.totals.bytes > 0;
                work.bar.inc(if by_bytes { bytes } else { files });
                return;
            }
            let now = millis(work.begun.elapsed());
            let due = work.due.load(Relaxed);
            let next = now + LINE_EVERY;
            if now >= due
                && work
                    .due
                    .compare_exchange(due, next, Relaxed, Relaxed)
                    .is_ok()
            {
                let _ = writeln!(std::io::stderr(), "{}", work.line(now));
            }
        });
    }

    fn end(&self) {
        if let Some(work) = self.replace(None) {
            work.bar.finish_and_clear();
        }
    }
}

impl Work {
    /// `hashing: 1,234 of 5,678 files, 3.1 GB of 9.9 GB, 52 MB/s, 2 min left, at media/2024`.
    fn line(&self, now: u64) -> String {
        let (files, bytes) = (self.files.load(Relaxed), self.bytes.load(Relaxed));
        let Totals {
            files: all_files,
            bytes: all_bytes,
        } = self.totals;
        let mut line = format!(
            "{}: {} of {} files, {} of {}",
            self.what,
            Count(files),
            Count(all_files),
            Bytes(bytes),
            Bytes(all_bytes)
        );
        let rate = u64::try_from(u128::from(bytes) * 1000 / u128::from(now.max(1)));
        if let Ok(rate @ 1..) = rate {
            let left = all_bytes.saturating_sub(bytes) / rate;
            let _ = write!(line, ", {}/s, {} left", Bytes(rate), duration(left));
        }
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if !place.is_empty() {
            let _ = write!(line, ", at {place}");
        }
        line
    }
}

fn drawn(what: &str, totals: Totals, files: &Arc<AtomicU64>) -> ProgressBar {
    let (length, template) = match totals {
        Totals { files: 0, bytes: 0 } => (0, UNKNOWN),
        Totals { files, bytes: 0 } => (files, BY_FILES),
        Totals { bytes, .. } => (bytes, BY_BYTES),
    };
    let (files, all) = (Arc::clone(files), totals.files);
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key(
        "files",
        move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(
                out,
                "{} of {} files",
                Count(files.load(Relaxed)),
                Count(all)
            );
        },
    );
    let bar = ProgressBar::new(length);
    bar.set_style(style.progress_chars("━━─"));
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advances_of_many_threads_add_up() {
        let progress = Progress::lines();
        let totals = Totals {
            files: 4000,
            bytes: 8_000_000,
        };
        progress.begin("hashing", totals);
        progress.at("media/2024");
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| (0..500).for_each(|_| progress.advance(1, 2000)));
            }
        });
        progress.with(|work| {
            assert_eq!(
                work.line(2000),
                "hashing: 2,000 of 4,000 files, 4.0 MB of 8.0 MB, 2.0 MB/s, 2 s left, at media/2024"
            );
        });
        progress.end();
        progress.advance(1, 1);
    }

    #[test]
    fn a_bar_can_be_drawn() {
        for template in [BY_BYTES, BY_FILES] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
        for bytes in [0, 10] {
            let progress = Progress::bar();
            progress.begin("moving", Totals { files: 2, bytes });
            progress.at("media/2024");
            progress.advance(1, 5);
            progress.end();
        }
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration(5), "5 s");
        assert_eq!(duration(121), "3 min");
        assert_eq!(duration(7260), "2 h 1 min");
    }
}

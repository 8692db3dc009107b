//! Gathers what is found in a file.

use crate::model::capture::{Found, Reading, Source, When};
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// How long the name of a maker or an identifier is at most, in bytes.
pub(super) const MOST_TEXT: usize = 256;

/// 1991-01-01T00:00:00Z, in seconds since 1970: there was no QuickTime before that year.
const FIRST_MOVIE: i64 = 662_688_000;

/// What was found in a file so far. What is found first stays.
pub(super) struct Finds {
    pub(super) reading: Reading,
    now: Timestamp,
    within: bool,
}

impl Finds {
    /// Nothing, in a file that is read at `now`.
    pub(super) fn new(now: Timestamp) -> Finds {
        Finds {
            reading: Reading::default(),
            now,
            within: false,
        }
    }

    /// Whether a picture within the file may be read: one may, so that none can hold itself.
    pub(super) fn enter(&mut self) -> bool {
        !std::mem::replace(&mut self.within, true)
    }

    /// A wall clock's time, with its offset where that is known.
    pub(super) fn local(&mut self, source: Source, at: DateTime, offset: Option<Offset>) {
        self.keep(source, When::local(at, offset, self.now));
    }

    /// A day, of which the time is unknown.
    pub(super) fn day(&mut self, source: Source, day: Date) {
        self.keep(source, When::day(day, self.now));
    }

    /// A moment, so long after `epoch`.
    pub(super) fn instant(&mut self, source: Source, epoch: Timestamp, after: SignedDuration) {
        let at = epoch.checked_add(after).ok();
        self.keep(source, at.and_then(|at| When::instant(at, self.now)));
    }

    /// The time in a movie's header, in seconds since 1970.
    pub(super) fn movie_header(&mut self, seconds: i64) {
        if seconds >= FIRST_MOVIE {
            let after = SignedDuration::from_secs(seconds);
            self.instant(Source::MovieHeader, Timestamp::UNIX_EPOCH, after);
        }
    }

    /// The maker of the camera.
    pub(super) fn make(&mut self, bytes: &[u8]) {
        let make = &mut self.reading.make;
        *make = make.take().or_else(|| plain(bytes));
    }

    /// Apple's ContentIdentifier.
    pub(super) fn content_id(&mut self, bytes: &[u8]) {
        let id = &mut self.reading.content_id;
        *id = id.take().or_else(|| plain(bytes));
    }

    fn keep(&mut self, source: Source, when: Option<When>) {
        if let Some(when) = when
            && self.reading.date(source).is_none()
        {
            self.reading.dates.push(Found { source, when });
        }
    }
}

/// A short text as far as its first NUL, without the spaces around it; none if nothing is left.
fn plain(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(MOST_TEXT)];
    let end = bytes.iter().position(|byte| *byte == 0);
    let text = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

//! The date of a file: the first that is sane of all that is known about it.
//!
//! What a file says itself goes before its sidecars, these before its name, and its name before
//! its modification time, which is a guess. A wall clock's time is taken as it stands, with an
//! offset or without; a moment in UTC is put on the wall clock of the configured time zone.

mod name;
#[cfg(test)]
mod tests;

use crate::model::capture::{Confidence, Content, Reading, Source, Taken, When};
use crate::model::time::Time;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// All that is known of one file.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What the user said about it.
    pub said: Option<(DateTime, Option<Offset>)>,
    /// What it says itself.
    pub file: &'a Reading,
    /// What the files beside it say, the nearest first: its sidecars, the thumbnail of a movie, the
    /// picture of a raw file.
    pub sidecars: &'a [&'a Reading],
    /// Its name, without directories.
    pub name: &'a [u8],
    /// When it was last written.
    pub modified: Time,
    /// The date of the still, where it is the video of a Live Photo.
    pub still: Option<&'a Taken>,
}

/// What dates depend on beside the files.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose wall clock moments in UTC are put on.
    pub time_zone: TimeZone,
    /// The makers whose cameras write local time where QuickTime wants UTC, as EXIF spells them;
    /// case does not matter.
    pub local_makes: Vec<String>,
    /// The time before which all files were made.
    pub now: Timestamp,
}

/// The date of a file, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The date.
    pub taken: Taken,
    /// Other dates of it that differ by more than a day, the strongest first. The modification
    /// time is none: copying changes it.
    pub rivals: Vec<Taken>,
}

/// The date of a file; none if not even its modification time is sane.
pub fn choose(evidence: &Evidence<'_>, settings: &Settings) -> Option<Choice> {
    let mut dates = candidates(evidence, settings).into_iter();
    let taken = dates.next()?;
    let rivals = dates
        .filter(|rival| rival.source != Source::Modified && disagree(&taken, rival))
        .collect();
    Some(Choice { taken, rivals })
}

/// Every date of a file, the strongest first.
fn candidates(evidence: &Evidence<'_>, settings: &Settings) -> Vec<Taken> {
    const EXIF: [Source; 2] = [Source::ExifOriginal, Source::ExifDigitized];
    const XMP: [Source; 3] = [
        Source::XmpOriginal,
        Source::XmpCreated,
        Source::XmpCreateDate,
    ];
    const MOVIE: [Source; 4] = [
        Source::QuickTimeCreationDate,
        Source::ExifOriginal,
        Source::MovieHeader,
        Source::Matroska,
    ];
    let is_video = evidence.file.content == Content::Video;
    let own: &[Source] = if is_video { &MOVIE } else { &EXIF };
    let last: &[Source] = if is_video { &[Source::Avi] } else { &[] };

    let mut dates = Vec::new();
    if let Some((at, offset)) = evidence.said {
        dates.push(Taken {
            taken: at,
            offset,
            source: Source::Override,
            confidence: Confidence::High,
        });
    }
    if is_video {
        dates.extend(evidence.still.cloned());
    }
    let mut add = |reading: &Reading, sources: &[Source]| {
        for source in sources {
            if let Some(when) = reading.date(*source) {
                let when = match source {
                    Source::MovieHeader if writes_local(evidence, settings) => as_local(when),
                    _ => when,
                };
                dates.push(on_the_wall(when, *source, &settings.time_zone));
            }
        }
    };
    add(evidence.file, own);
    add(evidence.file, last);
    add(evidence.file, &XMP);
    for sidecar in evidence.sidecars {
        add(sidecar, &EXIF);
    }
    for sidecar in evidence.sidecars {
        add(sidecar, &XMP);
    }
    let movies = evidence
        .sidecars
        .iter()
        .filter(|s| s.content == Content::Video);
    for movie in movies {
        add(movie, &MOVIE);
    }
    for sidecar in evidence.sidecars {
        add(sidecar, &[Source::Takeout]);
    }
    if let Some(when) = name::date(evidence.name, settings.now) {
        dates.push(on_the_wall(when, Source::FileName, &settings.time_zone));
    }
    let modified = evidence.modified.timestamp();
    if let Some(when) = modified.and_then(|at| When::instant(at, settings.now)) {
        dates.push(on_the_wall(when, Source::Modified, &settings.time_zone));
    }
    dates
}

/// Whether the camera is one of those that write local time where UTC belongs.
fn writes_local(evidence: &Evidence<'_>, settings: &Settings) -> bool {
    let mut readings = std::iter::once(&evidence.file).chain(evidence.sidecars);
    let make = readings.find_map(|reading| reading.make.as_deref());
    let mut makes = settings.local_makes.iter();
    make.is_some_and(|make| makes.any(|local| local.trim().eq_ignore_ascii_case(make.trim())))
}

/// What a wall clock showed that was written as if it were UTC.
fn as_local(when: When) -> When {
    match when {
        When::Instant(at) => When::Local(Offset::UTC.to_datetime(at), None),
        When::Local(..) | When::Day(_) => when,
    }
}

/// A date as the wall clock showed it.
fn on_the_wall(when: When, source: Source, zone: &TimeZone) -> Taken {
    let (taken, offset) = match when {
        When::Local(at, offset) => (at, offset),
        When::Day(day) => (day.at(0, 0, 0, 0), None),
        When::Instant(at) => {
            let offset = zone.to_offset(at);
            (offset.to_datetime(at), Some(offset))
        }
    };
    let confidence = match (source, when) {
        (Source::Modified, _) => Confidence::Low,
        (Source::FileName, _) | (_, When::Day(_)) => Confidence::Medium,
        _ => Confidence::High,
    };
    Taken {
        taken,
        offset,
        source,
        confidence,
    }
}

/// Whether two dates differ by more than a day. Clocks of different places do not by themselves.
fn disagree(one: &Taken, other: &Taken) -> bool {
    let apart = one.taken.duration_since(other.taken).abs();
    // Of a date without a time, the time may be any of that day.
    let is_day = |date: &Taken| date.confidence == Confidence::Medium && is_midnight(date.taken);
    let days = if is_day(one) || is_day(other) { 2 } else { 1 };
    apart > SignedDuration::from_hours(24 * days)
}

fn is_midnight(at: DateTime) -> bool {
    at.time() == jiff::civil::Time::midnight()
}

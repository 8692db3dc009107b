//! When a picture or a video was taken: what files say of it, and what was made of that.
//!
//! A [`When`] in hand is sane: what a camera writes that never knew the time, and what no camera
//! can have written, its constructors refuse. A wall-clock time without an offset stays without
//! one, for it is not UTC.

#[cfg(test)]
mod tests;
mod text;

pub use self::text::{Clock, UtcOffset};

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A date of a file, as the `why` of its move gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// Wall-clock time where the picture was taken, to the second: `YYYY-MM-DDTHH:MM:SS`.
    #[serde(with = "text::wall_clock")]
    #[schemars(with = "Clock")]
    pub taken: DateTime,
    /// The offset of that clock from UTC, `+HH:MM`, where it is known.
    #[serde(with = "text::offset")]
    #[schemars(with = "Option<UtcOffset>")]
    pub offset: Option<Offset>,
    /// What said so.
    pub source: Source,
    /// How far it is to be trusted.
    pub confidence: Confidence,
}

/// What one file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What it is.
    pub content: Content,
    /// The sane dates in it, in the order in which they were met, each source at most once.
    pub dates: Vec<Found>,
    /// The maker of the camera.
    pub make: Option<String>,
    /// Apple's ContentIdentifier, which a Live Photo's still and video share.
    pub content_id: Option<String>,
    /// The name of the file that a Google Takeout sidecar describes.
    pub title: Option<String>,
}

impl Reading {
    /// The date that `source` gives.
    pub fn date(&self, source: Source) -> Option<When> {
        let found = self.dates.iter().find(|found| found.source == source)?;
        Some(found.when)
    }

    /// This reading, and where it is silent, what `other` says of the same file.
    pub fn or(self, other: Reading) -> Reading {
        let is_known = self.content != Content::Unknown;
        let is_dated = !self.dates.is_empty();
        Reading {
            content: if is_known {
                self.content
            } else {
                other.content
            },
            dates: if is_dated { self.dates } else { other.dates },
            make: self.make.or(other.make),
            content_id: self.content_id.or(other.content_id),
            title: self.title.or(other.title),
        }
    }
}

/// A date that was found, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub source: Source,
    /// When it is.
    pub when: When,
}

/// What a file is by its bytes, whatever its name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Content {
    /// A picture.
    Still,
    /// A video.
    Video,
    /// XMP, Google Takeout's JSON, or a property list such as Apple's adjustments.
    Sidecar,
    /// None of these, or a file that is damaged from its start.
    #[default]
    Unknown,
}

/// What a date was taken from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Source {
    /// The user, who said so.
    #[serde(rename = "override")]
    Override,
    /// EXIF's DateTimeOriginal: when the shutter opened.
    #[serde(rename = "exif:DateTimeOriginal")]
    ExifOriginal,
    /// EXIF's DateTimeDigitized: when it became a file.
    #[serde(rename = "exif:DateTimeDigitized")]
    ExifDigitized,
    /// DateTimeOriginal in XMP.
    #[serde(rename = "xmp:exif:DateTimeOriginal")]
    XmpOriginal,
    /// Photoshop's DateCreated in XMP.
    #[serde(rename = "xmp:photoshop:DateCreated")]
    XmpCreated,
    /// CreateDate in XMP.
    #[serde(rename = "xmp:xmp:CreateDate")]
    XmpCreateDate,
    /// Apple's creation date in a video, with an offset.
    #[serde(rename = "quicktime:creationdate")]
    QuickTimeCreationDate,
    /// The header of a QuickTime or MPEG-4 movie, in UTC by its specification.
    #[serde(rename = "quicktime:mvhd")]
    MovieHeader,
    /// DateUTC of a Matroska segment.
    #[serde(rename = "matroska:DateUTC")]
    Matroska,
    /// The IDIT chunk of an AVI file.
    #[serde(rename = "riff:IDIT")]
    Avi,
    /// What Google Photos knew, in UTC.
    #[serde(rename = "takeout:photoTakenTime")]
    Takeout,
    /// The file's name.
    #[serde(rename = "filename")]
    FileName,
    /// When the file was last written.
    #[serde(rename = "mtime")]
    Modified,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How far a date is to be trusted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A guess: the file's modification time.
    Low,
    /// A name says so, or only the day is known.
    Medium,
    /// A tag that was made for it says so, or the user.
    High,
}

/// A sane moment, as exactly as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A wall clock's time, with its offset from UTC where that is known.
    Local(DateTime, Option<Offset>),
    /// A day, without a time.
    Day(Date),
    /// A moment in UTC, of which the wall clock's time is unknown.
    Instant(Timestamp),
}

/// The year of the oldest photograph that there is; scans of old prints bear such dates.
const FIRST_YEAR: i16 = 1826;

/// How far ahead of `now` a date may lie: wall clocks are up to 14 hours ahead of UTC, and few are
/// exact.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// The days on which clocks begin that count from 1904 or 1970.
const EPOCHS: [Date; 2] = [jiff::civil::date(1904, 1, 1), jiff::civil::date(1970, 1, 1)];

impl When {
    /// The time `at` on a wall clock, if it is sane.
    pub fn local(at: DateTime, offset: Option<Offset>, now: Timestamp) -> Option<When> {
        let utc = Offset::UTC.to_timestamp(at).ok()?;
        (is_camera_day(at.date()) && utc <= latest(now)).then_some(When::Local(at, offset))
    }

    /// A day, if it is sane.
    pub fn day(day: Date, now: Timestamp) -> Option<When> {
        When::local(day.to_datetime(jiff::civil::Time::midnight()), None, now)?;
        Some(When::Day(day))
    }

    /// A moment in UTC, if it is sane.
    pub fn instant(at: Timestamp, now: Timestamp) -> Option<When> {
        let utc = Offset::UTC.to_datetime(at);
        (is_camera_day(utc.date()) && at <= latest(now)).then_some(When::Instant(at))
    }
}

/// The last moment that is not in the future, taken generously.
fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(GRACE).unwrap_or(Timestamp::MAX)
}

/// Whether pictures can be of that day: the zero of a clock's count is the day of none.
fn is_camera_day(day: Date) -> bool {
    day.year() >= FIRST_YEAR && !EPOCHS.contains(&day)
}

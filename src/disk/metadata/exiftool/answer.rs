//! What ExifTool answers, in JSON, put as the built-in reader would put it.

use super::super::found::Finds;
use super::super::text::{self, Written};
use crate::model::capture::{Content, Reading, Source};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is asked for, as arguments name it.
pub(super) const TAGS: [&str; 21] = [
    "ExifTool:Error",
    "File:MIMEType",
    "ExifIFD:DateTimeOriginal",
    "ExifIFD:SubSecTimeOriginal",
    "ExifIFD:OffsetTimeOriginal",
    "ExifIFD:CreateDate",
    "ExifIFD:SubSecTimeDigitized",
    "ExifIFD:OffsetTimeDigitized",
    "XMP-exif:DateTimeOriginal",
    "XMP-photoshop:DateCreated",
    "XMP-xmp:CreateDate",
    "QuickTime:CreationDate",
    "QuickTime:CreateDate",
    "QuickTime:ContentCreateDate",
    "H264:DateTimeOriginal",
    "RIFF:DateTimeOriginal",
    "Matroska:DateTimeOriginal",
    "EXIF:Make",
    "QuickTime:Make",
    "ContentIdentifier",
    "MediaGroupUUID",
];

/// A wall clock's time: the key of it in the answer, and where it stands. An answer names groups
/// more closely than a question has to.
const CLOCKS: [(&str, Source); 8] = [
    ("XMP-exif:DateTimeOriginal", Source::XmpOriginal),
    ("XMP-photoshop:DateCreated", Source::XmpCreated),
    ("XMP-xmp:CreateDate", Source::XmpCreateDate),
    ("Keys:CreationDate", Source::QuickTimeCreationDate),
    ("UserData:ContentCreateDate", Source::QuickTimeCreationDate),
    ("ItemList:ContentCreateDate", Source::QuickTimeCreationDate),
    ("H264:DateTimeOriginal", Source::ExifOriginal),
    ("RIFF:DateTimeOriginal", Source::Avi),
];

/// The reading that an answer about the file at `path` gives, dates after `now` passed over.
///
/// # Errors
/// What is wrong with an answer that is none, or of another file.
pub fn understand(answer: &[u8], path: &str, now: Timestamp) -> Result<Reading, String> {
    if answer.is_empty() {
        return Err("it is empty, so the file could not be opened".to_owned());
    }
    let answer: [BTreeMap<String, Value>; 1] =
        serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    let [tags] = answer;
    let tags = Tags(tags);
    if tags.text("SourceFile").as_deref() != Some(path) {
        return Err("it is about another file".to_owned());
    }
    let mut finds = Finds::new(now);
    finds.reading.content = tags.content();
    tags.exif(&mut finds);
    for (key, source) in CLOCKS {
        tags.clock(key, source, &mut finds);
    }
    if let Some(at) = tags.instant("QuickTime:CreateDate") {
        finds.movie_header(at);
    }
    for key in ["Matroska:DateTimeOriginal", "Info:DateTimeOriginal"] {
        if let Some(seconds) = tags.instant(key) {
            let after = SignedDuration::from_secs(seconds);
            finds.instant(Source::Matroska, Timestamp::UNIX_EPOCH, after);
        }
    }
    for key in ["IFD0:Make", "Keys:Make", "UserData:Make"] {
        if let Some(make) = tags.text(key) {
            finds.make(make.as_bytes());
        }
    }
    // Newer versions call the tag of Apple's maker note by what it is called elsewhere.
    for key in [
        "Keys:ContentIdentifier",
        "Apple:ContentIdentifier",
        "Apple:MediaGroupUUID",
    ] {
        if let Some(id) = tags.text(key) {
            finds.content_id(id.as_bytes());
        }
    }
    Ok(finds.reading)
}

/// The answer's tags, by group and name.
struct Tags(BTreeMap<String, Value>);

impl Tags {
    /// The text of a tag; what looks like a number, ExifTool writes as one.
    fn text(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn content(&self) -> Content {
        let kind = self.text("File:MIMEType").unwrap_or_default();
        match kind.split_once('/') {
            Some(("image", _)) => Content::Still,
            Some(("video", _)) => Content::Video,
            Some(("application", "rdf+xml")) => Content::Sidecar,
            _ => Content::Unknown,
        }
    }

    /// The two dates of EXIF, each with the fraction and the offset that belong to it.
    fn exif(&self, finds: &mut Finds) {
        for (date, part, source) in [
            ("DateTimeOriginal", "Original", Source::ExifOriginal),
            ("CreateDate", "Digitized", Source::ExifDigitized),
        ] {
            let of = |tag: &str| self.text(&format!("ExifIFD:{tag}"));
            let Some(Written::Time(at, own)) = of(date).and_then(|d| text::date(d.as_bytes()))
            else {
                continue;
            };
            let fraction = of(&format!("SubSecTime{part}")).unwrap_or_default();
            let offset = of(&format!("OffsetTime{part}")).unwrap_or_default();
            let offset = text::offset(offset.as_bytes()).or(own);
            finds.local(source, text::with_fraction(at, fraction.as_bytes()), offset);
        }
    }

    fn clock(&self, key: &str, source: Source, finds: &mut Finds) {
        let Some(written) = self.text(key) else {
            return;
        };
        // Camcorders say whether it was summer.
        let written = written.trim();
        let written = written.strip_suffix("DST").unwrap_or(written);
        match text::date(written.as_bytes()) {
            Some(Written::Time(at, offset)) => finds.local(source, at, offset),
            // A movie's year or day alone is that of its publication.
            Some(Written::Day(day)) if source != Source::QuickTimeCreationDate => {
                finds.day(source, day);
            }
            Some(Written::Day(_)) | None => {}
        }
    }

    /// The seconds from 1970 to a moment that is in UTC by the specification of its tag.
    fn instant(&self, key: &str) -> Option<i64> {
        let written = self.text(key)?;
        match text::date(written.as_bytes())? {
            Written::Time(at, offset) => {
                let offset = offset.unwrap_or(Offset::UTC);
                Some(offset.to_timestamp(at).ok()?.as_second())
            }
            Written::Day(_) => None,
        }
    }
}

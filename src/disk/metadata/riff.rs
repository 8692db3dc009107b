//! RIFF: WebP pictures with EXIF and XMP chunks, AVI videos with their date in IDIT.

use super::bounded::{Bounded, Span};
use super::found::Finds;
use super::text::{self, Written};
use super::{tiff, xmp};
use crate::model::capture::{Content, Source};
use jiff::civil::{Date, DateTime};

/// How many chunks of one list are looked at.
const MOST_CHUNKS: usize = 10_000;

/// How many lists may lie in one another.
const DEEPEST: usize = 4;

/// Reads a RIFF file, and says what it is.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, finds: &mut Finds) -> Content {
    let chunks = file.from(12);
    match bytes.exactly(file, 8).as_ref() {
        Some(b"WEBP") => {
            webp(bytes, chunks, finds);
            Content::Still
        }
        Some(b"AVI ") => {
            avi(bytes, chunks, finds, DEEPEST);
            Content::Video
        }
        _ => Content::Unknown,
    }
}

fn webp(bytes: &mut Bounded<'_>, chunks: Span, finds: &mut Finds) {
    each(bytes, chunks, |bytes, kind, data| match &kind {
        b"EXIF" => tiff::read(bytes, data, finds),
        b"XMP " => xmp::read(bytes, data, finds),
        _ => {}
    });
}

fn avi(bytes: &mut Bounded<'_>, chunks: Span, finds: &mut Finds, deeper: usize) {
    each(bytes, chunks, |bytes, kind, data| match &kind {
        b"IDIT" => idit(&bytes.up_to(data, 0, 64), finds),
        b"_PMX" => xmp::read(bytes, data, finds),
        // Frames are many, and say nothing.
        b"LIST" if deeper > 0 && bytes.exactly(data, 0) != Some(*b"movi") => {
            avi(bytes, data.from(4), finds, deeper - 1);
        }
        _ => {}
    });
}

/// Calls `seen` with each chunk's kind and data.
fn each(
    bytes: &mut Bounded<'_>,
    chunks: Span,
    mut seen: impl FnMut(&mut Bounded<'_>, [u8; 4], Span),
) {
    let mut at = 0;
    for _ in 0..MOST_CHUNKS {
        let Some(kind) = bytes.exactly(chunks, at) else {
            return;
        };
        let Some(length) = bytes.exactly(chunks, at + 4).map(u32::from_le_bytes) else {
            return;
        };
        seen(bytes, kind, chunks.part(at + 8, length.into()));
        at += 8 + u64::from(length) + u64::from(length % 2);
    }
}

/// Takes a date as EXIF writes it or as C's `ctime` does, in local time.
fn idit(value: &[u8], finds: &mut Finds) {
    match text::date(value) {
        Some(Written::Time(at, offset)) => finds.local(Source::Avi, at, offset),
        Some(Written::Day(day)) => finds.day(Source::Avi, day),
        None => {
            if let Some(at) = ctime(text::until_nul(value)) {
                finds.local(Source::Avi, at, None);
            }
        }
    }
}

/// The date in `Fri Mar 01 12:00:00 2019`, in any case.
fn ctime(value: &[u8]) -> Option<DateTime> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let value = str::from_utf8(value).ok()?.to_ascii_lowercase();
    let mut words = value.split_ascii_whitespace();
    let (_weekday, month, day) = (words.next()?, words.next()?, words.next()?);
    let (time, year) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? as i8 + 1;
    let day = Date::new(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let mut numbers = time.split(':').map(|number| number.parse::<i8>().ok());
    let (hour, minute, second) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    Some(day.to_datetime(time))
}

//! A movie's own date, and what Apple and others say beside it.

use super::super::bounded::{Bounded, Span};
use super::super::found::{Finds, MOST_TEXT};
use super::super::text::{self, Written};
use super::super::xmp;
use super::{Boxes, child, extension, within_meta};
use crate::model::capture::Source;

/// Seconds from 1904, from which a movie's header counts, to 1970.
const FROM_1904: u64 = 2_082_844_800;

/// How many of Apple's keys are looked at.
const MOST_KEYS: usize = 256;

/// Reads a `moov` box.
pub(super) fn read(bytes: &mut Bounded<'_>, movie: Span, finds: &mut Finds) {
    let mut boxes = Boxes::within(movie);
    while let Some((kind, data)) = boxes.next(bytes) {
        match &kind {
            b"mvhd" => header(bytes, data, finds),
            b"meta" => metadata(bytes, data, finds),
            b"udta" => user_data(bytes, data, finds),
            b"uuid" => extension(bytes, data, finds),
            _ => {}
        }
    }
}

/// Takes the time at which the movie was made, which is in UTC by its specification.
fn header(bytes: &mut Bounded<'_>, header: Span, finds: &mut Finds) {
    let seconds = match bytes.exactly(header, 0) {
        Some([1]) => bytes.exactly(header, 4).map(u64::from_be_bytes),
        Some([_]) => bytes.number(header, 4).map(u64::from),
        None => None,
    };
    let Some(seconds) = seconds else {
        return;
    };
    // Some writers count from 1970, which read as it is specified would be 66 years too early.
    let since_1970 = seconds.checked_sub(FROM_1904).unwrap_or(seconds);
    if let Ok(seconds) = i64::try_from(since_1970) {
        finds.movie_header(seconds);
    }
}

fn user_data(bytes: &mut Bounded<'_>, data: Span, finds: &mut Finds) {
    let mut boxes = Boxes::within(data);
    while let Some((kind, value)) = boxes.next(bytes) {
        match &kind {
            b"meta" => metadata(bytes, value, finds),
            b"XMP_" => xmp::read(bytes, value, finds),
            // The length and the language stand before the text.
            b"\xa9mak" => finds.make(&bytes.up_to(value, 4, MOST_TEXT)),
            b"\xa9day" => creation_date(&bytes.up_to(value, 4, MOST_TEXT), finds),
            _ => {}
        }
    }
}

/// Reads Apple's metadata: a list of keys, and for the number of each a value.
fn metadata(bytes: &mut Bounded<'_>, meta: Span, finds: &mut Finds) {
    let meta = within_meta(bytes, meta);
    let Some(keys) = child(bytes, meta, b"keys") else {
        return;
    };
    let Some(values) = child(bytes, meta, b"ilst") else {
        return;
    };
    // Behind the version and the number of keys, each stands like a box in its namespace.
    let mut boxes = Boxes::within(keys.from(8));
    let mut keys = Vec::new();
    while keys.len() < MOST_KEYS
        && let Some((_, key)) = boxes.next(bytes)
    {
        keys.push(key);
    }
    let mut items = Boxes::within(values);
    while let Some((number, item)) = items.next(bytes) {
        let number = u32::from_be_bytes(number) as usize;
        let Some(key) = number.checked_sub(1).and_then(|place| keys.get(place)) else {
            continue;
        };
        let key = bytes.up_to(*key, 0, MOST_TEXT);
        let Some(data) = child(bytes, item, b"data") else {
            continue;
        };
        // The type of the value and its locale.
        let value = bytes.up_to(data, 8, MOST_TEXT);
        match key.as_slice() {
            b"com.apple.quicktime.creationdate" => creation_date(&value, finds),
            b"com.apple.quicktime.content.identifier" => finds.content_id(&value),
            b"com.apple.quicktime.make" | b"com.android.manufacturer" => finds.make(&value),
            _ => {}
        }
    }
}

/// Takes the date on which a movie was recorded; a year alone is that of a publication.
fn creation_date(value: &[u8], finds: &mut Finds) {
    if let Some(Written::Time(at, offset)) = text::date(value) {
        finds.local(Source::QuickTimeCreationDate, at, offset);
    }
}

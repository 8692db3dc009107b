//! Matroska and WebM: DateUTC in the segment's information (RFC 8794, RFC 9559).

use super::bounded::{Bounded, Span};
use super::found::Finds;
use crate::model::capture::Source;
use jiff::{SignedDuration, Timestamp};

const SEGMENT: u32 = 0x1853_8067;
const INFORMATION: u32 = 0x1549_a966;
const DATE_UTC: u32 = 0x4461;

/// How many elements of one level are looked at; a video has a cluster for every few seconds.
const MOST_ELEMENTS: usize = 10_000;

/// 2001-01-01T00:00:00Z, from which DateUTC counts nanoseconds; in seconds since 1970.
const EPOCH: i64 = 978_307_200;

/// Reads a Matroska file.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, finds: &mut Finds) {
    let date = child(bytes, file, SEGMENT)
        .and_then(|segment| child(bytes, segment, INFORMATION))
        .and_then(|information| child(bytes, information, DATE_UTC))
        .and_then(|date| bytes.exactly(date, 0).map(i64::from_be_bytes));
    // Zero is what muxers write that know no date.
    if let Some(nanoseconds) = date.filter(|date| *date != 0)
        && let Ok(epoch) = Timestamp::from_second(EPOCH)
    {
        let after = SignedDuration::from_nanos(nanoseconds);
        finds.instant(Source::Matroska, epoch, after);
    }
}

/// The data of the first element `wanted` in `parent`.
fn child(bytes: &mut Bounded<'_>, parent: Span, wanted: u32) -> Option<Span> {
    let mut at = 0;
    for _ in 0..MOST_ELEMENTS {
        let (number, after_number) = identifier(bytes, parent, at)?;
        let (length, data) = length(bytes, parent, after_number)?;
        // An element of unknown length reaches to the end of its parent.
        let length = length.unwrap_or(u64::MAX);
        if number == wanted {
            return Some(parent.part(data, length));
        }
        at = data.checked_add(length)?;
    }
    None
}

/// An element's number of one to four bytes, its marker bit kept, and where it ends.
fn identifier(bytes: &mut Bounded<'_>, span: Span, at: u64) -> Option<(u32, u64)> {
    let [first] = bytes.exactly(span, at)?;
    let length = first.leading_zeros() as usize + 1;
    if length > 4 {
        return None;
    }
    let raw = bytes.up_to(span, at, length);
    let number = raw
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte));
    (raw.len() == length).then_some((number, at + length as u64))
}

/// A length of one to eight bytes, none where it is unknown, and where it ends.
fn length(bytes: &mut Bounded<'_>, span: Span, at: u64) -> Option<(Option<u64>, u64)> {
    let [first] = bytes.exactly(span, at)?;
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return None;
    }
    let raw = bytes.up_to(span, at, length);
    if raw.len() != length {
        return None;
    }
    let number = raw
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * length)) - 1;
    let value = number & mask;
    Some(((value != mask).then_some(value), at + length as u64))
}

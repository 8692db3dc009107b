//! TIFF directories, in which EXIF keeps its tags and most RAW formats are written (TIFF 6.0,
//! CIPA DC-008).
//!
//! OffsetTimeOriginal belongs to DateTimeOriginal and OffsetTimeDigitized to DateTimeDigitized;
//! OffsetTime belongs to the date of the last change, which is no date of a picture, and so neither
//! is read.

use super::bounded::{Bounded, Span};
use super::found::{Finds, MOST_TEXT};
use super::text::{self, Written};
use super::{jpeg, xmp};
use crate::model::capture::Source;

/// How many directories of one block are looked at: with that, one that points to itself ends.
const MOST_DIRECTORIES: usize = 16;

/// How many entries of one directory are looked at.
const MOST_ENTRIES: u16 = 1024;

/// How many bytes of Apple's maker note are looked at.
const MOST_NOTE: usize = 64 << 10;

mod tag {
    pub(super) const JPEG_FROM_RAW: u16 = 0x002e;
    pub(super) const MAKE: u16 = 0x010f;
    pub(super) const XMP: u16 = 0x02bc;
    pub(super) const EXIF: u16 = 0x8769;
    pub(super) const ORIGINAL: u16 = 0x9003;
    pub(super) const DIGITIZED: u16 = 0x9004;
    pub(super) const OFFSET_ORIGINAL: u16 = 0x9011;
    pub(super) const OFFSET_DIGITIZED: u16 = 0x9012;
    pub(super) const MAKER_NOTE: u16 = 0x927c;
    pub(super) const SUBSECONDS_ORIGINAL: u16 = 0x9291;
    pub(super) const SUBSECONDS_DIGITIZED: u16 = 0x9292;
}

/// Reads a TIFF block, which a file may be too; a name `Exif\0\0` before it is passed over.
pub(super) fn read(bytes: &mut Bounded<'_>, block: Span, finds: &mut Finds) {
    let named = bytes.exactly(block, 0) == Some(*b"Exif\0\0");
    let block = if named { block.from(6) } else { block };
    let order = match bytes.exactly(block, 0).as_ref() {
        Some(b"II") => Order::Little,
        Some(b"MM") => Order::Big,
        _ => return,
    };
    let Some(first) = bytes.exactly(block, 4) else {
        return;
    };
    let tiff = Tiff { block, order };
    let mut waiting = vec![order.long(first)];
    for _ in 0..MOST_DIRECTORIES {
        let Some(at) = waiting.pop() else {
            break;
        };
        let directory = tiff.directory(bytes, at.into());
        // The picture's own EXIF directory comes before the next picture.
        waiting.extend(directory.next);
        waiting.extend(directory.entry(tag::EXIF).map(|entry| entry.pointer(order)));
        tiff.tags(bytes, &directory, finds);
    }
}

/// A block whose byte order is known.
#[derive(Clone, Copy)]
struct Tiff {
    block: Span,
    order: Order,
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// The entries of a directory that can be read, and where the next one is.
struct Directory {
    entries: Vec<Entry>,
    next: Option<u32>,
}

#[derive(Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    value: [u8; 4],
}

impl Tiff {
    fn directory(self, bytes: &mut Bounded<'_>, at: u64) -> Directory {
        const ENTRY: usize = 12;
        let count = bytes.exactly(self.block, at);
        let count = count.map_or(0, |count| self.order.short(count));
        let looked_at = usize::from(count.min(MOST_ENTRIES)) * ENTRY;
        let listed = bytes.up_to(self.block, at + 2, looked_at);
        let entries = listed.chunks_exact(ENTRY).filter_map(|raw| {
            let (tag, rest) = raw.split_first_chunk()?;
            let (kind, rest) = rest.split_first_chunk()?;
            let (count, rest) = rest.split_first_chunk()?;
            Some(Entry {
                tag: self.order.short(*tag),
                kind: self.order.short(*kind),
                count: self.order.long(*count),
                value: rest.try_into().ok()?,
            })
        });
        let after = at + 2 + u64::from(count) * ENTRY as u64;
        let next = bytes.exactly(self.block, after);
        Directory {
            entries: entries.collect(),
            next: next.map(|at| self.order.long(at)).filter(|at| *at != 0),
        }
    }

    fn tags(self, bytes: &mut Bounded<'_>, directory: &Directory, finds: &mut Finds) {
        let dates = [
            (
                Source::ExifOriginal,
                tag::ORIGINAL,
                tag::SUBSECONDS_ORIGINAL,
                tag::OFFSET_ORIGINAL,
            ),
            (
                Source::ExifDigitized,
                tag::DIGITIZED,
                tag::SUBSECONDS_DIGITIZED,
                tag::OFFSET_DIGITIZED,
            ),
        ];
        for (source, tag, subseconds, offset) in dates {
            let mut text_of = |tag| directory.entry(tag).map(|entry| self.text(bytes, entry));
            match text_of(tag).as_deref().and_then(text::date) {
                Some(Written::Time(at, own)) => {
                    let subseconds = text_of(subseconds).unwrap_or_default();
                    let offset = text_of(offset).and_then(|offset| text::offset(&offset));
                    finds.local(source, text::with_fraction(at, &subseconds), offset.or(own));
                }
                Some(Written::Day(day)) => finds.day(source, day),
                None => {}
            }
        }
        if let Some(entry) = directory.entry(tag::MAKE) {
            finds.make(&self.text(bytes, entry));
        }
        if let Some(entry) = directory.entry(tag::XMP) {
            xmp::read(bytes, self.value(entry), finds);
        }
        if let Some(entry) = directory.entry(tag::JPEG_FROM_RAW) {
            jpeg_from_raw(bytes, self.value(entry), finds);
        }
        if let Some(entry) = directory.entry(tag::MAKER_NOTE) {
            apple_note(bytes, self.value(entry), finds);
        }
    }

    /// The text of an entry, as far as it is of a sensible length.
    fn text(self, bytes: &mut Bounded<'_>, entry: Entry) -> Vec<u8> {
        match entry.count {
            0..=4 => entry.value[..entry.count as usize].to_vec(),
            _ => bytes.up_to(self.value(entry), 0, MOST_TEXT),
        }
    }

    /// Where the value of an entry lies that does not fit into it.
    fn value(self, entry: Entry) -> Span {
        let length = u64::from(entry.count) * entry.size();
        self.block.part(entry.pointer(self.order).into(), length)
    }
}

impl Directory {
    fn entry(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }
}

impl Entry {
    /// The value as an offset.
    fn pointer(self, order: Order) -> u32 {
        order.long(self.value)
    }

    /// How many bytes one item takes: SHORT two, LONG four, everything that is read here else one.
    fn size(self) -> u64 {
        match self.kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => 1,
        }
    }
}

impl Order {
    fn short(self, bytes: [u8; 2]) -> u16 {
        match self {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Reads the JPEG that Panasonic's RAW files carry; one within another is not looked for.
fn jpeg_from_raw(bytes: &mut Bounded<'_>, picture: Span, finds: &mut Finds) {
    if finds.enter() {
        jpeg::read(bytes, picture, finds);
    }
}

/// Reads the ContentIdentifier from Apple's maker note, whose offsets count from its own start.
fn apple_note(bytes: &mut Bounded<'_>, note: Span, finds: &mut Finds) {
    const NAME: &[u8] = b"Apple iOS\0";
    const DIRECTORY: u64 = 14;
    const CONTENT_IDENTIFIER: u16 = 0x0011;
    if !bytes.up_to(note, 0, NAME.len()).starts_with(NAME) {
        return;
    }
    let note = Tiff {
        block: note.part(0, MOST_NOTE as u64),
        order: Order::Big,
    };
    let directory = note.directory(bytes, DIRECTORY);
    if let Some(entry) = directory.entry(CONTENT_IDENTIFIER) {
        finds.content_id(&note.text(bytes, entry));
    }
}

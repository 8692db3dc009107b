//! The items of a HEIF or AVIF picture, of which one may be EXIF and one XMP (ISO/IEC 23008-12).

use super::super::bounded::{Bounded, Span};
use super::super::found::Finds;
use super::super::{tiff, xmp};
use super::{Boxes, child, within_meta};

/// How many bytes of the table of places are read.
const MOST_TABLE: usize = 1 << 20;

/// How many bytes of an item are put together of extents.
const MOST_ITEM: usize = 4 << 20;

/// How many items of metadata are read.
const MOST_ITEMS: usize = 16;

/// An item that is metadata.
#[derive(Clone, Copy)]
enum Kind {
    Exif,
    Xmp,
}

/// Reads the `meta` box of a picture.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, meta: Span, finds: &mut Finds) {
    let meta = within_meta(bytes, meta);
    let items = child(bytes, meta, b"iinf");
    let places = child(bytes, meta, b"iloc");
    let (Some(items), Some(places)) = (items, places) else {
        return;
    };
    let data = child(bytes, meta, b"idat");
    let table = bytes.up_to(places, 0, MOST_TABLE);
    let kinds = kinds(bytes, items);
    for (number, kind) in kinds.into_iter().take(MOST_ITEMS) {
        let Some(place) = Places::of(&table).and_then(|mut places| places.find(number)) else {
            continue;
        };
        let base = match place.method {
            0 => Some(file),
            1 => data,
            // Made of other items, as no metadata is.
            _ => None,
        };
        let Some(base) = base else {
            continue;
        };
        match *place.extents {
            [(offset, length)] => item(bytes, kind, part(base, offset, length), finds),
            _ => scattered(bytes, kind, base, &place.extents, finds),
        }
    }
}

/// An extent; a length of zero means all there is.
fn part(base: Span, offset: u64, length: u64) -> Span {
    match length {
        0 => base.from(offset),
        _ => base.part(offset, length),
    }
}

fn item(bytes: &mut Bounded<'_>, kind: Kind, data: Span, finds: &mut Finds) {
    match kind {
        Kind::Xmp => xmp::read(bytes, data, finds),
        // The item begins with the distance from behind it to the block.
        Kind::Exif => {
            if let Some(distance) = bytes.number(data, 0) {
                tiff::read(bytes, data.from(4 + u64::from(distance)), finds);
            }
        }
    }
}

/// Reads an item that lies in several places.
fn scattered(
    bytes: &mut Bounded<'_>,
    kind: Kind,
    base: Span,
    extents: &[(u64, u64)],
    finds: &mut Finds,
) {
    let mut joined = Vec::new();
    for (offset, length) in extents {
        let left = MOST_ITEM - joined.len();
        joined.extend(bytes.up_to(part(base, *offset, *length), 0, left));
    }
    let mut joined = std::io::Cursor::new(joined);
    // What is in memory has a length, and cannot fail to be read.
    if let Ok(mut bytes) = Bounded::new(&mut joined) {
        let whole = bytes.whole();
        item(&mut bytes, kind, whole, finds);
    }
}

/// The numbers of the items that are metadata.
fn kinds(bytes: &mut Bounded<'_>, items: Span) -> Vec<(u32, Kind)> {
    // Behind the version stands how many there are, in two bytes or, since version 1, four.
    let start = match bytes.exactly(items, 0) {
        Some([0]) => 6,
        _ => 8,
    };
    let mut kinds = Vec::new();
    let mut boxes = Boxes::within(items.from(start));
    while let Some((kind, entry)) = boxes.next(bytes) {
        if &kind != b"infe" {
            continue;
        }
        let head = bytes.up_to(entry, 0, 64);
        let (number, rest) = match head.as_slice() {
            [2, _, _, _, a, b, _, _, rest @ ..] => (u32::from_be_bytes([0, 0, *a, *b]), rest),
            [3, _, _, _, a, b, c, d, _, _, rest @ ..] => {
                (u32::from_be_bytes([*a, *b, *c, *d]), rest)
            }
            _ => continue,
        };
        if rest.starts_with(b"Exif") {
            kinds.push((number, Kind::Exif));
        } else if rest.starts_with(b"mime") {
            let mut words = rest[4..].split(|byte| *byte == 0);
            // The item's name comes before its type.
            if words.nth(1) == Some(b"application/rdf+xml") {
                kinds.push((number, Kind::Xmp));
            }
        }
    }
    kinds
}

/// Where one item lies.
struct Place {
    method: u8,
    extents: Vec<(u64, u64)>,
}

/// How many extents of one item are looked at.
const MOST_EXTENTS: usize = 256;

/// The table of places, an `iloc` box, as far as it is read.
struct Places<'a> {
    rest: &'a [u8],
    version: u8,
    offset: u8,
    length: u8,
    base: u8,
    index: u8,
}

impl<'a> Places<'a> {
    fn of(table: &'a [u8]) -> Option<Places<'a>> {
        let ([version, _, _, _, sizes, more], rest) = table.split_first_chunk()?;
        Some(Places {
            rest,
            version: *version,
            offset: sizes >> 4,
            length: sizes & 15,
            base: more >> 4,
            // The field came with version 1.
            index: if *version == 0 { 0 } else { more & 15 },
        })
    }

    /// The place of the item `wanted`.
    fn find(&mut self, wanted: u32) -> Option<Place> {
        let wide = if self.version < 2 { 2 } else { 4 };
        let count = self.number(wide)?;
        for _ in 0..count {
            let number = self.number(wide)?;
            let method = match self.version {
                0 => 0,
                _ => (self.number(2)? & 15) as u8,
            };
            let _file = self.number(2)?;
            let base = self.number(self.base)?;
            let mut extents = Vec::new();
            for _ in 0..self.number(2)? {
                let _index = self.number(self.index)?;
                let offset = base.saturating_add(self.number(self.offset)?);
                let length = self.number(self.length)?;
                if extents.len() < MOST_EXTENTS {
                    extents.push((offset, length));
                }
            }
            if number == u64::from(wanted) {
                return Some(Place { method, extents });
            }
        }
        None
    }

    /// The next number, of none to eight bytes.
    fn number(&mut self, bytes: u8) -> Option<u64> {
        let (number, rest) = self.rest.split_at_checked(bytes.into())?;
        self.rest = rest;
        let number = number.iter();
        Some(number.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

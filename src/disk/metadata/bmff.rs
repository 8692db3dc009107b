//! Boxes: QuickTime and MPEG-4 movies, HEIF and AVIF pictures, Canon's CR3 (ISO/IEC 14496-12,
//! Apple's QuickTime File Format).

mod items;
mod movie;

use super::bounded::{Bounded, Span};
use super::found::Finds;
use super::{tiff, xmp};
use crate::model::capture::Content;

/// How many boxes of one level are looked at; a movie in fragments has two for every few seconds.
const MOST_BOXES: usize = 10_000;

/// The extension box that holds XMP.
const XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";

/// The extension box that holds Canon's EXIF blocks, in CR3.
const CANON: [u8; 16] = *b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";

/// Reads a file of boxes, and says what it is.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, finds: &mut Finds) -> Content {
    let mut content = Content::Video;
    let mut boxes = Boxes::within(file);
    while let Some((kind, data)) = boxes.next(bytes) {
        match &kind {
            b"ftyp" if is_still(&bytes.up_to(data, 0, 256)) => content = Content::Still,
            b"moov" => movie::read(bytes, data, finds),
            // A picture's items; a movie has the same box for other ends.
            b"meta" => items::read(bytes, file, data, finds),
            b"uuid" => extension(bytes, data, finds),
            _ => {}
        }
    }
    content
}

/// Whether one of the brands is a picture's: HEIF's, AVIF's or Canon's.
fn is_still(brands: &[u8]) -> bool {
    const PICTURES: [&[u8; 4]; 9] = [
        b"mif1", b"mif2", b"msf1", b"heic", b"heix", b"heif", b"avif", b"avis", b"crx ",
    ];
    let (brands, _) = brands.as_chunks::<4>();
    // The second word is the version of the first brand.
    let brands = brands.iter().enumerate().filter(|(place, _)| *place != 1);
    brands
        .into_iter()
        .any(|(_, brand)| PICTURES.contains(&brand))
}

/// Reads a box whose kind is a UUID.
fn extension(bytes: &mut Bounded<'_>, data: Span, finds: &mut Finds) {
    match bytes.exactly(data, 0) {
        Some(XMP) => xmp::read(bytes, data.from(16), finds),
        Some(CANON) => {
            let mut blocks = Boxes::within(data.from(16));
            while let Some((kind, block)) = blocks.next(bytes) {
                // The first has what EXIF keeps in its first directory, the second its own.
                if let b"CMT1" | b"CMT2" = &kind {
                    tiff::read(bytes, block, finds);
                }
            }
        }
        _ => {}
    }
}

/// The boxes of one level, one after the other, as far as they make sense.
struct Boxes {
    parent: Span,
    at: u64,
    left: usize,
}

impl Boxes {
    /// The boxes in `parent`.
    fn within(parent: Span) -> Boxes {
        Boxes {
            parent,
            at: 0,
            left: MOST_BOXES,
        }
    }

    /// The kind of the next box, and what is in it.
    fn next(&mut self, bytes: &mut Bounded<'_>) -> Option<([u8; 4], Span)> {
        if self.at >= self.parent.length() {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        let [a, b, c, d, kind @ ..] = bytes.exactly::<8>(self.parent, self.at)?;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            // The last box reaches to the end.
            0 => (8, self.parent.length() - self.at),
            1 => {
                let size = bytes.exactly(self.parent, self.at + 8)?;
                (16, u64::from_be_bytes(size))
            }
            size => (8, size.into()),
        };
        let length = size.checked_sub(header)?;
        let data = self.parent.part(self.at + header, length);
        self.at = self.at.saturating_add(size);
        Some((kind, data))
    }
}

/// The data of the first box of `kind` in `parent`.
fn child(bytes: &mut Bounded<'_>, parent: Span, kind: &[u8; 4]) -> Option<Span> {
    let mut boxes = Boxes::within(parent);
    while let Some((found, data)) = boxes.next(bytes) {
        if &found == kind {
            return Some(data);
        }
    }
    None
}

/// The boxes of a `meta` box: ISO gives it a version first, QuickTime does not.
fn within_meta(bytes: &mut Bounded<'_>, meta: Span) -> Span {
    match bytes.exactly(meta, 4).as_ref() {
        Some(b"hdlr") => meta,
        _ => meta.from(4),
    }
}

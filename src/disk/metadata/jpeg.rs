//! JPEG: segments before the picture, of which APP1 carries EXIF or XMP (ITU-T T.81, Annex B).

use super::bounded::{Bounded, Span};
use super::found::Finds;
use super::{tiff, xmp};

const EXIF: &[u8] = b"Exif\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";

/// How many segments are looked at.
const MOST_SEGMENTS: usize = 2000;

/// How long the rest of an XMP packet is at most that did not fit into one segment, in bytes.
const MOST_EXTENDED: usize = 4 << 20;

/// Reads a JPEG picture.
pub(super) fn read(bytes: &mut Bounded<'_>, picture: Span, finds: &mut Finds) {
    let mut at = 2;
    let mut extended = Vec::new();
    for _ in 0..MOST_SEGMENTS {
        let Some([0xff, marker]) = bytes.exactly(picture, at) else {
            break;
        };
        match marker {
            // Any number of fill bytes may stand before a marker.
            0xff => at += 1,
            // Markers that stand alone.
            0x01 | 0xd0..=0xd8 => at += 2,
            // The picture begins, or ends.
            0xd9 | 0xda => break,
            _ => {
                let Some(length) = bytes.exactly(picture, at + 2).map(u16::from_be_bytes) else {
                    break;
                };
                let segment = picture.part(at + 4, u64::from(length).saturating_sub(2));
                if marker == 0xe1 {
                    application(bytes, segment, finds, &mut extended);
                }
                at += 2 + u64::from(length.max(2));
            }
        }
    }
    if !extended.is_empty() {
        xmp::packet(&joined(extended), finds);
    }
}

/// A part of an extended XMP packet: where it belongs in it, and its bytes.
type Part = (u32, Vec<u8>);

fn application(bytes: &mut Bounded<'_>, segment: Span, finds: &mut Finds, parts: &mut Vec<Part>) {
    let head = bytes.up_to(segment, 0, EXTENDED_XMP.len());
    if head.starts_with(EXIF) {
        // Behind the name stand a NUL and a byte of padding, which some writers do not make NUL.
        tiff::read(bytes, segment.from(EXIF.len() as u64 + 1), finds);
    } else if head.starts_with(XMP) {
        xmp::read(bytes, segment.from(XMP.len() as u64), finds);
    } else if head == EXTENDED_XMP {
        // Behind the name stand the packet's 32 hex digits, its length, and this part's place.
        let after = EXTENDED_XMP.len() as u64 + 32 + 4;
        let held: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
        if let Some(place) = bytes.number(segment, after)
            && held < MOST_EXTENDED
        {
            let part = bytes.up_to(segment, after + 4, usize::from(u16::MAX));
            parts.push((place, part));
        }
    }
}

/// The parts one after the other.
fn joined(mut parts: Vec<Part>) -> Vec<u8> {
    parts.sort_by_key(|(place, _)| *place);
    parts.into_iter().flat_map(|(_, bytes)| bytes).collect()
}

//! What a picture or a video says about itself: when it was taken, with what, and what it is.
//!
//! Told by content and never by name. Only headers are read, and no size that a file declares is
//! believed: each read goes through a `Bounded`, which serves so many bytes and no more, so that
//! any file, however damaged, costs bounded memory and time. What cannot be made sense of is
//! passed over; a date that could be read before the damage counts.
//!
//! The reading is our own. kamadak-exif 0.6 holds a TIFF file whole in memory, and so every RAW
//! file, refuses longer EXIF items in HEIF than 128 KiB, and knows neither XMP nor video; nom-exif
//! 3.8 buffers up to 1 GiB of what a file declares, and knows no XMP; neither takes a budget. What
//! is needed here are a dozen tags. XML is quick-xml's, inflating flate2's.

mod bmff;
mod bounded;
pub mod exiftool;
mod found;
mod gif;
mod jpeg;
mod many;
mod matroska;
mod png;
mod riff;
mod takeout;
#[cfg(test)]
mod tests;
mod text;
mod tiff;
mod xmp;

pub use self::many::{Readings, read_all};

use self::bounded::{Bounded, Span};
use self::found::Finds;
use crate::model::capture::{Content, Reading};
use jiff::Timestamp;
use std::io::{self, Read, Seek};

/// What `file` says about itself, dates after `now` passed over.
///
/// # Errors
/// Where the file cannot be read; damage within it is no error.
pub fn read<F: Read + Seek>(file: &mut F, now: Timestamp) -> io::Result<Reading> {
    let mut finds = Finds::new(now);
    let mut bytes = Bounded::new(file)?;
    let whole = bytes.whole();
    finds.reading.content = match Format::of(&bytes.up_to(whole, 0, HEAD)) {
        Some(format) => format.read(&mut bytes, &mut finds),
        None => Content::Unknown,
    };
    bytes.finish()?;
    Ok(finds.reading)
}

/// How many bytes at the start of a file tell what it is.
const HEAD: usize = 512;

/// The formats that are told apart.
#[derive(Clone, Copy)]
enum Format {
    Jpeg,
    /// TIFF, and the RAW formats that are TIFF but for their first bytes.
    Tiff,
    /// Fujifilm's RAW, around a JPEG.
    Raf,
    Png,
    Gif,
    Riff,
    /// ISO's base media file format and QuickTime: MP4, MOV, HEIF, AVIF, CR3.
    Boxes,
    Matroska,
    /// A picture of a kind that carries no date that is read here.
    DatelessStill,
    /// A video of a kind that carries no date that is read here.
    DatelessVideo,
    Xmp,
    Json,
    /// A property list, such as Apple's adjustments.
    PropertyList,
}

impl Format {
    /// The format that a file with this beginning has.
    fn of(head: &[u8]) -> Option<Format> {
        let at = |offset: usize, magic: &[u8]| {
            head.get(offset..)
                .is_some_and(|rest| rest.starts_with(magic))
        };
        const ASF: &[u8] = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11";
        let binary = match head {
            [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
            // 42, Olympus' `RO` and `RS`, Panasonic's 0x55.
            [b'I', b'I', b'*', 0, ..]
            | [b'M', b'M', 0, b'*', ..]
            | [b'I', b'I', b'R', b'O' | b'S', ..]
            | [b'M', b'M', b'O', b'R', ..]
            | [b'I', b'I', b'U', 0, ..] => Format::Tiff,
            _ if at(0, b"FUJIFILMCCD-RAW") => Format::Raf,
            _ if at(0, b"\x89PNG\r\n\x1a\n") => Format::Png,
            _ if at(0, b"GIF87a") || at(0, b"GIF89a") => Format::Gif,
            _ if at(0, b"RIFF") => Format::Riff,
            _ if at(0, b"\x1a\x45\xdf\xa3") => Format::Matroska,
            _ if is_box(head) => Format::Boxes,
            _ if at(0, b"8BPS") || at(0, b"\0\0\0\x0cjP  ") || at(0, b"\xff\x4f\xff\x51") => {
                Format::DatelessStill
            }
            // A bitmap's two letters are few; its reserved bytes are zero.
            _ if at(0, b"BM") && at(6, &[0; 4]) => Format::DatelessStill,
            _ if at(0, b"\0\0\x01\xba") || at(0, b"\0\0\x01\xb3") => Format::DatelessVideo,
            _ if at(0, ASF) || at(0, b"FLV\x01") => Format::DatelessVideo,
            // MPEG transport streams, their packets with a time stamp before them or without.
            _ if at(0, b"G") && at(188, b"G") && at(376, b"G") => Format::DatelessVideo,
            _ if at(4, b"G") && at(196, b"G") && at(388, b"G") => Format::DatelessVideo,
            _ => return Format::of_text(head),
        };
        Some(binary)
    }

    /// The format of a sidecar that begins so.
    fn of_text(head: &[u8]) -> Option<Format> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        if xmp::begins(head) {
            return Some(Format::Xmp);
        }
        let text = head.trim_ascii_start();
        if text.starts_with(b"{") {
            return Some(Format::Json);
        }
        let mut words = text.windows(6);
        let is_list = text.starts_with(b"<?xml") && words.any(|word| word == b"<plist");
        is_list.then_some(Format::PropertyList)
    }

    /// Reads a file of this format.
    fn read(self, bytes: &mut Bounded<'_>, finds: &mut Finds) -> Content {
        let whole = bytes.whole();
        match self {
            Format::Jpeg => jpeg::read(bytes, whole, finds),
            Format::Tiff => tiff::read(bytes, whole, finds),
            Format::Raf => raf(bytes, whole, finds),
            Format::Png => png::read(bytes, whole, finds),
            Format::Gif => gif::read(bytes, whole, finds),
            Format::Riff => return riff::read(bytes, whole, finds),
            Format::Boxes => return bmff::read(bytes, whole, finds),
            Format::Matroska => {
                matroska::read(bytes, whole, finds);
                return Content::Video;
            }
            Format::DatelessStill => {}
            Format::DatelessVideo => return Content::Video,
            Format::Xmp => {
                xmp::read(bytes, whole, finds);
                return Content::Sidecar;
            }
            Format::Json => return takeout::read(bytes, whole, finds),
            Format::PropertyList => return Content::Sidecar,
        }
        Content::Still
    }
}

/// Whether a file begins with a box that QuickTime's or ISO's files begin with.
fn is_box(head: &[u8]) -> bool {
    let kinds = [
        b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot",
    ];
    kinds.iter().any(|kind| head.get(4..8) == Some(&kind[..]))
}

/// Reads Fujifilm's RAW: the JPEG in it carries the EXIF block, and where it lies stands in the
/// header.
fn raf(bytes: &mut Bounded<'_>, whole: Span, finds: &mut Finds) {
    const JPEG_AT: u64 = 84;
    let Some(offset) = bytes.number(whole, JPEG_AT) else {
        return;
    };
    let Some(length) = bytes.number(whole, JPEG_AT + 4) else {
        return;
    };
    let picture = whole.part(offset.into(), length.into());
    jpeg::read(bytes, picture, finds);
}

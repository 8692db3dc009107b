//! Files like those of raw cameras: a TIFF block with EXIF, and one strip of uncompressed sensor data.

use super::exif::{Exif, Order, Tag, Value, tiff};
use super::picture::LEAST_NOISE;
use super::sketch::Sketch;

/// Pixels in a row, one byte each.
const WIDTH: u32 = 256;

/// The most rows, so that all offsets stay within TIFF's 32 bits.
const MOST_ROWS: u64 = 8 << 20;

/// Whose raw file it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Canon's, little-endian, with a mark behind the TIFF header.
    Cr2,
    /// Nikon's, big-endian.
    Nef,
    /// Adobe's Digital Negative, little-endian.
    Dng,
}

impl Flavour {
    /// What follows the stem in the names of its files.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Flavour::Cr2 => ".CR2",
            Flavour::Nef => ".NEF",
            Flavour::Dng => ".dng",
        }
    }

    /// Maker, model and byte order of its cameras.
    pub(super) fn camera(self) -> (&'static str, &'static str, Order) {
        match self {
            Flavour::Cr2 => ("Canon", "Canon EOS 6D", Order::Little),
            Flavour::Nef => ("NIKON CORPORATION", "NIKON D750", Order::Big),
            Flavour::Dng => ("RICOH IMAGING COMPANY, LTD.", "GR III", Order::Little),
        }
    }

    /// A file of about `size` bytes, at most 2 GiB.
    pub(super) fn sketch(self, size: u64, exif: &Exif) -> Sketch {
        let head_size = self.head(exif, 0, 0).len() as u64;
        let noise = size.saturating_sub(head_size).max(LEAST_NOISE);
        let rows = (noise / u64::from(WIDTH)).clamp(1, MOST_ROWS);
        let mut sketch = Sketch::default();
        sketch.bytes(self.head(exif, rows as u32, head_size as u32));
        sketch.noise(rows * u64::from(WIDTH));
        sketch
    }

    /// The TIFF block, given how many rows there are and where they lie.
    fn head(self, exif: &Exif, rows: u32, offset: u32) -> Vec<u8> {
        let mut tags = exif.tags();
        tags.extend([
            Tag(0x00fe, Value::Long(0)),
            Tag(0x0100, Value::Long(WIDTH)),
            Tag(0x0101, Value::Long(rows)),
            Tag(0x0102, Value::Short(8)),
            Tag(0x0103, Value::Short(1)), // Not compressed.
            Tag(0x0106, Value::Short(1)), // Grey, 0 is black.
            Tag(0x0111, Value::Long(offset)),
            Tag(0x0115, Value::Short(1)),
            Tag(0x0116, Value::Long(rows)),
            Tag(0x0117, Value::Long(WIDTH * rows)),
        ]);
        let mark: &[u8] = match self {
            // Behind the mark stands where the sensor data is described: in the first directory.
            Flavour::Cr2 => b"CR\x02\0\x10\0\0\0",
            Flavour::Nef => b"",
            Flavour::Dng => {
                tags.push(Tag(0xc612, Value::Bytes(vec![1, 4, 0, 0])));
                tags.push(Tag(0xc613, Value::Bytes(vec![1, 1, 0, 0])));
                tags.push(Tag(0xc614, Value::Text(exif.model.into())));
                b""
            }
        };
        tiff(exif.order, mark, tags)
    }
}

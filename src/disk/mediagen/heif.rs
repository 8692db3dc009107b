//! HEIF files as phones name them (`.HEIC`): a JPEG-coded picture and its EXIF block as items (ISO/IEC 23008-12).

use std::io;

use super::boxes::{container, header, versioned};
use super::exif::Exif;
use super::picture::{HEIGHT, LEAST_NOISE, WIDTH, jpeg_frame};
use super::random::Stream;
use super::sketch::Sketch;

/// The number of the picture among the items.
const PICTURE: u16 = 1;
/// The number of the EXIF block among the items.
const EXIF: u16 = 2;

/// A file of about `size` bytes.
pub(super) fn heif(size: u64, exif: &Exif, random: &mut Stream) -> io::Result<Sketch> {
    let start = container(b"ftyp", &[b"heic\0\0\0\0", b"mif1", b"heic"]);
    // The item begins with the distance from there to the TIFF header, behind `Exif\0\0`.
    let mut exif_item = 6_u32.to_be_bytes().to_vec();
    exif_item.extend(exif.marked_block());
    let picture = jpeg_frame(None, random)?;

    // How long `meta` is does not depend on the offsets in it.
    let meta_size = meta([(0, 0); 2]).len();
    let noise = size
        .saturating_sub((start.len() + meta_size + 8 + exif_item.len() + picture.len()) as u64)
        .max(LEAST_NOISE);
    let data = header(b"mdat", (exif_item.len() + picture.len()) as u64 + noise);
    let exif_at = start.len() + meta_size + data.len();
    let meta = meta([
        (exif_at + exif_item.len(), picture.len()),
        (exif_at, exif_item.len()),
    ]);

    let mut sketch = Sketch::default();
    sketch.bytes(start);
    sketch.bytes(meta);
    sketch.bytes(data);
    sketch.bytes(exif_item);
    sketch.bytes(picture);
    sketch.noise(noise);
    Ok(sketch)
}

/// The `meta` box, given where the picture and the EXIF block lie and how long they are.
fn meta(extents: [(usize, usize); 2]) -> Vec<u8> {
    let item = |number: u16, kind: &[u8; 4]| {
        versioned(
            b"infe",
            2,
            0,
            &[&number.to_be_bytes(), &[0; 2], kind, b"\0"],
        )
    };
    let items = versioned(
        b"iinf",
        0,
        0,
        &[
            &2_u16.to_be_bytes(),
            &item(PICTURE, b"jpeg"),
            &item(EXIF, b"Exif"),
        ],
    );
    let describes = container(
        b"cdsc",
        &[
            &EXIF.to_be_bytes(),
            &1_u16.to_be_bytes(),
            &PICTURE.to_be_bytes(),
        ],
    );
    let extent = versioned(
        b"ispe",
        0,
        0,
        &[
            &u32::from(WIDTH).to_be_bytes(),
            &u32::from(HEIGHT).to_be_bytes(),
        ],
    );
    // One item has one property, the first one, which readers must understand.
    let association = versioned(
        b"ipma",
        0,
        0,
        &[&1_u32.to_be_bytes(), &PICTURE.to_be_bytes(), b"\x01\x81"],
    );
    // Offsets and lengths take 4 bytes each; there is no base offset.
    let mut locations = b"\x44\0\0\x02".to_vec();
    for (number, (offset, length)) in [PICTURE, EXIF].into_iter().zip(extents) {
        locations.extend(number.to_be_bytes());
        locations.extend(b"\0\0\0\x01");
        locations.extend((offset as u32).to_be_bytes());
        locations.extend((length as u32).to_be_bytes());
    }
    versioned(
        b"meta",
        0,
        0,
        &[
            &versioned(b"hdlr", 0, 0, &[b"\0\0\0\0pict", &[0; 12], b"\0"]),
            &versioned(b"pitm", 0, 0, &[&PICTURE.to_be_bytes()]),
            &versioned(b"iloc", 0, 0, &[&locations]),
            &items,
            &versioned(b"iref", 0, 0, &[&describes]),
            &container(b"iprp", &[&container(b"ipco", &[&extent]), &association]),
        ],
    )
}

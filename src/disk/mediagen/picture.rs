//! Pictures: decodable JPEG and PNG files of a few thousand pixels, padded where their formats allow it.

use std::io;

use super::exif::Exif;
use super::random::Stream;
use super::sketch::Sketch;

/// Width of every picture, in pixels.
pub(super) const WIDTH: u16 = 64;
/// Height of every picture, in pixels.
pub(super) const HEIGHT: u16 = 48;

/// The least noise in any file, in bytes: it makes each content unlike all others.
pub(super) const LEAST_NOISE: u64 = 32;

/// The most that a PNG is padded to, in bytes: its chunks carry checksums, so they are made in memory.
const LARGEST_PNG: u64 = 4 << 20;

/// What stands at the start of a padding segment, so that no reader takes it for something of its own.
const PADDING_NAME: &[u8] = b"mediagen\0";

/// A JPEG file of about `size` bytes, padded with APP15 segments (ITU-T T.81, B.2.4.6).
pub(super) fn jpeg(size: u64, exif: Option<&Exif>, random: &mut Stream) -> io::Result<Sketch> {
    /// The marker, the length and the name of a padding segment.
    const OVERHEAD: u64 = 4 + PADDING_NAME.len() as u64;
    /// The most noise that a segment holds, its 16-bit length counting itself.
    const LARGEST: u64 = 65_535 - 2 - PADDING_NAME.len() as u64;

    let picture = jpeg_frame(exif, random)?;
    let (head, tail) = picture.split_at(after_application_segments(&picture));
    let mut missing = size
        .saturating_sub(picture.len() as u64)
        .max(OVERHEAD + LEAST_NOISE);
    let mut sketch = Sketch::default();
    sketch.bytes(head);
    // What is left over and too small for a segment of its own is not worth one.
    while missing > OVERHEAD {
        let noise = (missing - OVERHEAD).min(LARGEST);
        let length = (2 + PADDING_NAME.len() as u64 + noise) as u16;
        let mut segment = vec![0xff, 0xef];
        segment.extend(length.to_be_bytes());
        segment.extend(PADDING_NAME);
        sketch.bytes(segment);
        sketch.noise(noise);
        missing -= OVERHEAD + noise;
    }
    sketch.bytes(tail);
    Ok(sketch)
}

/// A JPEG file without padding; also a frame of a video and the picture in a HEIF file.
pub(super) fn jpeg_frame(exif: Option<&Exif>, random: &mut Stream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
    if let Some(exif) = exif {
        encoder
            .add_app_segment(1, exif.marked_block())
            .map_err(io::Error::other)?;
    }
    encoder
        .encode(&pixels(random), WIDTH, HEIGHT, jpeg_encoder::ColorType::Rgb)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

/// A PNG file of about `size` bytes, at most 4 MiB, its padding in a private chunk that may be copied.
pub(super) fn png(size: u64, exif: Option<&Exif>, random: &mut Stream) -> io::Result<Sketch> {
    /// Ancillary, private, reserved bit clear, safe to copy (PNG 1.2, 3.3).
    const PADDING: png::chunk::ChunkType = png::chunk::ChunkType(*b"meDg");
    /// The length, the name and the checksum of a chunk.
    const OVERHEAD: u64 = 12;

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH.into(), HEIGHT.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    if let Some(exif) = exif {
        writer.write_chunk(png::chunk::ChunkType(*b"eXIf"), &exif.block())?;
    }
    // The pixels take about half of what they would raw: a guess that need not be exact.
    let pixels = pixels(random);
    let missing = size
        .min(LARGEST_PNG)
        .saturating_sub(pixels.len() as u64 / 2 + OVERHEAD)
        .max(LEAST_NOISE);
    let mut noise = vec![0; missing as usize];
    random.fill(&mut noise);
    writer.write_chunk(PADDING, &noise)?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    let mut sketch = Sketch::default();
    sketch.bytes(bytes);
    Ok(sketch)
}

/// Rows of RGB: a gradient between four random corners under a little noise.
fn pixels(random: &mut Stream) -> Vec<u8> {
    let mut corners = [[0_u8; 3]; 4];
    for corner in &mut corners {
        random.fill(corner);
    }
    let (width, height) = (u32::from(WIDTH), u32::from(HEIGHT));
    let mut grain = vec![0; (width * height) as usize];
    random.fill(&mut grain);
    let mut pixels = Vec::with_capacity(grain.len() * 3);
    for (index, grain) in (0_u32..).zip(grain) {
        let (x, y) = (index % width, index / width);
        for (((a, b), c), d) in corners[0]
            .iter()
            .zip(corners[1])
            .zip(corners[2])
            .zip(corners[3])
        {
            let top = u32::from(*a) * (width - x) + u32::from(b) * x;
            let bottom = u32::from(c) * (width - x) + u32::from(d) * x;
            let value = (top * (height - y) + bottom * y) / (width * height);
            pixels.push((value as u8).saturating_add(grain & 0x07));
        }
    }
    pixels
}

/// Where the APPn segments of a JPEG file end, in bytes from its start.
fn after_application_segments(jpeg: &[u8]) -> usize {
    let mut at = 2;
    while let Some([0xff, 0xe0..=0xef, high, low]) = jpeg.get(at..at + 4) {
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    at
}

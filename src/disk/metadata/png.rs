//! PNG: EXIF in `eXIf`, XMP in `iTXt`, and either as a hexadecimal profile in `tEXt`, `zTXt` or
//! `iTXt`, as ImageMagick writes it (PNG 1.2 and its extensions).

use super::bounded::{Bounded, Span};
use super::found::Finds;
use super::{tiff, xmp};
use flate2::read::ZlibDecoder;
use std::borrow::Cow;
use std::io::{Cursor, Read};

/// How many chunks are looked at.
const MOST_CHUNKS: usize = 10_000;

/// How many bytes of a chunk of text are read.
const MOST_TEXT: usize = 2 << 20;

/// How many bytes a compressed text is inflated to.
pub(super) const MOST_INFLATED: u64 = 4 << 20;

/// How many texts are inflated or decoded in one file.
const MOST_TEXTS: usize = 8;

/// Reads a PNG picture.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, finds: &mut Finds) {
    let mut at = 8;
    let mut texts = 0;
    for _ in 0..MOST_CHUNKS {
        let Some(length) = bytes.number(file, at) else {
            return;
        };
        let Some(kind) = bytes.exactly::<4>(file, at + 4) else {
            return;
        };
        let data = file.part(at + 8, length.into());
        match &kind {
            b"eXIf" => tiff::read(bytes, data, finds),
            b"tEXt" | b"zTXt" | b"iTXt" if texts < MOST_TEXTS => {
                texts += usize::from(text(bytes, &kind, data, finds).is_some());
            }
            b"IEND" => return,
            _ => {}
        }
        at += 12 + u64::from(length);
    }
}

/// Reads a text that may hold metadata.
fn text(bytes: &mut Bounded<'_>, kind: &[u8; 4], chunk: Span, finds: &mut Finds) -> Option<()> {
    const LONGEST_KEYWORD: usize = 80;
    let start = bytes.up_to(chunk, 0, LONGEST_KEYWORD);
    let keyword = &start[..start.iter().position(|byte| *byte == 0)?];
    let profile = keyword.strip_prefix(b"Raw profile type ");
    if profile.is_none() && keyword != b"XML:com.adobe.xmp" {
        return None;
    }
    let rest = bytes.up_to(chunk, keyword.len() as u64 + 1, MOST_TEXT);
    let value = match kind {
        b"tEXt" => Cow::from(&rest),
        // The method of compression, of which there is one.
        b"zTXt" => inflated(rest.get(1..)?).into(),
        _ => {
            let ([is_compressed, _], rest) = rest.split_first_chunk()?;
            // The language, and the keyword in it.
            let text = after_nul(after_nul(rest)?)?;
            match is_compressed {
                0 => Cow::from(text),
                _ => inflated(text).into(),
            }
        }
    };
    let Some(profile) = profile else {
        xmp::packet(&value, finds);
        return Some(());
    };
    let data = unhexed(&value);
    match profile {
        b"exif" | b"APP1" | b"app1" => {
            const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
            match data.strip_prefix(XMP) {
                Some(packet) => xmp::packet(packet, finds),
                None => exif(data, finds),
            }
        }
        b"xmp" => xmp::packet(&data, finds),
        _ => {}
    }
    Some(())
}

/// Reads an EXIF block in hand.
fn exif(block: Vec<u8>, finds: &mut Finds) {
    let mut block = Cursor::new(block);
    // A block in memory has a length, and cannot fail to be read.
    if let Ok(mut bytes) = Bounded::new(&mut block) {
        let whole = bytes.whole();
        tiff::read(&mut bytes, whole, finds);
    }
}

fn after_nul(bytes: &[u8]) -> Option<&[u8]> {
    let nul = bytes.iter().position(|byte| *byte == 0)?;
    bytes.get(nul + 1..)
}

/// What is compressed, as far as it is sound and of a sensible length.
pub(super) fn inflated(compressed: &[u8]) -> Vec<u8> {
    let mut inflated = Vec::new();
    let mut decoder = ZlibDecoder::new(compressed).take(MOST_INFLATED);
    // Of a stream that breaks off, what came before is there all the same.
    let _broken_off = decoder.read_to_end(&mut inflated);
    inflated
}

/// The bytes of a profile: its name and its length in lines of their own, then hex digits.
fn unhexed(profile: &[u8]) -> Vec<u8> {
    let words = profile.split(u8::is_ascii_whitespace);
    let digits = words.filter(|word| !word.is_empty()).skip(2).flatten();
    let digits: Vec<u8> = digits
        .map_while(|digit| char::from(*digit).to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    let (pairs, _) = digits.as_chunks::<2>();
    pairs.iter().map(|[high, low]| high << 4 | low).collect()
}

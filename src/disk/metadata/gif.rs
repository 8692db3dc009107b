//! GIF: XMP in an application extension, written as if it were sub-blocks (GIF89a; XMP part 3).

use super::bounded::{Bounded, Span};
use super::found::Finds;
use super::xmp;

/// How many blocks are looked at.
const MOST_BLOCKS: usize = 10_000;

/// Reads a GIF picture.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, finds: &mut Finds) {
    let Some([flags]) = bytes.exactly(file, 10) else {
        return;
    };
    let mut at = 13 + color_table(flags);
    for _ in 0..MOST_BLOCKS {
        match bytes.exactly(file, at) {
            // An extension: its kind, then sub-blocks, the first of which names an application.
            Some([0x21, kind]) => {
                let name = bytes.up_to(file, at + 3, 11);
                if kind == 0xff && name == b"XMP DataXMP" {
                    // The packet's own bytes stand for lengths, and a trailer catches them all.
                    return xmp::read(bytes, file.from(at + 14), finds);
                }
                let Some(after) = after_blocks(bytes, file, at + 2) else {
                    return;
                };
                at = after;
            }
            // An image: ten bytes with the flags last, its colours, the size of its codes, data.
            Some([0x2c, _]) => {
                let Some([flags]) = bytes.exactly(file, at + 9) else {
                    return;
                };
                let data = at + 10 + color_table(flags) + 1;
                let Some(after) = after_blocks(bytes, file, data) else {
                    return;
                };
                at = after;
            }
            _ => return,
        }
    }
}

/// How many bytes the table of colours takes that `flags` announce.
fn color_table(flags: u8) -> u64 {
    match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    }
}

/// Where the sub-blocks end that begin at `at`.
fn after_blocks(bytes: &mut Bounded<'_>, file: Span, mut at: u64) -> Option<u64> {
    for _ in 0..MOST_BLOCKS {
        let [length] = bytes.exactly(file, at)?;
        at += 1 + u64::from(length);
        if length == 0 {
            return Some(at);
        }
    }
    None
}

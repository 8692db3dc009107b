//! The layout of the JSON that mediastruct writes: a field a line, and in the long arrays an item
//! a line, so that files under version control show what changed.

use super::batches::in_order;
use memchr::memchr;
use serde::Serialize;
use std::io::{self, Write};

/// Items that a thread serializes at once.
const PIECE: usize = 1024;

/// A JSON object that is being written.
pub struct Document<'w> {
    out: &'w mut dyn Write,
    fields: usize,
}

impl<'w> Document<'w> {
    /// Opens the object.
    ///
    /// # Errors
    /// Where writing fails, as for all methods.
    pub fn begin(out: &'w mut dyn Write) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Document { out, fields: 0 })
    }

    /// Writes a field on a line of its own.
    pub fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> io::Result<()> {
        self.name(name)?;
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }

    /// Writes an array with each item, as `write` writes it, on a line of its own.
    pub fn lines<I: Sync>(
        &mut self,
        name: &str,
        items: &[I],
        write: impl Fn(&I, &mut Vec<u8>) + Sync,
    ) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        let separated = |item: &I, text: &mut Vec<u8>| {
            text.extend_from_slice(b",\n");
            write(item, text);
        };
        let mut separator = 1;
        in_pieces(items, separated, |piece| {
            self.out.write_all(&piece[separator..])?;
            separator = 0;
            Ok(())
        })?;
        self.out.write_all(b"\n]")
    }

    /// Closes the object and ends the line.
    pub fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n}\n")
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let separator = if self.fields == 0 { "\n" } else { ",\n" };
        self.fields += 1;
        write!(self.out, "{separator}\"{name}\": ")
    }
}

/// Writes an item as serde has it.
pub(super) fn serialized<T: Serialize>(item: &T, text: &mut Vec<u8>) {
    serde_json::to_writer(text, item)
        .expect("values of ours serialize, and memory takes every byte");
}

/// Lets `write` write each item, and gives `take` what was written, in the order of the items: the
/// same bytes for the same items, always. Never is the whole in memory.
///
/// # Errors
/// Where `take` fails.
pub(super) fn in_pieces<I: Sync>(
    items: &[I],
    write: impl Fn(&I, &mut Vec<u8>) + Sync,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let piece = |items: &&[I]| {
        let mut text = Vec::new();
        items.iter().for_each(|item| write(item, &mut text));
        text
    };
    let pieces: Vec<&[I]> = items.chunks(PIECE).collect();
    in_order(&pieces, piece, |text| take(&text))
}

/// The pieces of a text of such lines, each of whole lines and at least `least` bytes but for the
/// last.
pub(super) fn whole_lines(mut text: &[u8], least: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let Some(rest) = text.get(least..) {
        let newline = memchr(b'\n', rest);
        let (piece, rest) = text.split_at(newline.map_or(text.len(), |at| least + at + 1));
        pieces.push(piece);
        text = rest;
    }
    pieces.push(text);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_the_order_of_their_items() {
        for count in [0, 1, PIECE, 20 * PIECE + 1] {
            let items: Vec<usize> = (0..count).collect();
            let mut text = Vec::new();
            let mut document = Document::begin(&mut text).unwrap();
            document
                .lines("items", &items, |item, text| serialized(&(item + 1), text))
                .unwrap();
            document.end().unwrap();
            let lines: Vec<_> = (1..=count).map(|item| format!("\n{item}")).collect();
            let expected = format!("{{\n\"items\": [{}\n]\n}}\n", lines.join(","));
            assert!(text == expected.as_bytes(), "{count} items");
        }
    }
}

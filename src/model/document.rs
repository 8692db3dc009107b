//! The layout of the JSON that mediastruct writes: a field a line, and in the long arrays an item
//! a line, so that files under version control show what changed.

use rayon::prelude::*;
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

    /// Writes an array with each item, as `line` gives it, on a line of its own.
    pub fn lines<'i, I: Sync, L: Serialize>(
        &mut self,
        name: &str,
        items: &'i [I],
        line: impl Fn(&'i I) -> L + Sync,
    ) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        let separated = |text: &mut Vec<u8>, item| {
            text.extend_from_slice(b",\n");
            serde_json::to_writer(text, &line(item))
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

/// Lets `write` write each item, and gives `take` what was written, in the order of the items: the
/// same bytes for the same items, always. Pieces are written side by side, and only some at a time,
/// so that never the whole is in memory.
///
/// # Errors
/// Where `write` or `take` fails.
pub(super) fn in_pieces<'i, I: Sync>(
    items: &'i [I],
    write: impl Fn(&mut Vec<u8>, &'i I) -> serde_json::Result<()> + Sync,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let piece = |items: &'i [I]| {
        let mut text = Vec::new();
        let written = items.iter().try_for_each(|item| write(&mut text, item));
        written.map(|()| text)
    };
    for items in items.chunks(PIECE * 4 * rayon::current_num_threads()) {
        let pieces: Vec<_> = items.par_chunks(PIECE).map(piece).collect();
        for piece in pieces {
            take(&piece?)?;
        }
    }
    Ok(())
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
            document.lines("items", &items, |item| item + 1).unwrap();
            document.end().unwrap();
            let lines: Vec<_> = (1..=count).map(|item| format!("\n{item}")).collect();
            let expected = format!("{{\n\"items\": [{}\n]\n}}\n", lines.join(","));
            assert!(text == expected.as_bytes(), "{count} items");
        }
    }
}

//! The layout of the JSON that mediastruct writes: a field a line, and in the long arrays an item
//! a line, so that files under version control show what changed.

use serde::Serialize;
use std::io::{self, Write};

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

    /// Writes an array with each item on a line of its own.
    pub fn lines<T: Serialize>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        let mut separator: &[u8] = b"\n";
        for item in items {
            self.out.write_all(separator)?;
            serde_json::to_writer(&mut self.out, &item)?;
            separator = b",\n";
        }
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

//! A file that is not written yet: its few meaningful bytes, and how much noise goes between them.

use std::io::{self, Write};

use super::random::Stream;

/// How much noise is made and written at a time, in bytes.
const BUFFER: usize = 128 << 10;

/// The pieces of one file, in order; small in memory however large the file.
#[derive(Default)]
pub(super) struct Sketch {
    pieces: Vec<Piece>,
}

enum Piece {
    Bytes(Vec<u8>),
    Noise(u64),
}

impl Sketch {
    /// Appends bytes that mean something.
    pub(super) fn bytes(&mut self, bytes: impl Into<Vec<u8>>) {
        self.pieces.push(Piece::Bytes(bytes.into()));
    }

    /// Appends `length` bytes of noise.
    pub(super) fn noise(&mut self, length: u64) {
        self.pieces.push(Piece::Noise(length));
    }

    /// The size of the file in bytes.
    pub(super) fn size(&self) -> u64 {
        self.pieces.iter().map(Piece::size).sum()
    }

    /// Where the last byte of noise lies, if there is noise: the byte by which near twins differ.
    fn last_noise(&self) -> Option<u64> {
        let mut start = 0;
        let mut last = None;
        for piece in &self.pieces {
            let end = start + piece.size();
            if matches!(piece, Piece::Noise(_)) && end > start {
                last = Some(end - 1);
            }
            start = end;
        }
        last
    }

    /// Writes the file to `to`, its noise read from `noise`; a near twin gets one byte of noise changed.
    pub(super) fn write(
        &self,
        mut noise: Stream,
        near_twin: bool,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let changed = if near_twin { self.last_noise() } else { None };
        let mut buffer = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => to.write_all(bytes)?,
                Piece::Noise(length) => {
                    let mut done = 0;
                    while done < *length {
                        let part = (length - done).min(BUFFER as u64);
                        buffer.resize(part as usize, 0);
                        noise.fill(&mut buffer);
                        let start = at + done;
                        if let Some(changed) = changed
                            && (start..start + part).contains(&changed)
                        {
                            buffer[(changed - start) as usize] ^= 0x01;
                        }
                        to.write_all(&buffer)?;
                        done += part;
                    }
                }
            }
            at += piece.size();
        }
        Ok(())
    }
}

impl Piece {
    fn size(&self) -> u64 {
        match self {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Noise(length) => *length,
        }
    }
}

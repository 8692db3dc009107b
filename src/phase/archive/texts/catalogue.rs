//! `archive_index.json.gz`: the index of the whole archive, so that any disc knows the others.

use crate::model::index::{Index, Stamp};
use crate::model::index_file;
use flate2::{Compression, GzBuilder};
use std::io;

/// The archive's index, packed. What tells files of this machine apart stands for nothing on a disc.
pub(super) fn catalogue(after: &Index<'_>) -> Vec<u8> {
    let mut index = after.clone();
    for entry in &mut index.entries {
        entry.stamp = Stamp {
            size: entry.stamp.size,
            modified: entry.stamp.modified,
            ..Stamp::default()
        };
    }
    let mut packed = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    let written = index_file::write(&index, &mut packed);
    written
        .and_then(|()| packed.finish())
        .unwrap_or_else(|error: io::Error| unreachable!("memory takes every byte: {error}"))
}

/// Bytes that a file takes at most in the catalogue, whose bytes are packed: nothing is assumed of its
/// path; the 64 digits of its hash hold 32 bytes, and its size and time are numbers.
pub(in crate::phase::archive) fn catalogue_length(path: &[u8]) -> u64 {
    path.len() as u64 + 110
}

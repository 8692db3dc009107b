//! The paths of an index, apart from its text.

use super::PIECE;
use crate::model::index::Entry;
use std::sync::OnceLock;

/// Keeps the paths of an index that was read, so that its text, which is five times as long, need
/// not stay in memory.
#[derive(Debug)]
pub struct Paths(Vec<OnceLock<Vec<u8>>>);

impl Paths {
    /// Room for the paths in a text of so many bytes.
    pub fn of_text(bytes: usize) -> Paths {
        Paths((0..=bytes / PIECE).map(|_| OnceLock::new()).collect())
    }

    /// Keeps the paths of the piece of that number. They are the same whenever it is read.
    pub(super) fn keep<'p>(&'p self, number: usize, entries: Vec<Entry<'_>>) -> Vec<Entry<'p>> {
        let joined = || {
            let paths: Vec<_> = entries.iter().map(|e| e.path.as_bytes()).collect();
            paths.concat()
        };
        let mut paths = &self.0[number].get_or_init(joined)[..];
        let keep = |entry: Entry<'_>| {
            let (path, rest) = paths.split_at(entry.path.as_bytes().len());
            paths = rest;
            entry.at(path)
        };
        entries.into_iter().map(keep).collect()
    }
}

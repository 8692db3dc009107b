//! What is in a tree: the path, hash and size of every file, and what tells that one changed.

mod entry;
mod follow;

pub use self::entry::{Entry, Reading, Stamp, Unread};
pub use self::follow::Moved;

use super::digest::{Digest, Pieces};
use super::document::in_pieces;
use super::path::RelPath;
use super::time::Time;
use super::tree::Tree;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The files of one tree, as the last crawl found them and later runs moved them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index<'a> {
    /// The tree whose files these are; paths are relative to it.
    pub tree: Tree,
    /// When a crawl last changed this index; none if it never did.
    pub indexed: Option<Time>,
    /// The units, sorted by name, and those only that the index knows.
    pub units: Vec<Unit>,
    /// How many files and bytes there are; for the ingest tree, whose files are not listed, all
    /// that is known.
    pub totals: Totals,
    /// The files, sorted by path.
    pub entries: Vec<Entry<'a>>,
}

/// A directory one level down that is indexed as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unit {
    /// The name of the directory, e.g. `2024` or `03`.
    pub unit: String,
    /// When its files were last hashed as a whole; none when a run made the unit since the crawl.
    pub indexed: Option<Time>,
    /// Whether its files are on the disk.
    pub state: UnitState,
    /// How many files and bytes it holds.
    #[serde(flatten)]
    pub totals: Totals,
    /// The BLAKE3 hash over all that the index says of these files.
    pub digest: Digest,
}

/// Whether a unit's files are on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnitState {
    /// They are.
    Present,
    /// They are gone, and on the discs of their volume.
    Offline,
    /// They are gone, and nothing says that they are on a disc.
    Missing,
}

/// A number of files and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// How many files.
    pub files: u64,
    /// The sum of their sizes in bytes.
    pub bytes: u64,
}

impl Totals {
    /// Counts one more file of `size` bytes.
    pub fn add(&mut self, size: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(size);
    }

    /// Counts more files, which were counted by themselves.
    pub fn extend(&mut self, others: &Totals) {
        self.files += others.files;
        self.bytes = self.bytes.saturating_add(others.bytes);
    }
}

impl<'a> FromIterator<&'a Entry<'a>> for Totals {
    fn from_iter<I: IntoIterator<Item = &'a Entry<'a>>>(entries: I) -> Self {
        let mut totals = Totals::default();
        entries.into_iter().for_each(|e| totals.add(e.stamp.size));
        totals
    }
}

impl<'a> FromParallelIterator<&'a Entry<'a>> for Totals {
    fn from_par_iter<I: IntoParallelIterator<Item = &'a Entry<'a>>>(entries: I) -> Self {
        let add = |mut totals: Totals, entry: &Entry<'_>| {
            totals.add(entry.stamp.size);
            totals
        };
        let counted = entries.into_par_iter().fold(Totals::default, add);
        counted.reduce(Totals::default, |mut all, some| {
            all.extend(&some);
            all
        })
    }
}

/// A place among the entries of an index, from which the next one is not far.
#[derive(Clone, Debug)]
pub struct Cursor<'i, 'a> {
    entries: &'i [Entry<'a>],
    /// Where the last path that was asked for is, or would be.
    at: usize,
}

impl<'i, 'a> Cursor<'i, 'a> {
    /// The entry of the file at `path`, which is relative to the tree.
    pub fn get(&mut self, path: &RelPath<'_>) -> Option<&'i Entry<'a>> {
        let is_before = |entry: &Entry<'_>| entry.path.as_bytes() < path.as_bytes();
        let (mut low, mut step) = (self.at, 1);
        if low > 0 && !is_before(&self.entries[low - 1]) {
            low = 0;
        }
        // In strides that double, so that what is far is found as fast as by halving alone.
        while self.entries.get(low + step - 1).is_some_and(is_before) {
            low += step;
            step *= 2;
        }
        let high = self.entries.len().min(low + step);
        self.at = low + self.entries[low..high].partition_point(is_before);
        let entry = self.entries.get(self.at)?;
        (entry.path == *path).then_some(entry)
    }
}

impl<'a> Index<'a> {
    /// An index of `tree` without a file.
    pub fn empty(tree: Tree) -> Index<'a> {
        Index {
            tree,
            indexed: None,
            units: Vec::new(),
            totals: Totals::default(),
            entries: Vec::new(),
        }
    }

    /// The entry of the file at `path`, which is relative to the tree.
    pub fn get(&self, path: &RelPath<'_>) -> Option<&Entry<'a>> {
        let at = self
            .entries
            .binary_search_by(|e| e.path.as_bytes().cmp(path.as_bytes()));
        at.ok().map(|at| &self.entries[at])
    }

    /// Looks entries up whose paths mostly come in their order.
    pub fn cursor(&self) -> Cursor<'_, 'a> {
        Cursor {
            entries: &self.entries,
            at: 0,
        }
    }

    /// The unit of that name.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        let at = self.units.binary_search_by(|u| u.unit.as_str().cmp(name));
        at.ok().map(|at| &self.units[at])
    }

    /// The entries of the unit of that name; they stand together.
    pub fn entries_of(&self, unit: &str) -> &[Entry<'a>] {
        let prefix = [unit.as_bytes(), b"/"].concat();
        let start = self
            .entries
            .partition_point(|e| e.path.as_bytes() < prefix.as_slice());
        let rest = &self.entries[start..];
        &rest[..rest.partition_point(|e| e.path.as_bytes().starts_with(&prefix))]
    }

    /// The BLAKE3 hash over path, size, modification time and hash of every entry: what a plan
    /// names as its basis.
    pub fn basis(&self) -> Digest {
        digest_of(&self.entries, Entry::write_content)
    }

    /// The same index, owning its paths.
    pub fn into_owned(self) -> Index<'static> {
        Index {
            tree: self.tree,
            indexed: self.indexed,
            units: self.units,
            totals: self.totals,
            entries: self.entries.into_iter().map(Entry::into_owned).collect(),
        }
    }
}

impl Unit {
    /// The unit `name` with these entries.
    pub fn of(name: &str, indexed: Option<Time>, entries: &[Entry<'_>]) -> Unit {
        let digest = digest_of(entries, |entry, bytes| {
            entry.write_content(bytes);
            entry.write_identity(bytes);
        });
        let mut totals = Totals::default();
        entries.iter().for_each(|e| totals.add(e.stamp.size));
        Unit {
            unit: name.to_owned(),
            indexed,
            state: UnitState::Present,
            totals,
            digest,
        }
    }
}

/// The hash over what `write` writes of these entries.
fn digest_of<'a>(entries: &[Entry<'a>], write: impl Fn(&Entry<'a>, &mut Vec<u8>) + Sync) -> Digest {
    let mut hasher = Pieces::default();
    let hashed = in_pieces(entries, write, |piece| {
        hasher.update(piece);
        Ok(())
    });
    hashed.expect("a hasher takes every byte");
    hasher.finish()
}

#[cfg(test)]
mod tests;

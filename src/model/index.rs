//! What is in a tree: the path, hash and size of every file, and what tells that one changed.

use super::digest::{Digest, Pieces};
use super::path::RelPath;
use super::plan::Move;
use super::time::Time;
use super::tree::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

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

/// A file in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where the file is, relative to the tree.
    pub path: RelPath<'a>,
    /// The hash of its content, or why there is none; a file without a hash equals no other.
    pub hash: Result<Digest, Box<Unread>>,
    /// What `stat` said when the hash was taken.
    pub stamp: Stamp,
}

/// Why a file has no hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The reason, for people.
    pub why: String,
    /// The hash that the file had before its bytes changed under an unchanged size and mtime.
    pub was: Option<Digest>,
}

/// What tells that a file changed, and which file it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes in the file.
    pub size: u64,
    /// The modification time (mtime).
    pub modified: Time,
    /// The time of the last change to the inode (ctime).
    pub changed: Time,
    /// The device that holds the inode.
    pub device: u64,
    /// The inode; with the device, it tells hard links.
    pub inode: u64,
}

/// What reading a file from a listing to its end came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Its hash; it is the file that was listed, and did not change.
    Same(Digest),
    /// Its hash as a crawl took it that was interrupted, and when that began; nothing says that the
    /// file changed since.
    Before(Digest, Time),
    /// It changed since it was listed: its hash now, and what `stat` said before and after that.
    Changed(Box<(Digest, Stamp)>),
    /// It could not be read, and why.
    Failed(Box<str>),
}

impl Stamp {
    /// The same, but the file may have been changed since: whoever leans on it reads it again.
    pub fn in_doubt(self) -> Stamp {
        Stamp {
            changed: Time::default(),
            ..self
        }
    }

    /// Whether size and modification time are those of `other`: what a plan states of a file.
    pub fn same_content_as(&self, other: &Stamp) -> bool {
        (self.size, self.modified) == (other.size, other.modified)
    }

    /// Whether both are of one inode.
    pub fn same_file_as(&self, other: &Stamp) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
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
}

impl<'a> FromIterator<&'a Entry<'a>> for Totals {
    fn from_iter<I: IntoIterator<Item = &'a Entry<'a>>>(entries: I) -> Self {
        let mut totals = Totals::default();
        entries.into_iter().for_each(|e| totals.add(e.stamp.size));
        totals
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
        let mut hasher = Pieces::default();
        for entry in &self.entries {
            entry.write_content(&mut hasher);
        }
        hasher.finish()
    }

    /// This index after `moved` files took their new places: entries follow their files, out of
    /// this tree or into it.
    ///
    /// Doing it twice changes nothing more, so that recovering a run may do it again.
    pub fn after(mut self, moved: &[Moved<'_>]) -> Index<'a> {
        let tree = self.tree;
        let mut touched: Vec<Vec<u8>> = Vec::new();
        let mut gone: HashSet<&[u8]> = HashSet::new();
        let mut come: Vec<Entry<'a>> = Vec::new();
        for Moved { operation, stamp } in moved {
            if operation.from.tree == tree {
                touched.push(operation.from.rel.first().to_vec());
                gone.insert(operation.from.rel.as_bytes());
            }
            if operation.to.tree == tree && Tree::INDEXED.contains(&tree) {
                touched.push(operation.to.rel.first().to_vec());
                gone.insert(operation.to.rel.as_bytes());
                // A file of our own comes from a name aside or goes to one, and stands in no index.
                let is_ours = [&operation.from, &operation.to]
                    .iter()
                    .any(|end| end.rel.is_ours());
                let stamp = stamp.filter(|_| !is_ours);
                come.extend(stamp.map(|stamp| Entry {
                    path: operation.to.rel.clone(),
                    hash: Ok(operation.hash),
                    stamp,
                }));
            }
        }
        if touched.is_empty() {
            return self;
        }
        self.entries.retain(|e| !gone.contains(e.path.as_bytes()));
        self.entries.append(&mut come);
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        touched.sort();
        touched.dedup();
        self.recount(&touched);
        self
    }

    /// Makes the totals true again, and those of the units whose names are `touched`.
    fn recount(&mut self, touched: &[Vec<u8>]) {
        for name in touched {
            if !self.tree.is_unit_name(name) {
                continue;
            }
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            let indexed = self.unit(name).and_then(|u| u.indexed);
            let unit = Unit::of(name, indexed, self.entries_of(name));
            match self.units.binary_search_by(|u| u.unit.as_str().cmp(name)) {
                Ok(at) => self.units[at] = unit,
                Err(at) => self.units.insert(at, unit),
            }
        }
        self.totals = self.entries.iter().collect();
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

/// A move that was carried out, and what is known of the file at its destination.
#[derive(Clone, Debug)]
pub struct Moved<'p> {
    /// The move.
    pub operation: &'p Move,
    /// What `stat` said of the file at `operation.to` when it was known to have the planned
    /// content; none where a person accepted whatever is there, of which the next crawl will tell.
    pub stamp: Option<Stamp>,
}

impl Unit {
    /// The unit `name` with these entries.
    pub fn of(name: &str, indexed: Option<Time>, entries: &[Entry<'_>]) -> Unit {
        let mut hasher = Pieces::default();
        for entry in entries {
            entry.write_content(&mut hasher);
            entry.write_identity(&mut hasher);
        }
        let mut totals = Totals::default();
        entries.iter().for_each(|e| totals.add(e.stamp.size));
        Unit {
            unit: name.to_owned(),
            indexed,
            state: UnitState::Present,
            totals,
            digest: hasher.finish(),
        }
    }
}

impl Entry<'_> {
    /// The hash, where there is one.
    pub fn digest(&self) -> Option<Digest> {
        self.hash.as_ref().ok().copied()
    }

    /// The hash that the file had when it could last be read.
    pub fn remembered(&self) -> Option<Digest> {
        match &self.hash {
            Ok(digest) => Some(*digest),
            Err(unread) => unread.was,
        }
    }

    fn write_content(&self, hasher: &mut Pieces) {
        write_bytes(hasher, self.path.as_bytes());
        hasher.update(&self.stamp.size.to_le_bytes());
        write_time(hasher, self.stamp.modified);
        match &self.hash {
            Ok(digest) => {
                hasher.update(&[1]);
                hasher.update(&digest.0);
            }
            Err(unread) => {
                hasher.update(&[0]);
                write_bytes(hasher, unread.why.as_bytes());
                hasher.update(&unread.was.unwrap_or(Digest([0; 32])).0);
            }
        }
    }

    fn write_identity(&self, hasher: &mut Pieces) {
        write_time(hasher, self.stamp.changed);
        hasher.update(&self.stamp.device.to_le_bytes());
        hasher.update(&self.stamp.inode.to_le_bytes());
    }

    /// The same entry, owning its path.
    pub fn into_owned(self) -> Entry<'static> {
        Entry {
            path: self.path.into_owned(),
            hash: self.hash,
            stamp: self.stamp,
        }
    }
}

fn write_bytes(hasher: &mut Pieces, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn write_time(hasher: &mut Pieces, time: Time) {
    hasher.update(&time.seconds().to_le_bytes());
    hasher.update(&time.nanoseconds().to_le_bytes());
}

#[cfg(test)]
mod tests;

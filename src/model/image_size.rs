//! How large the image of a volume gets at most, in sectors of 2048 bytes, before it is made.
//!
//! The bound, with `c(a, b)` = a ÷ b rounded up, `n` the bytes of a name, `j` its UTF-16 units and
//! at most 103, `e` the records of a child (1, but for files over 4 GiB), F files and D directories:
//!
//! ```text
//! 512                                                        before and after the data
//! + Σfile c(size, 2048)                                      the data
//! + Σdir [ c(300 + Σchild e(200 + n), 1700) + 1              records with Rock Ridge names
//!        + c(100 + Σchild e(40 + 2j), 1700) ]                records with Joliet names
//! + 2 c(10 + 42 D, 2048) + 2 c(10 + Σdir (10 + 2j), 2048)    path tables, in both byte orders
//! + c(16 (F + 2), 2048)                                      MD5 sums
//! ```
//!
//! Source: ISO 9660 (ECMA-119) and Joliet for the fields of records and tables, the Rock Ridge and
//! SUSP documents for the entries in them, libisofs for padding, MD5 and the entries of
//! `-for_backup`; rounded up where writers differ. `tests/image_size.rs` holds it against the
//! images that xorriso and genisoimage make. An image is larger that has a UDF bridge, or that
//! keeps extended attributes and lists of access rights.

mod directories;
mod growing;

pub use self::directories::{Directories, NameLength};
pub use self::growing::{ImageSize, SizedFile};

use super::medium::SECTOR;
use super::path::RelPath;
use std::collections::{BTreeMap, BTreeSet};

/// What stands at a path in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A file of so many bytes.
    File(u64),
    /// A directory, which may be empty.
    Directory,
}

/// The most sectors that an image of these files and directories takes; each path stands there
/// once, and the directories above it need not be named. `u64::MAX` where it is more than that.
pub fn sectors_of<'a>(tree: impl IntoIterator<Item = (&'a RelPath<'a>, Node)>) -> u64 {
    let mut total = Totals::default();
    let mut directories = BTreeSet::from([&b""[..]]);
    let mut enter = |mut directory: &'a [u8]| {
        while directories.insert(directory) {
            directory = parent_of(directory);
        }
    };
    let mut records: BTreeMap<&[u8], Records> = BTreeMap::new();
    // Files of one directory mostly follow one another: it is looked up once for all of them.
    let mut last: (&[u8], Records) = (b"", Records::default());
    for (path, node) in tree {
        let Node::File(size) = node else {
            enter(path.as_bytes());
            continue;
        };
        let parent = parent_of(path.as_bytes());
        if parent != last.0 {
            enter(parent);
            records.entry(last.0).or_default().join(last.1);
            last = (parent, Records::default());
        }
        total.files += 1;
        total.data += u128::from(size.div_ceil(SECTOR));
        let name = NameLength::of(path.file_name());
        last.1.add(name, extents(size));
    }
    records.entry(last.0).or_default().join(last.1);
    for directory in &directories {
        let name = NameLength::of(directory.rsplit(|b| *b == b'/').next().unwrap_or_default());
        total.enter(name);
        if !directory.is_empty() {
            let above = records.entry(parent_of(directory)).or_default();
            above.add(name, 1);
        }
    }
    for directory in directories {
        let records = records.get(directory).copied().unwrap_or_default();
        total.records += records.sectors();
    }
    total.sectors()
}

/// The bytes of a path before its last slash; none where it has no slash.
fn parent_of(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|b| *b == b'/');
    &path[..slash.unwrap_or_default()]
}

/// What an image holds, as far as its size goes. Its sums are wide enough for 2³² files of any size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    files: u64,
    directories: u64,
    /// Sectors of file data.
    data: u128,
    /// Sectors of the records of all directories.
    records: u64,
    /// Bytes in one Joliet path table, but for the spare ones.
    joliet_table: u64,
}

impl Totals {
    /// Takes a directory of that name in; its records are counted apart.
    fn enter(&mut self, name: NameLength) {
        self.directories += 1;
        self.joliet_table += joliet_table_bytes(name);
    }

    /// Takes out what `enter` took in.
    fn leave(&mut self, name: NameLength) {
        self.directories -= 1;
        self.joliet_table -= joliet_table_bytes(name);
    }

    fn sectors(&self) -> u64 {
        // The system area takes 16 sectors, the volume descriptors and their MD5 tags a few more;
        // writers pad the end by 150 sectors and round the whole up to 16 or 32 of them.
        const AROUND: u64 = 512;
        // A path table has a record of 8 bytes and the name for each directory; the ISO 9660 name
        // has 31 bytes at most, and 37 where it is relaxed. It is written in both byte orders.
        let table = 2 * (10 + 42 * self.directories).div_ceil(SECTOR);
        let joliet_table = 2 * (10 + self.joliet_table).div_ceil(SECTOR);
        // An MD5 of 16 bytes for each file, one for the whole and one for the list itself.
        let sums = (16 * (self.files + 2)).div_ceil(SECTOR);
        let rest = AROUND + self.records + table + joliet_table + sums;
        u64::try_from(self.data + u128::from(rest)).unwrap_or(u64::MAX)
    }
}

/// Bytes of the records of one directory, but for the fixed ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Records {
    /// In the tree with Rock Ridge names.
    rock_ridge: u64,
    /// In the tree with Joliet names.
    joliet: u64,
}

impl Records {
    /// Takes a child with so many records in.
    fn add(&mut self, name: NameLength, extents: u64) {
        let (rock_ridge, joliet) = record_bytes(name, extents);
        self.rock_ridge += rock_ridge;
        self.joliet += joliet;
    }

    /// Takes in what others took in.
    fn join(&mut self, others: Records) {
        self.rock_ridge += others.rock_ridge;
        self.joliet += others.joliet;
    }

    /// Takes out what `add` took in.
    fn remove(&mut self, name: NameLength, extents: u64) {
        let (rock_ridge, joliet) = record_bytes(name, extents);
        self.rock_ridge -= rock_ridge;
        self.joliet -= joliet;
    }

    fn sectors(&self) -> u64 {
        // The records of `.` and `..` come first; a record never crosses the end of a sector, so
        // that up to 348 bytes of one stay unused. What does not fit into a record of 255 bytes
        // goes to continuation areas; where one begins, a sector may stay unused.
        const FILLED: u64 = 1700;
        (300 + self.rock_ridge).div_ceil(FILLED) + 1 + (100 + self.joliet).div_ceil(FILLED)
    }
}

/// The bytes of the records of a child with Rock Ridge and with Joliet names. A record has 33 fixed
/// bytes and an ISO 9660 name; Rock Ridge adds modes, owners, times, continuations and, for
/// backups, what finds the MD5 again, 200 bytes in all beside the name.
fn record_bytes(name: NameLength, extents: u64) -> (u64, u64) {
    let rock_ridge = extents * (200 + u64::from(name.bytes));
    let joliet = extents * (40 + 2 * u64::from(name.joliet));
    (rock_ridge, joliet)
}

/// The bytes of a directory in one Joliet path table.
fn joliet_table_bytes(name: NameLength) -> u64 {
    10 + 2 * u64::from(name.joliet)
}

/// The records that a file has in its directory: one for each extent of at most 4 GiB less a
/// sector, the most that a length of 32 bits can say in whole sectors. No more are counted than a
/// file of 4 PiB has, which fits no medium, so that no sum of them overflows.
fn extents(size: u64) -> u64 {
    const LONGEST: u64 = (1 << 32) - SECTOR;
    size.div_ceil(LONGEST).clamp(1, 1 << 20)
}

#[cfg(test)]
mod tests;

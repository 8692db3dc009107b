//! What lies in a directory, byte by byte and to the nanosecond, to compare two moments.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// All that is in a directory, whatever it is.
#[derive(PartialEq)]
pub struct Everything(BTreeMap<PathBuf, Thing>);

/// A file, a directory or a link: `stat` but the time of reading, and the content or the target.
#[derive(Debug, PartialEq)]
struct Thing {
    mode: u32,
    owner: (u32, u32),
    inode: u64,
    modified: (i64, i64),
    content: Vec<u8>,
}

/// Everything beneath `dir`, itself included, but what lies beneath one of `except`.
pub fn everything(dir: &Path, except: &[&Path]) -> Everything {
    let entries = walkdir::WalkDir::new(dir).into_iter();
    let entries = entries.filter_entry(|e| !except.contains(&e.path()));
    let things = entries.map(|entry| {
        let entry = entry.unwrap();
        let path = entry.path();
        let stat = fs::symlink_metadata(path).unwrap();
        let content = match entry.file_type() {
            kind if kind.is_file() => fs::read(path).unwrap(),
            kind if kind.is_symlink() => fs::read_link(path)
                .unwrap()
                .into_os_string()
                .into_encoded_bytes(),
            _ => Vec::new(),
        };
        let thing = Thing {
            mode: stat.mode(),
            owner: (stat.uid(), stat.gid()),
            inode: stat.ino(),
            modified: (stat.mtime(), stat.mtime_nsec()),
            content,
        };
        (path.to_owned(), thing)
    });
    Everything(things.collect())
}

impl Everything {
    /// Names what differs, if anything does.
    pub fn assert_same(&self, other: &Everything, what: &str) {
        if self == other {
            return;
        }
        let paths = self.0.keys().chain(other.0.keys());
        let differing = paths.filter(|path| self.0.get(*path) != other.0.get(*path));
        let differing: std::collections::BTreeSet<_> = differing.collect();
        panic!("{what} changed {differing:#?}");
    }

    /// The paths, relative to `dir`, sorted.
    pub fn paths(&self, dir: &Path) -> Vec<PathBuf> {
        let relative = |path: &PathBuf| Some(path.strip_prefix(dir).ok()?.to_owned());
        self.0.keys().filter_map(relative).collect()
    }
}

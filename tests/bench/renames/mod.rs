//! The least that moving files can take: one `rename(2)` after another, and nothing else.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Files to rename, with all that can be made ready beforehand.
pub struct Renames(Vec<[CString; 2]>);

impl Renames {
    /// Makes ready to rename the first of each pair to the second; makes the directories for them.
    pub fn new(pairs: &[[PathBuf; 2]]) -> Renames {
        let directories: BTreeSet<_> = pairs.iter().filter_map(|[_, to]| to.parent()).collect();
        for directory in directories {
            fs::create_dir_all(directory).unwrap();
        }
        let name = |path: &Path| CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
        Renames(
            pairs
                .iter()
                .map(|[from, to]| [name(from), name(to)])
                .collect(),
        )
    }

    /// Renames them all, and says how long that took.
    pub fn run(&self) -> Duration {
        let begin = Instant::now();
        for [from, to] in &self.0 {
            rustix::fs::rename(from, to).unwrap();
        }
        begin.elapsed()
    }
}

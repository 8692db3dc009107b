//! What is in a library's trees, to compare two moments.

use super::error::DiskError;
use super::hash::hash_file;
use crate::model::digest::Digest;
use crate::model::layout::Layout;
use crate::model::path::{RelPath, TreePath};
use crate::model::tree::Tree;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// Everything in the trees, by path; mediastruct's own files aside.
pub type Census = BTreeMap<TreePath<'static>, Counted>;

/// What undo gives back of a file, a directory or a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The kind and the permissions, as `stat` has them.
    pub mode: u32,
    /// The owner and the group.
    pub owner: (u32, u32),
    /// The size, the modification time in seconds and nanoseconds, and the hash; of files only.
    pub content: Option<(u64, i64, i64, Digest)>,
}

/// Counts what is in the trees of `layout`. A file lies in the innermost tree.
///
/// # Errors
/// Where something cannot be read.
pub fn census(layout: &Layout) -> Result<Census, DiskError> {
    let mut all = Census::new();
    for tree in Tree::ALL {
        let inner = layout.inner(tree);
        let dir = layout.dir(tree);
        for entry in WalkDir::new(dir).min_depth(1) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(dir).to_owned();
                DiskError::at("read", &path, std::io::Error::from(error))
            })?;
            let Some(rel) = relative(dir, entry.path()) else {
                continue;
            };
            let is_inner = inner.iter().any(|i| rel.starts_with(&i.prefix));
            if !is_inner && !rel.is_ours() {
                all.insert(TreePath::new(tree, rel), count(&entry)?);
            }
        }
    }
    Ok(all)
}

fn relative(dir: &Path, path: &Path) -> Option<RelPath<'static>> {
    let rest = path.strip_prefix(dir).ok()?;
    RelPath::new(rest.as_os_str().as_bytes().to_vec()).ok()
}

fn count(entry: &DirEntry) -> Result<Counted, DiskError> {
    let error = |e| DiskError::at("read", entry.path(), e);
    let found = entry.metadata().map_err(|e| error(e.into()))?;
    let content = if found.is_file() {
        let file = File::open(entry.path()).map_err(error)?;
        let hash = hash_file(&file, |_| {}).map_err(error)?;
        Some((found.size(), found.mtime(), found.mtime_nsec(), hash))
    } else {
        None
    };
    Ok(Counted {
        mode: found.mode(),
        owner: (found.uid(), found.gid()),
        content,
    })
}

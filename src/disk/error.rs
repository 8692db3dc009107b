//! Errors of the disk, each with what was tried and the path it was tried on.

use crate::model::path::{Escaped, TreePath};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Something that the disk refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {}", Reason(source))]
pub struct DiskError {
    /// What was tried, e.g. `read`.
    pub action: &'static str,
    /// The path, as people may see it.
    pub path: String,
    /// What the system answered.
    pub source: io::Error,
}

impl DiskError {
    /// The error of trying `action` at a path of the system.
    pub fn at(action: &'static str, path: &Path, source: impl Into<io::Error>) -> DiskError {
        DiskError {
            action,
            path: Escaped(path.as_os_str().as_bytes()).to_string(),
            source: source.into(),
        }
    }

    /// The error of trying `action` at a path in a tree.
    pub fn in_tree(
        action: &'static str,
        path: &TreePath<'_>,
        source: impl Into<io::Error>,
    ) -> DiskError {
        DiskError {
            action,
            path: path.to_string(),
            source: source.into(),
        }
    }

    /// What the system answered, in words.
    pub fn reason(&self) -> String {
        Reason(&self.source).to_string()
    }

    /// Whether the system answered so.
    pub fn is(&self, errno: rustix::io::Errno) -> bool {
        self.source.raw_os_error() == Some(errno.raw_os_error())
    }
}

/// An error of the system in words, without its number.
pub struct Reason<'a>(
    /// The error.
    pub &'a io::Error,
);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        let mut chars = text.chars();
        let first = chars.next().unwrap_or_default();
        let rest = chars.as_str();
        // Messages of the system begin with a capital; acronyms keep theirs.
        if rest.starts_with(char::is_lowercase) {
            write!(f, "{}{rest}", first.to_lowercase())
        } else {
            f.write_str(text)
        }
    }
}

//! Errors of the disk, each with what was tried and the path it was tried on.

use crate::model::path::{Escaped, TreePath};
use rustix::io::Errno;
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

    /// What kind of refusal it is, for those who know what to do about it.
    pub fn cause(&self) -> Cause {
        let causes = [
            (Errno::XDEV, Cause::OtherFileSystem),
            (Errno::INVAL, Cause::Unsupported),
            (Errno::OPNOTSUPP, Cause::Unsupported),
            (Errno::EXIST, Cause::Occupied),
            (Errno::ROFS, Cause::ReadOnly),
            (Errno::PERM, Cause::ReadOnly),
            (Errno::NOSPC, Cause::Full),
            (Errno::DQUOT, Cause::Full),
            (Errno::ACCESS, Cause::Denied),
            (Errno::NOSYS, Cause::Missing),
        ];
        let found = causes.iter().find(|(errno, _)| self.is(*errno));
        found.map_or(Cause::Other, |(_, cause)| *cause)
    }

    /// Whether a rename failed because the file system, or the kernel, cannot refuse to replace what
    /// is at the new name.
    pub fn cannot_refuse_to_replace(&self) -> bool {
        [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP]
            .iter()
            .any(|errno| self.is(*errno))
    }

    /// Whether the system answered so.
    pub fn is(&self, errno: Errno) -> bool {
        self.source.raw_os_error() == Some(errno.raw_os_error())
    }
}

/// Why the disk refused, as far as somebody can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The two ends are on different file systems.
    OtherFileSystem,
    /// The file system does not know how to do it.
    Unsupported,
    /// Something has the name already.
    Occupied,
    /// The file system is read-only, or the file is marked as immutable.
    ReadOnly,
    /// There is no room, or no more of it for this user.
    Full,
    /// This user may not.
    Denied,
    /// The kernel does not know the call, or a sandbox says so.
    Missing,
    /// Anything else.
    Other,
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

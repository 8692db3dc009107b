//! Paths beneath a tree: bytes inside the program, one reversible text form outside it.
//!
//! A [`RelPath`] is never absolute and has no empty, `.` or `..` component and no NUL; a text that
//! breaks this is rejected, never normalised. A path that is valid UTF-8 is written as it stands.
//! Any other is written as `bytes://` and the path, each byte that is not part of valid UTF-8 as
//! `%XX` and `%` itself as `%25`. The empty component after `bytes:` can stand in no plain path,
//! so the two forms cannot be mistaken for each other, and each path has exactly one text.

mod escaped;
mod in_tree;
mod text;

pub use self::escaped::{Escaped, write_escaped};
pub use self::in_tree::{Folded, TreePath};

pub(super) use self::in_tree::fold;

use self::text::{decode, encode};
use super::run::RunId;
use memchr::{memchr, memchr_iter, memrchr};
use std::borrow::Cow;
use std::fmt;

/// Why a text or a byte string is no path of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path has no component at all.
    #[error("the path is empty")]
    Empty,
    /// The path begins with `/`.
    #[error("the path is absolute")]
    Absolute,
    /// Two slashes meet, or a slash ends the path.
    #[error("the path has an empty component")]
    EmptyComponent,
    /// A component is `.` or `..`.
    #[error("the path has a '.' or '..' component")]
    DotComponent,
    /// The path holds a NUL byte.
    #[error("the path holds a NUL byte")]
    Nul,
    /// The path is longer than [`RelPath::MAX_BYTES`], or one of its components than 255 bytes.
    #[error("the path is longer than 4096 bytes, or a name in it than 255")]
    TooLong,
    /// The path has more than [`RelPath::MAX_DEPTH`] components.
    #[error("the path is more than 256 directories deep")]
    TooDeep,
    /// The first component names no tree.
    #[error("'{0}' is not one of the trees archive, duplicates, ingest, media, validated")]
    UnknownTree(String),
    /// The path names a tree and nothing in it.
    #[error("the path names a whole tree")]
    WholeTree,
    /// A `bytes://` text is not the one form in which its path is written.
    #[error("'bytes://' does not stand before a path in its one escaped form")]
    BadEscape,
}

/// How the names of files begin that mediastruct writes and then renames into their places.
pub const TEMPORARY: &str = ".mediastruct.tmp-";

/// How the names begin that a run gives to files on their way: see [`super::schedule::Names`].
pub const ON_ITS_WAY: &str = ".mediastruct-";

/// The directory of a tree, or beneath it, in which runs put files aside.
pub const ASIDE: &str = ".mediastruct.d";

/// A path relative to a tree or a unit: one or more components, joined by `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath<'a>(Cow<'a, [u8]>);

impl<'a> RelPath<'a> {
    /// The longest path that is accepted, in bytes. Source: PATH_MAX in linux/limits.h.
    pub const MAX_BYTES: usize = 4096;

    /// The longest name in a path, in bytes. Source: NAME_MAX in linux/limits.h.
    pub const MAX_NAME: usize = 255;

    /// The most components of a path: a bound against hostile input.
    pub const MAX_DEPTH: usize = 256;

    /// The path with these bytes.
    ///
    /// # Errors
    /// Any [`PathError`] that is not about trees or escapes.
    pub fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Self, PathError> {
        let bytes = bytes.into();
        check(&bytes)?;
        Ok(RelPath(bytes))
    }

    /// The path that `text` stands for.
    ///
    /// # Errors
    /// Any [`PathError`] that is not about trees.
    pub fn from_text(text: impl Into<Cow<'a, str>>) -> Result<Self, PathError> {
        let bytes = match text.into() {
            Cow::Borrowed(text) => decode(text)?,
            Cow::Owned(text) => Cow::Owned(decode(&text)?.into_owned()),
        };
        RelPath::new(bytes)
    }

    /// A path that mediastruct itself makes of a lawful one; it may be somewhat longer than any
    /// that is accepted from outside.
    pub(super) fn derived(bytes: Vec<u8>) -> RelPath<'static> {
        RelPath(Cow::Owned(bytes))
    }

    /// A path with the bytes of one that is in hand, which therefore are lawful.
    pub(super) fn same(bytes: &'a [u8]) -> RelPath<'a> {
        RelPath(Cow::Borrowed(bytes))
    }

    /// The bytes of the path.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text of the path; `from_text` gives the path back.
    pub fn to_text(&self) -> Cow<'_, str> {
        encode(&self.0)
    }

    /// The components, first to last; there is at least one.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/')
    }

    /// The last component.
    pub fn file_name(&self) -> &[u8] {
        &self.0[memrchr(b'/', &self.0).map_or(0, |slash| slash + 1)..]
    }

    /// The path without its last component, if there is more than one.
    pub fn parent(&self) -> Option<RelPath<'_>> {
        let slash = memrchr(b'/', &self.0)?;
        Some(RelPath(Cow::Borrowed(&self.0[..slash])))
    }

    /// The proper ancestors, nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = RelPath<'_>> {
        (0..self.0.len())
            .rev()
            .filter(|i| self.0[*i] == b'/')
            .map(|i| RelPath(Cow::Borrowed(&self.0[..i])))
    }

    /// The first component.
    pub fn first(&self) -> &[u8] {
        &self.0[..memchr(b'/', &self.0).unwrap_or(self.0.len())]
    }

    /// Whether this path lies beneath `prefix` or is it.
    pub fn starts_with(&self, prefix: &RelPath<'_>) -> bool {
        let (path, prefix) = (self.as_bytes(), prefix.as_bytes());
        path.starts_with(prefix) && (path.len() == prefix.len() || path[prefix.len()] == b'/')
    }

    /// What follows `prefix` in this path, if it lies beneath it.
    pub fn strip_prefix(&self, prefix: &RelPath<'_>) -> Option<RelPath<'_>> {
        let rest = self.0.strip_prefix(prefix.as_bytes())?.strip_prefix(b"/")?;
        RelPath::new(rest).ok()
    }

    /// This path with `child` beneath it.
    ///
    /// # Errors
    /// As [`RelPath::new`] for `child` and the whole.
    pub fn join(&self, child: &[u8]) -> Result<RelPath<'static>, PathError> {
        check(child)?;
        RelPath::new([self.as_bytes(), b"/", child].concat())
    }

    /// This path with another last component.
    ///
    /// # Errors
    /// As [`RelPath::new`] for `name` and the whole.
    pub fn with_file_name(&self, name: &[u8]) -> Result<RelPath<'static>, PathError> {
        match self.parent() {
            Some(parent) => parent.join(name),
            None => RelPath::new(name.to_vec()),
        }
    }

    /// Whether a run put a file aside there: `.mediastruct.d/{parked,replaced}/<run>/<name>`.
    pub fn is_aside(&self) -> bool {
        let mut parts = self.components();
        if parts.next() != Some(ASIDE.as_bytes()) {
            return false;
        }
        let (kind, run, name) = (parts.next(), parts.next(), parts.next());
        let run = run.and_then(|run| std::str::from_utf8(run).ok());
        matches!(kind, Some(b"parked" | b"replaced"))
            && run.is_some_and(|run| run.parse::<RunId>().is_ok())
            && name.is_some()
            && parts.next().is_none()
    }

    /// Whether one of mediastruct's own files lies there: a sidecar index, a file on its way to its
    /// place, or anything beneath a `.mediastruct.d`.
    pub fn is_ours(&self) -> bool {
        let name = self.file_name();
        name == b".mediastruct"
            || name.starts_with(TEMPORARY.as_bytes())
            || name.starts_with(ON_ITS_WAY.as_bytes())
            || self.components().any(|c| c == ASIDE.as_bytes())
    }

    /// The same path, owned.
    pub fn into_owned(self) -> RelPath<'static> {
        RelPath(Cow::Owned(self.0.into_owned()))
    }

    /// The same path, borrowed.
    pub fn borrowed(&self) -> RelPath<'_> {
        RelPath(Cow::Borrowed(&self.0))
    }
}

fn check(bytes: &[u8]) -> Result<(), PathError> {
    if bytes.is_empty() {
        return Err(PathError::Empty);
    }
    if bytes.len() > RelPath::MAX_BYTES {
        return Err(PathError::TooLong);
    }
    if bytes[0] == b'/' {
        return Err(PathError::Absolute);
    }
    if bytes.contains(&0) {
        return Err(PathError::Nul);
    }
    let mut slashes = memchr_iter(b'/', bytes);
    if bytes.len() >= RelPath::MAX_DEPTH && slashes.nth(RelPath::MAX_DEPTH - 1).is_some() {
        return Err(PathError::TooDeep);
    }
    for component in bytes.split(|b| *b == b'/') {
        if component.len() > RelPath::MAX_NAME {
            return Err(PathError::TooLong);
        }
        match component {
            b"" => return Err(PathError::EmptyComponent),
            b"." | b".." => return Err(PathError::DotComponent),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for RelPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for RelPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;

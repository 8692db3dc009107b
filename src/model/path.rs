//! Paths beneath a tree: bytes inside the program, one reversible text form outside it.
//!
//! A [`RelPath`] is never absolute and has no empty, `.` or `..` component and no NUL; a text that
//! breaks this is rejected, never normalised. A path that is valid UTF-8 is written as it stands.
//! Any other is written as `bytes://` and the path, each byte that is not part of valid UTF-8 as
//! `%XX` and `%` itself as `%25`. The empty component after `bytes:` can stand in no plain path,
//! so the two forms cannot be mistaken for each other, and each path has exactly one text.

mod text;

use super::run::RunId;
use super::tree::Tree;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

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

const ESCAPED: &str = "bytes://";

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
        self.components().next_back().unwrap_or_default()
    }

    /// The path without its last component, if there is more than one.
    pub fn parent(&self) -> Option<RelPath<'_>> {
        let slash = self.0.iter().rposition(|b| *b == b'/')?;
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
        self.components().next().unwrap_or_default()
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
        let parts: Vec<_> = self.components().take(5).collect();
        let [aside, kind, run, _] = parts[..] else {
            return false;
        };
        let run = std::str::from_utf8(run).unwrap_or_default();
        aside == ASIDE.as_bytes()
            && matches!(kind, b"parked" | b"replaced")
            && run.parse::<RunId>().is_ok()
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

/// A path in a tree: the tree's name, `/`, and a [`RelPath`], e.g. `media/2024/a.jpg`.
///
/// Ordered as the bytes of its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath<'a> {
    /// The tree, whose name is the first component.
    pub tree: Tree,
    /// The path beneath it.
    pub rel: RelPath<'a>,
}

impl<'a> TreePath<'a> {
    /// The path `rel` in `tree`.
    pub fn new(tree: Tree, rel: RelPath<'a>) -> Self {
        TreePath { tree, rel }
    }

    /// The path that `text` stands for.
    ///
    /// # Errors
    /// Any [`PathError`].
    pub fn from_text(text: &'a str) -> Result<Self, PathError> {
        match decode(text)? {
            Cow::Borrowed(bytes) => split(bytes),
            Cow::Owned(bytes) => Ok(split(&bytes)?.into_owned()),
        }
    }

    /// The text of the path; `from_text` gives the path back.
    pub fn to_text(&self) -> String {
        encode(&self.to_bytes()).into_owned()
    }

    /// The tree's name, a slash, and the bytes of the path beneath it.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.tree.name().as_bytes(), b"/", self.rel.as_bytes()].concat()
    }

    /// The path as a file system may see it that ignores case and how letters are composed. Where
    /// two paths differ here, no file system takes them for one.
    pub fn folded(&self) -> Folded {
        let bytes = self.rel.as_bytes();
        let folded = match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_ascii() => fold(text).into_bytes(),
            _ => bytes.to_ascii_lowercase(),
        };
        Folded(self.tree, folded)
    }

    /// The path of the directory right beneath the tree that it lies in, or that it is.
    pub fn unit(&self) -> TreePath<'_> {
        TreePath::new(self.tree, RelPath(Cow::Borrowed(self.rel.first())))
    }

    /// The path without its last component; none where that is the tree itself.
    pub fn parent(&self) -> Option<TreePath<'_>> {
        Some(TreePath::new(self.tree, self.rel.parent()?))
    }

    /// The same path, owned.
    pub fn into_owned(self) -> TreePath<'static> {
        TreePath::new(self.tree, self.rel.into_owned())
    }

    /// The same path, borrowed.
    pub fn borrowed(&self) -> TreePath<'_> {
        TreePath::new(self.tree, self.rel.borrowed())
    }
}

/// Text without the difference of case and composition.
pub(super) fn fold(text: &str) -> String {
    let text: String = text.nfc().collect();
    // Upper case first, for letters such as the long s that have no other lower case.
    let text = text.to_uppercase().to_lowercase();
    text.nfc().collect()
}

/// A path in a tree without the difference of case and composition; made by [`TreePath::folded`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Folded(Tree, Vec<u8>);

fn split(bytes: &[u8]) -> Result<TreePath<'_>, PathError> {
    check(bytes)?;
    let end = bytes.iter().position(|b| *b == b'/').unwrap_or(bytes.len());
    let tree = Tree::named(&bytes[..end])
        .ok_or_else(|| PathError::UnknownTree(Escaped(&bytes[..end]).to_string()))?;
    let rest = bytes.get(end + 1..).ok_or(PathError::WholeTree)?;
    Ok(TreePath::new(tree, RelPath(Cow::Borrowed(rest))))
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
    if bytes
        .split(|b| *b == b'/')
        .nth(RelPath::MAX_DEPTH)
        .is_some()
    {
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

fn encode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(plain) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(plain);
    }
    let mut text = String::from(ESCAPED);
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Cow::Owned(text)
}

fn decode(text: &str) -> Result<Cow<'_, [u8]>, PathError> {
    let Some(escaped) = text.strip_prefix(ESCAPED) else {
        return Ok(Cow::Borrowed(text.as_bytes()));
    };
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let digits = tail.get(..2).ok_or(PathError::BadEscape)?;
        let digits = std::str::from_utf8(digits).map_err(|_| PathError::BadEscape)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| PathError::BadEscape)?);
        rest = &tail[2..];
    }
    if encode(&bytes) != text {
        return Err(PathError::BadEscape);
    }
    Ok(Cow::Owned(bytes))
}

/// Bytes of a name as people may safely see them: control, bidirectional and invisible characters,
/// backslashes and bytes that are no UTF-8 are escaped, so that no name can forge a line or drive a
/// terminal.
pub struct Escaped<'a>(
    /// The bytes to show.
    pub &'a [u8],
);

impl<'a> Escaped<'a> {
    /// A path of the operating system, to be seen by people.
    pub fn path(path: &'a (impl AsRef<Path> + ?Sized)) -> Escaped<'a> {
        Escaped(path.as_ref().as_os_str().as_bytes())
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    '\r' => f.write_str("\\r")?,
                    '\\' => f.write_str("\\\\")?,
                    c if is_deceptive(c) => write!(f, "{}", c.escape_unicode())?,
                    c => f.write_char(c)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character moves the cursor, changes the direction of text or cannot be seen.
///
/// Source: Unicode categories Cc, Zl, Zp, and the Bidi_Control and default-ignorable format
/// characters of UAX #9 and UAX #44.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for RelPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Display for TreePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tree, self.rel)
    }
}

impl fmt::Debug for RelPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for TreePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;

//! Paths in trees: which tree, and where in it.

use super::text::{decode, encode};
use super::{Escaped, PathError, RelPath, check};
use crate::model::tree::Tree;
use std::borrow::Cow;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

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
        match std::str::from_utf8(self.rel.as_bytes()) {
            Ok(rel) => [self.tree.name(), "/", rel].concat(),
            Err(_) => encode(&self.to_bytes()).into_owned(),
        }
    }

    /// The tree's name, a slash, and the bytes of the path beneath it.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.tree.name().as_bytes(), b"/", self.rel.as_bytes()].concat()
    }

    /// The path as a file system may see it that ignores case and how letters are composed. Where
    /// two paths differ here, no file system takes them for one.
    pub fn folded(&self) -> Folded {
        let mut folded = Vec::new();
        self.fold_into(&mut folded);
        Folded(self.tree, folded)
    }

    /// Puts the path beneath the tree, as [`TreePath::folded`] has it, in the place of what is in
    /// `folded`.
    pub fn fold_into(&self, folded: &mut Vec<u8>) {
        let bytes = self.rel.as_bytes();
        folded.clear();
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_ascii() => folded.extend_from_slice(fold(text).as_bytes()),
            _ => folded.extend(bytes.iter().map(u8::to_ascii_lowercase)),
        }
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
pub(in crate::model) fn fold(text: &str) -> String {
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

impl fmt::Display for TreePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tree, self.rel)
    }
}

impl fmt::Debug for TreePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

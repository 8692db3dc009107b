//! Names that a person looks for: part of a name or path, or a glob.

use super::path::{RelPath, fold};
use super::tree::Tree;
use globset::{GlobBuilder, GlobSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a name or a path has to be like. Case does not matter, nor does how letters are composed
/// where the pattern has other letters than those of ASCII.
///
/// A pattern with a `/` is held against whole paths such as `media/2024/a.jpg`; a glob without one
/// against the names of files, and a text without one against paths without the name of their tree.
#[derive(Clone, Debug)]
pub struct Pattern {
    is_path: bool,
    /// The text that is to be part of it.
    part: Part,
    /// Where the text holds any of `*?[{`: what it is as a glob, besides.
    glob: Option<GlobSet>,
}

/// A text that is to be part of a name.
#[derive(Clone, Debug)]
enum Part {
    /// Bytes, those of ASCII letters in lower case.
    Bytes(Vec<u8>),
    /// Text without the difference of case and composition.
    Folded(String),
}

impl Pattern {
    /// The pattern that `text` is: a text that is to be part of the path, and where it holds any of
    /// `*?[{` and is a glob, that as well. A text `bytes://…` is the path that it stands for.
    pub fn new(text: &OsStr) -> Pattern {
        let plain = text.to_str().filter(|text| text.starts_with("bytes://"));
        let decoded = plain.and_then(|text| RelPath::from_text(text).ok());
        let bytes = decoded.as_ref().map_or(text.as_bytes(), RelPath::as_bytes);
        let part = match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_ascii() => Part::Folded(fold(text)),
            _ => Part::Bytes(bytes.to_ascii_lowercase()),
        };
        let is_glob = bytes.iter().any(|b| b"*?[{".contains(b));
        let glob = text.to_str().filter(|_| is_glob);
        Pattern {
            is_path: bytes.contains(&b'/'),
            part,
            glob: glob.and_then(|text| matcher(text).ok()),
        }
    }

    /// Whether the file at `path` in `tree` is like that.
    pub fn matches(&self, tree: Tree, path: &RelPath<'_>) -> bool {
        let whole;
        let (text, name) = if self.is_path {
            whole = [tree.name().as_bytes(), b"/", path.as_bytes()].concat();
            (whole.as_slice(), whole.as_slice())
        } else {
            (path.as_bytes(), path.file_name())
        };
        let glob = self.glob.as_ref();
        self.part.is_in(text)
            || glob.is_some_and(|glob| glob.is_match(Path::new(OsStr::from_bytes(name))))
    }
}

impl Part {
    fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Part::Bytes(part) => {
                let mut windows = text.windows(part.len().max(1));
                part.is_empty() || windows.any(|window| window.eq_ignore_ascii_case(part))
            }
            Part::Folded(part) => {
                // What has no other letters than ASCII's does not hold this one.
                let text = std::str::from_utf8(text).ok().filter(|t| !t.is_ascii());
                text.is_some_and(|text| fold(text).contains(part))
            }
        }
    }
}

fn matcher(text: &str) -> Result<GlobSet, globset::Error> {
    let glob = GlobBuilder::new(text)
        .case_insensitive(true)
        .literal_separator(true)
        .build()?;
    GlobSet::builder().add(glob).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::TreePath;

    fn finds(pattern: &str, path: &str) -> bool {
        let path = TreePath::from_text(path).unwrap();
        let pattern = Pattern::new(OsStr::new(pattern));
        pattern.matches(path.tree, &path.rel)
    }

    #[test]
    fn a_text_is_part_of_a_path_whatever_its_case() {
        let path = "media/2024/Wedding/IMG_0042 (copy).JPG";
        for found in [
            "img_0042",
            "wedding",
            "Wedding/IMG",
            "media/2024/wed",
            ").jpg",
            "2024",
        ] {
            assert!(finds(found, path), "{found}");
        }
        for other in [
            "media",
            "edia",
            "img_42",
            "archive/2024",
            "/media",
            "img_0042 (copy).jpg2",
        ] {
            assert!(!finds(other, path), "{other}");
        }
        assert!(
            finds("media/", path),
            "with a slash, the tree's name is part of it"
        );
    }

    #[test]
    fn a_glob_is_of_a_name_or_with_a_slash_of_a_whole_path() {
        let path = "media/2024/trip/IMG_0042.JPG";
        for found in [
            "*.jpg",
            "img_00??.*",
            "IMG_004[0-9].{jpg,png}",
            "media/*/trip/*",
            "media/**/*.jpg",
            "**/*.jpg",
        ] {
            assert!(finds(found, path), "{found}");
        }
        for other in ["*.png", "0042*", "trip*", "media/*.jpg", "*/trip/*"] {
            assert!(!finds(other, path), "{other}");
        }
    }

    #[test]
    fn a_name_with_the_signs_of_a_glob_is_found_as_it_is() {
        assert!(finds("img[1].jpg", "media/2024/IMG[1].jpg"));
        assert!(finds("img[1].jpg", "media/2024/IMG1.jpg"));
        assert!(finds("what?", "media/2024/what?.jpg"));
        assert!(finds("a[b", "media/2024/a[b.jpg"), "which is no glob");
        assert!(
            !finds(&"{a,b}".repeat(100_000), "media/2024/a"),
            "nor is one beyond all bounds"
        );
    }

    #[test]
    fn letters_beyond_ascii_are_found_however_they_are_written() {
        for path in ["media/2024/cafe\u{301}.jpg", "media/2024/CAF\u{c9}.jpg"] {
            for found in ["caf\u{e9}", "Cafe\u{301}.JPG", "2024/caf\u{e9}"] {
                let found = found.replace("2024", "media/2024");
                assert!(finds(&found, path), "{found} {path}");
            }
            assert!(!finds("caf\u{e8}", path));
        }
    }

    #[test]
    fn names_that_are_no_text_are_found_by_their_bytes_and_by_their_text_in_files() {
        let path = "bytes://media/2024/caf%E9.jpg";
        assert!(finds("bytes://media/2024/caf%E9.jpg", path));
        assert!(finds("bytes://caf%E9", path));
        assert!(finds(
            "2024/caf",
            &path.replace("media/2024", "media/2024/2024")
        ));
        let path = TreePath::from_text(path).unwrap();
        let pattern = Pattern::new(OsStr::from_bytes(b"CAF\xe9"));
        assert!(pattern.matches(path.tree, &path.rel));
        let pattern = Pattern::new(OsStr::new("*.jpg"));
        assert!(pattern.matches(path.tree, &path.rel));
    }
}

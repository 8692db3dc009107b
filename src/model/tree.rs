//! The five configured directories.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the five configured directories, in the order of their names.
///
/// The order of the variants is the byte order of the names, so that comparing a tree and then a
/// path beneath it equals comparing the whole tree-relative text.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tree {
    /// What was archived, in volumes `archive/NN`; nothing ever leaves it.
    Archive,
    /// Where dedupe puts the copies that media does not need.
    Duplicates,
    /// The drop directory.
    Ingest,
    /// The sorted files, in `media/YYYY`.
    Media,
    /// Duplicates that were proven to exist elsewhere; the user's to empty.
    Validated,
}

impl Tree {
    /// All trees, in order.
    pub const ALL: [Tree; 5] = [
        Tree::Archive,
        Tree::Duplicates,
        Tree::Ingest,
        Tree::Media,
        Tree::Validated,
    ];

    /// The trees whose files an index lists.
    pub const INDEXED: [Tree; 2] = [Tree::Archive, Tree::Media];

    /// The first component of every path in this tree, e.g. `media`.
    pub fn name(self) -> &'static str {
        match self {
            Tree::Archive => "archive",
            Tree::Duplicates => "duplicates",
            Tree::Ingest => "ingest",
            Tree::Media => "media",
            Tree::Validated => "validated",
        }
    }

    /// The key of this tree in the `[Paths]` section of the configuration, e.g. `media_dir`.
    pub fn config_key(self) -> &'static str {
        match self {
            Tree::Archive => "archive_dir",
            Tree::Duplicates => "duplicates_dir",
            Tree::Ingest => "ingest_dir",
            Tree::Media => "media_dir",
            Tree::Validated => "validated_dir",
        }
    }

    /// The tree of that name, if there is one.
    pub fn named(name: &[u8]) -> Option<Tree> {
        Tree::ALL.into_iter().find(|t| t.name().as_bytes() == name)
    }

    /// Whether a directory of this name directly beneath the tree is a unit that crawl indexes:
    /// four digits in media, digits only in archive, none elsewhere.
    pub fn is_unit_name(self, name: &[u8]) -> bool {
        let digits = !name.is_empty() && name.iter().all(u8::is_ascii_digit);
        match self {
            Tree::Media => digits && name.len() == 4,
            Tree::Archive => digits,
            Tree::Ingest | Tree::Duplicates | Tree::Validated => false,
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_trees_is_the_order_of_their_names() {
        assert!(Tree::ALL.windows(2).all(|w| w[0].name() < w[1].name()));
    }

    #[test]
    fn units_are_years_in_media_and_numbers_in_archive() {
        assert!(Tree::Media.is_unit_name(b"2024"));
        assert!(!Tree::Media.is_unit_name(b"20240"));
        assert!(!Tree::Media.is_unit_name(b"ingest"));
        assert!(Tree::Archive.is_unit_name(b"03"));
        assert!(Tree::Archive.is_unit_name(b"1234"));
        assert!(!Tree::Archive.is_unit_name(b""));
        assert!(!Tree::Duplicates.is_unit_name(b"2024"));
    }
}

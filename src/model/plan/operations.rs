//! What a plan does, leans on and leaves out, item by item.

use super::Why;
use crate::model::digest::Digest;
use crate::model::index::Entry;
use crate::model::path::{RelPath, TreePath};
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A file that takes another place; its inverse is the move back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Where the file is.
    pub from: TreePath<'static>,
    /// Where it goes; nothing may be there.
    pub to: TreePath<'static>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
    /// Why it moves.
    pub why: Why,
    /// The main file of the bundle that it moves with, which names itself; none where it is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<TreePath<'static>>,
}

/// A file of mediastruct's own that is written, e.g. the mark of a volume that is not burned yet.
///
/// Its text is rendered when the plan is applied. It counts as a move from the name aside that
/// [`Names::written`](crate::model::schedule::Names::written) gives, and is undone as one: the file goes
/// there if it still holds the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Where the file goes.
    pub to: TreePath<'static>,
    /// What it says.
    pub role: Role,
    /// The most bytes that it may take.
    pub max_bytes: u64,
    /// The file of ours that is there now, and is put aside; none where nothing may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaced>,
}

/// What a file of mediastruct's own says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// That a volume is on no disc yet: `.unburned`.
    Unburned,
    /// What a disc is, and how to check it with standard tools: `00_README.txt`.
    Readme,
    /// The SHA-256 of every file on the disc, for `sha256sum -c`: `MANIFEST.sha256`.
    Manifest,
    /// What the disc is, for programs: `disc.json`.
    Disc,
    /// A catalogue of the disc, for any browser: `index.html`.
    Page,
    /// The index of the whole archive as of that day: `archive_index.json.gz`.
    Catalogue,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] = [
        Role::Unburned,
        Role::Readme,
        Role::Manifest,
        Role::Disc,
        Role::Page,
        Role::Catalogue,
    ];

    /// The roles of the files that seal a volume.
    pub const SEALING: [Role; 5] = [
        Role::Readme,
        Role::Manifest,
        Role::Disc,
        Role::Page,
        Role::Catalogue,
    ];

    /// The name of a file of this role, right beneath its volume.
    pub fn file_name(self) -> &'static str {
        match self {
            Role::Unburned => ".unburned",
            Role::Readme => "00_README.txt",
            Role::Manifest => "MANIFEST.sha256",
            Role::Disc => "disc.json",
            Role::Page => "index.html",
            Role::Catalogue => "archive_index.json.gz",
        }
    }

    /// The role whose file is called as the one at `path`, right beneath a volume.
    pub fn of(path: &TreePath<'_>) -> Option<Role> {
        let is_beneath_volume = path.tree == Tree::Archive && path.rel.components().count() == 2;
        let mut all = Role::ALL.into_iter().filter(|_| is_beneath_volume);
        all.find(|role| path.rel.file_name() == role.file_name().as_bytes())
    }

    /// The role of a file that the index of the archive has.
    pub fn of_entry(entry: &Entry<'_>) -> Option<Role> {
        Role::of(&TreePath::new(Tree::Archive, entry.path.borrowed()))
    }

    /// Whether the file goes onto the disc, and so stands in the index like any other of its volume.
    pub fn is_on_disc(self) -> bool {
        self != Role::Unburned
    }

    /// Whether the file at `path` in `tree` is the mark of a volume that is on no disc yet, which
    /// stands in no index and goes onto no disc.
    pub fn is_mark(tree: Tree, path: &RelPath<'_>) -> bool {
        let is_beneath_volume = tree == Tree::Archive && path.components().count() == 2;
        is_beneath_volume && path.file_name() == Role::Unburned.file_name().as_bytes()
    }
}

/// A file of mediastruct's own that another takes the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
}

/// An empty directory that goes or comes; each is the inverse of the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Where it is.
    pub dir: TreePath<'static>,
    /// Its permission bits.
    pub mode: u32,
    /// Its modification time.
    pub modified: Time,
}

/// A file that must be there and unchanged for the plan to hold; or one on a disc, which must be
/// known to hold it still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Where the file is.
    pub path: TreePath<'static>,
    /// The volume in which it is, where that is on discs alone and gone from the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline: Option<VolumeName>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Where it is.
    pub path: TreePath<'static>,
    /// What kind of reason there is.
    #[serde(default, skip_serializing_if = "SkipKind::is_other")]
    pub kind: SkipKind,
    /// The reason, for people.
    pub why: String,
    /// The main file of the bundle that it stays with, though it has a copy elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<TreePath<'static>>,
}

/// Why a file is left out, in one word.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SkipKind {
    /// It could not be read.
    Unread,
    /// It is still being written, or was until a moment ago.
    Changing,
    /// Nothing tells when it was taken.
    Undated,
    /// A file that no index knows has the name that it would get.
    Occupied,
    /// Nothing proves that it is elsewhere.
    Unproven,
    /// It is no regular file.
    Special,
    /// There is nothing in it.
    Empty,
    /// An operating system keeps it for itself, such as `.DS_Store`.
    System,
    /// It lies in no unit.
    Stray,
    /// A person wants it left out.
    Excluded,
    /// Its content is elsewhere, and it is not copied once more.
    Known,
    /// It is another name of a file that stays.
    HardLink,
    /// It stays with its bundle.
    Bundle,
    /// For a reason that words alone tell.
    #[default]
    Other,
}

impl SkipKind {
    /// Whether somebody has to look into it: the file should have been taken, and was not. All
    /// else is as it should be.
    pub fn is_trouble(self) -> bool {
        match self {
            SkipKind::Unread
            | SkipKind::Changing
            | SkipKind::Undated
            | SkipKind::Occupied
            | SkipKind::Unproven
            | SkipKind::Other => true,
            SkipKind::Special
            | SkipKind::Empty
            | SkipKind::System
            | SkipKind::Stray
            | SkipKind::Excluded
            | SkipKind::Known
            | SkipKind::HardLink
            | SkipKind::Bundle => false,
        }
    }

    fn is_other(&self) -> bool {
        *self == SkipKind::Other
    }
}

impl fmt::Display for SkipKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SkipKind::Unread => "unread",
            SkipKind::Changing => "still changing",
            SkipKind::Undated => "undated",
            SkipKind::Occupied => "whose name is taken",
            SkipKind::Unproven => "unproven",
            SkipKind::Special => "no regular files",
            SkipKind::Empty => "empty",
            SkipKind::System => "of operating systems",
            SkipKind::Stray => "in no unit",
            SkipKind::Excluded => "excluded",
            SkipKind::Known => "known",
            SkipKind::HardLink => "hard links",
            SkipKind::Bundle => "with their bundles",
            SkipKind::Other => "for other reasons",
        })
    }
}

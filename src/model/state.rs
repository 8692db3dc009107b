//! Everything that a phase may look at.

use super::digest::Digest;
use super::index::{Index, Reading, Stamp, Totals, UnitState};
use super::intake::Intake;
use super::medium::Medium;
use super::path::{RelPath, TreePath};
use super::plan::{Basis, Role, Settings};
use super::run::Run;
use super::sidecar::{SidecarError, SidecarHead};
use super::time::Time;
use super::tree::Tree;
use super::volume::{Volume, VolumeState, Volumes, Witness};
use std::collections::{BTreeMap, BTreeSet};

/// The one argument of every phase: a plan is a pure function of it.
#[derive(Clone, Debug)]
pub struct State<'a> {
    /// The files of the archive.
    pub archive: Index<'a>,
    /// The files of media.
    pub media: Index<'a>,
    /// What is on the disk in the trees that crawl indexes, where the phase is crawl.
    pub listing: Vec<TreeListing>,
    /// What is on the disk in the tree that the phase empties, where it is one that reads files:
    /// duplicates for validate.
    pub found: TreeFiles,
    /// What came of reading files for such a phase.
    pub proofs: Proofs,
    /// What ingest looks at besides.
    pub intake: Intake,
    /// The names that are taken in the tree that the phase fills, where files keep theirs.
    pub taken: Taken,
    /// The run to take back and those that took some of it back already, oldest first.
    pub runs: Vec<Run>,
    /// On which discs the volumes of the archive are.
    pub volumes: Volumes,
    /// What of the archive's volumes is on the disk, where the phase is archive.
    pub shelf: Shelf,
    /// Options and configuration.
    pub settings: Settings,
    /// What time it is.
    pub now: Time,
}

impl<'a> State<'a> {
    /// A state in which nothing is known, at the time `now`.
    pub fn unknown(now: Time) -> State<'a> {
        State {
            archive: Index::empty(Tree::Archive),
            media: Index::empty(Tree::Media),
            listing: Vec::new(),
            found: TreeFiles::default(),
            proofs: Proofs::new(),
            intake: Intake::default(),
            taken: Taken::default(),
            runs: Vec::new(),
            volumes: Volumes::default(),
            shelf: Shelf::default(),
            settings: Settings::default(),
            now,
        }
    }

    /// What a plan names as its basis: hashes over the indexes that there are.
    pub fn basis(&self) -> Basis {
        let basis = |index: &Index<'_>| index.indexed.map(|_| index.basis());
        Basis {
            archive: basis(&self.archive),
            media: basis(&self.media),
        }
    }

    /// The first tree that crawl indexes and that was never indexed.
    pub fn not_indexed(&self) -> Option<Tree> {
        let mut trees = Tree::INDEXED.into_iter();
        trees.find(|tree| self.index_of(*tree).indexed.is_none())
    }

    /// The index of a tree that crawl indexes; media's for any other.
    pub fn index_of(&self, tree: Tree) -> &Index<'a> {
        match tree {
            Tree::Archive => &self.archive,
            _ => &self.media,
        }
    }

    /// How far the volume of that name has come: as its events say, and sealed where the index has
    /// what seals it.
    pub fn volume_state(&self, name: &str) -> VolumeState {
        let known = self.volumes.get(name).map(Volume::state);
        match known.unwrap_or(VolumeState::Open) {
            VolumeState::Open if self.has_seal(name) => VolumeState::Unburned,
            state => state,
        }
    }

    /// Whether the index has the manifest of the volume of that name, with which it is sealed.
    pub fn has_seal(&self, name: &str) -> bool {
        let file = format!("{name}/{}", Role::Manifest.file_name());
        let file = RelPath::new(file.into_bytes());
        file.is_ok_and(|file| self.archive.get(&file).is_some())
    }

    /// The names of the archive's volumes whose files are gone from the disk and on discs alone;
    /// each with what tells that a disc holds it as the index has it, none where nothing does.
    pub fn offline(&self) -> BTreeMap<&str, Option<Witness>> {
        let units = self.archive.units.iter();
        let offline = units.filter(|unit| unit.state == UnitState::Offline);
        let witnessed = offline.map(|unit| {
            let name = unit.unit.as_str();
            let entries = self.archive.entries_of(name);
            (name, self.volumes.witness(name, entries))
        });
        witnessed.collect()
    }
}

/// The names that are taken in a tree, relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Those of directories, in which there may be room.
    pub directories: BTreeSet<RelPath<'static>>,
    /// Those of anything else.
    pub files: BTreeSet<RelPath<'static>>,
}

/// What of the archive's volumes is on the disk, whatever is in the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// The names of the directories that are units of the archive.
    pub volumes: BTreeSet<String>,
    /// Those among them that bear the mark of a volume that is on no disc yet, and what that says
    /// the volume is to fit.
    pub marked: BTreeMap<String, Option<Medium>>,
}

/// What a walk found in one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeListing {
    /// The tree; paths are relative to it.
    pub tree: Tree,
    /// The names of the units that were looked for; none where that is all of them.
    pub only: Option<BTreeSet<String>>,
    /// The units, sorted by name.
    pub units: Vec<UnitListing>,
    /// The names of the units that a person wants left out as a whole, sorted, and the number of the
    /// pattern among those of the settings.
    pub excluded: Vec<(String, usize)>,
    /// What lies directly in the tree and is no unit, sorted by path, and what it is.
    pub strays: Vec<(RelPath<'static>, &'static str)>,
}

/// What a walk found in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitListing {
    /// The name of its directory.
    pub name: String,
    /// What its sidecar index says of itself; none where there is no such file.
    pub sidecar: Option<Result<SidecarHead, SidecarError>>,
    /// The regular files, sorted by path.
    pub files: Vec<Listed>,
    /// Directories that could not be read or are not to be, and files that could not be looked at,
    /// sorted by path, and why.
    pub unreadable: Vec<(RelPath<'static>, String)>,
    /// Symbolic links and special files, and what they are.
    pub special: Vec<(RelPath<'static>, &'static str)>,
    /// Files and directories that a person wants left out, sorted by path, and the number of the
    /// pattern among those of the settings.
    pub excluded: Vec<(RelPath<'static>, usize)>,
}

/// What a walk found in a whole tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeFiles {
    /// The regular files, sorted by path.
    pub files: Vec<Listed>,
    /// Directories that could not be read or are not to be, and files that could not be looked at,
    /// sorted by path, and why.
    pub unreadable: Vec<(RelPath<'static>, String)>,
    /// Symbolic links and special files, and what they are.
    pub special: Vec<(RelPath<'static>, &'static str)>,
}

/// What came of reading files, by their paths.
pub type Proofs = BTreeMap<TreePath<'static>, Proof>;

/// What came of reading a file to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its hash, and what `stat` said of it before and after.
    Read(Digest, Stamp),
    /// It could not be read, and why.
    Failed(Box<str>),
}

impl Proof {
    /// What reading a file came to that was listed so.
    pub fn of(reading: Reading, listed: &Listed) -> Proof {
        match reading {
            Reading::Same(digest) | Reading::Before(digest, _) => Proof::Read(digest, listed.stamp),
            Reading::Changed(now) => Proof::Read(now.0, now.1),
            Reading::Failed(why) => Proof::Failed(why),
        }
    }
}

/// A file that a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where it is, relative to the tree.
    pub path: RelPath<'static>,
    /// What `stat` says of it.
    pub stamp: Stamp,
}

impl TreeListing {
    /// Whether the unit of that name was looked for.
    pub fn covers(&self, unit: &str) -> bool {
        let is_asked_for = self.only.as_ref().is_none_or(|only| only.contains(unit));
        is_asked_for && !self.is_excluded(unit)
    }

    /// Whether the unit of that name is on the disk and left out as a whole.
    pub fn is_excluded(&self, unit: &str) -> bool {
        let found = self
            .excluded
            .binary_search_by(|(u, _)| u.as_str().cmp(unit));
        found.is_ok()
    }
}

impl UnitListing {
    /// Whether the file at `path` is left out, or a directory that it is in.
    pub fn is_excluded(&self, path: &RelPath<'_>) -> bool {
        let is_named = |path: RelPath<'_>| {
            let excluded = self.excluded.binary_search_by(|(p, _)| p.cmp(&path));
            excluded.is_ok()
        };
        !self.excluded.is_empty() && (is_named(path.borrowed()) || path.ancestors().any(is_named))
    }

    /// Whether nothing is in it that is the user's, not even what was left out or not read.
    pub fn is_empty(&self) -> bool {
        let is_read = self.unreadable.is_empty() && self.special.is_empty();
        is_read && self.files.is_empty() && self.excluded.is_empty()
    }

    /// How many files and bytes it holds.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.files.iter().for_each(|f| totals.add(f.stamp.size));
        totals
    }
}

//! The walk through one tree, directory by directory.

use crate::disk::error::{DiskError, Reason};
use crate::disk::filesystem::{Filesystem, Kind, Node};
use crate::disk::trees::{Trees, node_of};
use crate::model::exclude::Excludes;
use crate::model::layout::{Inner, Layout};
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::Role;
use crate::model::state::{Listed, UnitListing};
use crate::model::tree::Tree;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// A walk through a tree.
#[derive(Clone)]
pub(super) struct Walk<'a> {
    trees: &'a Trees,
    pub(super) tree: Tree,
    pub(super) dir: &'a Path,
    /// Bytes in the path of the tree and the slash behind it.
    base: usize,
    inner: std::sync::Arc<Vec<Inner>>,
    excludes: Option<&'a Excludes>,
}

/// A unit that was walked, and which directories are in it, in the order of the walk.
pub(super) struct Walked {
    pub(super) tree: Tree,
    pub(super) listing: UnitListing,
    pub(super) directories: Vec<((u64, u64), RelPath<'static>)>,
}

/// What is directly in a tree.
#[derive(Default)]
pub(super) struct Top {
    /// The names of the units, sorted.
    pub(super) units: Vec<String>,
    /// Those of the units to be left out as a whole, and by which pattern.
    pub(super) excluded: Vec<(String, usize)>,
    /// What else there is, sorted by path, and what it is.
    pub(super) strays: Vec<(RelPath<'static>, &'static str)>,
}

impl<'a> Walk<'a> {
    pub(super) fn of(
        trees: &'a Trees,
        layout: &'a Layout,
        tree: Tree,
        excludes: Option<&'a Excludes>,
    ) -> Option<Walk<'a>> {
        trees.handle(tree)?;
        let dir = layout.dir(tree);
        Some(Walk {
            trees,
            tree,
            dir,
            base: dir.join("x").as_os_str().len() - 1,
            inner: layout.inner(tree).into(),
            excludes,
        })
    }

    /// What is directly in the tree.
    pub(super) fn top(&self, only: Option<&BTreeSet<String>>) -> Result<Top, DiskError> {
        let mut top = Top::default();
        for entry in self.directly() {
            let entry = entry?;
            let (name, kind) = (entry.file_name().as_bytes(), entry.file_type());
            let Some(path) = self.rel(entry.path()) else {
                continue;
            };
            let unit = std::str::from_utf8(name)
                .ok()
                .filter(|_| kind.is_dir() && self.tree.is_unit_name(name));
            match unit {
                _ if self.is_left_alone(&path) || !is_media(self.tree, &path) => {}
                Some(unit) if only.is_none_or(|o| o.contains(unit)) => {
                    let pattern = self.excludes.and_then(|excludes| {
                        excludes.find_unit(&TreePath::new(self.tree, path.borrowed()))
                    });
                    match pattern {
                        Some(pattern) => top.excluded.push((unit.to_owned(), pattern)),
                        None => top.units.push(unit.to_owned()),
                    }
                }
                // Whoever asks for some units is told of nothing else.
                _ if only.is_some() => {}
                _ => top.strays.push((path, words(kind))),
            }
        }
        // The walk has a directory where its name with a slash would stand.
        top.strays.sort_unstable();
        top.excluded.sort_unstable();
        Ok(top)
    }

    /// What is directly in the tree, in the order of the walk.
    pub(super) fn directly(&self) -> impl Iterator<Item = Result<DirEntry, DiskError>> {
        let entries = WalkDir::new(self.dir)
            .follow_root_links(false)
            .min_depth(1)
            .max_depth(1)
            .sort_by(by_path);
        entries.into_iter().map(|entry| {
            entry.map_err(|e| {
                let source = e.into_io_error().unwrap_or_else(|| Errno::LOOP.into());
                DiskError::at("read the tree", self.dir, source)
            })
        })
    }

    pub(super) fn unit(&self, name: String) -> Walked {
        let top = OsString::from(&name);
        self.beneath(&top, name)
    }

    /// What is at `top`, which lies directly in the tree, and beneath it; called `name`.
    pub(super) fn beneath(&self, top: &OsStr, name: String) -> Walked {
        let mut walked = Walked {
            tree: self.tree,
            listing: UnitListing {
                name,
                sidecar: None,
                files: Vec::new(),
                unreadable: Vec::new(),
                special: Vec::new(),
                excluded: Vec::new(),
            },
            directories: Vec::new(),
        };
        let listing = &mut walked.listing;
        let mut entries = WalkDir::new(self.dir.join(top))
            .follow_root_links(false)
            .sort_by(by_path)
            .into_iter();
        // The open directories from the unit down to where the walk is.
        let mut open: Vec<OwnedFd> = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().and_then(|p| self.rel(p));
                    let path = path.or_else(|| RelPath::new(top.as_bytes().to_vec()).ok());
                    let source = error.into_io_error();
                    let why = source.map_or_else(String::new, |e| Reason(&e).to_string());
                    listing.unreadable.extend(path.map(|p| (p, why)));
                    continue;
                }
            };
            let Some(path) = self.rel(entry.path()) else {
                let nearest = entry.path().ancestors().find_map(|path| self.rel(path));
                let why = "what lies in it is too deep, or its path too long".to_owned();
                listing.unreadable.extend(nearest.map(|path| (path, why)));
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            };
            if let Some(pattern) = self.exclude(&path) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                listing.excluded.push((path, pattern));
                continue;
            }
            if !entry.file_type().is_dir() {
                // A directory that could not be entered is skipped with all that is in it.
                let root;
                let parent = match entry.depth().checked_sub(1) {
                    Some(above) => open.get(above),
                    None => {
                        root = self.trees.handle(self.tree);
                        root.as_deref()
                    }
                };
                if let Some(parent) = parent {
                    let name = entry.file_name().as_bytes();
                    list(self.tree, listing, parent, name, path);
                }
                continue;
            }
            if self.is_left_alone(&path) {
                entries.skip_current_dir();
                continue;
            }
            open.truncate(entry.depth());
            match self.enter(open.last(), entry.file_name().as_bytes()) {
                Ok((handle, node)) => {
                    open.push(handle);
                    let identity = (node.stamp.device, node.stamp.inode);
                    walked.directories.push((identity, path));
                }
                Err(why) => {
                    listing.unreadable.push((path, why));
                    entries.skip_current_dir();
                }
            }
        }
        walked
    }

    /// Opens a directory in `parent`, or directly in the tree; only to look at what is in it.
    fn enter(&self, parent: Option<&OwnedFd>, name: &[u8]) -> Result<(OwnedFd, Node), String> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let reason = |errno: Errno| Reason(&io::Error::from(errno)).to_string();
        let root = self.trees.handle(self.tree);
        let parent = match (parent, &root) {
            (Some(parent), _) => parent.as_fd(),
            (None, Some(root)) => root.as_fd(),
            (None, None) => return Err(reason(Errno::NOENT)),
        };
        let handle = rustix::fs::openat(parent, name, flags, Mode::empty()).map_err(reason)?;
        let node = node_of(&handle, b"").map_err(reason)?;
        let is_root = |tree: &Tree| {
            let root = self.trees.root(*tree);
            root.is_some_and(|root| root.stamp.same_file_as(&node.stamp))
        };
        match Tree::ALL.iter().find(|t| is_root(t)) {
            Some(tree) => Err(format!("it is the same directory as the {tree} tree")),
            None => Ok((handle, node)),
        }
    }

    /// The pattern by which something in a unit is to be left out. What is mediastruct's own, or
    /// another tree, is none of the user's to name.
    fn exclude(&self, path: &RelPath<'static>) -> Option<usize> {
        let excludes = self.excludes.filter(|e| !e.patterns().is_empty())?;
        let is_in_unit = path.parent().is_some();
        if !is_in_unit || self.is_left_alone(path) || !is_media(self.tree, path) {
            return None;
        }
        excludes.find(&TreePath::new(self.tree, path.borrowed()))
    }

    /// Whether a directory belongs to another tree or to mediastruct itself.
    pub(super) fn is_left_alone(&self, path: &RelPath<'_>) -> bool {
        path.is_ours() || self.inner.iter().any(|inner| inner.prefix == *path)
    }

    /// A path of the system, relative to the tree.
    pub(super) fn rel(&self, path: &Path) -> Option<RelPath<'static>> {
        let rel = path.as_os_str().as_bytes().get(self.base..)?;
        RelPath::new(rel.to_vec()).ok()
    }
}

/// Whether a file of that name is the user's: it is none that mediastruct writes, and no AppleDouble
/// file, in which other systems keep what they know of a file. In ingest those are looked at, so that
/// it can be told that they stay.
pub(super) fn is_media(tree: Tree, path: &RelPath<'_>) -> bool {
    let is_ours = path.is_ours() || Role::is_mark(tree, path);
    !is_ours && (tree == Tree::Ingest || !path.file_name().starts_with(b"._"))
}

/// Looks at what is at `name` in a directory, and lists it.
fn list(
    tree: Tree,
    listing: &mut UnitListing,
    parent: &OwnedFd,
    name: &[u8],
    path: RelPath<'static>,
) {
    if !is_media(tree, &path) {
        return;
    }
    match node_of(parent, name) {
        Ok(node) if node.kind == Kind::File => {
            let stamp = node.stamp;
            listing.files.push(Listed { path, stamp });
        }
        Ok(node) => listing.special.push((path, node.kind.words())),
        Err(Errno::NOENT) => {}
        Err(errno) => {
            let why = Reason(&errno.into()).to_string();
            listing.unreadable.push((path, why));
        }
    }
}

impl Walked {
    /// Takes out what lies in directories that were walked before under other paths.
    pub(super) fn refuse_known_directories(
        &mut self,
        seen: &mut HashMap<(u64, u64), TreePath<'static>>,
    ) {
        let mut refused: Vec<RelPath<'static>> = Vec::new();
        for (identity, path) in self.directories.drain(..) {
            if refused.last().is_some_and(|r| path.starts_with(r)) {
                continue;
            }
            match seen.get(&identity) {
                Some(first) => {
                    let why = format!("it is the same directory as {first}");
                    self.listing.unreadable.push((path.clone(), why));
                    refused.push(path);
                }
                None => {
                    seen.insert(identity, TreePath::new(self.tree, path));
                }
            }
        }
        let listing = &mut self.listing;
        if !refused.is_empty() {
            let stays = |path: &RelPath<'_>| !refused.iter().any(|r| path.starts_with(r));
            listing.files.retain(|f| stays(&f.path));
            listing.special.retain(|(path, _)| stays(path));
            listing.excluded.retain(|(path, _)| stays(path));
            listing
                .unreadable
                .retain(|(path, _)| stays(path) || refused.contains(path));
        }
        listing.unreadable.sort();
        listing.unreadable.dedup();
        listing.excluded.sort();
    }
}

/// The order of the bytes of whole paths: within a directory, another directory stands where its
/// name with a slash would.
fn by_path(a: &DirEntry, b: &DirEntry) -> Ordering {
    let slash = |entry: &DirEntry| entry.file_type().is_dir().then_some(b'/');
    let key = |entry| slash(entry).into_iter();
    let (one, other) = (a.file_name().as_bytes(), b.file_name().as_bytes());
    let (one, other) = (one.iter().copied(), other.iter().copied());
    one.chain(key(a)).cmp(other.chain(key(b)))
}

fn words(kind: std::fs::FileType) -> &'static str {
    let kind = match kind {
        kind if kind.is_file() => Kind::File,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_symlink() => Kind::Symlink,
        _ => Kind::Device,
    };
    kind.words()
}

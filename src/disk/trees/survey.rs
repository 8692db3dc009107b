//! What can be told of directories before anything is done in them.

use super::{Trees, kinds, nearest, node_of};
use crate::disk::error::DiskError;
use crate::disk::filesystem::Room;
use crate::model::path::TreePath;
use crate::model::tree::Tree;
use rustix::fs::Dir;
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// The flag of directories that ignore case. Source: FS_CASEFOLD_FL in linux/fs.h.
const CASEFOLD: u32 = 0x4000_0000;

impl Trees {
    /// The names of [`crate::disk::filesystem::Filesystem::names`].
    pub(super) fn names_in(
        &self,
        path: &TreePath<'_>,
    ) -> Result<Vec<TreePath<'static>>, DiskError> {
        let error = |source: std::io::Error| DiskError::in_tree("list", path, source);
        let handle = self.directory_to_read(path)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&handle).map_err(|e| error(e.into()))? {
            let entry = entry.map_err(|e| error(e.into()))?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let rel = path.rel.join(name);
            let rel = rel.map_err(|e| error(std::io::Error::other(e.to_string())))?;
            names.push(TreePath::new(path.tree, rel));
        }
        names.sort();
        Ok(names)
    }

    /// The room of [`crate::disk::filesystem::Filesystem::room`].
    pub(super) fn room_at(&self, path: &TreePath<'_>) -> Result<Room, DiskError> {
        let error = |errno: Errno| DiskError::in_tree("ask for the room at", path, errno);
        match self.nearest_directory(path.parent())? {
            Some((_, handle)) => room_in(&handle),
            None => room_in(self.site(path.tree).ok_or_else(|| error(Errno::NOENT))?),
        }
        .map_err(error)
    }

    /// The answer of [`crate::disk::filesystem::Filesystem::folds`].
    pub(super) fn folds_in(
        &self,
        tree: Tree,
        path: Option<&TreePath<'_>>,
    ) -> Result<bool, DiskError> {
        let nearest = self.nearest_directory(path.map(TreePath::borrowed))?;
        let found = match (&nearest, &self.roots[tree as usize]) {
            (Some((path, handle)), _) => {
                let parent = self.parent(path)?;
                self.folds_at(handle.as_fd(), Some((parent.as_fd(), path.rel.file_name())))
            }
            (None, Some(root)) => self.folds_at(root.handle.as_fd(), None),
            (None, None) => match self.site(tree) {
                Some(site) => kinds::magic(site).map(kinds::always_folds),
                None => Ok(false),
            },
        };
        found.map_err(|errno| DiskError {
            action: "tell whether case matters in",
            path: path.map_or_else(|| tree.to_string(), TreePath::to_string),
            source: errno.into(),
        })
    }

    /// Whether an open directory folds names; `place` is its parent and its name there.
    fn folds_at(
        &self,
        directory: BorrowedFd<'_>,
        place: Option<(BorrowedFd<'_>, &[u8])>,
    ) -> Result<bool, Errno> {
        // This flag is of a directory and not of its file system, and says all.
        let flags = rustix::fs::ioctl_getflags(directory);
        if flags.is_ok_and(|flags| flags.bits() & CASEFOLD != 0) {
            return Ok(true);
        }
        let device = node_of(directory, b"")?.stamp.device;
        let mut folding = self.folding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folding.get(&device) {
            return Ok(*known);
        }
        let found = if kinds::always_folds(kinds::magic(directory)?) {
            Some(true)
        } else {
            match (probe_entries(directory)?, place) {
                (None, Some((parent, name))) => probe(parent, name)?,
                (found, _) => found,
            }
        };
        // What could not be told may be told later, when there is something to look at.
        if let Some(folds) = found {
            folding.insert(device, folds);
        }
        Ok(found.unwrap_or_default())
    }

    /// The directory at `path`, or the nearest one above it that exists; none where that is the
    /// tree's own.
    fn nearest_directory(
        &self,
        path: Option<TreePath<'_>>,
    ) -> Result<Option<(TreePath<'static>, Arc<OwnedFd>)>, DiskError> {
        let mut next = path.map(TreePath::into_owned);
        while let Some(path) = next {
            match self.directory(&path) {
                Ok(handle) => return Ok(Some((path, handle))),
                Err(error) if error.is(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
            next = path.parent().map(TreePath::into_owned);
        }
        Ok(None)
    }
}

/// How much may yet be written where the directory `dir` is, or would be.
///
/// # Errors
/// Where that cannot be told.
pub fn room_of(dir: &Path) -> Result<Room, DiskError> {
    let error = |errno: Errno| DiskError::at("ask for the room at", dir, errno);
    let nearest = nearest(dir).ok_or_else(|| error(Errno::NOENT))?;
    room_in(&nearest).map_err(error)
}

/// How much may yet be written to the file system of a directory.
fn room_in(directory: impl AsFd) -> Result<Room, Errno> {
    let stat = rustix::fs::fstatvfs(&directory)?;
    // A file system that counts no blocks or no files has no bounds of its own.
    let is_counted = stat.f_blocks > 0;
    Ok(Room {
        bytes: if is_counted {
            stat.f_bavail.saturating_mul(stat.f_frsize)
        } else {
            u64::MAX
        },
        block: stat.f_frsize.max(1),
        files: (stat.f_files > 0).then_some(stat.f_favail),
        id: node_of(&directory, b"")?.stamp.device,
    })
}

/// Whether a directory folds names, as far as what is in it tells.
pub(super) fn probe_entries(directory: BorrowedFd<'_>) -> Result<Option<bool>, Errno> {
    for entry in Dir::read_from(directory)?.take(ENTRIES) {
        let found = probe(directory, entry?.file_name().to_bytes())?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Entries of a directory that are looked at; nearly always the first one tells.
const ENTRIES: usize = 64;

/// Whether a directory folds names, as far as the entry `name` tells.
fn probe(directory: BorrowedFd<'_>, name: &[u8]) -> Result<Option<bool>, Errno> {
    let swap = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => byte ^ 0x20,
        byte => *byte,
    };
    let swapped: Vec<u8> = name.iter().map(swap).collect();
    if swapped == name {
        return Ok(None);
    }
    let Ok(here) = node_of(directory, name) else {
        return Ok(None);
    };
    match node_of(directory, &swapped) {
        Err(Errno::NOENT) => Ok(Some(false)),
        Err(_) => Ok(None),
        // Two names of one file may well differ in nothing but case.
        Ok(there) if there.stamp.same_file_as(&here.stamp) => {
            Ok(Some(!lists(directory, &swapped)?))
        }
        Ok(_) => Ok(Some(false)),
    }
}

/// Whether a directory has an entry of exactly this name.
fn lists(directory: BorrowedFd<'_>, name: &[u8]) -> Result<bool, Errno> {
    for entry in Dir::read_from(directory)? {
        if entry?.file_name().to_bytes() == name {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Sidecar indexes: the `.mediastruct` in each unit, or in the datadir where a unit is read-only.

use super::error::{DiskError, Reason};
use super::filesystem::Kind;
use super::store::{Datadir, is_ours_or_roots, write_beneath, write_whole};
use super::trees::{DIRECTORY, Trees, node_of};
use crate::model::index::{Entry, Unit};
use crate::model::path::{RelPath, TreePath};
use crate::model::sidecar::{SIDECAR_NAME, Sidecar, SidecarError, SidecarHead};
use crate::model::time::Time;
use crate::model::tree::Tree;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

/// The sidecar indexes of the units in the trees.
pub struct Sidecars<'a> {
    trees: &'a Trees,
    datadir: &'a Datadir,
}

/// The longest sidecar index that is read, in bytes; a bound against hostile files, for two
/// million files or so.
const MAX_BYTES: u64 = 512 << 20;

impl<'a> Sidecars<'a> {
    /// Those of `trees`; the ones of read-only units are kept in `datadir`.
    pub fn new(trees: &'a Trees, datadir: &'a Datadir) -> Self {
        Sidecars { trees, datadir }
    }

    /// What the sidecar index of a unit says of itself; none where there is none.
    pub fn head(&self, tree: Tree, unit: &str) -> Option<Result<SidecarHead, SidecarError>> {
        let read = |text: &[u8]| SidecarHead::from_yaml(text);
        self.newest(tree, unit, SidecarHead::MAX_BYTES, read, |h| h.timestamp)
    }

    /// The sidecar index of a unit; none where there is none.
    pub fn read(&self, tree: Tree, unit: &str) -> Option<Result<Sidecar, SidecarError>> {
        let read = |text: &[u8]| Sidecar::from_yaml(text);
        self.newest(tree, unit, MAX_BYTES, read, |s| s.head.timestamp)
    }

    /// Replaces the sidecar index of `unit`, whose files were all hashed at `timestamp`; in the
    /// datadir where the unit cannot be written to.
    ///
    /// # Errors
    /// Where neither can be written to.
    pub fn write(
        &self,
        tree: Tree,
        unit: &Unit,
        timestamp: Time,
        entries: &[Entry<'_>],
    ) -> Result<(), DiskError> {
        let fill = |out: &mut dyn io::Write| Sidecar::write(unit, timestamp, entries, out);
        let written = self
            .directory(tree, &unit.unit)
            .map_err(io::Error::from)
            .and_then(|dir| write_beneath(dir, SIDECAR_NAME.as_bytes(), 0o644, fill));
        let Err(error) = written else { return Ok(()) };
        let read_only = [Errno::ROFS, Errno::ACCESS, Errno::PERM].map(Errno::raw_os_error);
        if error.raw_os_error().is_some_and(|e| read_only.contains(&e)) {
            self.datadir.make(&format!("sidecars/{tree}"))?;
            return write_whole(&self.kept_in_datadir(tree, &unit.unit), 0o600, fill);
        }
        let path = RelPath::new([unit.unit.as_bytes(), b"/", SIDECAR_NAME.as_bytes()].concat());
        Err(match path {
            Ok(path) => DiskError::in_tree("write", &TreePath::new(tree, path), error),
            Err(_) => DiskError::at("write", SIDECAR_NAME.as_ref(), error),
        })
    }

    /// The one of the two places' that is of use and the newer; else why one is of no use.
    fn newest<T>(
        &self,
        tree: Tree,
        unit: &str,
        limit: u64,
        read: impl Fn(&[u8]) -> Result<T, SidecarError>,
        timestamp: impl Fn(&T) -> Time,
    ) -> Option<Result<T, SidecarError>> {
        let inner = self.directory(tree, unit);
        let inner = inner.and_then(|dir| open(dir, SIDECAR_NAME.as_ref()));
        let outer = open(CWD, &self.kept_in_datadir(tree, unit));
        let places = [inner, outer].into_iter().filter_map(|opened| {
            let text = opened.map_err(io::Error::from);
            match text.and_then(|file| text_of(file, limit)) {
                Ok(text) => Some(read(&text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => Some(Err(SidecarError::Other(Reason(&error).to_string()))),
            }
        });
        places.reduce(|one, other| match (&one, &other) {
            (Ok(a), Ok(b)) if timestamp(b) > timestamp(a) => other,
            (Err(_), Ok(_)) => other,
            _ => one,
        })
    }

    fn kept_in_datadir(&self, tree: Tree, unit: &str) -> PathBuf {
        let name = format!("sidecars/{tree}/{unit}.mediastruct");
        self.datadir.path().join(name)
    }

    /// The directory of a unit. It may be a mount, as a disc may be mounted there.
    fn directory(&self, tree: Tree, unit: &str) -> Result<OwnedFd, Errno> {
        let root = self.trees.handle(tree).ok_or(Errno::NOENT)?;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&*root, unit, DIRECTORY, Mode::empty(), resolve)
    }
}

fn open(directory: impl AsFd, name: &std::path::Path) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(rustix::fs::openat(directory, name, flags, Mode::empty())?.into())
}

/// The beginning of a file that is to be believed, `limit` bytes at most.
fn text_of(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let node = node_of(&file, b"")?;
    if node.kind != Kind::File {
        return Err(io::Error::other(format!("it is {}", node.kind.words())));
    }
    if !is_ours_or_roots(node.owner.0) {
        return Err(io::Error::other("it belongs to another user"));
    }
    if node.mode & 0o022 != 0 {
        return Err(io::Error::other("others than its owner may write to it"));
    }
    let mut text = Vec::new();
    file.take(limit).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;

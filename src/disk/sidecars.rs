//! Sidecar indexes: the `.mediastruct` in each unit, or in the datadir where a unit is read-only.

use super::error::{DiskError, Reason};
use super::store::{Datadir, write_beneath, write_whole};
use super::trees::{DIRECTORY, Trees};
use super::trust::{self, TrustError};
use crate::model::index::{Entry, Unit};
use crate::model::path::{RelPath, TreePath};
use crate::model::sidecar::{SIDECAR_NAME, Sidecar, SidecarError, SidecarHead};
use crate::model::time::Time;
use crate::model::tree::Tree;
use rustix::fs::{CWD, Mode, ResolveFlags};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

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
        let inner = match self.directory(tree, unit) {
            Ok(directory) => text_of(directory, SIDECAR_NAME.as_ref(), limit),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(Reason(&errno.into()).to_string()),
        };
        let outer = text_of(CWD, &self.kept_in_datadir(tree, unit), limit);
        let places = [inner, outer].into_iter().filter_map(|text| {
            let text = text.map_err(SidecarError::Other).transpose()?;
            Some(text.and_then(|text| read(&text)))
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

/// The beginning of a sidecar index that is to be believed, `limit` bytes at most; none where there
/// is none, and the reason where it is of no use.
fn text_of(directory: impl AsFd, name: &Path, limit: u64) -> Result<Option<Vec<u8>>, String> {
    let opened =
        trust::open_file(directory, name, name, MAX_BYTES).map_err(|error| match error {
            TrustError::Disk(error) => error.reason(),
            TrustError::Untrusted(error) => error.why,
        })?;
    let Some((file, _)) = opened else {
        return Ok(None);
    };
    let mut text = Vec::new();
    match file.take(limit).read_to_end(&mut text) {
        Ok(_) => Ok(Some(text)),
        Err(error) => Err(Reason(&error).to_string()),
    }
}

#[cfg(test)]
mod tests;

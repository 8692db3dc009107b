//! A temporary directory.

use super::error::DiskError;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory that is removed with this value, unless it is kept.
pub struct Scratch {
    dir: TempDir,
}

impl Scratch {
    /// Makes a directory for us alone, whose name begins with `prefix`.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(prefix: &str) -> Result<Scratch, DiskError> {
        let dir = tempfile::Builder::new().prefix(prefix).tempdir();
        let error = |e| DiskError::at("make a directory in", &std::env::temp_dir(), e);
        Ok(Scratch {
            dir: dir.map_err(error)?,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Lets it stay.
    pub fn keep(self) -> PathBuf {
        self.dir.keep()
    }

    /// Removes it and all that is in it.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn remove(self) -> Result<(), DiskError> {
        let path = self.dir.path().to_owned();
        self.dir
            .close()
            .map_err(|e| DiskError::at("remove", &path, e))
    }
}

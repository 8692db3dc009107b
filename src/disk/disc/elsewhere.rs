//! Whether what is read as a disc lies in other directories, too, under whatever names.

use super::Disc;
use crate::disk::error::DiskError;
use crate::model::run::FileId;
use std::collections::HashSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use walkdir::{DirEntryExt, WalkDir};

impl Disc {
    /// The first file or directory in these directories that is on it, too, as a bind mount or a hard
    /// link makes it. One that does not exist holds nothing, and one on a file system of which nothing
    /// is on the disc need not be looked at: so it is with every disc in a drive.
    ///
    /// # Errors
    /// Where one of them cannot be looked at.
    pub fn first_within(&self, dirs: &[&Path]) -> Result<Option<PathBuf>, DiskError> {
        let files = (0..self.places.len()).filter_map(|at| self.file(at));
        let on_disc: HashSet<FileId> = files.chain(self.directories.iter().copied()).collect();
        let devices: HashSet<u64> = on_disc.iter().map(|file| file.device).collect();
        let inodes: HashSet<u64> = on_disc.iter().map(|file| file.inode).collect();
        for dir in dirs {
            let is_near = |found: Metadata| devices.contains(&found.dev());
            if !std::fs::symlink_metadata(dir).is_ok_and(is_near) {
                continue;
            }
            for entry in WalkDir::new(dir).same_file_system(true) {
                let entry = entry.map_err(|error| {
                    let path = error.path().unwrap_or(dir).to_owned();
                    DiskError::at("look at", &path, std::io::Error::from(error))
                })?;
                // The number of the inode comes with the name; most files need no further look.
                if !inodes.contains(&entry.ino()) {
                    continue;
                }
                let found = entry.metadata();
                let found = found.map_err(|error| {
                    let error = std::io::Error::from(error);
                    DiskError::at("look at", entry.path(), error)
                })?;
                let file = FileId {
                    device: found.dev(),
                    inode: found.ino(),
                };
                if on_disc.contains(&file) {
                    return Ok(Some(entry.into_path()));
                }
            }
        }
        Ok(None)
    }
}

//! Makes the directories and the configuration of a new library.

use crate::model::path::Escaped;
use crate::model::tree::Tree;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Something that was to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was there already, and was left as it is.
    pub was_there: bool,
}

/// Why a library cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Something else stands where a directory is to be.
    #[error("{} is there already, and is no directory", Escaped::path(.0))]
    NoDirectory(PathBuf),
    /// Something else stands where the configuration is to be.
    #[error("{} is there already, and is no file", Escaped::path(.0))]
    NoFile(PathBuf),
    /// It cannot be made.
    #[error("{shown} cannot be made: {1}", shown = Escaped::path(.0))]
    Make(PathBuf, io::Error),
}

/// Makes beneath `root` the five trees, `data`, `logs` and a `config.ini` with the text `config`.
/// What is there is left as it is, so that doing it twice does no more than doing it once.
///
/// # Errors
/// Where something else is in the way, or making fails; what was made until then stays.
pub fn make(root: &Path, config: &str) -> Result<Vec<Made>, InitError> {
    fs::create_dir_all(root).map_err(|e| InitError::Make(root.to_owned(), e))?;
    let mut made = Vec::new();
    for tree in Tree::ALL {
        made.push(directory(root.join(tree.name()), 0o777)?);
    }
    made.push(directory(root.join("data"), 0o700)?);
    made.push(directory(root.join("logs"), 0o700)?);
    made.push(file(root.join("config.ini"), config)?);
    Ok(made)
}

fn directory(path: PathBuf, mode: u32) -> Result<Made, InitError> {
    let was_there = match DirBuilder::new().mode(mode).create(&path) {
        Ok(()) => false,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => true,
        Err(error) => return Err(InitError::Make(path, error)),
    };
    if was_there && !fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) {
        return Err(InitError::NoDirectory(path));
    }
    Ok(Made { path, was_there })
}

fn file(path: PathBuf, text: &str) -> Result<Made, InitError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o666)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    match written {
        Ok(()) => Ok(Made {
            path,
            was_there: false,
        }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
                return Ok(Made {
                    path,
                    was_there: true,
                });
            }
            Err(InitError::NoFile(path))
        }
        Err(error) => Err(InitError::Make(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn making_twice_is_making_once() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("deep/library");
        let first = make(&root, "# mine\n").unwrap();
        assert_eq!(first.len(), 8);
        assert!(first.iter().all(|m| !m.was_there));
        let mode = fs::metadata(root.join("data"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
        let second = make(&root, "# other\n").unwrap();
        assert!(second.iter().all(|m| m.was_there));
        let config = fs::read_to_string(root.join("config.ini")).unwrap();
        assert_eq!(config, "# mine\n");
    }

    #[test]
    fn nothing_is_made_through_a_link_or_over_a_file() {
        let dir = tempfile::tempdir().unwrap();
        symlink("/", dir.path().join("media")).unwrap();
        let error = make(dir.path(), "").unwrap_err();
        assert!(matches!(error, InitError::NoDirectory(_)), "{error}");
    }
}

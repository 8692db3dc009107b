//! Where configured directories really are.

use crate::model::path::Escaped;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a configured directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It is a symbolic link itself.
    #[error("{} is a symbolic link", Escaped::path(.0))]
    Link(PathBuf),
    /// A symbolic link on the way leads nowhere.
    #[error("{} is a symbolic link that leads nowhere", Escaped::path(.0))]
    Dangling(PathBuf),
    /// It has no name of its own, such as `/` or `..`.
    #[error("{} does not end in the name of a directory", Escaped::path(.0))]
    Nameless(PathBuf),
    /// A directory on the way cannot be looked at.
    #[error("{shown} cannot be reached: {1}", shown = Escaped::path(.0))]
    Unreachable(PathBuf, io::Error),
}

/// The absolute path of a tree's directory. Symbolic links above it are followed, it must not be
/// one itself, and neither it nor its parents need to exist.
///
/// # Errors
/// Where it is a symbolic link, or its parents cannot be looked at.
pub fn resolve_tree(dir: &Path) -> Result<PathBuf, PlaceError> {
    let absolute = std::path::absolute(dir).map_err(|e| unreachable(dir, e))?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(PlaceError::Nameless(dir.to_owned()));
    };
    let place = resolve(parent)?.join(name);
    match fs::symlink_metadata(&place) {
        Ok(found) if found.is_symlink() => Err(PlaceError::Link(place)),
        Ok(_) => Ok(place),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(place),
        Err(error) => Err(unreachable(&place, error)),
    }
}

/// The absolute path of a directory of mediastruct's own, or of one that a person named. Symbolic
/// links are followed, and it need not exist.
///
/// # Errors
/// Where its parents cannot be looked at.
pub fn resolve(dir: &Path) -> Result<PathBuf, PlaceError> {
    let absolute = std::path::absolute(dir).map_err(|e| unreachable(dir, e))?;
    let mut missing: Vec<OsString> = Vec::new();
    let mut there = absolute.as_path();
    let mut place = loop {
        match fs::canonicalize(there) {
            Ok(place) => break place,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreachable(there, error)),
        }
        if fs::symlink_metadata(there).is_ok_and(|found| found.is_symlink()) {
            return Err(PlaceError::Dangling(there.to_owned()));
        }
        let last = there.components().next_back();
        let (Some(Component::Normal(name)), Some(parent)) = (last, there.parent()) else {
            return Err(PlaceError::Nameless(there.to_owned()));
        };
        missing.push(name.to_owned());
        there = parent;
    };
    place.extend(missing.iter().rev());
    Ok(place)
}

fn unreachable(path: &Path, error: io::Error) -> PlaceError {
    PlaceError::Unreachable(path.to_owned(), error)
}

/// What is found where a directory is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A directory.
    Directory,
    /// Nothing.
    Nothing,
    /// A symbolic link, wherever it leads.
    Link,
    /// A file.
    Other,
}

/// What is at `path`, itself and not what it may link to.
///
/// # Errors
/// Where that cannot be told.
pub fn look(path: &Path) -> Result<Found, PlaceError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(Found::Directory),
        Ok(found) if found.is_symlink() => Ok(Found::Link),
        Ok(_) => Ok(Found::Other),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(Found::Nothing),
            _ => Err(unreachable(path, error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_above_a_tree_are_followed_and_a_tree_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(base.join("real/media")).unwrap();
        symlink(base.join("real"), base.join("link")).unwrap();
        symlink(base.join("nowhere"), base.join("dangling")).unwrap();

        let media = resolve_tree(&base.join("link/media/")).unwrap();
        assert_eq!(media, base.join("real/media"));
        let missing = resolve_tree(&base.join("link/a/b")).unwrap();
        assert_eq!(missing, base.join("real/a/b"));

        let error = resolve_tree(&base.join("link")).unwrap_err();
        assert!(matches!(error, PlaceError::Link(_)), "{error}");
        let error = resolve_tree(&base.join("dangling/media")).unwrap_err();
        assert!(matches!(error, PlaceError::Dangling(_)), "{error}");
        for nameless in ["/", "/a/.."] {
            let error = resolve_tree(Path::new(nameless)).unwrap_err();
            assert!(matches!(error, PlaceError::Nameless(_)), "{error}");
        }
        assert_eq!(resolve(&base.join("link")).unwrap(), base.join("real"));
        assert!(resolve(&base.join("missing/../x")).is_err());
    }

    #[test]
    fn what_is_there_is_told_without_following_links() {
        let dir = tempfile::tempdir().unwrap();
        symlink(dir.path(), dir.path().join("link")).unwrap();
        assert_eq!(look(dir.path()).unwrap(), Found::Directory);
        assert_eq!(look(&dir.path().join("link")).unwrap(), Found::Link);
        assert_eq!(look(&dir.path().join("none")).unwrap(), Found::Nothing);
    }
}

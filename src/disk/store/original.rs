//! The indexes of the original, which are kept beside ours.

use super::IndexFile;
use super::whole::write_new;
use crate::disk::error::DiskError;
use crate::model::limits::MAX_BYTES;
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Keeps an index under its name with `.original` behind it, and a number where another one is kept so
/// already; gives that path. None where ours wrote it.
///
/// # Errors
/// Where the disk refuses; then nothing is left of what was begun.
pub(super) fn keep(index: &IndexFile) -> Result<Option<PathBuf>, DiskError> {
    if !index.is_of_original() {
        return Ok(None);
    }
    let kept = keep_by(&index.path, &index.map, |from, to| {
        Ok(rustix::fs::link(from, to)?)
    });
    let error = |source: io::Error| DiskError::at("keep a copy of", &index.path, source);
    kept.map(Some).map_err(error)
}

/// Keeps the file at `path`, which holds `bytes`, by a `link` to it; by a copy where the file system
/// has no links.
fn keep_by(
    path: &Path,
    bytes: &[u8],
    link: impl Fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let mut kept = path.as_os_str().to_owned();
        kept.push(".original");
        if number > 1 {
            kept.push(format!("~{number}"));
        }
        let kept = PathBuf::from(kept);
        let linked = link(path, &kept).or_else(|refused| match has_no_links(&refused) {
            true => write_new(&kept, 0o600, |out| out.write_all(bytes)),
            false => Err(refused),
        });
        match linked {
            Ok(()) => return Ok(kept),
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        if holds(&kept, bytes) {
            return Ok(kept);
        }
        number += 1;
    }
}

/// Whether a file system refused a link because it has none, or no more of them to this file.
fn has_no_links(refused: &io::Error) -> bool {
    let refusals = [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK];
    Errno::from_io_error(refused).is_some_and(|errno| refusals.contains(&errno))
}

/// Whether a regular file holds just these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let is_file = path.symlink_metadata();
    let is_file = is_file.is_ok_and(|m| m.is_file() && m.len() == bytes.len() as u64);
    let read = || {
        let mut text = Vec::new();
        File::open(path)?.take(MAX_BYTES).read_to_end(&mut text)?;
        io::Result::Ok(text)
    };
    is_file && read().is_ok_and(|text| text == bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    fn refusing(errno: Errno) -> impl Fn(&Path, &Path) -> io::Result<()> {
        move |_, _| Err(errno.into())
    }

    #[test]
    fn a_copy_is_made_only_where_there_are_no_links() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        fs::write(&path, "one").unwrap();
        for errno in [Errno::NOSPC, Errno::IO, Errno::ROFS, Errno::DQUOT] {
            assert!(keep_by(&path, b"one", refusing(errno)).is_err());
            assert_eq!(names(dir.path()), ["index"]);
        }
        for again in 0..2 {
            let kept = keep_by(&path, b"one", refusing(Errno::PERM)).unwrap();
            assert_eq!(fs::read(kept).unwrap(), b"one");
            assert_eq!(names(dir.path()), ["index", "index.original"], "{again}");
        }
        let kept = keep_by(&path, b"two", refusing(Errno::OPNOTSUPP)).unwrap();
        assert_eq!(kept, dir.path().join("index.original~2"));
        assert_eq!(fs::read(dir.path().join("index.original")).unwrap(), b"one");
    }

    #[test]
    fn a_copy_that_fails_leaves_nothing_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept");
        let torn = write_new(&path, 0o600, |out| {
            out.write_all(b"half")?;
            Err(Errno::NOSPC.into())
        });
        assert_eq!(torn.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(names(dir.path()), [""; 0]);
        fs::write(&path, "there").unwrap();
        let taken = write_new(&path, 0o600, |out| out.write_all(b"new")).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"there");
        assert_eq!(names(dir.path()), ["kept"]);
    }
}

//! Which volumes of the archive are on the disk.

use super::error::DiskError;
use crate::model::mark::{MAX_MARK_BYTES, medium};
use crate::model::plan::Role;
use crate::model::state::Shelf;
use crate::model::tree::Tree;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The volumes in the archive at `dir`, and which of them bear the mark of one that is on no disc.
///
/// # Errors
/// Where the directory cannot be read: a number could be given twice.
pub fn look(dir: &Path) -> Result<Shelf, DiskError> {
    let mut shelf = Shelf::default();
    let error = |e| DiskError::at("read", dir, e);
    for entry in std::fs::read_dir(dir).map_err(error)? {
        let entry = entry.map_err(error)?;
        let name = entry.file_name();
        let is_volume = Tree::Archive.is_unit_name(name.as_bytes());
        let Some(name) = name.to_str().filter(|_| is_volume) else {
            continue;
        };
        shelf.volumes.insert(name.to_owned());
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let mark = entry.path().join(Role::Unburned.file_name());
        match std::fs::symlink_metadata(&mark) {
            Ok(found) if found.is_file() => {
                let mut text = Vec::new();
                // What cannot be read is a mark all the same.
                let read = File::open(&mark).map(|file| file.take(MAX_MARK_BYTES));
                let _ = read.and_then(|mut file| file.read_to_end(&mut text));
                shelf.marked.insert(name.to_owned(), medium(&text));
            }
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(DiskError::at("look at", &mark, e)),
        }
    }
    Ok(shelf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_told_from_the_rest_by_their_names() {
        let dir = tempfile::tempdir().unwrap();
        for (name, mark) in [("07", true), ("8", false), ("x", true), ("2019a", false)] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
            if mark {
                std::fs::write(dir.path().join(name).join(".unburned"), "").unwrap();
            }
        }
        std::fs::write(dir.path().join("09"), "").unwrap();
        std::os::unix::fs::symlink("11", dir.path().join("11")).unwrap();
        std::fs::create_dir_all(dir.path().join("10/.unburned")).unwrap();
        let shelf = look(dir.path()).unwrap();
        assert_eq!(
            Vec::from_iter(&shelf.volumes),
            ["07", "09", "10", "11", "8"]
        );
        assert_eq!(Vec::from_iter(shelf.marked.keys()), ["07"]);
        assert!(look(&dir.path().join("missing")).is_err());
    }
}

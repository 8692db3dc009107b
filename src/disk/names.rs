//! The names that are taken in a tree.

use super::error::DiskError;
use crate::model::path::RelPath;
use crate::model::state::Taken;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use walkdir::WalkDir;

/// Everything in the directory `dir` at or beneath `within`, which is relative to it, or all of it
/// where that is none; by its path relative to `dir`. Nothing where it is missing.
///
/// A directory that cannot be read is told as what is no directory: nobody knows which names in it
/// are free, and so none is.
///
/// # Errors
/// Where `dir` itself cannot be read.
pub fn taken(dir: &Path, within: Option<&str>) -> Result<Taken, DiskError> {
    let mut taken = Taken::default();
    let top = within.map_or_else(|| dir.to_owned(), |within| dir.join(within));
    for entry in WalkDir::new(&top).follow_root_links(within.is_none()) {
        let (path, is_directory) = match entry {
            Ok(entry) => (entry.path().to_owned(), entry.file_type().is_dir()),
            Err(error) => {
                let path = error.path().unwrap_or(&top).to_owned();
                let source = std::io::Error::from(error);
                if source.kind() == std::io::ErrorKind::NotFound {
                    continue;
                }
                if path == dir {
                    return Err(DiskError::at("read", &path, source));
                }
                (path, false)
            }
        };
        let rest = path.strip_prefix(dir).unwrap_or(&path);
        let Ok(name) = RelPath::new(rest.as_os_str().as_bytes().to_vec()) else {
            // `dir` itself, or what is deeper than any name that is given.
            continue;
        };
        if is_directory {
            taken.directories.insert(name);
        } else {
            taken.directories.remove(&name);
            taken.files.insert(name);
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn files_and_directories_take_names() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("2024")).unwrap();
        std::fs::write(root.join("2024/a"), "").unwrap();
        std::os::unix::fs::symlink("/", root.join("link")).unwrap();
        let found = taken(root, None).unwrap();
        let shown = |names: &BTreeSet<RelPath<'_>>| format!("{names:?}");
        assert_eq!(shown(&found.directories), "{2024}");
        assert_eq!(shown(&found.files), "{2024/a, link}");
        for (dir, within) in [
            ("missing", None),
            ("missing", Some("2024")),
            (".", Some("2025")),
        ] {
            let missing = taken(&root.join(dir), within).unwrap();
            assert_eq!(missing, Taken::default());
        }
        let found = taken(root, Some("2024")).unwrap();
        assert_eq!(shown(&found.directories), "{2024}");
        assert_eq!(shown(&found.files), "{2024/a}");
        // A link is no directory, wherever it leads.
        let found = taken(root, Some("link")).unwrap();
        assert_eq!(shown(&found.directories), "{}");
        assert_eq!(shown(&found.files), "{link}");
    }
}

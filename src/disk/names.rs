//! The names that are taken in a tree.

use super::error::DiskError;
use crate::model::path::RelPath;
use crate::model::state::Taken;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use walkdir::WalkDir;

/// Everything beneath `dir`, by its path relative to it; nothing where `dir` is missing.
///
/// # Errors
/// Where a directory cannot be read: a name in it could be taken.
pub fn taken(dir: &Path) -> Result<Taken, DiskError> {
    let mut taken = Taken::default();
    for entry in WalkDir::new(dir).min_depth(1) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(dir).to_owned();
                let source = std::io::Error::from(error);
                if path == dir && source.kind() == std::io::ErrorKind::NotFound {
                    break;
                }
                return Err(DiskError::at("read", &path, source));
            }
        };
        let rest = entry.path().strip_prefix(dir).unwrap_or(entry.path());
        let names = if entry.file_type().is_dir() {
            &mut taken.directories
        } else {
            &mut taken.files
        };
        names.extend(RelPath::new(rest.as_os_str().as_bytes().to_vec()));
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
        std::fs::create_dir(dir.path().join("2024")).unwrap();
        std::fs::write(dir.path().join("2024/a"), "").unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        let found = taken(dir.path()).unwrap();
        let shown = |names: &BTreeSet<RelPath<'_>>| format!("{names:?}");
        assert_eq!(shown(&found.directories), "{2024}");
        assert_eq!(shown(&found.files), "{2024/a, link}");
        let missing = taken(&dir.path().join("missing")).unwrap();
        assert_eq!(missing, Taken::default());
    }
}

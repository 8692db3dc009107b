//! The files of our own that a run leaves in the trees.

use crate::library::Library;
use walkdir::WalkDir;

/// How many files are parked in media and in duplicates.
pub type Parked = [usize; 2];

/// How many files are parked in media and in duplicates, where that is all that is there of ours but
/// indexes; `empty` directories of ours may be left over only where that is said.
pub fn parked(library: &Library, empty: bool) -> Result<Parked, String> {
    let mut parked = [0, 0];
    for (tree, count) in ["media", "duplicates"].into_iter().zip(&mut parked) {
        for entry in WalkDir::new(library.path(tree)) {
            let entry = entry.map_err(|e| e.to_string())?;
            let path = entry.path().strip_prefix(library.path(tree));
            let path = path.map_err(|e| e.to_string())?.to_string_lossy();
            let is_index = entry.file_name() == ".mediastruct";
            if is_index || !path.split('/').any(|name| name.starts_with(".mediastruct")) {
                continue;
            }
            if entry.file_type().is_dir() {
                let names = std::fs::read_dir(entry.path()).map_err(|e| e.to_string())?;
                if names.count() == 0 && !empty {
                    return Err(format!("{tree}/{path} is left over"));
                }
            } else if path.starts_with(".mediastruct.d/parked/") {
                *count += 1;
            } else {
                return Err(format!("{tree}/{path} is left over"));
            }
        }
    }
    Ok(parked)
}

//! The configuration file, as text.

use crate::model::path::Escaped;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why a configuration file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// The file cannot be read at all.
    #[error("{shown}: cannot be read: {1}", shown = Escaped::path(.0))]
    Read(PathBuf, io::Error),
    /// The file is not text in UTF-8.
    #[error("{shown}: line {1} is not UTF-8 text", shown = Escaped::path(.0))]
    NotUtf8(PathBuf, usize),
    /// The file is larger than any configuration.
    #[error("{}: larger than 1 MB, so it is no configuration", Escaped::path(.0))]
    TooLarge(PathBuf),
}

/// The text of the configuration file at `path`; none where there is no such file.
///
/// # Errors
/// Where there is one that cannot be read, is too large, or is not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, ConfigFileError> {
    const MAX_BYTES: u64 = 1_000_000;
    let failed = |error| ConfigFileError::Read(path.to_owned(), error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // The size that a device or a pipe states says nothing of what it gives.
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ConfigFileError::TooLarge(path.to_owned()));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        })),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
            Err(ConfigFileError::NotUtf8(path.to_owned(), line))
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn text_is_read_absence_is_none_and_other_bytes_are_told_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.ini");
        assert!(read(&file).unwrap().is_none());
        assert!(read(&file.join("beneath")).unwrap().is_none());
        fs::write(&file, "\u{feff}[Paths]\n").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some("[Paths]\n"));
        fs::write(&file, b"[Paths]\nlogdir = caf\xe9\n").unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.ends_with("line 2 is not UTF-8 text"), "{error}");
    }
}

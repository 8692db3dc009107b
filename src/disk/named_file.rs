//! Files that a person names on the command line: plans to read, plans and pages to write, files in
//! hand to hash.

use super::hash::hash_file;
use super::monitor::Monitor;
use crate::model::digest::Digest;
use crate::model::index::Totals;
use crate::model::limits::MAX_BYTES;
use crate::model::path::Escaped;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Why a named file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum NamedFileError {
    /// It cannot be read.
    #[error("{shown}: cannot be read: {1}", shown = Escaped::path(.0))]
    Read(PathBuf, io::Error),
    /// It is larger than [`MAX_BYTES`].
    #[error("{}: larger than {} GiB, so it is no plan", Escaped::path(.0), MAX_BYTES >> 30)]
    TooLarge(PathBuf),
    /// It cannot be written.
    #[error("{shown}: cannot be written: {1}", shown = Escaped::path(.0))]
    Write(PathBuf, io::Error),
    /// Something else than an earlier file of the same kind is there.
    #[error("{}: something else is there already, and is not replaced", Escaped::path(.0))]
    Occupied(PathBuf),
}

/// The bytes of the file at `path`, or of the standard input where `path` is `-`.
///
/// # Errors
/// Where it cannot be read or is larger than [`MAX_BYTES`]; of a file that says so itself, nothing
/// is read.
pub fn read(path: &Path) -> Result<Vec<u8>, NamedFileError> {
    let failed = |error| NamedFileError::Read(path.to_owned(), error);
    let read = if path == Path::new("-") {
        read_within(MAX_BYTES, &mut io::stdin().lock())
    } else {
        let mut file = File::open(path).map_err(failed)?;
        match file.metadata() {
            Ok(found) if found.len() > MAX_BYTES => Ok(None),
            _ => read_within(MAX_BYTES, &mut file),
        }
    };
    read.map_err(failed)?
        .ok_or_else(|| NamedFileError::TooLarge(path.to_owned()))
}

/// The hash of what the regular file at `path` holds; none where none is there. Symbolic links are
/// followed.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn hash(path: &Path, monitor: &dyn Monitor) -> Result<Option<Digest>, NamedFileError> {
    let failed = |error| NamedFileError::Read(path.to_owned(), error);
    // What cannot be the path of a file, such as one that is too long, is not there either.
    let Some(found) = fs::metadata(path).ok().filter(fs::Metadata::is_file) else {
        return Ok(None);
    };
    let file = File::open(path).map_err(failed)?;
    let mut totals = Totals::default();
    totals.add(found.len());
    monitor.begin("Hashing", totals);
    let hashed = hash_file(&file, |bytes| monitor.advance(0, bytes));
    monitor.end();
    hashed.map(Some).map_err(failed)
}

/// All that `source` gives; none where that is more than `most` bytes, and then it is asked for no
/// more than one byte beyond them.
fn read_within(most: u64, source: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Writes to the file at `path` what `fill` writes, whole or not at all.
///
/// A regular file that is there is only replaced where it is empty or begins as the new one does,
/// so that a slip of the finger costs no photo. Devices and pipes are written to.
///
/// # Errors
/// Where it cannot be written, or something else is there.
pub fn write(
    path: &Path,
    fill: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), NamedFileError> {
    let failed = |error| NamedFileError::Write(path.to_owned(), error);
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(failed(error)),
    };
    let is_there = match fs::metadata(&target) {
        Ok(found) if found.is_file() => true,
        Ok(found) if found.is_dir() => {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Ok(_) => {
            let device = fs::OpenOptions::new().write(true).open(&target);
            return filled(device.map_err(failed)?, fill).map_err(failed);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    // Before anything is made beside it: what is refused leaves no trace.
    if is_there && !begins_alike(&target, &fill).map_err(failed)? {
        return Err(NamedFileError::Occupied(path.to_owned()));
    }
    let draft = draft_of(&target, fill).map_err(failed)?;
    replace(&target, draft).map_err(failed)
}

/// Whether the file that is there is empty, or begins as what `fill` writes does.
fn begins_alike(path: &Path, fill: &impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<bool> {
    let mut there = Vec::new();
    File::open(path)?
        .take(BEGINNING as u64)
        .read_to_end(&mut there)?;
    let mut new = Beginning(Vec::new());
    match fill(&mut new) {
        Err(error) if new.0.len() < BEGINNING => return Err(error),
        _ => {}
    }
    Ok(new.0.starts_with(&there))
}

/// How many bytes two files have to begin with alike.
const BEGINNING: usize = 10;

/// A writer that wants no more than the beginning, and fails at once where it has that.
struct Beginning(Vec<u8>);

impl Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BEGINNING - self.0.len();
        if room == 0 {
            return Err(io::Error::other("this is enough"));
        }
        let taken = &bytes[..bytes.len().min(room)];
        self.0.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file beside `target` that holds what `fill` writes; it goes unless it is put in its place.
fn draft_of(
    target: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let draft = tempfile::Builder::new()
        .prefix(".mediastruct-")
        .permissions(permissions())
        .tempfile_in(directory_of(target))?;
    filled(draft.as_file(), fill)?;
    Ok(draft)
}

/// Lets `fill` write to `file`, in large pieces.
fn filled(file: impl Write, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    fill(&mut out)?;
    out.flush()
}

fn replace(target: &Path, draft: NamedTempFile) -> io::Result<()> {
    draft.as_file().sync_all()?;
    draft.persist(target)?;
    File::open(directory_of(target))?.sync_all()
}

fn directory_of(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Readable for others as far as the umask lets them: a plan is made to be shared.
fn permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_source_is_read_to_the_limit_and_no_further() {
        let mut spaces = io::repeat(b' ').take(1000);
        assert!(read_within(99, &mut spaces).unwrap().is_none());
        assert_eq!(spaces.limit(), 900);
        assert_eq!(read_within(4, &mut &b"1234"[..]).unwrap().unwrap(), b"1234");
    }

    #[test]
    fn only_an_earlier_file_of_the_same_kind_is_replaced() {
        let write = |path: &Path, text: &[u8]| write(path, |out| out.write_all(text));
        let dir = tempfile::tempdir().unwrap();
        let plan = dir.path().join("plan.json");
        write(&plan, b"{\n\"format\": 1}").unwrap();
        write(&plan, b"{\n\"format\": 2}").unwrap();
        assert_eq!(read(&plan).unwrap(), b"{\n\"format\": 2}");

        let photo = dir.path().join("a.jpg");
        fs::write(&photo, b"\xff\xd8\xff\xe0 a photo").unwrap();
        let error = write(&photo, b"{\n\"format\": 1}").unwrap_err();
        assert!(matches!(error, NamedFileError::Occupied(_)), "{error}");
        assert_eq!(fs::read(&photo).unwrap(), b"\xff\xd8\xff\xe0 a photo");

        assert!(write(dir.path(), b"x").is_err());
        write(Path::new("/dev/null"), b"x").unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}

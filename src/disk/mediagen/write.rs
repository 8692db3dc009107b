//! Writing the data set: directories, files, hard links, symbolic links, and the times and modes of all of them.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};
use rustix::io::Errno;

use super::Error;
use super::dataset::{Content, Dataset, Modified};
use super::truth::{Outcome, Written};

/// How many contents are written between two reports of progress.
const BATCH: usize = 64;

/// Writes `dataset` beneath `root`, which exists and is empty; tells what was written.
///
/// A name that the file system refuses is left out, with all beneath it.
pub(super) fn write(
    root: &Path,
    dataset: &Dataset,
    seed: u64,
    progress: &mut dyn FnMut(u64, u64, u64),
) -> Result<Outcome, Error> {
    let directories = directories(dataset);
    let refused = make_directories(root, &directories)?;
    let writer = Writer {
        root,
        seed,
        refused: &refused,
    };

    let mut outcome = Outcome {
        near_twins: dataset.near_twins.clone(),
        ..Outcome::default()
    };
    let mut bytes = 0;
    progress(0, dataset.files(), 0);
    let numbered: Vec<(u64, &Content)> = (0..).zip(&dataset.contents).collect();
    for batch in numbered.chunks(BATCH) {
        let written: Vec<Vec<Written>> = batch
            .par_iter()
            .map(|(number, content)| writer.content(*number, content))
            .collect::<Result<_, _>>()?;
        for file in written.into_iter().flatten() {
            bytes += file.size;
            outcome.files.push(file);
        }
        progress(outcome.files.len() as u64, dataset.files(), bytes);
    }

    for link in &dataset.symlinks {
        let path = on_disk(root, &link.path);
        if writer.linked(&link.path, symlink(link.target, &path))? {
            set_link_time(&path, link.modified).map_err(|source| Error::io(&path, source))?;
            outcome.symlinks.push(link.path.clone());
        }
    }
    // Last of all, because whatever is made in a directory changes its time.
    for (number, directory) in (0..).zip(&directories) {
        if !refused.contains(directory) {
            let path = on_disk(root, directory);
            let modified = Modified::draw(seed, "directory", number);
            File::open(&path)
                .and_then(|directory| directory.set_modified(modified.time()))
                .map_err(|source| Error::io(&path, source))?;
        }
    }
    Ok(outcome)
}

/// What writing one content needs to know.
struct Writer<'a> {
    root: &'a Path,
    seed: u64,
    refused: &'a HashSet<Vec<u8>>,
}

impl Writer<'_> {
    /// Writes one content to all its places, which are files of their own but for their links.
    fn content(&self, number: u64, content: &Content) -> Result<Vec<Written>, Error> {
        /// More places than any content has, so that inode numbers do not meet.
        const MOST_PLACES: u64 = 1 << 16;

        let mut written = Vec::new();
        let mut hash = None;
        let describe = |error| Error::io(self.root, error);
        let sketch = content.recipe.sketch(self.seed).map_err(describe)?;
        for (inode, place) in (number * MOST_PLACES..).zip(&content.places) {
            let path = on_disk(self.root, &place.path);
            let opened = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path);
            let Some(file) = self.unless_refused(&place.path, opened)? else {
                continue;
            };
            let mut to = Hashing {
                to: BufWriter::new(&file),
                hasher: hash.is_none().then(blake3::Hasher::new),
            };
            content
                .recipe
                .write(self.seed, &sketch, &mut to)
                .and_then(|()| to.to.flush())
                .and_then(|()| set_mode(&file, place.mode))
                .and_then(|()| file.set_modified(place.modified.time()))
                .map_err(|source| Error::io(&path, source))?;
            let hasher = to.hasher;
            let hash = *hash.get_or_insert_with(|| hasher.unwrap_or_default().finalize());
            let mut paths = vec![&place.path];
            for link in &place.links {
                let link_path = on_disk(self.root, link);
                if self.linked(link, fs::hard_link(&path, &link_path))? {
                    paths.push(link);
                }
            }
            written.extend(paths.into_iter().map(|path| Written {
                path: path.clone(),
                size: sketch.size(),
                kind: content.recipe.kind(),
                content: hash,
                dates: content.recipe.dates(),
                bundle: place.bundle.clone(),
                inode,
            }));
        }
        Ok(written)
    }

    /// Whether the link `path` was made; false if the file system refuses its name or has no such links.
    fn linked(&self, path: &[u8], result: io::Result<()>) -> Result<bool, Error> {
        match result {
            Err(error) if is_unsupported(&error) => Ok(false),
            result => Ok(self.unless_refused(path, result)?.is_some()),
        }
    }

    /// What making `path` gave, or `None` if the file system refuses it or a directory above it.
    fn unless_refused<T>(&self, path: &[u8], result: io::Result<T>) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_refused_name(&error) => Ok(None),
            Err(_) if parent(path).is_some_and(|parent| self.refused.contains(parent)) => Ok(None),
            Err(error) => Err(Error::io(&on_disk(self.root, path), error)),
        }
    }
}

/// Passes bytes on, and hashes them if they are new.
struct Hashing<W> {
    to: W,
    hasher: Option<blake3::Hasher>,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let length = self.to.write(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..length]);
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Modified {
    fn time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::new(self.seconds, self.nanoseconds)
    }
}

/// Every directory of the data set, parents before what is in them.
fn directories(dataset: &Dataset) -> BTreeSet<Vec<u8>> {
    let places = dataset.contents.iter().flat_map(|content| &content.places);
    let files = places.flat_map(|place| place.links.iter().chain([&place.path]));
    let links = dataset.symlinks.iter().map(|link| &link.path);
    let mut directories = BTreeSet::new();
    for path in files.chain(links) {
        let mut next = parent(path);
        while let Some(directory) = next {
            if !directories.insert(directory.to_vec()) {
                break;
            }
            next = parent(directory);
        }
    }
    directories
}

/// Makes all directories, mode 0755, and gives back those that the file system refuses.
fn make_directories(
    root: &Path,
    directories: &BTreeSet<Vec<u8>>,
) -> Result<HashSet<Vec<u8>>, Error> {
    let mut refused = HashSet::new();
    for directory in directories {
        let path = on_disk(root, directory);
        let made = fs::create_dir(&path).and_then(|()| set_mode(&File::open(&path)?, 0o755));
        match made {
            Ok(()) => {}
            Err(error)
                if is_refused_name(&error)
                    || parent(directory).is_some_and(|parent| refused.contains(parent)) =>
            {
                refused.insert(directory.clone());
            }
            Err(error) => return Err(Error::io(&path, error)),
        }
    }
    Ok(refused)
}

/// Whether an error means that the file system cannot hold such a name.
///
/// A name that exists already is the same name to a file system that folds case or normalises.
fn is_refused_name(error: &io::Error) -> bool {
    const REFUSALS: [Errno; 4] = [Errno::ILSEQ, Errno::INVAL, Errno::NAMETOOLONG, Errno::EXIST];
    Errno::from_io_error(error).is_some_and(|errno| REFUSALS.contains(&errno))
}

/// Whether an error means that the file system has no links, or no permission bits.
fn is_unsupported(error: &io::Error) -> bool {
    const REFUSALS: [Errno; 3] = [Errno::PERM, Errno::NOTSUP, Errno::NOSYS];
    Errno::from_io_error(error).is_some_and(|errno| REFUSALS.contains(&errno))
}

/// Sets the permission bits, whatever the umask; file systems without them are left alone.
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    match file.set_permissions(Permissions::from_mode(mode)) {
        Err(error) if is_unsupported(&error) => Ok(()),
        result => result,
    }
}

/// Sets the time of a symbolic link itself.
fn set_link_time(path: &Path, modified: Modified) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: modified.seconds as i64,
            tv_nsec: modified.nanoseconds.into(),
        },
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

/// The directory of a tree-relative path, unless it is a tree itself.
fn parent(path: &[u8]) -> Option<&[u8]> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    Some(&path[..slash])
}

fn on_disk(root: &Path, path: &[u8]) -> PathBuf {
    root.join(std::ffi::OsStr::from_bytes(path))
}

//! The datadir, where indexes are kept, and how files of mediastruct's own are replaced whole.

use super::error::DiskError;
use super::trees::{DIRECTORY, node_of};
use crate::model::index::Index;
use crate::model::index_file::{self, IndexError};
use crate::model::path::{Escaped, TEMPORARY};
use crate::model::tree::Tree;
use memmap2::Mmap;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::rand::GetRandomFlags;
use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The directory in which indexes and runs are kept.
///
/// Reading makes nothing; the directory is made, for its owner alone, when something is written.
#[derive(Clone, Debug)]
pub struct Datadir {
    path: PathBuf,
}

/// Why something in the datadir is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Others could have written it.
    #[error(
        "{path} is not trusted: {why}; give it to yourself with mode 0600, or move it away and crawl again"
    )]
    Untrusted {
        /// The file.
        path: String,
        /// Who could have written it.
        why: &'static str,
    },
    /// It is damaged, of another version or of another tree.
    #[error("the index {path} cannot be used: {source}; move it away and crawl again")]
    Index {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: IndexError,
    },
}

impl Datadir {
    /// The datadir at `path`, whether it exists or not.
    pub fn at(path: &Path) -> Datadir {
        Datadir {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory in the datadir where it is missing, the datadir itself where `inner` is
    /// empty, and gives its path.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn make(&self, inner: &str) -> Result<PathBuf, DiskError> {
        let path = self.path.join(inner);
        let error = |e: io::Error| DiskError::at("make the directory", &path, e);
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent).map_err(error)?;
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&path).map_err(error)?;
        Ok(path)
    }

    /// The file of the index of `tree`.
    pub fn index_path(&self, tree: Tree) -> PathBuf {
        self.path.join(format!("{tree}_index.json"))
    }

    /// Opens the index of `tree`; none where there is none yet.
    ///
    /// # Errors
    /// Where it cannot be opened, or others than its owner and root could have written it.
    pub fn load_index(&self, tree: Tree) -> Result<Option<IndexFile>, StoreError> {
        let path = self.index_path(tree);
        let error = |e: Errno| DiskError::at("read", &path, e);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(error(errno).into()),
        };
        let node = node_of(&file, b"").map_err(error)?;
        let untrusted = |why| StoreError::Untrusted {
            path: shown(&path),
            why,
        };
        if !is_ours_or_roots(node.owner.0) {
            return Err(untrusted("it belongs to another user"));
        }
        if node.mode & 0o022 != 0 {
            return Err(untrusted("others than its owner may write to it"));
        }
        let map = map(&file).map_err(|e| DiskError::at("read", &path, e))?;
        Ok(Some(IndexFile { tree, path, map }))
    }

    /// Opens the indexes of all trees that have one.
    ///
    /// # Errors
    /// As [`Datadir::load_index`].
    pub fn load_indexes(&self) -> Result<IndexFiles, StoreError> {
        let load = |tree| Ok::<_, StoreError>((tree, self.load_index(tree)?));
        Ok(IndexFiles([
            load(Tree::Archive)?,
            load(Tree::Ingest)?,
            load(Tree::Media)?,
        ]))
    }

    /// Replaces the index of its tree, and says whether that was needed: an index with the same
    /// bytes stays as it is.
    ///
    /// # Errors
    /// Where the one that is there is not trusted, or the disk refuses.
    pub fn save_index(&self, index: &Index<'_>) -> Result<bool, StoreError> {
        if let Some(file) = self.load_index(index.tree)?
            && file.holds(index)
        {
            return Ok(false);
        }
        self.make("")?;
        let path = self.index_path(index.tree);
        write_whole(&path, 0o600, |out| index_file::write(index, out))?;
        Ok(true)
    }
}

/// The index files of a library, open.
pub struct IndexFiles([(Tree, Option<IndexFile>); 3]);

impl IndexFiles {
    /// The index of `tree`; an empty one where there is none yet.
    ///
    /// # Errors
    /// Where it is damaged, of another version or of another tree.
    pub fn index(&self, tree: Tree) -> Result<Index<'_>, StoreError> {
        let file = self.0.iter().find(|(t, _)| *t == tree);
        match file.and_then(|(_, file)| file.as_ref()) {
            Some(file) => file.index(),
            None => Ok(Index::empty(tree)),
        }
    }
}

/// The file of an index, mapped into memory; its entries borrow from it.
pub struct IndexFile {
    tree: Tree,
    path: PathBuf,
    map: Mmap,
}

impl IndexFile {
    /// The index that it holds.
    ///
    /// # Errors
    /// Where it is damaged, of another version or of another tree.
    pub fn index(&self) -> Result<Index<'_>, StoreError> {
        index_file::parse(self.tree, &self.map).map_err(|source| StoreError::Index {
            path: shown(&self.path),
            source,
        })
    }

    /// Whether these are the bytes that would be written for `index`.
    fn holds(&self, index: &Index<'_>) -> bool {
        let mut rest = Matching(&self.map);
        index_file::write(index, &mut rest).is_ok() && rest.0.is_empty()
    }
}

/// A writer that fails at the first byte that is another than the next of its own.
struct Matching<'a>(&'a [u8]);

impl Write for Matching<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = self.0.strip_prefix(bytes);
        self.0 = rest.ok_or_else(|| io::Error::other("the bytes differ"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a file of this owner may be believed: it is the user's own, or root's.
pub(super) fn is_ours_or_roots(owner: u32) -> bool {
    owner == 0 || owner == rustix::process::geteuid().as_raw()
}

#[allow(
    unsafe_code,
    reason = "an index is only ever replaced whole by renaming, never truncated or written in \
              place, and files that others could write to are refused"
)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: see the reason above; the bytes behind the map stay what they are while it lives.
    unsafe { Mmap::map(file) }
}

/// Replaces the file at `path` by what `fill` writes: durably, and whole or not at all.
///
/// # Errors
/// Where writing fails; then what was there is unchanged.
pub fn write_whole(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), DiskError> {
    let error = |e: io::Error| DiskError::at("write", path, e);
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let flags = DIRECTORY.difference(OFlags::NOFOLLOW);
    let directory = rustix::fs::open(parent, flags, Mode::empty()).map_err(|e| error(e.into()))?;
    let name = path
        .file_name()
        .ok_or_else(|| error(io::ErrorKind::InvalidInput.into()))?;
    write_beneath(&directory, name.as_bytes(), mode, fill).map_err(error)
}

/// Replaces the file `name` in `directory` as [`write_whole`] does.
pub(super) fn write_beneath(
    directory: impl AsFd,
    name: &[u8],
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let directory = directory.as_fd();
    let mut random = [0; 8];
    rustix::rand::getrandom(&mut random, GetRandomFlags::empty())?;
    let temporary = format!("{TEMPORARY}{:016x}", u64::from_ne_bytes(random));
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let owner_only = Mode::RUSR | Mode::WUSR;
    let handle = rustix::fs::openat(directory, &temporary, flags, owner_only)?;
    let written = write_synced(File::from(handle), mode, fill).and_then(|()| {
        rustix::fs::renameat(directory, &temporary, directory, name)?;
        Ok(())
    });
    if let Err(error) = written {
        // The error that matters is the one of writing; what stays is not taken for media.
        let _ = rustix::fs::unlinkat(directory, &temporary, AtFlags::empty());
        return Err(error);
    }
    Ok(rustix::fs::fsync(directory)?)
}

fn write_synced(
    file: File,
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(256 * 1024, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
    file.sync_all()
}

fn shown(path: &Path) -> String {
    Escaped(path.as_os_str().as_bytes()).to_string()
}

#[cfg(test)]
mod tests;

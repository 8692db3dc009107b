//! The datadir, where indexes are kept, and how files of mediastruct's own are replaced whole.

mod last_crawls;
mod original;
mod record;
mod whole;

pub(super) use self::whole::write_beneath;
pub use self::whole::write_whole;

use super::error::DiskError;
use super::filesystem::Kind;
use super::trees::node_of;
use super::trust::{self, TrustError, Untrusted};
use crate::model::index::Index;
use crate::model::index_file::{self, IndexError, Paths};
use crate::model::limits::{MAX_BYTES, MAX_VOLUMES_BYTES};
use crate::model::path::Escaped;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeError, Volumes};
use crate::model::volumes_file::{self, VolumesError};
use memmap2::{Mmap, UncheckedAdvice};
use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
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
    /// Others could have written it, or what is in it.
    #[error("{0}")]
    Untrusted(#[from] Untrusted),
    /// It is damaged, of another version or of another tree.
    #[error("the index {path} cannot be used: {source}; move it away and crawl again")]
    Index {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: IndexError,
    },
    /// Something is to be recorded of a volume that cannot have happened.
    #[error(transparent)]
    Event(#[from] VolumeError),
    /// What is known of the volumes is damaged or of another version.
    #[error("{path} cannot be used: {source}")]
    Volumes {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: VolumesError,
    },
}

impl From<TrustError> for StoreError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Disk(error) => error.into(),
            TrustError::Untrusted(error) => error.into(),
        }
    }
}

/// What the events of the volumes tell.
#[derive(Debug, Default)]
pub struct KnownVolumes {
    /// What is known.
    pub volumes: Volumes,
    /// The last line, where it is torn and tells nothing.
    pub torn: Option<Vec<u8>>,
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
    /// Where it cannot be opened, or others than the user and root could have written it.
    pub fn load_index(&self, tree: Tree) -> Result<Option<IndexFile>, StoreError> {
        let Some(directory) = trust::open_directory(&self.path)? else {
            return Ok(None);
        };
        let path = self.index_path(tree);
        let name = path.file_name().unwrap_or_default();
        let opened = trust::open_file(directory, name.as_ref(), &path, MAX_BYTES)?;
        let Some((file, _)) = opened else {
            return Ok(None);
        };
        let map = map(&file).map_err(|e| DiskError::at("read", &path, e))?;
        let paths = Paths::of_text(map.len());
        let file = IndexFile {
            tree,
            path,
            map,
            paths,
        };
        Ok(Some(file))
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

    /// The file of the volumes' events.
    pub fn volumes_path(&self) -> PathBuf {
        self.path.join("volumes.jsonl")
    }

    /// What is known of the volumes; nothing where no event was ever recorded.
    ///
    /// # Errors
    /// Where the file cannot be read or trusted, is damaged, or of another version.
    pub fn load_volumes(&self) -> Result<KnownVolumes, StoreError> {
        let Some(directory) = trust::open_directory(&self.path)? else {
            return Ok(KnownVolumes::default());
        };
        let path = self.volumes_path();
        let name = path.file_name().unwrap_or_default();
        let opened = trust::open_file(directory, name.as_ref(), &path, MAX_VOLUMES_BYTES)?;
        let Some((file, _)) = opened else {
            return Ok(KnownVolumes::default());
        };
        let mut text = Vec::new();
        let read = file.take(MAX_VOLUMES_BYTES).read_to_end(&mut text);
        read.map_err(|e| DiskError::at("read", &path, e))?;
        match volumes_file::parse(&text) {
            Ok((volumes, end)) => Ok(KnownVolumes {
                volumes,
                torn: (end < text.len()).then(|| text.split_off(end)),
            }),
            Err(source) => Err(StoreError::Volumes {
                path: shown(&path),
                source,
            }),
        }
    }

    /// Removes what a kill left behind in the middle of [`write_whole`]: the user's own regular
    /// files directly in the datadir that have the names of such drafts. To be asked only under the
    /// lock, for without it the drafts may be somebody's at work.
    ///
    /// # Errors
    /// Where the datadir is not trusted, or the disk refuses.
    pub fn sweep(&self) -> Result<(), StoreError> {
        let Some(directory) = trust::open_directory(&self.path)? else {
            return Ok(());
        };
        let error = |e: Errno| DiskError::at("tidy up", &self.path, e);
        let user = rustix::process::geteuid().as_raw();
        for entry in Dir::read_from(&directory).map_err(error)? {
            let entry = entry.map_err(error)?;
            let name = entry.file_name().to_bytes();
            if !whole::is_draft(name) {
                continue;
            }
            let node = node_of(&directory, name).map_err(error)?;
            if node.kind == Kind::File && node.owner.0 == user {
                rustix::fs::unlinkat(&directory, name, AtFlags::empty()).map_err(error)?;
            }
        }
        Ok(())
    }

    /// Replaces the index of its tree, and says whether that was needed: an index with the same
    /// bytes stays as it is. One of the original is kept beside it.
    ///
    /// # Errors
    /// Where the one that is there is not trusted, or the disk refuses.
    pub fn save_index(&self, index: &Index<'_>) -> Result<bool, StoreError> {
        let path = self.index_path(index.tree);
        if let Some(file) = self.load_index(index.tree)? {
            if file.holds(index) {
                return Ok(false);
            }
            original::keep(&file)?;
        }
        self.make("")?;
        write_whole(&path, 0o600, |out| index_file::write(index, out))?;
        Ok(true)
    }
}

/// The index files of a library, open.
pub struct IndexFiles([(Tree, Option<IndexFile>); 3]);

impl IndexFiles {
    /// The index of `tree`; an empty one where there is none yet, or where it is one of the original,
    /// whose hashes are of another kind.
    ///
    /// # Errors
    /// Where it is damaged, of another version or of another tree.
    pub fn index(&self, tree: Tree) -> Result<Index<'_>, StoreError> {
        let file = self.0.iter().find(|(t, _)| *t == tree);
        match file
            .and_then(|(_, file)| file.as_ref())
            .map(IndexFile::index)
        {
            Some(Err(StoreError::Index {
                source: IndexError::Original,
                ..
            }))
            | None => Ok(Index::empty(tree)),
            Some(index) => index,
        }
    }

    /// Keeps beside ours those among them that the original wrote: gives their paths, and those under
    /// which they are kept. Doing it twice keeps nothing twice.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn keep_originals(&self) -> Result<Vec<(&Path, PathBuf)>, DiskError> {
        let files = self.0.iter().filter_map(|(_, file)| file.as_ref());
        let kept =
            files.map(|file| Ok(original::keep(file)?.map(|kept| (file.path.as_path(), kept))));
        kept.filter_map(Result::transpose).collect()
    }
}

/// The file of an index, mapped into memory, and the paths that were read in it, from which its
/// entries borrow.
pub struct IndexFile {
    tree: Tree,
    path: PathBuf,
    map: Mmap,
    paths: Paths,
}

impl IndexFile {
    /// The index that it holds.
    ///
    /// # Errors
    /// Where it is damaged, of another version or of another tree.
    pub fn index(&self) -> Result<Index<'_>, StoreError> {
        let is_done = |piece: &[u8]| let_go(&self.map, piece);
        let index = index_file::parse_apart(self.tree, &self.map, &self.paths, is_done);
        index.map_err(|source| StoreError::Index {
            path: shown(&self.path),
            source,
        })
    }

    /// Whether the original wrote it.
    fn is_of_original(&self) -> bool {
        index_file::is_of_original(&self.map)
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

#[allow(
    unsafe_code,
    reason = "an index is only ever replaced whole by renaming, never truncated or written in \
              place, and files that others could write to are refused"
)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: see the reason above; the bytes behind the map stay what they are while it lives.
    unsafe { Mmap::map(file) }
}

/// Lets the kernel take the memory of a part of a map, which it fills from the file again if somebody
/// looks there.
#[allow(
    unsafe_code,
    reason = "the map is of a file and nobody writes to it, so that its pages are the file's whenever \
              they are looked at"
)]
fn let_go(map: &Mmap, part: &[u8]) {
    let page = rustix::param::page_size();
    let start = part.as_ptr().addr() - map.as_ptr().addr();
    // Of the pages at both ends, another part may have been read but half.
    let (first, end) = (
        start.next_multiple_of(page),
        (start + part.len()) / page * page,
    );
    if first < end {
        // SAFETY: see the reason above. That it fails costs nothing but memory.
        let _ =
            unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, first, end - first) };
    }
}

fn shown(path: &Path) -> String {
    Escaped(path.as_os_str().as_bytes()).to_string()
}

#[cfg(test)]
mod tests;

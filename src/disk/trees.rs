//! The trees as open directory handles, and everything that is reached beneath them.
//!
//! A path is resolved one component at a time with `openat2`, which refuses symbolic links and any
//! way out of the tree in the kernel. Each directory on the way is compared with the directories of
//! the other trees: a path belongs to the innermost tree, and the archive cannot be entered through
//! another one. What lies on a mount within a tree, such as a disc, may be read, and nothing is done
//! there. What is done is done on handles, never on joined strings.

mod attributes;
mod copying;
mod crowd;
mod draft;
mod kinds;
mod operations;
pub mod owners;
mod survey;
#[cfg(test)]
mod tests;

pub use self::survey::room_of;

use super::error::DiskError;
use super::filesystem::{Filesystem, Kind, Node};
use super::unsynced::Unsynced;
use crate::model::index::Stamp;
use crate::model::layout::Layout;
use crate::model::path::TreePath;
use crate::model::run::TreeId;
use crate::model::time::Time;
use crate::model::tree::Tree;
use foldhash::HashMap;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The trees that exist, open.
pub struct Trees {
    roots: [Option<Root>; 5],
    handles: Mutex<Handles>,
    unsynced: Mutex<Unsynced>,
    /// For a tree that does not exist, the nearest directory above it that does.
    above: [Option<OwnedFd>; 5],
    /// Whether file systems, by their devices, take names for one that differ only in case.
    folding: Mutex<HashMap<u64, bool>>,
}

/// Open directories, by their trees and their paths in these.
type Handles = [HashMap<Vec<u8>, Directory>; 5];

/// An open directory.
#[derive(Clone)]
struct Directory {
    handle: Arc<OwnedFd>,
    /// Whether it lies on a mount within its tree.
    is_on_mount: bool,
}

struct Root {
    handle: Arc<OwnedFd>,
    node: Node,
    /// Whether one `syncfs` makes all of the file system durable.
    syncs_whole: bool,
}

/// Directory handles that are kept open at most, well below the usual limit of 1024 files.
const HANDLES: usize = 256;

pub(super) const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

impl Trees {
    /// Opens the trees of `layout`; one that does not exist is as if it were empty.
    ///
    /// # Errors
    /// Where a tree is a symbolic link or no directory, or cannot be opened.
    pub fn open(layout: &Layout) -> Result<Trees, DiskError> {
        let mut roots = [const { None }; 5];
        let mut above = [const { None }; 5];
        for tree in Tree::ALL {
            let dir = layout.dir(tree);
            roots[tree as usize] = open_root(dir)?;
            if roots[tree as usize].is_none() {
                above[tree as usize] = nearest(dir);
            }
        }
        Ok(Trees {
            roots,
            handles: Mutex::default(),
            unsynced: Mutex::default(),
            above,
            folding: Mutex::default(),
        })
    }

    /// Makes those of these trees that do not exist, and opens all.
    ///
    /// # Errors
    /// Where a directory cannot be made, and as [`Trees::open`].
    pub fn make(
        layout: &Layout,
        trees: impl IntoIterator<Item = Tree>,
    ) -> Result<Trees, DiskError> {
        for tree in trees {
            let dir = layout.dir(tree);
            let missing: Vec<_> = dir.ancestors().take_while(|d| !d.exists()).collect();
            std::fs::create_dir_all(dir).map_err(|e| DiskError::at("make", dir, e))?;
            for parent in missing.iter().filter_map(|made| made.parent()) {
                std::fs::File::open(parent)
                    .and_then(|parent| parent.sync_all())
                    .map_err(|e| DiskError::at("make durable", parent, e))?;
            }
        }
        Trees::open(layout)
    }

    /// Which directories the trees are.
    pub fn identities(&self) -> Vec<TreeId> {
        let identity = |tree| {
            let stamp = self.root(tree)?.stamp;
            Some(TreeId {
                tree,
                device: stamp.device,
                inode: stamp.inode,
            })
        };
        Tree::ALL.into_iter().filter_map(identity).collect()
    }

    /// The handle of a tree's directory.
    pub fn handle(&self, tree: Tree) -> Option<Arc<OwnedFd>> {
        Some(self.roots[tree as usize].as_ref()?.handle.clone())
    }

    /// The directory of a tree, or the nearest one above it where it does not exist.
    fn site(&self, tree: Tree) -> Option<BorrowedFd<'_>> {
        match &self.roots[tree as usize] {
            Some(root) => Some(root.handle.as_fd()),
            None => Some(self.above[tree as usize].as_ref()?.as_fd()),
        }
    }

    /// Opens the regular file at `path` for reading, and says what it is.
    ///
    /// # Errors
    /// Where there is none, or it may not be read.
    pub fn open_file(&self, path: &TreePath<'_>) -> Result<(File, Node), DiskError> {
        let error = |errno: Errno| DiskError::in_tree("read", path, errno);
        let parent = self.parent_to_read(path)?;
        // Without O_NONBLOCK a named pipe would wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let open = |flags| {
            rustix::fs::openat2(&parent, path.rel.file_name(), flags, Mode::empty(), BENEATH)
        };
        // Only the owner may ask that reading leaves the access time alone.
        let handle = match open(flags | OFlags::NOATIME) {
            Err(Errno::PERM) => open(flags),
            other => other,
        };
        let handle = handle.map_err(error)?;
        let node = node_of(&handle, b"").map_err(error)?;
        if node.kind != Kind::File {
            let what = format!("it is {}, not a regular file", node.kind.words());
            let source = std::io::Error::other(what);
            return Err(DiskError::in_tree("read", path, source));
        }
        Ok((File::from(handle), node))
    }

    /// Opens the directory at `path`, to look at what is there.
    ///
    /// # Errors
    /// Where there is none, or it cannot be opened.
    pub fn open_directory(&self, path: &TreePath<'_>) -> Result<OwnedFd, DiskError> {
        let directory = self.directory_to_read(path)?;
        let opened = rustix::fs::openat(&*directory, ".", DIRECTORY, Mode::empty());
        opened.map_err(|errno| DiskError::in_tree("open the directory", path, errno))
    }

    /// The directory that holds `path`, to do something there.
    fn parent(&self, path: &TreePath<'_>) -> Result<Arc<OwnedFd>, DiskError> {
        match path.parent() {
            Some(parent) => self.directory(&parent),
            None => self
                .handle(path.tree)
                .ok_or_else(|| DiskError::in_tree("open the tree of", path, Errno::NOENT)),
        }
    }

    /// The same, to look at what is there.
    fn parent_to_read(&self, path: &TreePath<'_>) -> Result<Arc<OwnedFd>, DiskError> {
        match path.parent() {
            Some(parent) => self.directory_to_read(&parent),
            None => self.parent(path),
        }
    }

    /// The directory at `path`, to do something there: it lies on no mount within the tree.
    fn directory(&self, path: &TreePath<'_>) -> Result<Arc<OwnedFd>, DiskError> {
        let directory = self.reach(path)?;
        if directory.is_on_mount {
            let source = std::io::Error::other(format!("{path} is on a mount"));
            return Err(DiskError::in_tree("open the directory", path, source));
        }
        Ok(directory.handle)
    }

    /// The directory at `path`, to look at what is there.
    fn directory_to_read(&self, path: &TreePath<'_>) -> Result<Arc<OwnedFd>, DiskError> {
        Ok(self.reach(path)?.handle)
    }

    /// Opens the directory at `path`.
    fn reach(&self, path: &TreePath<'_>) -> Result<Directory, DiskError> {
        let known = self.lock_handles()[path.tree as usize]
            .get(path.rel.as_bytes())
            .cloned();
        if let Some(directory) = known {
            return Ok(directory);
        }
        let parent = match path.parent() {
            Some(parent) => self.reach(&parent)?,
            None => Directory {
                handle: self.parent(path)?,
                is_on_mount: false,
            },
        };
        let error = |errno: Errno| {
            let source = match errno {
                Errno::NOTDIR | Errno::LOOP => {
                    std::io::Error::other(format!("{path} is a symbolic link or no directory"))
                }
                errno => errno.into(),
            };
            DiskError::in_tree("open the directory", path, source)
        };
        let name = path.rel.file_name();
        let open =
            |resolve| rustix::fs::openat2(&parent.handle, name, DIRECTORY, Mode::empty(), resolve);
        let (handle, is_mount) = match open(BENEATH) {
            Err(Errno::XDEV) => (open(BENEATH.difference(ResolveFlags::NO_XDEV)), true),
            opened => (opened, false),
        };
        let handle = Arc::new(handle.map_err(error)?);
        let node = node_of(&handle, b"").map_err(error)?;
        self.refuse_other_tree(path, &node)?;
        let mut handles = self.lock_handles();
        if handles.iter().map(HashMap::len).sum::<usize>() >= HANDLES {
            handles.iter_mut().for_each(HashMap::clear);
        }
        let directory = Directory {
            handle,
            is_on_mount: is_mount || parent.is_on_mount,
        };
        handles[path.tree as usize].insert(path.rel.as_bytes().to_vec(), directory.clone());
        Ok(directory)
    }

    /// Refuses a directory that is another tree, under whatever name it was reached.
    fn refuse_other_tree(&self, path: &TreePath<'_>, node: &Node) -> Result<(), DiskError> {
        let same = |root: &Root| root.node.stamp.same_file_as(&node.stamp);
        match Tree::ALL
            .into_iter()
            .find(|t| self.roots[*t as usize].as_ref().is_some_and(same))
        {
            Some(tree) => {
                let source = std::io::Error::other(format!("it is the {tree} tree"));
                Err(DiskError::in_tree("enter", path, source))
            }
            None => Ok(()),
        }
    }

    fn lock_handles(&self) -> std::sync::MutexGuard<'_, Handles> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_unsynced(&self) -> std::sync::MutexGuard<'_, Unsynced> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one call makes all durable that is on the file system of a tree.
    fn syncs_whole(&self, tree: Tree) -> bool {
        let root = self.roots[tree as usize].as_ref();
        root.is_some_and(|root| root.syncs_whole)
    }

    fn touch(&self, tree: Tree, path: Option<TreePath<'_>>, directory: &Arc<OwnedFd>) {
        let mut unsynced = self.lock_unsynced();
        if self.syncs_whole(tree) {
            unsynced.add_whole(tree);
        } else {
            unsynced.add(tree, path, directory);
        }
    }
}

/// The nearest directory above `dir` that exists, to be asked about and not to be entered.
fn nearest(dir: &Path) -> Option<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = |dir| rustix::fs::openat(rustix::fs::CWD, dir, flags, Mode::empty()).ok();
    dir.ancestors().find_map(open)
}

/// Opens the directory of a tree, whose path holds no symbolic link any more.
fn open_root(dir: &Path) -> Result<Option<Root>, DiskError> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let opened = rustix::fs::openat2(rustix::fs::CWD, dir, DIRECTORY, Mode::empty(), resolve);
    let error = |errno: Errno| DiskError::at("open the tree", dir, errno);
    let handle = match opened {
        Ok(handle) => handle,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(error(errno)),
    };
    let node = node_of(&handle, b"").map_err(error)?;
    let kind = kinds::magic(&handle).map_err(error)?;
    Ok(Some(Root {
        handle: Arc::new(handle),
        node,
        syncs_whole: kinds::syncs_whole(kind),
    }))
}

/// What is at `name` in a directory; the directory itself where the name is empty.
pub(super) fn node_of(directory: impl AsFd, name: &[u8]) -> Result<Node, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
    let mask = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
    let stat = rustix::fs::statx(directory, name, flags, mask)?;
    let time = |t: rustix::fs::StatxTimestamp| Time::new(t.tv_sec, t.tv_nsec).unwrap_or_default();
    let kind = match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        _ => Kind::Device,
    };
    Ok(Node {
        kind,
        stamp: Stamp {
            size: stat.stx_size,
            modified: time(stat.stx_mtime),
            changed: time(stat.stx_ctime),
            device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
        },
        mode: u32::from(stat.stx_mode) & 0o7777,
        owner: (stat.stx_uid, stat.stx_gid),
        mount: stat.stx_mnt_id,
    })
}

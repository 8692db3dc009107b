//! What the mover does in the trees.

use super::attributes::{LEFT_ALONE, timespec};
use super::owners;
use super::{Trees, node_of};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{CopyWatch, Copying, Filesystem, Kind, Look, Node, Owner, Room};
use crate::disk::hash::hash_file;
use crate::model::digest::Digest;
use crate::model::path::TreePath;
use crate::model::time::Time;
use crate::model::tree::Tree;
use foldhash::HashMap;
use rayon::prelude::*;
use rustix::fs::{AtFlags, Gid, Mode, RenameFlags, Timestamps, Uid};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

impl Filesystem for Trees {
    fn look(&self, path: &TreePath<'_>) -> Look {
        let parent = match self.parent_to_read(path) {
            Ok(parent) => parent,
            Err(error) if error.is(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error),
        };
        match node_of(&parent, path.rel.file_name()) {
            Ok(node) => Ok(Some(node)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(DiskError::in_tree("look at", path, errno)),
        }
    }

    fn look_all(&self, paths: &[&TreePath<'_>], meanwhile: Box<dyn FnOnce() + '_>) -> Vec<Look> {
        let mut looks = Vec::new();
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| looks = paths.par_iter().map(|path| self.look(path)).collect());
            meanwhile();
        });
        looks
    }

    fn root(&self, tree: Tree) -> Option<Node> {
        Some(self.roots[tree as usize].as_ref()?.node)
    }

    fn mount(&self, tree: Tree) -> Option<u64> {
        match self.root(tree) {
            Some(root) => Some(root.mount),
            None => Some(node_of(self.site(tree)?, b"").ok()?.mount),
        }
    }

    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError> {
        let (file, _) = self.open_file(path)?;
        hash_file(&file, |_| {}).map_err(|e| DiskError::in_tree("read", path, e))
    }

    fn read_back(
        &self,
        path: &TreePath<'_>,
        progress: &dyn Fn(u64),
    ) -> Result<(Node, Digest), DiskError> {
        self.read_file_back(path, progress)
    }

    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        self.rename_by(from, to, |old, new| {
            rustix::fs::renameat_with(old.0, old.1, new.0, new.1, RenameFlags::NOREPLACE)
        })
    }

    fn link(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        let (source, target) = (self.parent(from)?, self.parent(to)?);
        let (old, new) = (from.rel.file_name(), to.rel.file_name());
        // Without AT_SYMLINK_FOLLOW the link itself would be linked, never what it leads to.
        rustix::fs::linkat(&source, old, &target, new, AtFlags::empty()).map_err(|errno| {
            match errno {
                Errno::NOENT => DiskError::in_tree("link", from, errno),
                errno => DiskError::in_tree("link a file to", to, errno),
            }
        })?;
        self.touch(from.tree, from.parent(), &source);
        self.touch(to.tree, to.parent(), &target);
        Ok(())
    }

    fn put_aside(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        refuse_foreign("put a file aside at", to)?;
        match self.rename(from, to) {
            Err(error) if error.cannot_refuse_to_replace() => {}
            other => return other,
        }
        // Nobody else makes files of this name, and so nothing comes there after this look.
        if self.look(to)?.is_some() {
            return Err(DiskError::in_tree("put a file aside at", to, Errno::EXIST));
        }
        self.rename_by(from, to, |old, new| {
            rustix::fs::renameat(old.0, old.1, new.0, new.1)
        })
    }

    fn copy(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        hash: Digest,
        owner: Owner,
        progress: &dyn Fn(u64),
    ) -> Result<Node, DiskError> {
        self.copy_file(from, to, hash, owner, progress)
    }

    fn copy_all(
        &self,
        copies: &[Copying<'_>],
        watch: &dyn CopyWatch,
    ) -> Vec<Option<Result<Node, DiskError>>> {
        self.copy_files(copies, watch)
    }

    fn may_give(&self, owner: (u32, u32)) -> bool {
        owners::may_give(owner)
    }

    fn write(&self, to: &TreePath<'_>, text: &[u8], modified: Time) -> Result<Node, DiskError> {
        self.write_file(to, text, modified)
    }

    fn unlink(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        refuse_foreign("remove", path)?;
        let parent = match self.parent(path) {
            Ok(parent) => parent,
            Err(error) if error.is(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error),
        };
        let name = path.rel.file_name();
        let error = |errno: Errno| DiskError::in_tree("remove", path, errno);
        match node_of(&parent, name) {
            Ok(node) if node.kind == Kind::File => {}
            Ok(node) => {
                let what = format!("it is {}, not a regular file", node.kind.words());
                let source = std::io::Error::other(what);
                return Err(DiskError::in_tree("remove", path, source));
            }
            Err(Errno::NOENT) => {
                // Whoever removed it may not have made that durable.
                self.touch(path.tree, path.parent(), &parent);
                return Ok(());
            }
            Err(errno) => return Err(error(errno)),
        }
        match rustix::fs::unlinkat(&parent, name, AtFlags::empty()) {
            // Whoever removed it may not have made that durable.
            Ok(()) | Err(Errno::NOENT) => self.touch(path.tree, path.parent(), &parent),
            Err(errno) => return Err(error(errno)),
        }
        Ok(())
    }

    fn names(&self, path: &TreePath<'_>) -> Result<Vec<TreePath<'static>>, DiskError> {
        self.names_in(path)
    }

    fn room(&self, path: &TreePath<'_>) -> Result<Room, DiskError> {
        self.room_at(path)
    }

    fn folds(&self, tree: Tree, path: Option<&TreePath<'_>>) -> Result<bool, DiskError> {
        self.folds_in(tree, path)
    }

    fn make_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        let error = |errno: Errno| DiskError::in_tree("make the directory", path, errno);
        let parent = self.parent(path)?;
        // Made for us alone, and opened up once it has its owner.
        rustix::fs::mkdirat(&parent, path.rel.file_name(), Mode::RWXU).map_err(error)?;
        self.touch(path.tree, path.parent(), &parent);
        self.dress_directory(path, like)
    }

    fn dress_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        let error = |errno: Errno| DiskError::in_tree("open up the directory", path, errno);
        let handle = self.directory(path)?;
        let made = node_of(&handle, b"").map_err(error)?;
        let us = rustix::process::geteuid();
        if ![us.as_raw(), like.owner.0].contains(&made.owner.0) {
            // Somebody put another directory there since ours was made.
            return Err(error(Errno::PERM));
        }
        if us.is_root() && made.owner != like.owner {
            let user = Uid::from_raw(like.owner.0);
            let group = Gid::from_raw(like.owner.1);
            rustix::fs::fchown(&handle, Some(user), Some(group)).map_err(error)?;
        }
        let mode = Mode::from_raw_mode(like.mode & 0o7777) | Mode::RWXU;
        rustix::fs::fchmod(&handle, mode).map_err(error)?;
        self.touch(path.tree, Some(path.borrowed()), &handle);
        Ok(())
    }

    fn date_directory(&self, path: &TreePath<'_>, modified: Time) -> Result<(), DiskError> {
        let handle = self.directory(path)?;
        let times = Timestamps {
            last_access: LEFT_ALONE,
            last_modification: timespec(modified),
        };
        rustix::fs::futimens(&handle, &times)
            .map_err(|errno| DiskError::in_tree("set the time of", path, errno))?;
        self.touch(path.tree, Some(path.borrowed()), &handle);
        Ok(())
    }

    fn remove_directory(&self, path: &TreePath<'_>) -> Result<bool, DiskError> {
        let parent = match self.parent(path) {
            Ok(parent) => parent,
            Err(error) if error.is(Errno::NOENT) => return Ok(true),
            Err(error) => return Err(error),
        };
        let removed = rustix::fs::unlinkat(&parent, path.rel.file_name(), AtFlags::REMOVEDIR);
        match removed {
            Ok(()) => {
                self.lock_handles()[path.tree as usize].remove(path.rel.as_bytes());
                self.touch(path.tree, path.parent(), &parent);
                Ok(true)
            }
            Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(false),
            // A read-only file system refuses before it looks whether there is anything to remove.
            Err(errno) => match node_of(&parent, path.rel.file_name()) {
                Err(Errno::NOENT) => Ok(true),
                _ => Err(DiskError::in_tree("remove the directory", path, errno)),
            },
        }
    }

    fn mark(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        let mut ancestors = path.rel.ancestors();
        loop {
            let ancestor = ancestors.next().map(|rel| TreePath::new(path.tree, rel));
            let handle = match &ancestor {
                Some(ancestor) => self.directory(ancestor),
                None => match self.handle(path.tree) {
                    Some(root) => Ok(root),
                    None => return Ok(()),
                },
            };
            match handle {
                Ok(handle) => {
                    self.touch(path.tree, ancestor, &handle);
                    return Ok(());
                }
                Err(error) if error.is(Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn sync(&self) -> Result<(), DiskError> {
        self.refresh();
        let mut unsynced = self.lock_unsynced();
        let mut synced = Vec::new();
        let whole = |tree: Tree| {
            let Some(root) = &self.roots[tree as usize] else {
                return Ok(());
            };
            let device = root.node.stamp.device;
            if !synced.contains(&device) {
                rustix::fs::syncfs(&*root.handle)?;
                synced.push(device);
            }
            Ok(())
        };
        unsynced.sync(whole).map_err(|(tree, errno)| DiskError {
            action: "make durable what was done in",
            path: tree.to_string(),
            source: errno.into(),
        })
    }

    fn refresh(&self) {
        self.lock_handles().iter_mut().for_each(HashMap::clear);
    }
}

/// A directory, and a name in it.
type Place<'p> = (&'p OwnedFd, &'p [u8]);

impl Trees {
    /// Renames a file by the call `rename`, and remembers where.
    fn rename_by(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        rename: impl FnOnce(Place<'_>, Place<'_>) -> Result<(), Errno>,
    ) -> Result<(), DiskError> {
        let (source, target) = (self.parent(from)?, self.parent(to)?);
        let places = [(&source, from), (&target, to)];
        let [old, new] = places.map(|(parent, path)| (&**parent, path.rel.file_name()));
        rename(old, new).map_err(|errno| match errno {
            Errno::NOENT => DiskError::in_tree("move", from, errno),
            errno => DiskError::in_tree("move a file to", to, errno),
        })?;
        self.touch(from.tree, from.parent(), &source);
        self.touch(to.tree, to.parent(), &target);
        Ok(())
    }
}

/// Refuses a name that is not one of ours, on which nothing may be done that could lose a file.
pub(super) fn refuse_foreign(action: &'static str, path: &TreePath<'_>) -> Result<(), DiskError> {
    if path.rel.is_ours() {
        return Ok(());
    }
    let source = std::io::Error::other("it is not one of the names of mediastruct itself");
    Err(DiskError::in_tree(action, path, source))
}

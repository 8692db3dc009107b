//! What the mover does in the trees.

use super::{Trees, node_of};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Filesystem, Node};
use crate::disk::hash::hash_file;
use crate::model::digest::Digest;
use crate::model::path::TreePath;
use crate::model::tree::Tree;
use rustix::fs::{AtFlags, Gid, Mode, RenameFlags, Uid};
use rustix::io::Errno;
use std::collections::HashMap;
use std::sync::PoisonError;

impl Filesystem for Trees {
    fn look(&self, path: &TreePath<'_>) -> Result<Option<Node>, DiskError> {
        let parent = match self.parent(path) {
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

    fn root(&self, tree: Tree) -> Option<Node> {
        Some(self.roots[tree as usize].as_ref()?.node)
    }

    fn mount(&self, tree: Tree) -> Option<u64> {
        self.mounts[tree as usize]
    }

    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError> {
        let (file, _) = self.open_file(path)?;
        hash_file(&file, |_| {}).map_err(|e| DiskError::in_tree("read", path, e))
    }

    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        let (source, target) = (self.parent(from)?, self.parent(to)?);
        rustix::fs::renameat_with(
            &source,
            from.rel.file_name(),
            &target,
            to.rel.file_name(),
            RenameFlags::NOREPLACE,
        )
        .map_err(|errno| match errno {
            Errno::NOENT => DiskError::in_tree("move", from, errno),
            errno => DiskError::in_tree("move a file to", to, errno),
        })?;
        self.touch(from.tree, from.parent(), &source);
        self.touch(to.tree, to.parent(), &target);
        Ok(())
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
        if rustix::process::geteuid().is_root() && made.owner != like.owner {
            let user = Uid::from_raw(like.owner.0);
            let group = Gid::from_raw(like.owner.1);
            rustix::fs::fchown(&handle, Some(user), Some(group)).map_err(error)?;
        }
        let mode = Mode::from_raw_mode(like.mode & 0o777) | Mode::RWXU;
        rustix::fs::fchmod(&handle, mode).map_err(error)?;
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
        let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
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

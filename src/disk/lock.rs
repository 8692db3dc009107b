//! One mediastruct at a time: advisory locks that the kernel drops with the process.

use super::error::DiskError;
use super::trees::Trees;
use crate::model::path::Escaped;
use crate::model::run::TreeId;
use crate::model::tree::Tree;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

/// The lock on the datadir and on every tree, held while this value lives.
#[must_use = "the lock is dropped with its value; name it"]
pub struct Lock {
    _held: Vec<Arc<OwnedFd>>,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another mediastruct is at work on {0}")]
    Held(String),
    /// One directory is two trees, under two paths: a mount shows it twice.
    #[error("{0} and {1} are one directory under two paths")]
    Same(Tree, Tree),
    /// The system refused it for another reason.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Lock {
    /// Locks the datadir and then the trees in their order, or none of them.
    ///
    /// # Errors
    /// At once where another process holds one of the locks, or two trees are one directory.
    pub fn take(datadir: &Path, trees: &Trees) -> Result<Lock, LockError> {
        let roots = trees.identities();
        for (at, root) in roots.iter().enumerate() {
            let is_same =
                |other: &&TreeId| (other.device, other.inode) == (root.device, root.inode);
            if let Some(other) = roots[at + 1..].iter().find(is_same) {
                return Err(LockError::Same(root.tree, other.tree));
            }
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(datadir, flags, Mode::empty());
        let opened = opened.map_err(|e| DiskError::at("lock", datadir, e))?;
        let shown = Escaped::path(datadir).to_string();
        let mut held = Vec::new();
        lock(&mut held, Arc::new(opened), &shown)?;
        for tree in Tree::ALL {
            if let Some(handle) = trees.handle(tree) {
                // Shared, so that the lock outlives the trees that are opened now.
                lock(&mut held, handle, tree.name())?;
            }
        }
        Ok(Lock { _held: held })
    }
}

fn lock(held: &mut Vec<Arc<OwnedFd>>, handle: Arc<OwnedFd>, what: &str) -> Result<(), LockError> {
    match rustix::fs::flock(&*handle, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            held.push(handle);
            Ok(())
        }
        Err(Errno::WOULDBLOCK) => Err(LockError::Held(what.to_owned())),
        Err(errno) => Err(DiskError {
            action: "lock",
            path: what.to_owned(),
            source: errno.into(),
        }
        .into()),
    }
}

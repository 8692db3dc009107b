//! Directories in which something happened that may not be durable yet.

use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::model::path::TreePath;
use crate::model::tree::Tree;
use foldhash::HashMap;

/// What is to be made durable.
#[derive(Default)]
pub struct Unsynced {
    /// Trees on file systems that one call makes durable as a whole.
    whole: [bool; 5],
    /// Directories on others, the tree's own under no path.
    directories: HashMap<(Tree, Option<TreePath<'static>>), Arc<OwnedFd>>,
    /// What went wrong when some of it was made durable early.
    failed: Option<(Tree, Errno)>,
}

/// Directories that are held open at most.
pub const HANDLES: usize = 256;

impl Unsynced {
    /// Remembers a tree whose file system is made durable as a whole.
    pub fn add_whole(&mut self, tree: Tree) {
        self.whole[tree as usize] = true;
    }

    /// Remembers the directory at `path`, or of the tree where that is none. Where there are too
    /// many, they are made durable at once, which does no harm.
    pub fn add(&mut self, tree: Tree, path: Option<TreePath<'_>>, directory: &Arc<OwnedFd>) {
        let key = (tree, path.map(TreePath::into_owned));
        self.directories.insert(key, directory.clone());
        if self.directories.len() >= HANDLES
            && let Err(failed) = self.sync_directories()
        {
            self.failed = Some(failed);
        }
    }

    /// Remembers that a tree could not be made durable: no later success means anything for it.
    pub fn add_failure(&mut self, tree: Tree, errno: Errno) {
        self.failed = Some((tree, errno));
    }

    /// Makes everything durable; `sync_whole` does so for a tree's file system.
    ///
    /// # Errors
    /// The tree for which it failed, now or earlier; what is durable is unknown then.
    pub fn sync(
        &mut self,
        mut sync_whole: impl FnMut(Tree) -> Result<(), Errno>,
    ) -> Result<(), (Tree, Errno)> {
        let mut failed = self.failed.take().or(self.sync_directories().err());
        let whole = std::mem::take(&mut self.whole);
        // One that fails is no reason to leave out the others.
        for tree in Tree::ALL.into_iter().filter(|t| whole[*t as usize]) {
            let synced = sync_whole(tree).map_err(|errno| (tree, errno));
            failed = failed.or(synced.err());
        }
        failed.map_or(Ok(()), Err)
    }

    fn sync_directories(&mut self) -> Result<(), (Tree, Errno)> {
        let mut failed = None;
        for ((tree, _), directory) in self.directories.drain() {
            let synced = rustix::fs::fsync(&*directory).map_err(|errno| (tree, errno));
            failed = failed.or(synced.err());
        }
        failed.map_or(Ok(()), Err)
    }
}

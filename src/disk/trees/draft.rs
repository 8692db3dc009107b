//! Files that are being made under names of ours.

use super::attributes::{LEFT_ALONE, give_owner, timespec};
use super::operations::refuse_foreign;
use super::{BENEATH, Trees, node_of};
use crate::disk::error::DiskError;
use crate::disk::filesystem::Node;
use crate::model::path::TreePath;
use crate::model::time::Time;
use rustix::fs::{Advice, AtFlags, Mode, OFlags, Timestamps};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

impl Trees {
    /// Makes the file of ours of [`crate::disk::filesystem::Filesystem::write`].
    pub(super) fn write_file(
        &self,
        to: &TreePath<'_>,
        text: &[u8],
        modified: Time,
    ) -> Result<Node, DiskError> {
        let error = |source: std::io::Error| DiskError::in_tree("write", to, source);
        let draft = self.draft(to)?;
        let mut file = &draft.file;
        file.write_all(text).map_err(error)?;
        let owner = node_of(&draft.parent, b"").map_err(|e| error(e.into()))?;
        if rustix::process::geteuid().is_root() {
            let ours = node_of(file, b"").map_err(|e| error(e.into()))?;
            give_owner(file, ours.owner, owner.owner).map_err(|e| error(e.into()))?;
        }
        let times = Timestamps {
            last_access: LEFT_ALONE,
            last_modification: timespec(modified),
        };
        rustix::fs::fchmod(file, Mode::from_raw_mode(0o644)).map_err(|e| error(e.into()))?;
        rustix::fs::futimens(file, &times).map_err(|e| error(e.into()))?;
        draft.settle()?;
        let mut kept = Vec::with_capacity(text.len());
        file.read_to_end(&mut kept).map_err(error)?;
        if kept != text {
            let source = std::io::Error::other("what was read back is not what was written");
            return Err(error(source));
        }
        let node = draft.look()?;
        draft.finish();
        Ok(node)
    }

    /// Makes an empty file for us alone at `to`, which is one of our names and free.
    pub(super) fn draft<'t>(&'t self, to: &'t TreePath<'t>) -> Result<Draft<'t>, DiskError> {
        refuse_foreign("make", to)?;
        let error = |errno: Errno| DiskError::in_tree("make", to, errno);
        let parent = self.parent(to)?;
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Whoever is not root writes to it by opening it once more, and so has to be let.
        let mode = Mode::RUSR | Mode::WUSR;
        let made = rustix::fs::openat2(&parent, to.rel.file_name(), flags, mode, BENEATH);
        let file = File::from(made.map_err(error)?);
        self.touch(to.tree, to.parent(), &parent);
        // What is read back shall not count as an access; where that cannot be had, it does.
        let _ = rustix::fs::fcntl_setfl(&file, OFlags::NOATIME);
        Ok(Draft {
            path: to,
            file,
            parent,
            is_finished: false,
        })
    }
}

/// A file that is being made; it is removed again unless it is finished.
pub(super) struct Draft<'t> {
    path: &'t TreePath<'t>,
    /// The file, open for reading and writing.
    pub file: File,
    parent: Arc<OwnedFd>,
    is_finished: bool,
}

impl Draft<'_> {
    /// Makes the file durable, and has it read from the disk from its beginning next.
    pub fn settle(&self) -> Result<(), DiskError> {
        let error = |source: std::io::Error| DiskError::in_tree("make durable", self.path, source);
        self.file.sync_all().map_err(error)?;
        self.forget()
    }

    /// Has the file, which is durable, read from the disk from its beginning next.
    pub fn forget(&self) -> Result<(), DiskError> {
        // Only pages that are on the disk are dropped; some file systems keep them nevertheless.
        let _ = rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed);
        let rewound = (&self.file).rewind();
        rewound.map_err(|error| DiskError::in_tree("read back", self.path, error))
    }

    /// What the file is.
    pub fn look(&self) -> Result<Node, DiskError> {
        node_of(&self.file, b"").map_err(|e| DiskError::in_tree("look at", self.path, e))
    }

    /// Lets the file stay.
    pub fn finish(mut self) {
        self.is_finished = true;
    }

    fn remove(&self) -> Result<(), Errno> {
        let name = self.path.rel.file_name();
        let found = node_of(&self.parent, name)?;
        if !found.stamp.same_file_as(&node_of(&self.file, b"")?.stamp) {
            return Err(Errno::STALE);
        }
        rustix::fs::unlinkat(&self.parent, name, AtFlags::empty())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        if let Err(errno) = self.remove() {
            let error = DiskError::in_tree("remove", self.path, errno);
            tracing::warn!("{error}");
        }
    }
}

//! Copying a file to another file system, so that nothing of it is lost.

use super::attributes::{Attributes, Ends};
use super::{Trees, node_of};
use crate::disk::error::DiskError;
use crate::disk::filesystem::Node;
use crate::disk::hash::hash_file;
use crate::model::digest::Digest;
use crate::model::path::TreePath;
use fs_extra::error::ErrorKind;
use fs_extra::file::{CopyOptions, TransitProcess, copy_with_progress};
use rustix::fs::Advice;
use rustix::io::Errno;
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};

/// Bytes that are read and written at once.
const BUFFER: usize = 1 << 20;

impl Trees {
    /// Makes the copy of [`crate::disk::filesystem::Filesystem::copy`].
    pub(super) fn copy_file(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        hash: Digest,
        progress: &dyn Fn(u64),
    ) -> Result<Node, DiskError> {
        let ends = Ends { from, to };
        let (source, node) = self.open_file(from)?;
        let attributes = Attributes::of(&source, from, node)?;
        let draft = self.draft(to)?;
        attributes.give_owner(&draft.file, ends)?;
        // Where the two are on one file system that shares blocks, this takes no time and no room.
        if rustix::fs::ioctl_ficlone(&draft.file, &source).is_ok() {
            progress(attributes.size());
        } else {
            let copied = copy_bytes(&source, &draft.file, ends, progress);
            let unchanged = refuse_changed(&source, &node, ends);
            attributes.give_back_access(&source);
            copied.and(unchanged)?;
        }
        let read = look(&source, ends)?;
        attributes.give_rest(&draft.file, ends)?;
        draft.settle()?;
        let kept = hash_file(&draft.file, |_| {});
        if kept.map_err(|e| DiskError::in_tree("read back", to, e))? != hash {
            let what = "the copy that was read back from the disk differs: \
                        the file is not what it was, or a disk is bad";
            return Err(DiskError::in_tree("copy", from, io::Error::other(what)));
        }
        let copy = draft.look()?;
        attributes.refuse_less(&copy, ends)?;
        refuse_changed(&source, &read, ends)?;
        draft.finish();
        Ok(copy)
    }
}

impl Trees {
    /// Reads the file of [`crate::disk::filesystem::Filesystem::read_back`].
    pub(super) fn read_file_back(
        &self,
        path: &TreePath<'_>,
        progress: &dyn Fn(u64),
    ) -> Result<(Node, Digest), DiskError> {
        let error = |source: io::Error| DiskError::in_tree("read", path, source);
        let (file, before) = self.open_file(path)?;
        match rustix::fs::fsync(&file) {
            // Where nothing can be written, nothing waits to be.
            Ok(()) | Err(Errno::INVAL | Errno::ROFS) => {}
            Err(errno) => return Err(DiskError::in_tree("make durable", path, errno)),
        }
        // Only pages that are on the disk are dropped; some file systems keep them nevertheless.
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::DontNeed);
        let hash = hash_file(&file, progress).map_err(error)?;
        let after = node_of(&file, b"").map_err(|errno| error(errno.into()))?;
        if before.stamp != after.stamp {
            return Err(error(io::Error::other("it changed while it was read")));
        }
        Ok((after, hash))
    }
}

/// Refuses a source that is not as it was `before`; to read it changes nothing about that.
fn refuse_changed(source: &File, before: &Node, ends: Ends<'_>) -> Result<(), DiskError> {
    if look(source, ends)?.stamp == before.stamp {
        return Ok(());
    }
    let what = "it changed while it was copied";
    Err(DiskError::in_tree(
        "copy",
        ends.from,
        io::Error::other(what),
    ))
}

fn look(source: &File, ends: Ends<'_>) -> Result<Node, DiskError> {
    node_of(source, b"").map_err(|e| DiskError::in_tree("look at", ends.from, e))
}

/// Copies the bytes of one open file into another, which is empty.
fn copy_bytes(
    source: &File,
    target: &File,
    ends: Ends<'_>,
    progress: &dyn Fn(u64),
) -> Result<(), DiskError> {
    let reach = |file| reach(file).map_err(|e| DiskError::in_tree("copy", ends.from, e));
    let (read, write) = (reach(source)?, reach(target)?);
    let options = CopyOptions::new().overwrite(true).buffer_size(BUFFER);
    let copied = Cell::new(0);
    let tell = |process: TransitProcess| {
        progress(process.copied_bytes - copied.get());
        copied.set(process.copied_bytes);
    };
    let Err(error) = copy_with_progress(read, write, &options, tell) else {
        return Ok(());
    };
    // The same answer comes for either end; reading on tells them apart.
    if let Err(error) = source.read_at(&mut vec![0; BUFFER], copied.get()) {
        return Err(DiskError::in_tree("read", ends.from, error));
    }
    let error = answer(error).unwrap_or_else(|| why_short(target));
    Err(DiskError::in_tree("copy a file to", ends.to, error))
}

/// The path by which an open file, and no other, is opened once more.
fn reach(file: &File) -> io::Result<String> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let (there, here) = (std::fs::metadata(&path), file.metadata()?);
    if there.is_ok_and(|there| (there.dev(), there.ino()) == (here.dev(), here.ino())) {
        return Ok(path);
    }
    let what = "open files cannot be reached through /proc, which is not mounted";
    Err(io::Error::other(what))
}

/// What the system answered; none where it wrote less than it was given, without an error.
fn answer(error: fs_extra::error::Error) -> Option<io::Error> {
    let text = error.to_string();
    if let ErrorKind::Io(error) = error.kind {
        return Some(error);
    }
    // Answers of some kinds are kept as texts alone, such as `Permission denied (os error 13)`.
    let number = text.rsplit_once("(os error ")?.1.strip_suffix(')')?;
    Some(io::Error::from_raw_os_error(number.parse().ok()?))
}

/// Why not all could be written: a disk that gets full takes a part, and answers so to the next.
fn why_short(target: &File) -> io::Error {
    let end = target.metadata().map(|found| found.len());
    match end.and_then(|end| target.write_at(&vec![0; BUFFER], end)) {
        Ok(_) => io::Error::new(io::ErrorKind::WriteZero, "only a part could be written"),
        Err(error) => error,
    }
}

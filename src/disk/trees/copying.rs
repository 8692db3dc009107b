//! Copying a file to another file system, so that nothing of it is lost.

use super::attributes::{Attributes, Ends};
use super::draft::Draft;
use super::{Trees, node_of};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Node, Owner};
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
        owner: Owner,
        progress: &dyn Fn(u64),
    ) -> Result<Node, DiskError> {
        let made = self.begin_copy(Ends { from, to }, hash, owner, progress)?;
        made.draft.settle()?;
        made.conclude()
    }

    /// Makes a copy that is neither durable nor read back yet.
    pub(super) fn begin_copy<'c>(
        &'c self,
        ends: Ends<'c>,
        hash: Digest,
        owner: Owner,
        progress: &dyn Fn(u64),
    ) -> Result<Fresh<'c>, DiskError> {
        let (source, node) = self.open_file(ends.from)?;
        let mut attributes = Attributes::of(&source, ends.from, node)?;
        let draft = self.draft(ends.to)?;
        attributes.give_owner(&draft.file, owner, ends)?;
        // Where the two are on one file system that shares blocks, this takes no time and no room.
        let is_shared = rustix::fs::ioctl_ficlone(&draft.file, &source).is_ok();
        match is_shared {
            true => progress(attributes.size()),
            false => copy_bytes(&source, &draft.file, ends, progress)?,
        }
        let read = look(&source, ends)?;
        if owner == Owner::Kept && !is_shared {
            refuse_changed(&read, &node, ends)?;
        }
        attributes.give_rest(&draft.file, ends)?;
        Ok(Fresh {
            ends,
            hash,
            source: (owner == Owner::Kept).then_some(source),
            read,
            attributes,
            draft,
        })
    }
}

/// A copy that is made.
pub(super) struct Fresh<'c> {
    ends: Ends<'c>,
    hash: Digest,
    /// The source, where the copy is to stand in for it. Of one that stays, the copy is right by its
    /// hash, even if the source is gone by now.
    source: Option<File>,
    /// What the source was when it had been read.
    read: Node,
    attributes: Attributes,
    /// The copy.
    pub draft: Draft<'c>,
}

impl Fresh<'_> {
    /// Reads the copy back, which is durable, and lets it stay.
    pub(super) fn conclude(self) -> Result<Node, DiskError> {
        let Ends { from, to } = self.ends;
        let kept = hash_file(&self.draft.file, |_| {});
        if kept.map_err(|e| DiskError::in_tree("read back", to, e))? != self.hash {
            let what = "the copy that was read back from the disk differs: \
                        the file is not what it was, or a disk is bad";
            return Err(DiskError::in_tree("copy", from, io::Error::other(what)));
        }
        let copy = self.draft.look()?;
        self.attributes.refuse_less(&copy, self.ends)?;
        if let Some(source) = &self.source {
            refuse_changed(&look(source, self.ends)?, &self.read, self.ends)?;
        }
        self.draft.finish();
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
fn refuse_changed(now: &Node, before: &Node, ends: Ends<'_>) -> Result<(), DiskError> {
    if now.stamp == before.stamp {
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
///
/// The kernel does it between the two handles where it can. So the source, which its owner opens
/// without that counting as an access, is left as it is to the last of its times: a card that is
/// copied shows no trace of it. Others cannot help that reading counts, and nothing sets that back:
/// who may could have opened it without, and it would touch the time by which it is told that a
/// file is still the one that was hashed.
fn copy_bytes(
    source: &File,
    target: &File,
    ends: Ends<'_>,
    progress: &dyn Fn(u64),
) -> Result<(), DiskError> {
    let copied = Cell::new(0);
    let tell = |all: u64| {
        progress(all - copied.get());
        copied.set(all);
    };
    let ended = match send(source, target, &tell) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if copied.get() == 0 => {
            read_and_write(source, target, ends, &tell)?
        }
        sent => sent.map_err(|errno| Some(errno.into())),
    };
    let Err(error) = ended else {
        return Ok(());
    };
    // The same answer comes for either end; reading on tells them apart.
    if let Err(error) = source.read_at(&mut vec![0; BUFFER], copied.get()) {
        return Err(DiskError::in_tree("read", ends.from, error));
    }
    let error = error.unwrap_or_else(|| why_short(target));
    Err(DiskError::in_tree("copy a file to", ends.to, error))
}

/// Has the kernel copy all bytes from one handle to the other; `tell` is told how many there are.
fn send(source: &File, target: &File, tell: &dyn Fn(u64)) -> Result<(), Errno> {
    let mut copied = 0;
    loop {
        match rustix::fs::sendfile(target, source, Some(&mut copied), BUFFER) {
            Ok(0) => return Ok(()),
            Ok(_) => tell(copied),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// The same, for file systems between which the kernel cannot, with both files opened once more.
/// Gives what the system answered where it fails; nothing where it wrote less than it was given.
fn read_and_write(
    source: &File,
    target: &File,
    ends: Ends<'_>,
    tell: &dyn Fn(u64),
) -> Result<Result<(), Option<io::Error>>, DiskError> {
    let reach = |file| reach(file).map_err(|e| DiskError::in_tree("copy", ends.from, e));
    let (read, write) = (reach(source)?, reach(target)?);
    let options = CopyOptions::new().overwrite(true).buffer_size(BUFFER);
    let tell = |process: TransitProcess| tell(process.copied_bytes);
    let copied = copy_with_progress(read, write, &options, tell);
    Ok(copied.map(drop).map_err(answer))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn files_that_the_kernel_cannot_copy_are_read_and_written() {
        let bytes: Vec<u8> = (0..2 * BUFFER + 17).map(|i| (i / 7) as u8).collect();
        let source = tempfile::NamedTempFile::new().unwrap();
        let target = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&source, &bytes).unwrap();
        let path = TreePath::from_text("media/a").unwrap();
        let ends = Ends {
            from: &path,
            to: &path,
        };
        let told = RefCell::new(Vec::new());
        let tell = |all: u64| told.borrow_mut().push(all);
        let copied = read_and_write(source.as_file(), target.as_file(), ends, &tell);
        assert!(copied.unwrap().is_ok());
        assert_eq!(std::fs::read(&target).unwrap(), bytes);
        assert_eq!(told.borrow().last(), Some(&(bytes.len() as u64)));
    }
}

//! Reading one file, or a part of one, and what came of it.

use super::Hashing;
use crate::disk::error::Reason;
use crate::disk::filesystem::Kind;
use crate::disk::trees::node_of;
use crate::model::digest::Digest;
use crate::model::index::Reading;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use blake3::hazmat::{ChainingValue, HasherExt};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

impl Hashing<'_> {
    /// Reads a file from its beginning to its end.
    pub(super) fn read(&self, tree: Tree, listed: &Listed, buffer: &mut [u8]) -> Reading {
        let mut attempt = || {
            let file = self.open(tree, listed)?;
            let mut hasher = blake3::Hasher::new();
            let size = listed.stamp.size;
            let complete = feed(&mut hasher, &file, 0, size, buffer)? && ends_at(&file, size)?;
            // The walk's look at the file is the one before reading, this is the one after it.
            let unchanged = complete && node_of(&file, b"")?.stamp == listed.stamp;
            io::Result::Ok(unchanged.then(|| hasher.finalize()))
        };
        match attempt() {
            Ok(Some(hash)) => Reading::Same(hash.into()),
            Ok(None) | Err(_) => self.read_again(tree, listed, buffer),
        }
    }

    /// Reads a part of a file; none where the file is not any more what was listed.
    pub(super) fn read_part(
        &self,
        tree: Tree,
        listed: &Listed,
        start: u64,
        length: u64,
        buffer: &mut [u8],
    ) -> io::Result<Option<ChainingValue>> {
        let file = self.open(tree, listed)?;
        let mut hasher = blake3::Hasher::new();
        hasher.set_input_offset(start);
        let (size, end) = (listed.stamp.size, start + length);
        let complete = feed(&mut hasher, &file, start, length, buffer)?
            && (end < size || ends_at(&file, size)?);
        let unchanged = complete && node_of(&file, b"")?.stamp == listed.stamp;
        Ok(unchanged.then(|| hasher.finalize_non_root()))
    }

    /// Reads a file once more that could not be read or is not any more what was listed.
    pub(super) fn read_again(&self, tree: Tree, listed: &Listed, buffer: &mut [u8]) -> Reading {
        let mut attempt = || {
            let file = self.open(tree, listed)?;
            let before = node_of(&file, b"")?;
            if before.kind != Kind::File {
                let what = before.kind.words();
                return Err(io::Error::other(format!("it is {what} now")));
            }
            let mut length = 0;
            let digest = hash_to_end(&file, buffer, |count| length += count)?;
            let after = node_of(&file, b"")?;
            if before.stamp != after.stamp {
                return Err(io::Error::other("it changed while it was read"));
            }
            // Some file systems make up what is read, and its size too.
            let size = after.stamp.size;
            if length != size {
                let what = format!("it gave {length} bytes, and its size is said to be {size}");
                return Err(io::Error::other(what));
            }
            Ok((digest, after.stamp))
        };
        match attempt() {
            Ok((digest, stamp)) if stamp == listed.stamp => Reading::Same(digest),
            Ok(changed) => Reading::Changed(Box::new(changed)),
            Err(error) => Reading::Failed(Reason(&error).to_string().into()),
        }
    }

    /// Opens a listed file beneath its tree, following no link. Mounts are crossed, for they are
    /// only read.
    pub(super) fn open(&self, tree: Tree, listed: &Listed) -> io::Result<File> {
        let root = self.handles[tree as usize].as_ref().ok_or(Errno::NOENT)?;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let open = |flags| {
            let path = listed.path.as_bytes();
            rustix::fs::openat2(root, path, flags, Mode::empty(), resolve)
        };
        // Without O_NONBLOCK a named pipe that took the file's place would wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        // Only the owner may ask that reading leaves the access time alone.
        let handle = match open(flags | OFlags::NOATIME) {
            Err(Errno::PERM) => open(flags),
            other => other,
        };
        Ok(handle?.into())
    }
}

/// Whether nothing can be read of `file` from `size` on.
fn ends_at(file: &File, size: u64) -> io::Result<bool> {
    loop {
        match file.read_at(&mut [0], size) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return Ok(read? == 0),
        }
    }
}

/// The hash of what `file` holds from where it stands to its end.
pub(super) fn hash_to_end(
    file: &File,
    buffer: &mut [u8],
    mut read: impl FnMut(u64),
) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    read_to_end(file, buffer, |bytes| {
        hasher.update(bytes);
        read(bytes.len() as u64);
    })?;
    Ok(hasher.finalize().into())
}

/// Reads `file` from where it stands to its end, and hands its bytes over as they come.
pub(super) fn read_to_end(
    mut file: &File,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Feeds `length` bytes of `file` from `start` to the hasher; false where it ends before.
fn feed(
    hasher: &mut blake3::Hasher,
    file: &File,
    start: u64,
    length: u64,
    buffer: &mut [u8],
) -> io::Result<bool> {
    let mut done = 0;
    while done < length {
        let most = buffer
            .len()
            .min(usize::try_from(length - done).unwrap_or(usize::MAX));
        match file.read_at(&mut buffer[..most], start + done) {
            Ok(0) => return Ok(false),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                done += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

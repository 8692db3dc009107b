//! A directory as a disc: what is in it, and the bytes of its files. Nothing follows a link.

use super::sorted;
use crate::disk::error::Reason;
use crate::disk::filesystem::Kind;
use crate::disk::trees::{DIRECTORY, node_of};
use crate::model::disc::{DiscFile, DiscListing};
use crate::model::path::RelPath;
use crate::model::run::FileId;
use rustix::fs::{Advice, Dir, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

/// What is in a directory and beneath it.
pub(super) struct Listed {
    pub(super) listing: DiscListing,
    /// Which files they are, in their order.
    pub(super) files: Vec<FileId>,
    /// Which directories it and those in it are.
    pub(super) directories: Vec<FileId>,
}

/// Lists a directory.
///
/// # Errors
/// Where the directory itself cannot be read.
pub(super) fn list(root: &OwnedFd) -> io::Result<Listed> {
    let mut listing = DiscListing::default();
    let mut found = Vec::new();
    let mut directories = vec![FileId::from(node_of(root, b"")?.stamp)];
    let mut waiting: Vec<Option<RelPath<'static>>> = vec![None];
    while let Some(directory) = waiting.pop() {
        let inner = directory.as_ref();
        let mut finds = Finds {
            listing: &mut listing,
            files: &mut found,
            directories: &mut directories,
            waiting: &mut waiting,
        };
        let listed = list_one(root, inner, &mut finds);
        match (listed, directory) {
            (Ok(()), _) => {}
            (Err(errno), None) => return Err(errno.into()),
            (Err(errno), Some(directory)) => {
                let why = Reason(&errno.into()).to_string();
                listing.unreadable.push((directory, why));
            }
        }
    }
    let (listing, files) = sorted(listing, found);
    Ok(Listed {
        listing,
        files,
        directories,
    })
}

/// Where is noted what is found.
struct Finds<'f> {
    listing: &'f mut DiscListing,
    files: &'f mut Vec<(DiscFile, FileId)>,
    directories: &'f mut Vec<FileId>,
    /// The directories that are to be listed yet.
    waiting: &'f mut Vec<Option<RelPath<'static>>>,
}

/// Lists what is right in a directory; those in it are to be listed, too.
fn list_one(
    root: &OwnedFd,
    directory: Option<&RelPath<'static>>,
    finds: &mut Finds<'_>,
) -> Result<(), Errno> {
    let listing = &mut *finds.listing;
    let path = directory.map_or(&b"."[..], RelPath::as_bytes);
    let handle = open(root, path, DIRECTORY)?;
    for entry in Dir::read_from(&handle)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let path = match directory {
            Some(directory) => directory.join(name),
            None => RelPath::new(name.to_vec()),
        };
        let Ok(path) = path else {
            let why = "what lies in it is too deep, or its path too long".to_owned();
            let directory = directory.cloned();
            listing.unreadable.extend(directory.map(|dir| (dir, why)));
            continue;
        };
        match node_of(&handle, name) {
            Ok(node) if node.kind == Kind::Directory => {
                finds.directories.push(node.stamp.into());
                finds.waiting.push(Some(path));
            }
            Ok(node) if node.kind == Kind::File => {
                let file = DiscFile {
                    path,
                    size: node.stamp.size,
                    modified: Some(node.stamp.modified),
                };
                finds.files.push((file, node.stamp.into()));
            }
            Ok(node) => listing.special.push((path, node.kind.words())),
            Err(errno) => {
                let why = Reason(&errno.into()).to_string();
                listing.unreadable.push((path, why));
            }
        }
    }
    Ok(())
}

/// Gives the bytes of the file at `path` to `take`, part by part, for as long as it wants more.
pub(super) fn each(
    root: &OwnedFd,
    path: &RelPath<'_>,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    // Without O_NONBLOCK a named pipe that took the file's place would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    // Only the owner may ask that reading leaves the access time alone.
    let handle = match open(root, path.as_bytes(), flags | OFlags::NOATIME) {
        Err(Errno::PERM) => open(root, path.as_bytes(), flags),
        other => other,
    };
    let mut file = File::from(handle?);
    let kind = node_of(&file, b"")?.kind;
    if kind != Kind::File {
        return Err(io::Error::other(format!("it is {} now", kind.words())));
    }
    // The disc is to be asked, and not what memory remembers of it.
    let _ = rustix::fs::fadvise(&file, 0, None, Advice::DontNeed);
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(count) if take(&buffer[..count]) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn open(root: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(root, path, flags, Mode::empty(), resolve)
}

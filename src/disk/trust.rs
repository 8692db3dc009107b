//! Whom mediastruct believes: what it wrote itself is read again only where nobody but the user or
//! root could have written it since.
//!
//! Whoever may write to a directory can replace the files in it, so directories are asked the same
//! as the files in them. The sticky bit is no help: it lets everybody add what is missing.

use super::error::DiskError;
use super::filesystem::{Kind, Node};
use super::trees::{DIRECTORY, node_of};
use crate::model::path::Escaped;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Why a file or directory of mediastruct's own is not read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Somebody else could have written it.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
}

/// Something that is not believed, and why.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be trusted: {why}")]
pub struct Untrusted {
    /// Where it is, as people may see it.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
}

/// Opens the file `name` in a directory to be read; none where there is none. `path` is for people.
///
/// # Errors
/// Where it cannot be opened or trusted, or is larger than `limit` bytes.
pub fn open_file(
    directory: impl AsFd,
    name: &Path,
    path: &Path,
    limit: u64,
) -> Result<Option<(File, Node)>, TrustError> {
    // Without O_NONBLOCK a named pipe would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let Some((handle, node)) = open(directory, name, path, flags, Kind::File)? else {
        return Ok(None);
    };
    if node.stamp.size > limit {
        return Err(untrusted(path, larger_than(limit)).into());
    }
    Ok(Some((File::from(handle), node)))
}

/// Whether there is a file `name` in a directory, which is not opened. `path` is for people.
///
/// # Errors
/// Where it cannot be looked at or trusted, or is larger than `limit` bytes.
pub fn is_file(
    directory: impl AsFd,
    name: &Path,
    path: &Path,
    limit: u64,
) -> Result<bool, TrustError> {
    let node = match node_of(directory, name.as_os_str().as_bytes()) {
        Ok(node) => node,
        Err(Errno::NOENT) => return Ok(false),
        Err(errno) => return Err(DiskError::at("read", path, errno).into()),
    };
    match distrust(&node, Kind::File) {
        Some(why) => Err(untrusted(path, why).into()),
        None if node.stamp.size > limit => Err(untrusted(path, larger_than(limit)).into()),
        None => Ok(true),
    }
}

/// Opens the directory at `path`, which is no symbolic link; none where there is none.
///
/// # Errors
/// Where it cannot be opened or trusted.
pub fn open_directory(path: &Path) -> Result<Option<OwnedFd>, TrustError> {
    let opened = open(CWD, path, path, DIRECTORY, Kind::Directory)?;
    Ok(opened.map(|(handle, _)| handle))
}

/// What people are told of a file that is larger than `limit` bytes.
pub(super) fn larger_than(limit: u64) -> String {
    match (limit >> 30, limit >> 20) {
        (0, mebibytes) => format!("it is larger than {mebibytes} MiB"),
        (gibibytes, _) => format!("it is larger than {gibibytes} GiB"),
    }
}

fn open(
    directory: impl AsFd,
    name: &Path,
    path: &Path,
    flags: OFlags,
    kind: Kind,
) -> Result<Option<(OwnedFd, Node)>, TrustError> {
    let error = |e: Errno| DiskError::at("read", path, e);
    let handle = match rustix::fs::openat(directory, name, flags, Mode::empty()) {
        Ok(handle) => handle,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(error(errno).into()),
    };
    let node = node_of(&handle, b"").map_err(error)?;
    match distrust(&node, kind) {
        Some(why) => Err(untrusted(path, why).into()),
        None => Ok(Some((handle, node))),
    }
}

/// Why something that is to be of this kind is not believed, if it is not.
fn distrust(node: &Node, kind: Kind) -> Option<String> {
    let is_ours_or_roots = [0, rustix::process::geteuid().as_raw()].contains(&node.owner.0);
    let others_write = node.mode & (Mode::WGRP | Mode::WOTH).bits() != 0;
    match node {
        node if node.kind != kind => Some(format!("it is {}", node.kind.words())),
        _ if !is_ours_or_roots => Some("it belongs to another user".to_owned()),
        _ if others_write => Some("others may write to it".to_owned()),
        _ => None,
    }
}

fn untrusted(path: &Path, why: String) -> Untrusted {
    Untrusted {
        path: Escaped::path(path).to_string(),
        why,
    }
}

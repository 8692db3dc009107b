//! Files of mediastruct's own are replaced whole: written under another name, and renamed.

use crate::disk::error::DiskError;
use crate::disk::trees::DIRECTORY;
use crate::model::path::TEMPORARY;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::rand::GetRandomFlags;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Replaces the file at `path` by what `fill` writes: durably, and whole or not at all.
///
/// # Errors
/// Where writing fails; then what was there is unchanged.
pub fn write_whole(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), DiskError> {
    let error = |e: io::Error| DiskError::at("write", path, e);
    let (directory, name) = open_parent(path).map_err(error)?;
    write_beneath(&directory, name.as_bytes(), mode, fill).map_err(error)
}

/// Makes the file at `path` as [`write_whole`] does, and replaces nothing.
///
/// # Errors
/// Where something has the name, or writing fails; then nothing is left of it.
pub(super) fn write_new(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (directory, name) = open_parent(path)?;
    let flags = RenameFlags::NOREPLACE;
    write_and(directory.as_fd(), mode, fill, |draft| {
        rustix::fs::renameat_with(&directory, draft, &directory, name, flags)
    })
}

/// The directory of `path`, and the name in it.
fn open_parent(path: &Path) -> io::Result<(OwnedFd, &OsStr)> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let flags = DIRECTORY.difference(OFlags::NOFOLLOW);
    let directory = rustix::fs::open(parent, flags, Mode::empty())?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok((directory, name))
}

/// Replaces the file `name` in `directory` as [`write_whole`] does.
pub(in crate::disk) fn write_beneath(
    directory: impl AsFd,
    name: &[u8],
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let directory = directory.as_fd();
    write_and(directory, mode, fill, |draft| {
        rustix::fs::renameat(directory, draft, directory, name)
    })
}

/// Writes a draft in `directory` and has it renamed by `install`; where either fails, it goes.
fn write_and(
    directory: BorrowedFd<'_>,
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    install: impl FnOnce(&str) -> rustix::io::Result<()>,
) -> io::Result<()> {
    let temporary = draft()?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let owner_only = Mode::RUSR | Mode::WUSR;
    let handle = rustix::fs::openat(directory, &temporary, flags, owner_only)?;
    let written = write_synced(File::from(handle), mode, fill).and_then(|()| {
        install(&temporary)?;
        Ok(())
    });
    if let Err(error) = written {
        // The error that matters is the one of writing; what stays is not taken for media.
        let _ = rustix::fs::unlinkat(directory, &temporary, AtFlags::empty());
        return Err(error);
    }
    Ok(rustix::fs::fsync(directory)?)
}

/// A name for a file that is to be renamed into its place.
fn draft() -> io::Result<String> {
    let mut random = [0; 8];
    rustix::rand::getrandom(&mut random, GetRandomFlags::empty())?;
    Ok(format!("{TEMPORARY}{:016x}", u64::from_ne_bytes(random)))
}

/// Whether `name` is one that [`draft`] gives.
pub(super) fn is_draft(name: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let random = name.strip_prefix(TEMPORARY.as_bytes());
    random.is_some_and(|random| random.len() == 16 && random.iter().all(is_digit))
}

fn write_synced(
    file: File,
    mode: u32,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(256 * 1024, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
    file.sync_all()
}

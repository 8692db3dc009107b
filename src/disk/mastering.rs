//! Making the image of a volume: under a temporary name beside its place, so that nothing half made
//! ever bears the name that a person gave.

use super::disc::{Disc, DiscError};
use super::error::DiskError;
use super::monitor::Monitor;
use super::named_file::NamedFileError;
use super::xorriso::{self, XorrisoError};
use crate::model::index::Totals;
use crate::model::path::{Escaped, RelPath};
use rustix::fs::{Advice, MemfdFlags};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What an image is to be made of.
pub struct Master<'m> {
    /// The directory of the volume.
    pub volume: &'m Path,
    /// What in it stays out, by paths relative to it.
    pub left_out: &'m [RelPath<'static>],
    /// The name that the disc is to bear: at most 16 of `[A-Z0-9_]`.
    pub label: &'m str,
    /// The files that go in, and their bytes.
    pub totals: Totals,
}

/// An image that has no name yet; it goes with this value, unless it is given one.
pub struct Image {
    file: NamedTempFile,
    target: PathBuf,
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum MasteringError {
    /// Something bears the name that it is to get, or it cannot be written there.
    #[error(transparent)]
    File(#[from] NamedFileError),
    /// It could not be made.
    #[error(transparent)]
    Xorriso(#[from] XorrisoError),
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Makes the image of a volume, which is to be at `target` in the end; it is durable.
///
/// # Errors
/// Where something is there already, xorriso fails, or it is `interrupted`; then nothing is left.
pub fn make(
    master: &Master<'_>,
    target: &Path,
    monitor: &dyn Monitor,
    interrupted: &dyn Fn() -> bool,
) -> Result<Image, MasteringError> {
    refuse_occupied(target)?;
    let failed = |error| NamedFileError::Write(target.to_owned(), error);
    let target = std::path::absolute(target).map_err(failed)?;
    let directory = target.parent().unwrap_or(Path::new("/"));
    let file = tempfile::Builder::new()
        .prefix(".mediastruct-")
        .suffix(".iso")
        .tempfile_in(directory)
        .map_err(failed)?;
    let image = Image { file, target };
    let left_out = LeftOut::of(master).map_err(XorrisoError::Run)?;
    monitor.begin("Writing the image", master.totals);
    let mut told = 0;
    let arguments = arguments(master, &left_out, image.file.path());
    let written = xorriso::tell(&arguments, &mut || {
        let size = image.size().unwrap_or_default().min(master.totals.bytes);
        monitor.advance(0, size.saturating_sub(told));
        told = told.max(size);
        !interrupted()
    });
    monitor.end();
    written?;
    let synced = image.file.as_file().sync_all();
    synced.map_err(|error| NamedFileError::Write(image.target.clone(), error))?;
    Ok(image)
}

/// Makes sure that nothing is at `target` yet, not even a link that leads nowhere.
///
/// # Errors
/// Where something is.
pub fn refuse_occupied(target: &Path) -> Result<(), NamedFileError> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(NamedFileError::Occupied(target.to_owned())),
        Err(_) => Ok(()),
    }
}

impl Image {
    /// Its size in bytes.
    ///
    /// # Errors
    /// Where it cannot be looked at.
    pub fn size(&self) -> Result<u64, DiskError> {
        let found = self.file.as_file().metadata();
        let found = found.map_err(|e| DiskError::at("look at", &self.target, e))?;
        Ok(found.len())
    }

    /// The same as a disc, to be read back: from where it was written, and not from memory.
    ///
    /// # Errors
    /// Where what is in it cannot be told.
    pub fn disc(&self) -> Result<Disc, DiscError> {
        let opened = File::open(self.file.path());
        let opened = opened.map_err(|e| DiskError::at("read", &self.target, e))?;
        let _ = rustix::fs::fadvise(&opened, 0, None, Advice::DontNeed);
        Disc::of_image(opened, &Escaped::path(&self.target).to_string())
    }

    /// Opens it up to whom the user lets read files, and gives it its name, which nothing may bear by
    /// now.
    ///
    /// # Errors
    /// Where something does, or it cannot be made durable; in the first case nothing is left of it.
    pub fn keep(self) -> Result<(), NamedFileError> {
        let Image { file, target } = self;
        let opened = file.as_file().set_permissions(permissions());
        opened.map_err(|error| NamedFileError::Write(target.clone(), error))?;
        file.persist_noclobber(&target)
            .map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => NamedFileError::Occupied(target.clone()),
                _ => NamedFileError::Write(target.clone(), error.error),
            })?;
        let directory = target.parent().unwrap_or(Path::new("/"));
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| NamedFileError::Write(target, error))
    }
}

/// Those of a file that anybody makes: the image was the user's alone as long as it was not whole.
fn permissions() -> Permissions {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let mask = mask.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok());
    Permissions::from_mode(0o666 & !mask.unwrap_or(0o077))
}

/// The list of what stays out, in memory: there may be more of it than arguments can hold.
struct LeftOut(OwnedFd);

impl LeftOut {
    fn of(master: &Master<'_>) -> io::Result<LeftOut> {
        let list = rustix::fs::memfd_create("left-out", MemfdFlags::CLOEXEC)?;
        let mut out = BufWriter::new(File::from(list));
        for path in master.left_out {
            let path = master.volume.join(OsStr::from_bytes(path.as_bytes()));
            out.write_all(&quoted(path.as_os_str().as_bytes()))?;
        }
        let list = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(LeftOut(list.into()))
    }

    /// Where xorriso finds it.
    fn path(&self) -> OsString {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()).into()
    }
}

/// A path as a word of a list, with the end of its line: between single quotes all bytes stand for
/// themselves but these quotes, also the end of a line.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in path {
        match byte {
            b'\'' => word.extend(b"'\"'\"'"),
            byte => word.push(*byte),
        }
    }
    word.extend(b"'\n");
    word
}

/// What xorriso is told: names are bytes, and each is an argument of its own. Whoever reads the disc
/// one day is another user, so all may read what is on it; files of any size, long names, and sums
/// by which xorriso itself can check it.
fn arguments(master: &Master<'_>, left_out: &LeftOut, image: &Path) -> Vec<OsString> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let drive = [b"stdio:", image.as_os_str().as_bytes()].concat();
    [
        words(&["-joliet", "on", "-md5", "on"]),
        words(&["-compliance", "iso_9660_level=3:joliet_long_names"]),
        words(&["-volid", master.label, "-outdev"]),
        vec![OsString::from_vec(drive)],
        words(&["-quoted_not_list"]),
        vec![left_out.path()],
        words(&["-map"]),
        vec![master.volume.into(), "/".into()],
        words(&["-find", "/", "-type", "d", "-exec", "chmod", "a+rx", "--"]),
        words(&["-find", "/", "-type", "f", "-exec", "chmod", "a+r", "--"]),
        words(&["-end"]),
    ]
    .concat()
}

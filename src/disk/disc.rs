//! Discs, and what stands in for one: a mounted disc or any other directory, or an image of a disc,
//! of which nothing is mounted. They are only read, by one reader, in the order in which the files
//! lie there: an optical drive seeks for a tenth of a second.

mod directory;
mod elsewhere;
mod image;

use super::error::{DiskError, Reason};
use super::hash::{BUFFER, Interrupted};
use super::monitor::Monitor;
use super::trees::Trees;
use super::xorriso::XorrisoError;
use crate::model::disc::{
    DiscFile, DiscLabel, DiscListing, DiscReading, LABEL_FILE, MAX_LABEL_BYTES,
};
use crate::model::index::Totals;
use crate::model::path::{Escaped, TreePath};
use crate::model::run::FileId;
use image::Extent;
use rustix::fs::{FileType, Mode, OFlags, major};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

/// A disc that can be read, and what is on it.
pub struct Disc {
    source: Source,
    listing: DiscListing,
    /// Where each of the files lies.
    places: Vec<Place>,
    /// Which directories of the system it and those on it are, where it is a directory.
    directories: Vec<FileId>,
    /// Its volume id, where it is an image that has one.
    volume_id: Option<String>,
}

/// What is read.
enum Source {
    Directory(OwnedFd),
    Image(File),
}

/// Where a file lies, so that those that lie side by side are read one after another.
enum Place {
    /// In a directory: this file, whose inode has a number which on a disc goes with the place.
    File(FileId),
    /// In an image: these bytes, one part after another.
    Extents(Vec<Extent>),
}

/// What a path is that is to be read as a disc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscKind {
    /// A directory, perhaps that of a mounted disc.
    Directory,
    /// A file that holds the image of a disc.
    Image,
    /// The drive of a disc, such as /dev/sr0.
    Drive,
    /// Another device that may hold the image of a disc.
    Device,
}

/// Whether what is at a path is a disc itself: one in a drive, or one that is mounted, by its file system.
/// An image file or a directory of any other file system may be gone tomorrow.
///
/// # Errors
/// Where nothing can be read as a disc there.
pub fn is_disc(path: &Path) -> Result<bool, DiscError> {
    // Source: linux/magic.h and fs/udf/udf_sb.h.
    const ISO_9660: u32 = 0x9660;
    const UDF: u32 = 0x1501_3346;
    Ok(match kind_of(path)? {
        DiscKind::Drive => true,
        DiscKind::Image | DiscKind::Device => false,
        DiscKind::Directory => rustix::fs::statfs(path)
            .is_ok_and(|about| [ISO_9660, UDF].contains(&(about.f_type as u32))),
    })
}

/// What the file at `path` says of the disc that it is on, or is to be on.
///
/// # Errors
/// Where it cannot be read.
pub fn label_at(path: &TreePath<'_>, trees: &Trees) -> Result<DiscLabel, DiskError> {
    let (file, _) = trees.open_file(path)?;
    let mut text = Vec::new();
    let read = file.take(MAX_LABEL_BYTES).read_to_end(&mut text);
    read.map_err(|e| DiskError::in_tree("read", path, e))?;
    Ok(DiscLabel::parse(&text))
}

/// Why something cannot be read as a disc.
#[derive(Debug, thiserror::Error)]
pub enum DiscError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It is neither a directory nor an image nor a device.
    #[error("{0} is no directory, no image of a disc, and no drive")]
    NoDisc(String),
    /// It holds no file system of discs that could be told.
    #[error("{0} is not the image of a disc: it holds no ISO 9660 file system")]
    NoImage(String),
    /// What is in an image cannot be told.
    #[error("{path} cannot be read as the image of a disc: {source}")]
    Image {
        /// The image.
        path: String,
        /// Why.
        source: XorrisoError,
    },
}

impl Disc {
    /// Looks at the disc at `path`; symbolic links lead to it, and none is followed on it.
    ///
    /// # Errors
    /// Where there is none, or it cannot be looked at. What is on it and cannot is listed so.
    pub fn open(path: &Path) -> Result<Disc, DiscError> {
        let kind = kind_of(path)?;
        match kind {
            DiscKind::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let opened = rustix::fs::open(path, flags, Mode::empty());
                let root = opened.map_err(|e| DiskError::at("read", path, e))?;
                Disc::of_directory(root, &Escaped::path(path).to_string())
            }
            DiscKind::Image | DiscKind::Drive | DiscKind::Device => {
                let file = File::open(path).map_err(|e| DiskError::at("read", path, e))?;
                // xorriso works elsewhere.
                let place = std::path::absolute(path);
                let place = place.map_err(|e| DiskError::at("read", path, e))?;
                let drive = (kind == DiscKind::Drive).then_some(place.as_path());
                Disc::of_sectors(file, drive, &Escaped::path(path).to_string())
            }
        }
    }

    /// The directory `root`, which is called `shown`, as a disc.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of_directory(root: OwnedFd, shown: &str) -> Result<Disc, DiscError> {
        let listed = directory::list(&root).map_err(|source| DiskError {
            action: "read",
            path: shown.to_owned(),
            source,
        })?;
        Ok(Disc {
            source: Source::Directory(root),
            listing: listed.listing,
            places: listed.files.into_iter().map(Place::File).collect(),
            directories: listed.directories,
            volume_id: None,
        })
    }

    /// The image in `file`, which is called `shown`, as a disc.
    ///
    /// # Errors
    /// Where what is in it cannot be told.
    pub fn of_image(file: File, shown: &str) -> Result<Disc, DiscError> {
        Disc::of_sectors(file, None, shown)
    }

    fn of_sectors(file: File, drive: Option<&Path>, shown: &str) -> Result<Disc, DiscError> {
        if !image::is_image(&file) {
            return Err(DiscError::NoImage(shown.to_owned()));
        }
        let volume_id = image::volume_id(&file);
        let (listing, places) = image::list(&file, drive).map_err(|source| DiscError::Image {
            path: shown.to_owned(),
            source,
        })?;
        Ok(Disc {
            source: Source::Image(file),
            listing,
            places: places.into_iter().map(Place::Extents).collect(),
            directories: Vec::new(),
            volume_id,
        })
    }

    /// What is on it.
    pub fn listing(&self) -> &DiscListing {
        &self.listing
    }

    /// Which directories of the system it and those on it are; none where it is an image.
    pub fn directories(&self) -> &[FileId] {
        &self.directories
    }

    /// Which file of the system the one of that number in the listing is; none where it is in an image.
    pub fn file(&self, at: usize) -> Option<FileId> {
        match self.places.get(at)? {
            Place::File(file) => Some(*file),
            Place::Extents(_) => None,
        }
    }

    /// What it says of itself. Where it has no label of ours, an image has at least a name.
    pub fn label(&self) -> DiscLabel {
        let files = &self.listing.files;
        let at = files.iter().position(|file| {
            file.path.as_bytes() == LABEL_FILE.as_bytes() && file.size <= MAX_LABEL_BYTES
        });
        let mut text = Vec::new();
        if let Some(at) = at {
            let take = |bytes: &[u8]| {
                text.extend_from_slice(bytes);
                text.len() as u64 <= MAX_LABEL_BYTES
            };
            // What cannot be read says nothing; that it cannot is told where all files are read.
            if self.each(at, &mut vec![0; BUFFER], take).is_err() {
                text.clear();
            }
        }
        let mut label = DiscLabel::parse(&text);
        label.label = label.label.or_else(|| self.volume_id.clone());
        label
    }

    /// Reads all files, and gives what came of each, in the order of the listing.
    ///
    /// # Errors
    /// Where it is `interrupted`.
    pub fn read(
        &self,
        monitor: &dyn Monitor,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Vec<DiscReading>, Interrupted> {
        let files = &self.listing.files;
        let mut totals = Totals::default();
        files.iter().for_each(|file| totals.add(file.size));
        monitor.begin("Reading", totals);
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by_key(|at| match &self.places[*at] {
            Place::File(file) => file.inode,
            Place::Extents(extents) => extents.first().map_or(0, |extent| extent.start),
        });
        let mut readings: Vec<DiscReading> = vec![Err(String::new()); files.len()];
        let mut buffer = vec![0; BUFFER];
        for at in order {
            let DiscFile { path, size, .. } = &files[at];
            monitor.at(&path
                .parent()
                .map_or_else(String::new, |dir| dir.to_string()));
            let mut hasher = blake3::Hasher::new();
            let mut told = 0;
            let read = self.each(at, &mut buffer, |bytes| {
                hasher.update(bytes);
                let news = (bytes.len() as u64).min(size.saturating_sub(told));
                told += news;
                monitor.advance(0, news);
                !interrupted()
            });
            if interrupted() {
                return Err(Interrupted);
            }
            // A file that could not be read to its end is done with, too.
            monitor.advance(1, size.saturating_sub(told));
            readings[at] = match read {
                Ok(()) => Ok(hasher.finalize().into()),
                Err(error) => Err(Reason(&error).to_string()),
            };
        }
        monitor.end();
        Ok(readings)
    }

    /// Gives the bytes of a file to `take`, part by part, for as long as it wants more.
    fn each(
        &self,
        at: usize,
        buffer: &mut [u8],
        take: impl FnMut(&[u8]) -> bool,
    ) -> io::Result<()> {
        let file = &self.listing.files[at];
        match (&self.source, &self.places[at]) {
            (Source::Directory(root), _) => directory::each(root, &file.path, buffer, take),
            (Source::Image(image), Place::Extents(extents)) => {
                image::each(image, extents, file.size, buffer, take)
            }
            (Source::Image(_), Place::File(_)) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// The major number of optical drives. Source: SCSI_CDROM_MAJOR in linux/major.h.
const OPTICAL: u32 = 11;

/// What is at `path`, which links may lead to.
///
/// # Errors
/// Where nothing is, or something that cannot be read as a disc.
pub fn kind_of(path: &Path) -> Result<DiscKind, DiscError> {
    let stat = rustix::fs::stat(path).map_err(|e| DiskError::at("read", path, e))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Ok(DiscKind::Directory),
        FileType::RegularFile => Ok(DiscKind::Image),
        FileType::BlockDevice if major(stat.st_rdev) == OPTICAL => Ok(DiscKind::Drive),
        FileType::BlockDevice => Ok(DiscKind::Device),
        _ => Err(DiscError::NoDisc(Escaped::path(path).to_string())),
    }
}

/// Sorts what was found, with where each file lies.
fn sorted<P>(mut listing: DiscListing, found: Vec<(DiscFile, P)>) -> (DiscListing, Vec<P>) {
    let mut found = found;
    found.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    listing.special.sort();
    listing.unreadable.sort();
    let (files, places) = found.into_iter().unzip();
    listing.files = files;
    (listing, places)
}

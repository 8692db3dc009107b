//! The bound of an image that files are put into and taken out of.

use super::{Directories, NameLength, Records, Totals, extents};
use crate::model::medium::SECTOR;

/// A file, as far as the size of an image goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizedFile {
    /// The directory in which it lies.
    pub directory: u32,
    /// The length of its name.
    pub name: NameLength,
    /// Its bytes.
    pub size: u64,
}

impl SizedFile {
    /// The sectors of its data.
    pub fn sectors(&self) -> u64 {
        self.size.div_ceil(SECTOR)
    }
}

/// The most sectors that an image takes, kept while files come and go: each costs as many steps as
/// it lies deep, and mostly one. What it says is what [`sectors_of`](super::sectors_of) says of the
/// same files; a directory counts while a file is in it or below it.
#[derive(Clone, Debug)]
pub struct ImageSize<'a> {
    directories: &'a Directories,
    /// Of each directory, how many children it has, and their records.
    filled: Vec<(u32, Records)>,
    totals: Totals,
}

impl<'a> ImageSize<'a> {
    /// The size of an image without files.
    pub fn empty(directories: &'a Directories) -> Self {
        let mut totals = Totals::default();
        totals.enter(directories.name(Directories::ROOT));
        totals.records = Records::default().sectors();
        ImageSize {
            directories,
            filled: vec![(0, Records::default()); directories.count()],
            totals,
        }
    }

    /// The most sectors that the image takes; `u64::MAX` where it is more than that.
    pub fn sectors(&self) -> u64 {
        self.totals.sectors()
    }

    /// Puts a file in.
    pub fn add(&mut self, file: &SizedFile) {
        self.totals.files += 1;
        self.totals.data += u128::from(file.sectors());
        let (mut directory, mut name) = (file.directory, file.name);
        let mut extents = extents(file.size);
        loop {
            let (children, records) = &mut self.filled[directory as usize];
            let was_absent = *children == 0 && directory != Directories::ROOT;
            let before = match was_absent {
                true => 0,
                false => records.sectors(),
            };
            *children += 1;
            records.add(name, extents);
            self.totals.records += records.sectors() - before;
            if !was_absent {
                return;
            }
            name = self.directories.name(directory);
            self.totals.enter(name);
            directory = self.directories.above(directory);
            extents = 1;
        }
    }

    /// Takes a file out that was put in.
    pub fn remove(&mut self, file: &SizedFile) {
        self.totals.files -= 1;
        self.totals.data -= u128::from(file.sectors());
        let (mut directory, mut name) = (file.directory, file.name);
        let mut extents = extents(file.size);
        loop {
            let (children, records) = &mut self.filled[directory as usize];
            let before = records.sectors();
            *children -= 1;
            records.remove(name, extents);
            let is_absent = *children == 0 && directory != Directories::ROOT;
            let after = match is_absent {
                true => 0,
                false => records.sectors(),
            };
            self.totals.records -= before - after;
            if !is_absent {
                return;
            }
            name = self.directories.name(directory);
            self.totals.leave(name);
            directory = self.directories.above(directory);
            extents = 1;
        }
    }
}

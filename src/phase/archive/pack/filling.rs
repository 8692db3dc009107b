//! A volume into which atoms are put and from which they are taken.

use super::{Growth, Load, LoadedFile, OwnFile, PackedVolume, Rooms};
use crate::model::image_size::{Directories, ImageSize, SizedFile};

/// A volume while it is filled: the size of its image, with the files that the tool adds to it,
/// which grow with what is in it.
pub(super) struct Filling<'a> {
    load: &'a Load,
    rooms: &'a Rooms,
    image: ImageSize<'a>,
    /// The bytes that the files in it add to the manifest and to the catalogue page.
    lines: u64,
    rows: u64,
    /// The tool's own files, as they are in the image.
    own: Vec<SizedFile>,
}

impl<'a> Filling<'a> {
    /// A new volume: nothing is in it but what the tool adds.
    pub fn empty(load: &'a Load, rooms: &'a Rooms) -> Self {
        let mut image = ImageSize::empty(&load.directories);
        let own = |own: &OwnFile| SizedFile {
            directory: Directories::ROOT,
            name: own.name,
            size: own.bytes,
        };
        let own: Vec<_> = rooms.reserve.files.iter().map(own).collect();
        own.iter().for_each(|file| image.add(file));
        Filling {
            load,
            rooms,
            image,
            lines: 0,
            rows: 0,
            own,
        }
    }

    /// The volume that is continued, where there is one.
    pub fn open(load: &'a Load, rooms: &'a Rooms) -> Option<Self> {
        let contents = rooms.open.as_ref()?;
        let mut filling = Filling::empty(load, rooms);
        contents.files.iter().for_each(|file| filling.put(file));
        filling.grow();
        Some(filling)
    }

    /// The most sectors that the image of what is in it takes.
    pub fn sectors(&self) -> u64 {
        self.image.sectors()
    }

    /// Whether all that is in it fits its medium.
    pub fn fits(&self) -> bool {
        self.sectors() <= self.rooms.capacity
    }

    /// Whether an atom fits beside what is in it.
    pub fn is_room_for(&mut self, atom: u32) -> bool {
        self.add(atom);
        let fits = self.fits();
        self.remove(atom);
        fits
    }

    /// Puts an atom in.
    pub fn add(&mut self, atom: u32) {
        let load = self.load;
        load.files_of(atom).iter().for_each(|file| self.put(file));
        self.grow();
    }

    /// Takes an atom out that was put in.
    pub fn remove(&mut self, atom: u32) {
        for file in self.load.files_of(atom) {
            self.image.remove(&file.file);
            self.lines -= u64::from(file.lines);
            self.rows -= u64::from(file.row);
        }
        self.grow();
    }

    /// Puts atoms in, from the first on, until one does not fit; says how many did.
    pub fn fill(&mut self, atoms: &[u32]) -> usize {
        for (atom, count) in atoms.iter().zip(0..) {
            self.add(*atom);
            if !self.fits() {
                self.remove(*atom);
                return count;
            }
        }
        atoms.len()
    }

    /// How many atoms fit beside what is in it, from the first on.
    pub fn count_fitting(&mut self, atoms: &[u32]) -> usize {
        let count = self.fill(atoms);
        self.take_out(&atoms[..count]);
        count
    }

    /// Takes atoms out that were put in.
    pub fn take_out(&mut self, atoms: &[u32]) {
        atoms.iter().for_each(|atom| self.remove(*atom));
    }

    /// The volume of these atoms, with what is in it already; afterwards they are out of it again.
    pub fn volume(&mut self, atoms: Vec<u32>, continues_open: bool) -> PackedVolume {
        atoms.iter().for_each(|atom| self.add(*atom));
        debug_assert!(self.fits(), "a volume is larger than its medium");
        let sectors = self.sectors();
        self.take_out(&atoms);
        PackedVolume {
            atoms,
            continues_open,
            sectors,
        }
    }

    fn put(&mut self, file: &LoadedFile) {
        self.image.add(&file.file);
        self.lines += u64::from(file.lines);
        self.rows += u64::from(file.row);
    }

    /// Makes the tool's own files as large as what is in the volume makes them.
    fn grow(&mut self) {
        for (own, now) in self.rooms.reserve.files.iter().zip(&mut self.own) {
            if own.grows == Growth::Fixed {
                continue;
            }
            let grown = SizedFile {
                size: own.bytes_with(self.lines, self.rows),
                ..*now
            };
            // Within a sector it takes no more room, which spares most of the work.
            if grown.sectors() != now.sectors() {
                self.image.remove(now);
                self.image.add(&grown);
                *now = grown;
            }
        }
    }
}

//! Which files go into which volume.
//!
//! What is packed are atoms: files that stay together, in the order of their dates. A volume is
//! full when the image of it would be larger than its medium, by the bound of
//! [`image_size`](crate::model::image_size): the same sizes, names and order give the same volumes.

mod chronological;
mod compact;
mod filling;

use self::filling::Filling;
use crate::model::image_size::{Directories, NameLength, SizedFile};
use crate::model::medium::Pack;
use rayon::iter::Either;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// The files that are to be packed.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// The directories of the volumes, as they are to stand on a disc.
    pub directories: Directories,
    /// The files; those of one atom stand together.
    pub files: Vec<LoadedFile>,
    /// What is packed, in its order: by date, ties by path.
    pub atoms: Vec<Atom>,
}

/// A file, as far as packing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// Its directory, one of the load's, its name and its size.
    pub file: SizedFile,
    /// The bytes that it adds to the manifest.
    pub lines: u32,
    /// The bytes that it adds to the catalogue page.
    pub row: u32,
}

/// Files that are never parted: a bundle, or a file alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Where they stand among the files of the load.
    pub files: Range<u32>,
    /// The day they are filed under, in any numbering that tells days apart.
    pub day: i32,
    /// The month of that day, in any numbering that tells months apart.
    pub month: i32,
}

/// How much fits into a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooms {
    /// The sectors of a volume, all in all.
    pub capacity: u64,
    /// What the tool itself adds to each volume.
    pub reserve: Reserve,
    /// What the volume that is continued holds already, where one is; the reserve is not among it.
    pub open: Option<Contents>,
}

/// What the tool itself adds to each volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// The files, which lie in no directory.
    pub files: Vec<OwnFile>,
}

/// A file that the tool adds to a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// The length of its name.
    pub name: NameLength,
    /// The bytes that it has at most in a volume without files.
    pub bytes: u64,
    /// What it grows with.
    pub grows: Growth,
}

/// What the files of a volume add to a file of the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Nothing: it is always as large.
    Fixed,
    /// The lines of each file: it is the manifest.
    Lines,
    /// The row of each file: it is the catalogue page.
    Rows,
}

/// What a volume holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The files, in directories of the load.
    pub files: Vec<LoadedFile>,
}

/// The volumes that were packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// The volumes: the one that is continued first, then new ones by the first atom of each.
    pub volumes: Vec<PackedVolume>,
    /// The atoms that fit no empty volume, in order; the others are packed as if they were not there.
    pub too_large: Vec<u32>,
    /// As many new volumes as no packing of the other atoms can do without: the sectors of their
    /// files alone, less what the volume that is continued has left, over what an empty one has.
    pub lower_bound: u64,
    /// The months of which more than one of the volumes holds files, in order.
    pub split_months: Vec<i32>,
    /// How many days there are of which more than one of the volumes holds files.
    pub split_days: u64,
}

/// A volume that was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedVolume {
    /// Its atoms, in order; there is at least one.
    pub atoms: Vec<u32>,
    /// Whether it is the one that is continued.
    pub continues_open: bool,
    /// The most sectors that its image takes, with all that it holds: never over the capacity.
    pub sectors: u64,
}

impl OwnFile {
    /// The most bytes that it has in a volume whose files add so many to the manifest and to the
    /// catalogue page.
    pub fn bytes_with(&self, lines: u64, rows: u64) -> u64 {
        let grown = match self.grows {
            Growth::Fixed => 0,
            Growth::Lines => lines,
            Growth::Rows => rows,
        };
        self.bytes.saturating_add(grown)
    }
}

impl Rooms {
    /// The most sectors that an image of the volume takes which is continued, before anything comes
    /// to it; none where there is none. `load` has its directories.
    pub fn sectors_of_open(&self, load: &Load) -> Option<u64> {
        Some(Filling::open(load, self)?.sectors())
    }

    /// Whether a volume has room for anything but what the tool itself adds; where it has none,
    /// every atom is too large.
    pub fn is_usable(&self) -> bool {
        self.capacity > Filling::empty(&Load::default(), self).sectors()
    }
}

/// How many atoms a thread looks at by itself, at least: to begin a volume costs as much as the load has
/// directories.
const AT_LEAST: usize = 1 << 15;

/// Packs a load into volumes.
pub fn pack(load: &Load, rooms: &Rooms, pack: Pack) -> Packed {
    let atoms = (0..load.atoms.len() as u32).into_par_iter();
    let looked_at = atoms.with_min_len(AT_LEAST).map_init(
        || Filling::empty(load, rooms),
        |filling, atom| (atom, filling.is_room_for(atom)),
    );
    let (fitting, too_large) = looked_at.partition_map(|(atom, fits)| match fits {
        true => Either::Left(atom),
        false => Either::Right(atom),
    });
    let (fitting, too_large): (Vec<u32>, Vec<u32>) = (fitting, too_large);
    let volumes = match pack {
        Pack::Chronological => chronological::volumes(load, rooms, &fitting),
        Pack::Compact => compact::volumes(load, rooms, &fitting),
    };
    let (split_months, split_days) = split(load, &volumes);
    Packed {
        lower_bound: lower_bound(load, rooms, &fitting),
        volumes,
        too_large,
        split_months,
        split_days,
    }
}

/// The months and the number of days that are in more than one volume.
fn split(load: &Load, volumes: &[PackedVolume]) -> (Vec<i32>, u64) {
    let (mut months, mut days) = (Spread::default(), Spread::default());
    for (volume, number) in volumes.iter().zip(0..) {
        let mut last = None;
        for atom in &volume.atoms {
            let Atom { day, month, .. } = load.atoms[*atom as usize];
            // Most atoms are of the same day as the one before.
            if last.replace((day, month)) != Some((day, month)) {
                months.see(month, number);
                days.see(day, number);
            }
        }
    }
    (months.split().collect(), days.split().count() as u64)
}

/// Of each date, the first volume that holds it, and whether another one does, too.
#[derive(Default)]
struct Spread(BTreeMap<i32, (usize, bool)>);

impl Spread {
    fn see(&mut self, date: i32, volume: usize) {
        let (first, is_split) = self.0.entry(date).or_insert((volume, false));
        *is_split |= *first != volume;
    }

    fn split(self) -> impl Iterator<Item = i32> {
        let split = |(date, (_, is_split))| Some(date).filter(|_| is_split);
        self.0.into_iter().filter_map(split)
    }
}

fn lower_bound(load: &Load, rooms: &Rooms, atoms: &[u32]) -> u64 {
    if atoms.is_empty() {
        return 0;
    }
    let data: u128 = atoms.par_iter().map(|atom| load.data_sectors(*atom)).sum();
    let room = |used: u64| u128::from(rooms.capacity.saturating_sub(used));
    let of_new = room(Filling::empty(load, rooms).sectors());
    let volumes = match Filling::open(load, rooms) {
        Some(open) => data
            .saturating_sub(room(open.sectors()))
            .div_ceil(of_new.max(1)),
        None => data.div_ceil(of_new.max(1)).max(1),
    };
    u64::try_from(volumes).unwrap_or(u64::MAX)
}

impl Load {
    /// The files of an atom.
    fn files_of(&self, atom: u32) -> &[LoadedFile] {
        let Range { start, end } = self.atoms[atom as usize].files;
        &self.files[start as usize..end as usize]
    }

    /// The sectors of the data of an atom's files.
    fn data_sectors(&self, atom: u32) -> u128 {
        let sectors = |file: &LoadedFile| u128::from(file.file.sectors());
        self.files_of(atom).iter().map(sectors).sum()
    }
}

#[cfg(test)]
mod tests;

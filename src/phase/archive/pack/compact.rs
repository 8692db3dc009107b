//! Volumes in which whole months stay together.
//!
//! Months go where they leave the least room, the largest first. A month that is too large for a
//! volume fills volumes of its own first, in its order, and what is left of it goes the same way as
//! the others.

use super::filling::Filling;
use super::{Load, PackedVolume, Rooms};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The volumes of these atoms, each of which fits an empty one.
pub(super) fn volumes(load: &Load, rooms: &Rooms, atoms: &[u32]) -> Vec<PackedVolume> {
    let mut filling = Filling::empty(load, rooms);
    let mut open = Filling::open(load, rooms);
    let mut bins = Bins::new(rooms, filling.sectors());
    if let Some(open) = &open {
        let sectors = open.sectors();
        bins.open(Part::new(&[], sectors));
    }
    let mut parts = Vec::new();
    for month in months(load, atoms) {
        let mut peeled = peel(&mut filling, &month);
        parts.extend(peeled.pop());
        peeled.into_iter().for_each(|part| bins.open(part));
    }
    parts.sort_by_key(|part| (Reverse(part.sectors), part.first()));
    parts.into_iter().for_each(|part| bins.put(part));

    let mut bins = bins.all;
    let continued = open.as_mut().map(|open| (open, bins.remove(0).atoms));
    let continued = continued.filter(|(_, atoms)| !atoms.is_empty());
    let continued = continued.map(|(open, atoms)| open.volume(sorted(atoms), true));
    bins.sort_by_key(Part::first);
    let new = bins
        .into_iter()
        .map(|bin| filling.volume(sorted(bin.atoms), false));
    continued.into_iter().chain(new).collect()
}

/// The atoms of each month, in their order; the months by their first atoms.
fn months(load: &Load, atoms: &[u32]) -> Vec<Vec<u32>> {
    let mut months: Vec<Vec<u32>> = Vec::new();
    let mut numbers = BTreeMap::new();
    for atom in atoms {
        let month = load.atoms[*atom as usize].month;
        let number = *numbers.entry(month).or_insert(months.len());
        if number == months.len() {
            months.push(Vec::new());
        }
        months[number].push(*atom);
    }
    months
}

/// Cuts a month into parts that fit a new volume, each as large as can be. Nothing else is in the
/// volume before and after.
fn peel(volume: &mut Filling<'_>, month: &[u32]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = month;
    while !rest.is_empty() {
        let count = volume.fill(rest);
        let (atoms, behind) = rest.split_at(count);
        parts.push(Part::new(atoms, volume.sectors()));
        volume.take_out(atoms);
        rest = behind;
    }
    parts
}

/// Atoms that go into one volume together.
struct Part {
    atoms: Vec<u32>,
    /// The most sectors that an image of a volume takes that holds these alone, and what the tool
    /// adds.
    sectors: u64,
}

impl Part {
    fn new(atoms: &[u32], sectors: u64) -> Part {
        Part {
            atoms: atoms.to_vec(),
            sectors,
        }
    }

    fn first(&self) -> Option<u32> {
        self.atoms.iter().min().copied()
    }
}

fn sorted(mut atoms: Vec<u32>) -> Vec<u32> {
    atoms.sort_unstable();
    atoms
}

/// Volumes that are filled side by side; what they take is never less than what their images take.
struct Bins {
    capacity: u64,
    /// The sectors that each part brings along which a volume that has others needs only once.
    shared: u64,
    all: Vec<Part>,
    /// The room that each has left, and which it is: the tightest first.
    by_room: BTreeSet<(u64, usize)>,
}

impl Bins {
    /// No volumes; an empty one would take so many sectors.
    fn new(rooms: &Rooms, empty: u64) -> Bins {
        // Where parts share a directory, a table or a file of the tool, each was rounded up to whole
        // sectors for itself. Together they may need one sector more than both less an empty one in
        // each of these places: the records of the root in two trees, four path tables, the MD5
        // sums, and the data and the records of each file of the tool.
        let rounding = 8 + 4 * rooms.reserve.files.len() as u64;
        Bins {
            capacity: rooms.capacity,
            shared: empty.saturating_sub(rounding),
            all: Vec::new(),
            by_room: BTreeSet::new(),
        }
    }

    /// Begins a volume with a part.
    fn open(&mut self, part: Part) {
        let room = self.capacity.saturating_sub(part.sectors);
        self.by_room.insert((room, self.all.len()));
        self.all.push(part);
    }

    /// Puts a part where it leaves the least room, or else begins a volume.
    fn put(&mut self, part: Part) {
        let needed = part.sectors - self.shared;
        let Some(tightest) = self.by_room.range((needed, 0)..).next().copied() else {
            return self.open(part);
        };
        self.by_room.remove(&tightest);
        let (room, bin) = tightest;
        self.by_room.insert((room - needed, bin));
        self.all[bin].atoms.extend(part.atoms);
    }
}

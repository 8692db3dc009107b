//! Draws a library and packs it, for `packing.sh`.
//!
//! ```text
//! pack_sizes draw FILES SEED          lines of SIZE PATH
//! pack_sizes pack SIZES MEDIUM WAY    how mediastruct packs them
//! pack_sizes judge SIZES MEDIUM       how well lines of VOLUME PATH, from elsewhere, pack them
//! ```
//! The last two print the volumes, the fewest that there can be, the months and the days that are
//! split, the volumes whose images may be too large, and the files that are in no volume.
#![allow(clippy::disallowed_methods, reason = "benches read files")]

mod dice;
mod drawn;

use drawn::Drawn;
use mediastruct::model::image_size::{ImageSize, SizedFile};
use mediastruct::model::medium::{DefectManagement, Medium, Pack};
use mediastruct::phase::archive::pack::{Load, pack};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{BufRead, BufWriter, Write, stdin, stdout};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["draw", files, seed] => print(&drawn::draw(number(files), number(seed) as u64)),
        ["pack", sizes, medium, way] => packed(&read(sizes), medium, way.parse().unwrap()),
        ["judge", sizes, medium] => judged(&read(sizes), medium),
        // `cargo bench` calls it with arguments of its own.
        _ => println!("this is for tests/bench/packing.sh"),
    }
}

fn number(text: &str) -> usize {
    text.parse().unwrap()
}

fn capacity(medium: &str) -> u64 {
    let medium: Medium = medium.parse().unwrap();
    medium.sectors(DefectManagement::On)
}

fn print(files: &[Drawn]) {
    let mut out = BufWriter::new(stdout().lock());
    for Drawn { path, size } in files {
        writeln!(out, "{size} {path}").unwrap();
    }
}

fn read(sizes: &str) -> Vec<Drawn> {
    let text = fs::read_to_string(sizes).unwrap();
    let drawn = |line: &str| {
        let (size, path) = line.split_once(' ').unwrap();
        Drawn {
            path: path.to_owned(),
            size: size.parse().unwrap(),
        }
    };
    text.lines().map(drawn).collect()
}

fn packed(files: &[Drawn], medium: &str, way: Pack) {
    let (load, rooms) = (drawn::load(files), drawn::rooms(capacity(medium)));
    let packed = pack(&load, &rooms, way);
    let volumes = packed.volumes.iter().map(|volume| &volume.atoms[..]);
    tell(&load, &volumes.collect::<Vec<_>>(), capacity(medium));
}

fn judged(files: &[Drawn], medium: &str) {
    let load = drawn::load(files);
    let numbers: HashMap<_, _> = files
        .iter()
        .map(|file| &file.path[..])
        .zip(0u32..)
        .collect();
    let mut volumes: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let (volume, path) = line.split_once(' ').unwrap();
        volumes
            .entry(volume.to_owned())
            .or_default()
            .push(numbers[path]);
    }
    let volumes: Vec<_> = volumes.values().map(|atoms| &atoms[..]).collect();
    tell(&load, &volumes, capacity(medium));
}

/// Counts what volumes of these files, each an atom, are like.
fn tell(load: &Load, volumes: &[&[u32]], capacity: u64) {
    let files = |atoms: &[u32]| -> Vec<SizedFile> {
        let file = |atom: &u32| load.files[*atom as usize].file;
        atoms.iter().map(file).collect()
    };
    let mut image = ImageSize::empty(&load.directories);
    let mut too_large = 0;
    let (mut months, mut days) = (BTreeMap::new(), BTreeMap::new());
    for (number, atoms) in volumes.iter().enumerate() {
        let files = files(atoms);
        files.iter().for_each(|file| image.add(file));
        too_large += usize::from(image.sectors() > capacity);
        files.iter().for_each(|file| image.remove(file));
        for atom in *atoms {
            let atom = &load.atoms[*atom as usize];
            months
                .entry(atom.month)
                .or_insert_with(BTreeSet::new)
                .insert(number);
            days.entry(atom.day)
                .or_insert_with(BTreeSet::new)
                .insert(number);
        }
    }
    let split = |spread: &BTreeMap<i32, BTreeSet<usize>>| {
        spread.values().filter(|volumes| volumes.len() > 1).count()
    };
    let fewest = pack(load, &drawn::rooms(capacity), Pack::Chronological).lower_bound;
    let (months, days) = (split(&months), split(&days));
    let packed: usize = volumes.iter().map(|atoms| atoms.len()).sum();
    let (volumes, missing) = (volumes.len(), load.files.len() - packed);
    println!("{volumes} {fewest} {months} {days} {too_large} {missing}");
}

//! Files of media and archive in three shapes: a few large ones, very many small ones, and both.

use super::dice::{Chance, log_normal};
use super::twins::fill;
use mediastruct::model::index::Totals;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How many contents of such sizes there are at full scale.
struct Lot {
    contents: f64,
    /// Bytes of the one in the middle.
    median: f64,
    /// How far the logarithms of the sizes deviate.
    deviation: f64,
    /// Bytes at most.
    most: f64,
}

/// A content, and the files that hold it.
struct Content {
    /// What the bytes follow from.
    seed: [u64; 4],
    bytes: usize,
    paths: Vec<String>,
    /// A file that differs in the last byte alone.
    near_twin: Option<String>,
}

const fn lot(contents: f64, median: f64, deviation: f64, most: f64) -> Lot {
    Lot {
        contents,
        median,
        deviation,
        most,
    }
}

/// What a shape consists of.
fn lots(shape: &str) -> &'static [Lot] {
    const PHOTOS: [Lot; 2] = [lot(1500., 2.42e6, 0.5, 2e7), lot(12., 1e8, 0.25, 1.5e8)];
    const MIXED: [Lot; 3] = [
        lot(6000., 9.9e4, 1.6, 5e6),
        lot(300., 3.27e6, 0.4, 2e7),
        lot(4., 2.1e8, 0., 2.1e8),
    ];
    const SMALL: [Lot; 1] = [lot(60_000., 9.9e3, 1., 4e5)];
    match shape {
        "photos" => &PHOTOS,
        "mixed" => &MIXED,
        "small" => &SMALL,
        shape => panic!("'{shape}' is none of photos, mixed and small"),
    }
}

/// Makes a library beneath `root`: `scale` of a full one, and of each content `times` as many, of
/// the same sizes but for a few bytes, so that this is that often the work. Gives its files and bytes.
pub fn make(root: &Path, shape: &str, scale: f64, times: u64, seed: u64) -> Totals {
    let contents: Vec<_> = (0..)
        .zip(lots(shape))
        .flat_map(|(number, lot)| draw(lot, scale, times, [seed, number]))
        .collect();
    let paths = contents.iter().flat_map(|content| &content.paths);
    let paths = paths.chain(
        contents
            .iter()
            .filter_map(|content| content.near_twin.as_ref()),
    );
    let directories: BTreeSet<_> = paths.filter_map(|path| Path::new(path).parent()).collect();
    for directory in directories {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for tree in ["media", "archive"] {
        fs::create_dir_all(root.join(tree)).unwrap();
    }
    contents.par_iter().for_each(|content| write(root, content));
    let mut totals = Totals::default();
    for content in &contents {
        let files = content.paths.len() + usize::from(content.near_twin.is_some());
        (0..files).for_each(|_| totals.add(content.bytes as u64));
    }
    totals
}

fn draw(lot: &Lot, scale: f64, times: u64, seed: [u64; 2]) -> Vec<Content> {
    let wanted = lot.contents * scale;
    // What would be less than one content is one, and smaller by as much.
    let median = lot.median * wanted.min(1.);
    let mut contents = Vec::new();
    for number in 0..(wanted.round() as u64).max(1) {
        let mut chance = Chance::of(seed[0] ^ seed[1] << 32 ^ number << 40);
        let size = log_normal(&mut chance, median, lot.deviation).min(lot.most);
        let copies = match chance.hits(75) {
            true => 1,
            false => [2, 2, 2, 3, 4][chance.below(5)],
        };
        let has_near_twin = chance.hits(5);
        for time in 0..times {
            let mut path = |copy: usize| {
                let name = format!("IMG_{}_{number:06}_{time}_{copy}.jpg", seed[1]);
                place(&mut chance, &name)
            };
            contents.push(Content {
                seed: [seed[0], seed[1], number, time],
                // Of equal sizes there are no more than in a smaller library.
                bytes: size as usize + 1 + time as usize,
                paths: (0..copies).map(&mut path).collect(),
                near_twin: has_near_twin.then(|| path(copies)),
            });
        }
    }
    contents
}

/// Where a file lies: two in three in media, the third in the archive.
fn place(chance: &mut Chance, name: &str) -> String {
    let (year, month) = (2009 + chance.below(16), 1 + chance.below(12));
    match chance.below(3) {
        0 => format!(
            "archive/{:02}/{year}/{month:02}/{name}",
            1 + chance.below(12)
        ),
        _ => format!("media/{year}/{month:02}/{name}"),
    }
}

fn write(root: &Path, content: &Content) {
    let mut bytes = vec![0; content.bytes];
    fill(&mut bytes, &content.seed);
    for path in &content.paths {
        write_file(root.join(path), &bytes);
    }
    if let Some(path) = &content.near_twin {
        *bytes.last_mut().unwrap() ^= 1;
        write_file(root.join(path), &bytes);
    }
}

fn write_file(path: PathBuf, bytes: &[u8]) {
    let mut file = File::create_new(path).unwrap();
    file.write_all(bytes).unwrap();
    // What may still be written is hashed again the next time.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_262_304_000);
    file.set_modified(long_ago).unwrap();
}

//! A library whose sizes and dates are drawn, the same from the same seed, as a load to pack.

use super::dice::{Chance, log_normal};
use mediastruct::model::image_size::{NameLength, SizedFile};
use mediastruct::model::medium::SECTOR;
use mediastruct::phase::archive::pack::{Atom, Growth, Load, LoadedFile, OwnFile, Reserve, Rooms};

/// A file of the library.
pub struct Drawn {
    /// Where it lies in its volume: `2015/2015-03/2015-03-14/IMG_0000001.jpg`.
    pub path: String,
    /// Its bytes.
    pub size: u64,
}

/// So many files in order of their dates: photos of 4 MB and, three in a hundred, videos of 80 MB
/// as their medians, log-normal, at most 20 GB; of 25 years, on days with 20 files or more on average.
pub fn draw(files: usize, seed: u64) -> Vec<Drawn> {
    const DAYS: usize = 25 * 360;
    let mut chance = Chance::of(seed);
    let spread = (files / 20).clamp(1, DAYS);
    let mut days: Vec<_> = (0..files)
        .map(|_| chance.below(spread) * DAYS / spread)
        .collect();
    days.sort_unstable();
    let drawn = |(number, day): (usize, usize)| {
        let (year, month, day) = (2000 + day / 360, day / 30 % 12 + 1, day % 30 + 1);
        let is_video = chance.hits(3);
        let (median, deviation, name) = match is_video {
            true => (80e6, 1.2, "mp4"),
            false => (4e6, 0.7, "jpg"),
        };
        let size = log_normal(&mut chance, median, deviation);
        Drawn {
            path: format!(
                "{year}/{year}-{month:02}/{year}-{month:02}-{day:02}/IMG_{number:07}.{name}"
            ),
            size: (size as u64).min(20_000_000_000),
        }
    };
    days.into_iter().enumerate().map(drawn).collect()
}

/// The files as a load; each is an atom of its own.
pub fn load(files: &[Drawn]) -> Load {
    let mut load = Load::default();
    for (number, Drawn { path, size }) in (0..).zip(files) {
        let (above, name) = path.rsplit_once('/').unwrap();
        let [year, month, day] = date_of(path);
        let month = year * 12 + month;
        load.files.push(LoadedFile {
            file: SizedFile {
                directory: load.directories.number(above.as_bytes()),
                name: NameLength::of(name.as_bytes()),
                size: *size,
            },
            lines: path.len() as u32 + 67,
            row: 2 * path.len() as u32 + 150,
        });
        load.atoms.push(Atom {
            files: number..number + 1,
            day: month * 31 + day,
            month,
        });
    }
    load
}

/// Year, month and day of a file, by its directories.
fn date_of(path: &str) -> [i32; 3] {
    let day = path.split('/').nth(2).unwrap();
    let mut parts = day.split('-').map(|part| part.parse().unwrap());
    [(); 3].map(|()| parts.next().unwrap())
}

/// A medium with about the files that mediastruct adds to a volume.
pub fn rooms(capacity: u64) -> Rooms {
    let own = |(name, sectors, grows): (&str, u64, Growth)| OwnFile {
        name: NameLength::of(name.as_bytes()),
        bytes: sectors * SECTOR,
        grows,
    };
    let own = [
        ("00_README.txt", 2, Growth::Fixed),
        ("MANIFEST.sha256", 0, Growth::Lines),
        ("disc.json", 1, Growth::Fixed),
        ("index.html", 2, Growth::Rows),
    ]
    .map(own);
    Rooms {
        capacity,
        reserve: Reserve {
            files: own.to_vec(),
        },
        open: None,
    }
}

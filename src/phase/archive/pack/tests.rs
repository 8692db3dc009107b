use super::*;
use crate::model::image_size::{Node, sectors_of};
use crate::model::path::RelPath;
use proptest::prelude::*;

/// A file by its path, with what it adds to the manifest and the page.
#[derive(Clone, Debug)]
struct File {
    path: String,
    size: u64,
    lines: u32,
    row: u32,
}

/// The files of an atom and its day; three days are a month.
type Bundle = (Vec<File>, i32);

fn file(path: &str, sectors: u64) -> File {
    File {
        path: path.to_owned(),
        size: sectors * 2048,
        lines: 80,
        row: 120,
    }
}

/// An atom of one file in the directory of its month.
fn single(number: usize, day: i32, sectors: u64) -> Bundle {
    let path = format!("{}/{number}.jpg", day / 3);
    (vec![file(&path, sectors)], day)
}

const OWN: [(&str, u64, Growth); 3] = [
    ("disc.json", 3000, Growth::Fixed),
    ("MANIFEST.sha256", 0, Growth::Lines),
    ("index.html", 1500, Growth::Rows),
];

fn reserve() -> Reserve {
    let own = |(name, bytes, grows): (&str, u64, Growth)| OwnFile {
        name: NameLength::of(name.as_bytes()),
        bytes,
        grows,
    };
    Reserve {
        files: OWN.map(own).to_vec(),
    }
}

fn loaded(directories: &mut Directories, file: &File) -> LoadedFile {
    let path = RelPath::from_text(file.path.as_str()).unwrap();
    let above = path.parent().map(|above| above.as_bytes().to_vec());
    LoadedFile {
        file: SizedFile {
            directory: directories.number(&above.unwrap_or_default()),
            name: NameLength::of(path.file_name()),
            size: file.size,
        },
        lines: file.lines,
        row: file.row,
    }
}

fn load(bundles: &[Bundle]) -> Load {
    let mut load = Load::default();
    for (files, day) in bundles {
        let start = load.files.len() as u32;
        for file in files {
            let file = loaded(&mut load.directories, file);
            load.files.push(file);
        }
        load.atoms.push(Atom {
            files: start..load.files.len() as u32,
            day: *day,
            month: day.div_euclid(3),
        });
    }
    load
}

/// The bound of a volume with these files, counted from scratch, by their paths.
fn sectors<'f>(files: impl IntoIterator<Item = &'f File>) -> u64 {
    let files: Vec<_> = files.into_iter().collect();
    let lines: u64 = files.iter().map(|file| u64::from(file.lines)).sum();
    let rows: u64 = files.iter().map(|file| u64::from(file.row)).sum();
    let mut tree = Vec::new();
    for (name, bytes, grows) in OWN {
        let grown = match grows {
            Growth::Fixed => 0,
            Growth::Lines => lines,
            Growth::Rows => rows,
        };
        tree.push((RelPath::from_text(name).unwrap(), Node::File(bytes + grown)));
    }
    for file in files {
        let path = RelPath::from_text(file.path.as_str()).unwrap();
        tree.push((path, Node::File(file.size)));
    }
    sectors_of(tree.iter().map(|(path, node)| (path, *node)))
}

fn rooms(net: u64) -> Rooms {
    Rooms {
        capacity: sectors([]) + net,
        reserve: reserve(),
        open: None,
    }
}

/// The atoms of each volume.
fn atoms(packed: &Packed) -> Vec<&[u32]> {
    packed
        .volumes
        .iter()
        .map(|volume| &volume.atoms[..])
        .collect()
}

#[test]
fn nothing_is_packed_into_nothing() {
    for way in Pack::ALL {
        let packed = pack(&Load::default(), &rooms(100), way);
        assert_eq!(packed, Packed::default());
    }
}

#[test]
fn one_atom_is_one_volume() {
    let bundles = [single(0, 0, 10)];
    for way in Pack::ALL {
        let packed = pack(&load(&bundles), &rooms(100), way);
        assert_eq!(atoms(&packed), [[0]]);
        assert_eq!(packed.volumes[0].sectors, sectors(&bundles[0].0));
        assert_eq!(packed.lower_bound, 1);
    }
}

#[test]
fn the_last_volume_takes_what_is_left() {
    let bundles: Vec<_> = (0..5).map(|n| single(n, n as i32 * 3, 20)).collect();
    let packed = pack(&load(&bundles), &rooms(60), Pack::Chronological);
    assert_eq!(atoms(&packed), [&[0, 1][..], &[2, 3], &[4]]);
    assert!(packed.split_months.is_empty());
}

#[test]
fn a_day_and_a_month_are_cut_only_where_that_saves_a_volume() {
    // Filled to the brim, the first volume would end inside the second day.
    let days = [0, 0, 3, 3, 3, 6];
    let bundles: Vec<_> = days
        .iter()
        .enumerate()
        .map(|(n, day)| single(n, *day, 20))
        .collect();
    let packed = pack(&load(&bundles), &rooms(90), Pack::Chronological);
    assert_eq!(atoms(&packed), [&[0, 1][..], &[2, 3, 4, 5]]);
    assert_eq!((packed.split_months.len(), packed.split_days), (0, 0));
    let packed = pack(&load(&bundles), &rooms(70), Pack::Chronological);
    assert_eq!(atoms(&packed), [&[0, 1, 2][..], &[3, 4, 5]]);
    assert_eq!((packed.split_months, packed.split_days), (vec![1], 1));
}

#[test]
fn months_stay_whole_where_they_fit_and_fill_gaps() {
    // Months of 50, 30, 60 and 20 sectors: two volumes of 80, each of two months.
    let sizes = [(0, 50), (3, 30), (6, 60), (9, 20)];
    let bundles: Vec<_> = (0..)
        .zip(sizes)
        .map(|(n, (day, size))| single(n, day, size))
        .collect();
    let packed = pack(&load(&bundles), &rooms(110), Pack::Compact);
    assert_eq!(atoms(&packed), [&[0, 1][..], &[2, 3]]);
    assert!(packed.split_months.is_empty());
}

#[test]
fn an_oversized_month_fills_volumes_of_its_own() {
    let days = [0, 3, 3, 3, 3, 3, 6];
    let bundles: Vec<_> = days
        .iter()
        .enumerate()
        .map(|(n, day)| single(n, *day, 200))
        .collect();
    let packed = pack(&load(&bundles), &rooms(500), Pack::Compact);
    assert_eq!(atoms(&packed), [&[0, 5][..], &[1, 2], &[3, 4], &[6]]);
    assert_eq!((packed.split_months, packed.split_days), (vec![1], 1));
}

#[test]
fn what_fits_no_volume_is_named_and_the_rest_is_packed() {
    let bundles = [single(0, 0, 10), single(1, 0, 500), single(2, 1, 10)];
    for way in Pack::ALL {
        let packed = pack(&load(&bundles), &rooms(100), way);
        assert_eq!(packed.too_large, [1]);
        assert_eq!(atoms(&packed), [[0, 2]]);
    }
}

#[test]
fn a_medium_without_room_takes_nothing_and_says_so() {
    let bundles = [single(0, 0, 1), single(1, 0, 0)];
    let mut rooms = rooms(0);
    for capacity in [0, 1, rooms.capacity - 1, rooms.capacity] {
        rooms.capacity = capacity;
        assert!(!rooms.is_usable());
        for way in Pack::ALL {
            let packed = pack(&load(&bundles), &rooms, way);
            assert_eq!((packed.too_large, packed.volumes.len()), (vec![0, 1], 0));
        }
    }
    rooms.capacity += 1;
    assert!(rooms.is_usable());
}

#[test]
fn sizes_of_any_size_are_packed_or_named() {
    let mut bundles: Vec<_> = (0..4).map(|n| single(n, 0, 1)).collect();
    bundles
        .iter_mut()
        .for_each(|(files, _)| files[0].size = u64::MAX);
    let mut rooms = rooms(0);
    for (capacity, too_large) in [(1 << 53, 4), (1 << 55, 0), (u64::MAX, 0)] {
        rooms.capacity = capacity;
        for way in Pack::ALL {
            let packed = pack(&load(&bundles), &rooms, way);
            assert_eq!(packed.too_large.len(), too_large);
            assert!(
                packed
                    .volumes
                    .iter()
                    .all(|volume| volume.sectors <= capacity)
            );
        }
    }
}

#[test]
fn the_open_volume_takes_as_much_as_it_has_room_for() {
    let bundles: Vec<_> = (0..3).map(|n| single(n, n as i32 * 3, 200)).collect();
    let mut load = load(&bundles);
    let held = File {
        path: "0/held.jpg".to_owned(),
        ..file("", 500)
    };
    let open = Contents {
        files: vec![loaded(&mut load.directories, &held)],
    };
    let mut rooms = Rooms {
        open: Some(open),
        ..rooms(830)
    };
    for way in Pack::ALL {
        let packed = pack(&load, &rooms, way);
        assert_eq!(atoms(&packed), [&[0][..], &[1, 2]], "{way}");
        let continues = |volume: &PackedVolume| volume.continues_open;
        assert!(continues(&packed.volumes[0]) && !continues(&packed.volumes[1]));
        let held = [&held, &bundles[0].0[0]];
        assert_eq!(packed.volumes[0].sectors, sectors(held));
        assert_eq!(packed.lower_bound, 1);
    }
    // One that is full, or over the medium, takes nothing.
    rooms.capacity = sectors([&held]) - 1;
    for way in Pack::ALL {
        let packed = pack(&load, &rooms, way);
        assert!(packed.volumes.iter().all(|volume| !volume.continues_open));
    }
}

/// Bundles in order of their days, in directories that they share, with sizes in whole sectors and
/// a little.
fn bundles(most: usize) -> impl Strategy<Value = Vec<Bundle>> {
    let file = (0u64..40, 0u64..2, 0u32..2000, 0u32..2000, 0usize..4);
    let files = proptest::collection::vec(file, 1..3);
    let bundle = (files, 0i32..3);
    proptest::collection::vec(bundle, 0..most).prop_map(|bundles| {
        let mut day = 0;
        let mut all = Vec::new();
        for (number, (files, later)) in bundles.into_iter().enumerate() {
            day += later;
            let named =
                |(at, (size, over, lines, row, place)): (usize, (u64, u64, u32, u32, usize))| {
                    let above = ["", "all/", "all/more/", "a/b/c/d/"][place];
                    let path = format!("{above}{number}-{at}.jpg");
                    File {
                        path,
                        size: size * 2048 + over,
                        lines,
                        row,
                    }
                };
            all.push((files.into_iter().enumerate().map(named).collect(), day));
        }
        all
    })
}

/// What cutting the atoms so costs: new volumes, cuts in days, cuts in months; none where a volume
/// would not fit.
fn cost(
    bundles: &[&Bundle],
    ends: &[usize],
    open: Option<&[File]>,
    capacity: u64,
) -> Option<(usize, usize, usize)> {
    let mut cost = (0, 0, 0);
    let mut start = 0;
    for (volume, end) in ends.iter().enumerate() {
        let continued = open.filter(|_| volume == 0);
        let files = bundles[start..*end].iter().flat_map(|(files, _)| files);
        if *end > start && sectors(files.chain(continued.unwrap_or_default())) > capacity {
            return None;
        }
        cost.0 += usize::from(continued.is_none());
        if *end > 0 && *end < bundles.len() {
            let (before, behind) = (bundles[end - 1].1, bundles[*end].1);
            cost.1 += usize::from(before == behind);
            cost.2 += usize::from(before / 3 == behind / 3);
        }
        start = *end;
    }
    Some(cost)
}

/// The ends of the volumes that cost the least, the first of them as late as can be, by trying all.
fn best_by_trying(bundles: &[&Bundle], open: Option<&[File]>, capacity: u64) -> Vec<usize> {
    let count = bundles.len();
    let mut tried = Vec::new();
    for first in 0..=open.map_or(0, |_| count) {
        let rest = count - first;
        for cuts in 0..1u32 << rest.saturating_sub(1) {
            let mut ends: Vec<_> = open.map(|_| first).into_iter().collect();
            let inner = (1..rest).filter(|at| cuts >> (at - 1) & 1 == 1);
            ends.extend(inner.map(|at| first + at));
            ends.extend((rest > 0).then_some(count));
            if let Some(cost) = cost(bundles, &ends, open, capacity) {
                tried.push((cost, std::cmp::Reverse(ends)));
            }
        }
    }
    tried
        .into_iter()
        .min()
        .map(|(_, ends)| ends.0)
        .unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_other_cuts_cost_less_and_the_first_volumes_are_the_fullest(
        bundles in bundles(8),
        net in 1u64..200,
        held in proptest::option::of(0u64..60),
    ) {
        let mut load = load(&bundles);
        let mut rooms = rooms(net);
        let held = held.map(|size| [file("held/0.jpg", size)]);
        let files = held.as_ref().map(|held| vec![loaded(&mut load.directories, &held[0])]);
        rooms.open = files.map(|files| Contents { files });
        let packed = pack(&load, &rooms, Pack::Chronological);

        let fits = |bundle: &&Bundle| sectors(&bundle.0) <= rooms.capacity;
        let fitting: Vec<_> = bundles.iter().filter(fits).collect();
        let open = held.as_ref().map(|held| &held[..]);
        let mut best = best_by_trying(&fitting, open, rooms.capacity);
        // A volume that is continued and takes nothing is not among those that are packed.
        best.retain(|end| *end > 0);
        let mut ends = Vec::new();
        for volume in &packed.volumes {
            ends.push(ends.last().copied().unwrap_or(0) + volume.atoms.len());
        }
        prop_assert_eq!(ends, best);
    }

    #[test]
    fn every_atom_is_packed_once_and_every_volume_fits(
        bundles in bundles(60),
        net in 1u64..400,
        held in proptest::option::of(0u64..100),
    ) {
        let mut load = load(&bundles);
        let mut rooms = rooms(net);
        let held = held.map(|size| file("held/0.jpg", size));
        let files = held.as_ref().map(|held| vec![loaded(&mut load.directories, held)]);
        rooms.open = files.map(|files| Contents { files });
        for way in Pack::ALL {
            let packed = pack(&load, &rooms, way);
            let mut seen = packed.too_large.clone();
            for (number, volume) in packed.volumes.iter().enumerate() {
                let atoms = volume.atoms.iter().map(|atom| &bundles[*atom as usize].0);
                let held = held.iter().filter(|_| volume.continues_open);
                prop_assert_eq!(volume.sectors, sectors(atoms.flatten().chain(held)));
                prop_assert!(volume.sectors <= rooms.capacity);
                prop_assert!(!volume.atoms.is_empty() && volume.atoms.is_sorted());
                prop_assert!(!volume.continues_open || number == 0);
                seen.extend(&volume.atoms);
            }
            for atom in &packed.too_large {
                prop_assert!(sectors(&bundles[*atom as usize].0) > rooms.capacity);
            }
            seen.sort_unstable();
            prop_assert!(seen.into_iter().eq(0..bundles.len() as u32));
            let new = packed.volumes.iter().filter(|volume| !volume.continues_open);
            prop_assert!(new.clone().count() as u64 >= packed.lower_bound);
            prop_assert!(new.map(|volume| volume.atoms[0]).is_sorted());
            prop_assert_eq!(&pack(&load, &rooms, way), &packed);
        }
    }

    #[test]
    fn a_month_that_fits_a_volume_is_never_split_by_compact(bundles in bundles(60), net in 1u64..400) {
        let rooms = rooms(net);
        let packed = pack(&load(&bundles), &rooms, Pack::Compact);
        let fits = |bundle: &&Bundle| sectors(&bundle.0) <= rooms.capacity;
        for month in &packed.split_months {
            let of_month = bundles.iter().filter(|(_, day)| day.div_euclid(3) == *month);
            let files = of_month.filter(fits).flat_map(|(files, _)| files);
            prop_assert!(sectors(files) > rooms.capacity);
        }
    }

    #[test]
    fn in_which_order_directories_and_files_of_an_atom_are_named_changes_nothing(
        bundles in bundles(30),
        net in 1u64..400,
    ) {
        let mut turned = load(&[]);
        bundles.iter().rev().flat_map(|(files, _)| files).for_each(|file| {
            loaded(&mut turned.directories, file);
        });
        for (files, day) in &bundles {
            let start = turned.files.len() as u32;
            for file in files.iter().rev() {
                let file = loaded(&mut turned.directories, file);
                turned.files.push(file);
            }
            let files = start..turned.files.len() as u32;
            turned.atoms.push(Atom { files, day: *day, month: day.div_euclid(3) });
        }
        for way in Pack::ALL {
            let rooms = rooms(net);
            prop_assert_eq!(pack(&turned, &rooms, way), pack(&load(&bundles), &rooms, way));
        }
    }
}

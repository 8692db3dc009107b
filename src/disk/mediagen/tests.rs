//! What the whole data set must be, checked on disk and apart from the code that made it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Error, Kind, Options, TRUTH_FORMAT, Truth, generate};

const SMALL: Options = Options {
    files: 300,
    size: 6 << 10,
    seed: 7,
    duplicates: 0.25,
};

#[test]
fn the_same_options_make_the_same_data_set() {
    let (first, first_truth) = make(&SMALL);
    let (second, second_truth) = make(&SMALL);
    assert_eq!(first_truth, second_truth);
    assert_eq!(listing(first.path()), listing(second.path()));

    let (_, other) = make(&Options { seed: 8, ..SMALL });
    let contents = |truth: &Truth| -> BTreeSet<String> {
        let files = truth.files.iter().filter(|file| file.size > 0);
        files.map(|file| file.content.clone()).collect()
    };
    assert!(contents(&first_truth).is_disjoint(&contents(&other)));
}

/// Pinned, so that a data set named in a report can be made again by a later version.
#[test]
fn a_data_set_stays_what_it_was() {
    let (_directory, truth) = make(&SMALL);
    let text = serde_json::to_string(&truth).unwrap();
    assert_eq!(truth.format, TRUTH_FORMAT);
    assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), truth);
    assert_eq!(
        blake3::hash(text.as_bytes()).to_hex().as_str(),
        "b2c1095e971c8a8563134b707d88f67e61633a54abd2fa002e978ec6b32acfa7"
    );
}

#[test]
fn the_truth_is_what_is_on_disk() {
    let (directory, truth) = make(&SMALL);
    let mut on_disk = BTreeSet::new();
    let mut links = BTreeSet::new();
    for path in paths_beneath(directory.path()) {
        let kind = fs::symlink_metadata(&path).unwrap();
        let relative = path.strip_prefix(directory.path()).unwrap();
        if kind.is_file() {
            on_disk.insert(relative.to_path_buf());
        } else if kind.is_symlink() {
            links.insert(relative.to_path_buf());
        }
    }
    let listed: Vec<PathBuf> = truth.files.iter().map(|file| path_of(&file.path)).collect();
    let bytes = |path: &PathBuf| path.as_os_str().as_bytes().to_vec();
    assert!(listed.is_sorted_by_key(bytes));
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), on_disk);
    assert_eq!(
        truth
            .symlinks
            .iter()
            .map(|path| path_of(path))
            .collect::<BTreeSet<_>>(),
        links
    );
    for file in &truth.files {
        let content = read(directory.path(), &file.path);
        assert_eq!(content.len() as u64, file.size, "{}", file.path);
        assert_eq!(blake3::hash(&content).to_hex().as_str(), file.content);
    }
    assert_eq!(truth.totals.files, truth.files.len() as u64);
    assert_eq!(truth.totals.moves, truth.expected_moves.len() as u64);
}

#[test]
fn groups_are_identical_and_near_twins_differ_in_one_byte() {
    let (directory, truth) = make(&SMALL);
    let read = |path: &str| read(directory.path(), path);
    assert!(truth.groups.len() > 20);
    for group in &truth.groups {
        assert!(group.len() > 1);
        let first = read(&group[0]);
        assert!(!first.is_empty());
        for path in &group[1..] {
            assert_eq!(read(path), first, "{path}");
            let inode = |path: &str| {
                fs::metadata(directory.path().join(path_of(path)))
                    .unwrap()
                    .ino()
            };
            assert_ne!(inode(path), inode(&group[0]), "{path}");
        }
    }
    assert!(truth.near_twins.len() >= 2);
    for [one, other] in &truth.near_twins {
        let (one, other) = (read(one), read(other));
        assert_eq!(one.len(), other.len());
        let different = one.iter().zip(&other).filter(|(a, b)| a != b).count();
        assert_eq!(different, 1);
    }
    for set in &truth.hard_links {
        let inodes: BTreeSet<u64> = set
            .iter()
            .map(|path| {
                fs::metadata(directory.path().join(path_of(path)))
                    .unwrap()
                    .ino()
            })
            .collect();
        assert!(set.len() > 1 && inodes.len() == 1, "{set:?}");
    }
}

#[test]
fn expected_moves_follow_from_the_disk() {
    let (directory, truth) = make(&SMALL);
    let mut by_content: HashMap<Vec<u8>, Vec<(Vec<u8>, u64)>> = HashMap::new();
    for path in paths_beneath(directory.path()) {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_file() && metadata.len() > 0 {
            let relative = path.strip_prefix(directory.path()).unwrap();
            by_content
                .entry(fs::read(&path).unwrap())
                .or_default()
                .push((relative.as_os_str().as_bytes().to_vec(), metadata.ino()));
        }
    }
    let mut expected = BTreeMap::new();
    for mut places in by_content.into_values() {
        places.sort_by_key(|(path, _)| {
            (
                !path.starts_with(b"archive/"),
                !path.starts_with(b"media/"),
                path.clone(),
            )
        });
        let (keeper, keeper_inode) = &places[0];
        for (path, inode) in &places[1..] {
            if path.starts_with(b"media/") && inode != keeper_inode {
                expected.insert(path.clone(), keeper.clone());
            }
        }
    }
    let bytes = |path: &str| path_of(path).into_os_string().into_vec();
    let told: BTreeMap<_, _> = truth
        .expected_moves
        .iter()
        .map(|one| (bytes(&one.from), bytes(&one.keeper)))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(told.len(), truth.expected_moves.len());
    assert!(
        truth
            .expected_moves
            .iter()
            .any(|one| one.from.starts_with("bytes://"))
    );
    assert!(
        truth
            .expected_moves
            .iter()
            .any(|one| one.from.contains('\n'))
    );
}

/// Dedupe moves bundles whole, so a bundle must be a duplicate in all its members or in none.
#[test]
fn bundles_are_duplicates_whole_or_not_at_all() {
    let (_directory, truth) = make(&Options {
        files: 2000,
        size: 512,
        ..SMALL
    });
    let moving: BTreeSet<&str> = truth
        .expected_moves
        .iter()
        .map(|one| one.from.as_str())
        .collect();
    let mut bundles: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    for file in &truth.files {
        if let Some(bundle) = &file.bundle {
            bundles
                .entry(bundle)
                .or_default()
                .push(moving.contains(file.path.as_str()));
        }
    }
    assert!(bundles.values().any(|members| members[0]));
    for (bundle, members) in bundles {
        assert!(members.len() > 1);
        assert!(members.iter().all(|moves| *moves == members[0]), "{bundle}");
    }
    // Without a bundle no stem stands twice in a directory, or it would be taken for one.
    let mut stems = BTreeMap::new();
    for file in truth.files.iter().filter(|file| file.kind != Kind::Empty) {
        let stem = path_of(&file.path).with_extension("");
        let bundle = file.bundle.clone().unwrap_or_else(|| file.path.clone());
        let before = stems.insert(stem, bundle.clone());
        assert!(
            before.is_none_or(|before| before == bundle),
            "{}",
            file.path
        );
    }
}

#[test]
fn pictures_and_videos_are_what_they_seem() {
    let (directory, truth) = make(&SMALL);
    for file in truth.files.iter() {
        let content = read(directory.path(), &file.path);
        match file.kind {
            Kind::Jpeg => walk_jpeg(&content),
            Kind::Png => decode_png(content),
            Kind::Mp4 | Kind::Mov | Kind::Heic => walk_boxes(&content),
            Kind::Raw => assert!(content.starts_with(b"II*\0") || content.starts_with(b"MM\0*")),
            Kind::Json => drop(serde_json::from_slice::<serde_json::Value>(&content).unwrap()),
            Kind::Xmp | Kind::Text | Kind::Other => assert!(!content.is_empty()),
            Kind::Empty => assert!(content.is_empty()),
        }
    }
}

#[test]
fn exif_says_when() {
    let (directory, truth) = make(&SMALL);
    let mut orders = BTreeSet::new();
    for file in &truth.files {
        if file.source.as_deref() != Some("exif:DateTimeOriginal") {
            continue;
        }
        let content = read(directory.path(), &file.path);
        let start = match file.kind {
            Kind::Raw => 0,
            Kind::Png => find(&content, b"eXIf").unwrap() + 4,
            // In HEIF files the name of the item looks the same, but for what follows.
            _ => {
                [b"Exif\0\0II", b"Exif\0\0MM"]
                    .iter()
                    .find_map(|mark| find(&content, *mark))
                    .unwrap()
                    + 6
            }
        };
        let block = &content[start..];
        orders.insert(block[0]);
        let first = exif_directory(block, long(block, 4));
        let exif = exif_directory(block, first[&0x8769].1);
        let text = |tag: u16| {
            exif.get(&tag).map(|(count, at)| {
                let at = *at as usize;
                String::from_utf8(block[at..at + *count as usize - 1].to_vec()).unwrap()
            })
        };
        let taken = file.taken.as_ref().unwrap();
        assert_eq!(
            text(0x9003).unwrap(),
            taken.replace('-', ":").replace('T', " ")
        );
        assert_eq!(text(0x9011), file.offset, "{}", file.path);
    }
    assert_eq!(orders, BTreeSet::from([b'I', b'M']));
}

#[test]
fn small_data_sets_have_every_special_case() {
    let (_directory, truth) = make(&Options {
        files: 60,
        size: 0,
        duplicates: 0.0,
        ..SMALL
    });
    assert!(truth.files.len() < 160, "{}", truth.files.len());
    let kinds: BTreeSet<Kind> = truth.files.iter().map(|file| file.kind).collect();
    assert_eq!(kinds.len(), 11);
    assert_eq!(truth.near_twins.len(), 2);
    assert_eq!(truth.hard_links.len(), 3);
    assert_eq!(truth.symlinks.len(), 4);
    assert_eq!(truth.empty.len(), 4);
    let trees = |group: &Vec<String>| -> String {
        let name = |path: &String| path.trim_start_matches("bytes://").chars().next();
        group.iter().filter_map(name).collect()
    };
    let combinations: BTreeSet<String> = truth.groups.iter().map(trees).collect();
    for combination in ["mm", "am", "aamm", "aim", "im", "ai", "aa", "ii"] {
        assert!(combinations.contains(combination), "{combination}");
    }
}

#[test]
fn data_sets_have_the_size_asked_for() {
    for files in [200, 333, 1000] {
        let mut last = (0, 0, 0);
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            files,
            size: 0,
            ..SMALL
        };
        let truth = generate(directory.path(), &options, &mut |done, all, bytes| {
            assert!(done >= last.0 && bytes >= last.2);
            last = (done, all, bytes);
        })
        .unwrap();
        assert_eq!(truth.totals.files, files);
        assert_eq!(last, (files, files, truth.totals.bytes));
    }
}

/// Beneath a directory whose path is nearly as long as Linux allows, the longest names are refused.
#[test]
fn refused_names_are_left_out_of_the_truth() {
    let options = Options {
        files: 0,
        size: 0,
        ..SMALL
    };
    let (_directory, whole) = make(&options);
    let directory = tempfile::tempdir().unwrap();
    let mut deep = directory.path().to_path_buf();
    while deep.as_os_str().len() < 3900 {
        let missing = 3900 - deep.as_os_str().len();
        deep.push("d".repeat(missing.clamp(2, 250) - 1));
    }
    fs::create_dir_all(&deep).unwrap();
    let truth = generate(&deep, &options, &mut |_, _, _| {}).unwrap();
    let is_longest = |path: &str| path.ends_with("nnnn.jpg");
    let rest: Vec<_> = whole
        .files
        .iter()
        .filter(|file| !is_longest(&file.path))
        .collect();
    assert_eq!(rest.len() + 2, whole.files.len());
    assert_eq!(truth.files.iter().collect::<Vec<_>>(), rest);
    assert_eq!(truth.expected_moves.len() + 1, whole.expected_moves.len());
}

#[test]
fn refuses_what_is_not_empty_and_what_is_no_share() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("precious.txt"), "mine").unwrap();
    let refused = generate(directory.path(), &SMALL, &mut |_, _, _| {});
    assert!(matches!(refused, Err(Error::NotEmpty { .. })));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

    let absent = directory.path().join("absent");
    let no_share = Options {
        duplicates: f64::NAN,
        ..SMALL
    };
    let refused = generate(&absent, &no_share, &mut |_, _, _| {});
    assert!(matches!(refused, Err(Error::Share(_))));
    assert!(!absent.exists());
}

fn make(options: &Options) -> (tempfile::TempDir, Truth) {
    let directory = tempfile::tempdir().unwrap();
    let truth = generate(directory.path(), options, &mut |_, _, _| {}).unwrap();
    (directory, truth)
}

/// All that a second run must repeat of a path: bytes or target, size, time, mode.
type Facts = (Vec<u8>, i64, i64, u32);

fn listing(root: &Path) -> BTreeMap<PathBuf, Facts> {
    let facts = |path: &Path| {
        let metadata = fs::symlink_metadata(path).unwrap();
        let bytes = if metadata.is_symlink() {
            fs::read_link(path).unwrap().into_os_string().into_vec()
        } else if metadata.is_file() {
            fs::read(path).unwrap()
        } else {
            Vec::new()
        };
        (
            bytes,
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.mode(),
        )
    };
    paths_beneath(root)
        .into_iter()
        .map(|path| (path.strip_prefix(root).unwrap().to_path_buf(), facts(&path)))
        .collect()
}

fn paths_beneath(root: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(root)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .collect()
}

/// The path that a text of the truth stands for.
fn path_of(text: &str) -> PathBuf {
    let Some(escaped) = text.strip_prefix("bytes://") else {
        return text.into();
    };
    let mut bytes = Vec::new();
    let mut rest = escaped.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let digits = str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    OsString::from_vec(bytes).into()
}

fn read(root: &Path, text: &str) -> Vec<u8> {
    fs::read(root.join(path_of(text))).unwrap()
}

/// Follows the segments of a JPEG file from SOI to SOS, and finds EOI at its end.
fn walk_jpeg(bytes: &[u8]) {
    assert!(bytes.starts_with(&[0xff, 0xd8]) && bytes.ends_with(&[0xff, 0xd9]));
    let mut at = 2;
    let mut markers = Vec::new();
    while markers.last() != Some(&0xda) {
        assert_eq!(bytes[at], 0xff);
        markers.push(bytes[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
    }
    assert!(markers.contains(&0xc0) && markers.contains(&0xdb) && markers.contains(&0xc4));
    // Between the scan and the end there is no other marker.
    let scan = &bytes[at..bytes.len() - 2];
    assert!(!scan.windows(2).any(|pair| pair[0] == 0xff && pair[1] != 0));
}

fn decode_png(bytes: Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.width, frame.height), (64, 48));
    reader.finish().unwrap();
}

/// Follows the boxes of a file to its very end.
fn walk_boxes(bytes: &[u8]) {
    let mut at = 0;
    let mut kinds = Vec::new();
    while at < bytes.len() {
        kinds.push(&bytes[at + 4..at + 8]);
        at += u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    }
    assert_eq!(at, bytes.len());
    assert_eq!(kinds[0], b"ftyp");
    assert!(kinds.contains(&&b"mdat"[..]));
    assert!(kinds.contains(&&b"moov"[..]) || kinds.contains(&&b"meta"[..]));
}

/// The entries of a TIFF directory: count and value, or where the value lies, by tag.
fn exif_directory(block: &[u8], at: u32) -> BTreeMap<u16, (u32, u32)> {
    let entries = usize::from(short(block, at as usize));
    (0..entries)
        .map(|entry| at as usize + 2 + 12 * entry)
        .map(|at| (short(block, at), (long(block, at + 4), long(block, at + 8))))
        .collect()
}

fn short(block: &[u8], at: usize) -> u16 {
    let bytes = [block[at], block[at + 1]];
    match block[0] {
        b'I' => u16::from_le_bytes(bytes),
        _ => u16::from_be_bytes(bytes),
    }
}

fn long(block: &[u8], at: usize) -> u32 {
    let bytes = block[at..at + 4].try_into().unwrap();
    match block[0] {
        b'I' => u32::from_le_bytes(bytes),
        _ => u32::from_be_bytes(bytes),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

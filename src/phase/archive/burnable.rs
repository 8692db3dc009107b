//! What a person should know of names before a volume is burned: not every system reads every name
//! from a disc as it stands there.

use crate::model::index::Entry;
use crate::model::path::{RelPath, TreePath};
use crate::model::time::Time;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::hash::{DefaultHasher, Hasher};

/// How many files are named in one warning.
const NAMED: usize = 5;

/// The longest Joliet name in UTF-16 units, as images are made here; longer ones are cut for Windows.
/// Source: xorriso's manual, `-joliet_long_names`.
const JOLIET: usize = 103;

/// The longest path in bytes that every system can be expected to open.
const LONG_PATH: usize = 240;

/// How deep directories may lie for every reader. Source: ISO 9660, level 1 to 3, 6.8.2.1.
const DEEPEST: usize = 8;

/// Bytes from which on a file takes more than one extent, which only ISO 9660 level 3 knows.
const LARGE: u64 = (1 << 32) - 1;

/// Names that Windows keeps for devices, whatever their case and extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// What may be odd about a file on a disc, and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Oddity {
    LongName,
    Character,
    NotUtf8,
    LongPath,
    Deep,
    Large,
    Twin,
    Old,
    Trailing,
    Device,
}

/// A file on its way to a disc.
#[derive(Clone)]
struct File<'e> {
    entry: &'e Entry<'e>,
    /// Where it is now, for people.
    place: Tree,
    /// Where it is on the disc.
    path: RelPath<'e>,
    /// Whether it is spoken of; else it is there already, and only others are held against it.
    is_new: bool,
}

impl<'e> File<'e> {
    /// A file of media that comes to a volume.
    fn coming(entry: &'e Entry<'e>) -> File<'e> {
        File {
            entry,
            place: Tree::Media,
            path: entry.path.borrowed(),
            is_new: true,
        }
    }

    /// A file that is in a volume.
    fn held(entry: &'e Entry<'e>, is_new: bool) -> Option<File<'e>> {
        let volume = RelPath::new(entry.path.first()).ok()?;
        Some(File {
            entry,
            place: Tree::Archive,
            path: entry.path.strip_prefix(&volume)?,
            is_new,
        })
    }

    fn shown(&self) -> TreePath<'e> {
        TreePath::new(self.place, self.entry.path.borrowed())
    }
}

/// Warnings about the files that come to each volume: one for each kind of oddity, which names the
/// first files in it. To the volume of that number come others than are `held` in it.
pub(super) fn warnings(
    volumes: &[Vec<&Entry<'_>>],
    held: Option<(usize, &[Entry<'_>])>,
) -> Vec<String> {
    let odd = volumes
        .par_iter()
        .enumerate()
        .flat_map_iter(|(number, files)| {
            let held = held.filter(|(volume, _)| *volume == number);
            let held = held.map_or(&[][..], |(_, held)| held).iter();
            let held = held.filter_map(|entry| File::held(entry, false));
            let files = files.iter().map(|entry| File::coming(entry));
            oddities(held.chain(files).collect())
        });
    told(odd.collect())
}

/// The same about all that a volume holds.
pub(super) fn warnings_of(held: &[Entry<'_>]) -> Vec<String> {
    let files = held.iter().filter_map(|entry| File::held(entry, true));
    told(oddities(files.collect()))
}

/// What is told of these files.
fn told(mut odd: Vec<(Oddity, TreePath<'_>)>) -> Vec<String> {
    odd.sort();
    odd.dedup();
    let kinds = odd.chunk_by(|a, b| a.0 == b.0);
    kinds
        .map(|kind| {
            let named: Vec<_> = kind
                .iter()
                .take(NAMED)
                .map(|(_, p)| p.to_string())
                .collect();
            let more = match kind.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{}: {}{more}", kind[0].0.words(), named.join(", "))
        })
        .collect()
}

/// What is odd about the files of one volume.
fn oddities(files: Vec<File<'_>>) -> Vec<(Oddity, TreePath<'_>)> {
    let mut odd = Vec::new();
    let new = files.iter().filter(|file| file.is_new);
    new.for_each(|file| look(file, &mut odd));
    odd.extend(twins(&files).map(|path| (Oddity::Twin, path)));
    odd
}

/// Looks at a file by itself.
fn look<'e>(file: &File<'e>, found: &mut Vec<(Oddity, TreePath<'e>)>) {
    let (path, stamp) = (&file.path, &file.entry.stamp);
    let mut is = |odd: bool, oddity: Oddity| {
        if odd {
            found.push((oddity, file.shown()));
        }
    };
    let bytes = path.as_bytes();
    is(bytes.len() > LONG_PATH, Oddity::LongPath);
    is(stamp.size >= LARGE, Oddity::Large);
    is(stamp.modified < Time::default(), Oddity::Old);
    is(path.components().count() > DEEPEST, Oddity::Deep);
    is(std::str::from_utf8(bytes).is_err(), Oddity::NotUtf8);
    let odd =
        |byte: &u8| matches!(byte, b':' | b';' | b'*' | b'?' | b'\\') || byte.is_ascii_control();
    is(bytes.iter().any(odd), Oddity::Character);
    for name in path.components() {
        let units = || String::from_utf8_lossy(name).encode_utf16().count();
        is(name.len() > JOLIET && units() > JOLIET, Oddity::LongName);
        is(matches!(name.last(), Some(b'.' | b' ')), Oddity::Trailing);
        is(is_device(name), Oddity::Device);
    }
}

/// The files of one volume that some systems take for another one of it, which comes before them.
fn twins<'e>(files: &[File<'e>]) -> impl Iterator<Item = TreePath<'e>> {
    let path = |file: &File<'e>| TreePath::new(Tree::Archive, file.path.clone());
    let mut folded = Vec::new();
    // Hashes in place of folded paths: most of them are nobody's twin.
    let hash = |(number, file): (usize, &File<'e>)| {
        path(file).fold_into(&mut folded);
        let mut hasher = DefaultHasher::new();
        hasher.write(&folded);
        (hasher.finish(), number)
    };
    let mut hashes: Vec<_> = files.iter().enumerate().map(hash).collect();
    hashes.sort_unstable();
    let twins = hashes.windows(2).filter_map(|pair| {
        let [(hash, first), (other, second)] = pair else {
            return None;
        };
        let (first, second) = (&files[*first], &files[*second]);
        let are_twins = hash == other && path(first).folded() == path(second).folded();
        (are_twins && second.is_new).then(|| second.shown())
    });
    twins.collect::<Vec<_>>().into_iter()
}

impl Oddity {
    fn words(self) -> String {
        match self {
            Oddity::LongName => {
                format!("Windows reads names on discs only up to {JOLIET} characters, and cuts these")
            }
            Oddity::Character => {
                "Windows takes none of : ; * ? \\ and no control characters in names, and sees others".to_owned()
            }
            Oddity::NotUtf8 => "other systems see other names than these, which are no UTF-8".to_owned(),
            Oddity::LongPath => {
                format!("not every program opens paths of more than {LONG_PATH} bytes")
            }
            Oddity::Deep => {
                format!("old readers do not look deeper than {DEEPEST} directories")
            }
            Oddity::Large => {
                "old readers do not know files of 4 GiB and more (ISO 9660 level 3)".to_owned()
            }
            Oddity::Twin => {
                "Windows and macOS take this name and another of its directory for one".to_owned()
            }
            Oddity::Old => "a disc knows no dates before 1970".to_owned(),
            Oddity::Trailing => "Windows does not see a dot or a space at the end of a name".to_owned(),
            Oddity::Device => "Windows keeps these names for devices".to_owned(),
        }
    }
}

/// Whether Windows keeps a name for a device.
fn is_device(name: &[u8]) -> bool {
    let stem = name.split(|byte| *byte == b'.').next().unwrap_or(name);
    let is_one = |device: &str| stem.eq_ignore_ascii_case(device.as_bytes());
    // Most names are longer than all of these.
    stem.len() <= 4 && DEVICES.iter().any(|device| is_one(device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Digest;
    use crate::model::index::Stamp;

    fn warnings(files: &[(&[u8], u64, i64)]) -> Vec<String> {
        let files = entries(files);
        super::warnings(&[files.iter().collect()], None)
    }

    fn entries(files: &[(&[u8], u64, i64)]) -> Vec<Entry<'static>> {
        files
            .iter()
            .map(|(path, size, modified)| Entry {
                path: RelPath::new(path.to_vec()).unwrap(),
                hash: Ok(Digest::of(path)),
                stamp: Stamp {
                    size: *size,
                    modified: Time::new(*modified, 0).unwrap(),
                    ..Stamp::default()
                },
            })
            .collect()
    }

    #[test]
    fn each_oddity_is_told_with_its_file_and_its_limit() {
        let long = format!("2019/{}.jpg", "x".repeat(100));
        let path = format!(
            "2019/{}/{}/b.jpg",
            "y".repeat(100),
            "z".repeat(100) + "/" + &"w".repeat(60)
        );
        for (file, told) in [
            ((long.as_bytes(), 1, 1), "only up to 103 characters"),
            ((&b"2019/a:b.jpg"[..], 1, 1), "Windows takes none of"),
            ((b"2019/a\nb.jpg", 1, 1), "no control characters"),
            ((b"2019/\xff.jpg", 1, 1), "no UTF-8: media/2019/"),
            ((path.as_bytes(), 1, 1), "more than 240 bytes"),
            ((b"2019/1/2/3/4/5/6/7/8.jpg", 1, 1), "deeper than 8"),
            ((b"2019/a.mov", u64::from(u32::MAX), 1), "4 GiB"),
            ((b"2019/a.jpg", 1, -1), "before 1970: media/2019/a.jpg"),
            ((b"2019/a.", 1, 1), "a dot or a space"),
            ((b"2019/ends /a", 1, 1), "a dot or a space"),
            ((b"2019/Aux.jpg", 1, 1), "for devices: media/2019/Aux.jpg"),
        ] {
            let warnings = warnings(&[file]);
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains(told), "{warnings:?}");
        }
        let plain: (&[u8], _, _) = (b"2019/03/IMG_0001 (2).jpg", u64::from(u32::MAX) - 1, 1);
        assert_eq!(warnings(&[plain]), Vec::<String>::new());
    }

    #[test]
    fn twins_that_some_systems_take_for_one_are_told() {
        let twins: [(&[u8], _, _); 4] = [
            (b"2019/A.jpg", 1, 1),
            (b"2019/a.JPG", 1, 1),
            ("2019/u\u{308}.jpg".as_bytes(), 1, 1),
            ("2019/\u{fc}.jpg".as_bytes(), 1, 1),
        ];
        let told = warnings(&twins);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("for one: media/2019/a.JPG, media/2019/"),
            "{told:?}"
        );
    }

    #[test]
    fn what_is_in_the_volume_already_has_twins_too_and_is_not_told_of_again() {
        let held = entries(&[
            (b"07/2019/A.jpg", 1, 1),
            (b"07/2019/b?.jpg", 1, 1),
            (b"07/2019/B?.jpg", 1, 1),
        ]);
        let coming = entries(&[(b"2019/a.JPG", 1, 1), (b"2019/c.jpg", 1, 1)]);
        let coming = [Vec::new(), coming.iter().collect()];
        let told = super::warnings(&coming, Some((1, &held)));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with("for one: media/2019/a.JPG"), "{told:?}");
        assert_eq!(
            super::warnings(&coming, Some((0, &held))),
            Vec::<String>::new()
        );

        let told = warnings_of(&held);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].ends_with("archive/07/2019/B?.jpg, archive/07/2019/b?.jpg"),
            "{told:?}"
        );
        assert!(
            told[1].ends_with("for one: archive/07/2019/B?.jpg"),
            "{told:?}"
        );
    }

    #[test]
    fn no_more_than_a_few_are_named() {
        let paths: Vec<_> = (0..7).map(|n| format!("2019/{n}?.jpg")).collect();
        let files: Vec<_> = paths.iter().map(|path| (path.as_bytes(), 1, 1)).collect();
        let told = warnings(&files);
        assert!(
            told[0].ends_with("media/2019/4?.jpg and 2 more"),
            "{told:?}"
        );
    }
}

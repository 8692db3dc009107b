//! The places in media that ingest gives to files, and their names.
//!
//! All files of a shot bear one stem, that of the main file: `20190301_120000_` and the first 16
//! hexadecimal digits of its hash. What follows tells them apart: `.CR2`, `.xmp`, `.CR2.xmp`, and
//! `_E.JPG` for what Apple's Photos edited.

use crate::model::bundle::stem_of;
use crate::model::digest::Digest;
use crate::model::index::Index;
use crate::model::path::{PathError, RelPath};
use jiff::civil::DateTime;
use std::collections::HashSet;

/// Where the files of a shot go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Into a directory of media, or its top, under names that begin so.
    Named(Option<RelPath<'static>>, Vec<u8>),
    /// Into a directory of media, under their paths in the drop directory.
    AsBefore(RelPath<'static>),
}

impl Home {
    /// The place of the file at `path` in the drop directory, with a mark before its ending.
    fn place(
        &self,
        path: &RelPath<'_>,
        mark: &[u8],
        ending: &[u8],
    ) -> Result<RelPath<'static>, PathError> {
        match self {
            Home::Named(dir, stem) => {
                let name = [stem, mark, ending].concat();
                match dir {
                    Some(dir) => dir.join(&name),
                    None => Ok(RelPath::new(name)?.into_owned()),
                }
            }
            Home::AsBefore(dir) => {
                let dir = match path.parent() {
                    Some(parent) => beneath(dir, &parent)?,
                    None => dir.clone(),
                };
                let name = path.file_name();
                let (stem, ending) = name.split_at(stem_of(name).len());
                dir.join(&[stem, mark, ending].concat())
            }
        }
    }
}

/// The names in media that are taken: by files of the index, or by this plan.
pub(super) struct Places<'s> {
    media: &'s Index<'s>,
    given: HashSet<RelPath<'static>>,
}

/// The most bytes that an extension takes with its dot; what is longer is none.
const LONGEST_EXTENSION: usize = 64;

/// The stem of a main file that was taken at `at` and has this hash.
pub(super) fn stem(at: DateTime, hash: Digest) -> Vec<u8> {
    let hash = hash.to_string();
    format!("{}_{}", at.strftime("%Y%m%d_%H%M%S"), &hash[..16]).into_bytes()
}

/// What follows the stem in the names of the files of a shot, in their order, the main one first.
pub(super) fn endings(names: &[&[u8]]) -> Vec<Vec<u8>> {
    let main = names[0];
    let ending = |name: &&[u8]| match extension(name).eq_ignore_ascii_case(b".json") {
        true if *name != main => {
            // Its name may be cut or numbered; this is what it would be whole.
            let tells_of = |media: &&&[u8]| {
                let start = name.get(..media.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(media))
            };
            let mut media = names.iter().filter(|media| *media != name);
            let media = media.find(tells_of).unwrap_or(&main);
            [extension(media), extension(name)].concat()
        }
        _ => ending(main, name),
    };
    names.iter().map(ending).collect()
}

/// What follows the stem in the name of one file of a shot whose main file is `main`.
fn ending(main: &[u8], name: &[u8]) -> Vec<u8> {
    let stem = stem_of(main);
    let is_ending = |rest: &&[u8]| {
        let is_whole = rest.is_empty() || rest.starts_with(b".");
        is_whole && rest.len() != 1 && rest.len() <= LONGEST_EXTENSION
    };
    if let Some(rest) = name.strip_prefix(stem).filter(is_ending) {
        return rest.to_vec();
    }
    if let Some((mark, rest)) = edited(stem, name).filter(|(_, rest)| is_ending(rest)) {
        return [b"_", mark, rest].concat();
    }
    extension(name).to_vec()
}

/// The letter by which Apple's Photos tells `IMG_E1234.JPG` and `IMG_O1234.AAE` from `IMG_1234`, or
/// ingest tells what it named before, and what follows the stem of `main`.
fn edited<'n>(main: &[u8], name: &'n [u8]) -> Option<(&'n [u8], &'n [u8])> {
    let marked = |rest: &'n [u8]| {
        let (letter, rest) = rest.split_at_checked(1)?;
        matches!(letter, b"E" | b"O").then_some((letter, rest))
    };
    if let Some(rest) = name.strip_prefix(main) {
        return marked(rest.strip_prefix(b"_")?);
    }
    let number = main.strip_prefix(b"IMG_")?;
    let (letter, rest) = marked(name.strip_prefix(b"IMG_")?)?;
    Some((letter, rest.strip_prefix(number)?))
}

/// The last dot of a name and what follows; nothing where there is none, or where it is as long as
/// no extension is.
pub(super) fn extension(name: &[u8]) -> &[u8] {
    let extension = &name[stem_of(name).len()..];
    match extension.len() {
        2..=LONGEST_EXTENSION => extension,
        _ => b"",
    }
}

impl<'s> Places<'s> {
    /// The places beside the files that `media` lists.
    pub(super) fn beside(media: &'s Index<'s>) -> Places<'s> {
        Places {
            media,
            given: HashSet::new(),
        }
    }

    /// Places that nothing has yet for the files of a shot, each given by its path in the drop directory
    /// and its ending: with `~2`, `~3` and so on before the endings, one number for all of them. They
    /// are given away.
    ///
    /// # Errors
    /// Where a path becomes too long.
    pub(super) fn take(
        &mut self,
        home: &Home,
        files: &[(&RelPath<'_>, &[u8])],
    ) -> Result<Vec<RelPath<'static>>, PathError> {
        let mut number = 1;
        loop {
            let mark = match number {
                1 => String::new(),
                _ => format!("~{number}"),
            };
            let places = files.iter();
            let places = places.map(|(path, ending)| home.place(path, mark.as_bytes(), ending));
            let mut places = places.collect::<Result<Vec<_>, _>>()?;
            let is_taken = |place| self.given.contains(place) || self.media.get(place).is_some();
            if !places.iter().any(is_taken) {
                self.tell_apart(&mut places)?;
                self.given.extend(places.iter().cloned());
                return Ok(places);
            }
            number += 1;
        }
    }

    /// Gives files of one shot that would have one name names of their own.
    fn tell_apart(&self, places: &mut [RelPath<'static>]) -> Result<(), PathError> {
        let mut seen = HashSet::new();
        for place in places {
            let name = place.file_name().to_vec();
            let (stem, ending) = name.split_at(stem_of(&name).len());
            let mut number = 1;
            while seen.contains(&*place) || self.given.contains(&*place) {
                number += 1;
                let name = [stem, format!("~{number}").as_bytes(), ending].concat();
                *place = place.with_file_name(&name)?;
            }
            seen.insert(place.clone());
        }
        Ok(())
    }

    /// Takes a place back, as its file stays.
    pub(super) fn give_back(&mut self, place: &RelPath<'static>) {
        self.given.remove(place);
    }
}

/// `path` beneath `dir`.
fn beneath(dir: &RelPath<'_>, path: &RelPath<'_>) -> Result<RelPath<'static>, PathError> {
    let joined = [dir.as_bytes(), b"/", path.as_bytes()].concat();
    Ok(RelPath::new(joined)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bundle::bundles;
    use crate::model::tree::Tree;

    #[test]
    fn a_stem_is_the_time_and_the_start_of_the_hash() {
        let at = jiff::civil::datetime(2019, 3, 1, 7, 5, 9, 999_999_999);
        assert_eq!(
            stem(at, Digest::of(b"a")),
            b"20190301_070509_17762fddd969a453"
        );
    }

    #[test]
    fn endings_tell_the_files_of_a_shot_apart() {
        let long = format!("a.{}", "x".repeat(64));
        for (names, expected) in [
            (
                &["a.CR2", "a.jpg", "a.CR2.xmp", "a.xmp"][..],
                ".CR2 .jpg .CR2.xmp .xmp",
            ),
            (&["a"], ""),
            (&[".jpg"], ""),
            (&["a."], ""),
            (&[&long], ""),
            (&["tape.tar.gz"], ".gz"),
            (
                &[
                    "IMG_1234.HEIC",
                    "IMG_E1234.MOV",
                    "IMG_O1234.AAE",
                    "IMG_E1234.JPG.xmp",
                ],
                ".HEIC _E.MOV _O.AAE _E.JPG.xmp",
            ),
            (&["IMG_1234.HEIC", "IMG_E9.AAE"], ".HEIC .AAE"),
            (
                &["s.HEIC", "s_E.JPG", "s_E.JPG.xmp", "s_O.AAE"],
                ".HEIC _E.JPG _E.JPG.xmp _O.AAE",
            ),
            (
                &["s.HEIC", "s_.JPG", "s_X.JPG", "s_Ex.MOV"],
                ".HEIC .JPG .JPG .MOV",
            ),
            (&["one.heic", "other.MOV"], ".heic .MOV"),
            (&["a.json"], ".json"),
            (
                &["IMG.CR2", "IMG.jpg", "IMG.jpg.json"],
                ".CR2 .jpg .jpg.json",
            ),
            (
                &["IMG.JPG", "IMG.jpg.supplemental-meta.json"],
                ".JPG .JPG.json",
            ),
            (&["IMG(1).jpg", "IMG.jpg(1).json"], ".jpg .jpg.json"),
        ] {
            let names: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
            let found = endings(&names).join(&b' ');
            assert_eq!(String::from_utf8(found).unwrap(), expected);
        }
    }

    #[test]
    fn what_was_one_shot_is_one_under_its_new_names() {
        let at = jiff::civil::datetime(2019, 3, 1, 12, 0, 0, 0);
        let stem = stem(at, Digest::of(b"a"));
        for names in [
            &["a.CR2", "a.jpg", "a.CR2.xmp", "a.jpg.json"][..],
            &[
                "IMG_1.HEIC",
                "IMG_1.MOV",
                "IMG_E1.JPG",
                "IMG_E1.MOV",
                "IMG_1.AAE",
                "IMG_O1.AAE",
            ],
        ] {
            let names: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
            let given = |names: &[&[u8]]| -> Vec<Vec<u8>> {
                let endings = endings(names).into_iter();
                endings.map(|e| [&stem[..], &e].concat()).collect()
            };
            let new = given(&names);
            let new: Vec<_> = new.iter().map(Vec::as_slice).collect();
            let bundles = bundles(&new).bundles;
            assert_eq!(bundles.len(), 1);
            assert_eq!(bundles[0].members, Vec::from_iter(0..names.len()));
            // And what is taken in again keeps these names.
            assert_eq!(given(&new), new);
        }
    }

    #[test]
    fn a_place_that_is_taken_is_not_given_again() {
        let media = Index::empty(Tree::Media);
        let mut places = Places::beside(&media);
        let path = |text: &str| RelPath::from_text(text.to_owned()).unwrap();
        let home = Home::Named(Some(path("2019")), b"s".to_vec());
        let mut take = |home: &Home, from: &str, ending: &[u8]| {
            let place = places.take(home, &[(&path(from), ending)]);
            place.map(|place| place[0].to_string())
        };
        for expected in ["2019/s.jpg", "2019/s~2.jpg", "2019/s~3.jpg"] {
            assert_eq!(take(&home, "a.jpg", b".jpg").unwrap(), expected);
        }
        assert!(take(&home, "a", &[b'x'; 255]).is_err());
        let before = Home::AsBefore(path("2024/undated"));
        for expected in ["2024/undated/c/b.a.jpg", "2024/undated/c/b.a~2.jpg"] {
            assert_eq!(take(&before, "c/b.a.jpg", b".jpg").unwrap(), expected);
        }
    }

    #[test]
    fn the_files_of_a_shot_get_one_number_and_names_of_their_own() {
        let media = Index::empty(Tree::Media);
        let mut places = Places::beside(&media);
        let path = |text: &str| RelPath::from_text(text.to_owned()).unwrap();
        let home = Home::Named(None, b"s".to_vec());
        let from = path("any");
        let mut take = |endings: &[&str]| {
            let files: Vec<_> = endings.iter().map(|e| (&from, e.as_bytes())).collect();
            let taken = places.take(&home, &files).unwrap();
            taken.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(take(&[".jpg"]), ["s.jpg"]);
        assert_eq!(take(&[".jpg", ".xmp"]), ["s~2.jpg", "s~2.xmp"]);
        assert_eq!(take(&[".xmp"]), ["s.xmp"]);
        assert_eq!(take(&[".json", ".json"]), ["s.json", "s~2.json"]);
    }
}

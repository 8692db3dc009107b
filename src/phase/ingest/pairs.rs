//! What files say of themselves goes before their names: which still and movie are one Live Photo, and
//! of which picture a file of Google Takeout tells.

use crate::model::bundle::{Bundle, Bundles};
use crate::model::capture::{Content, Reading};
use std::collections::HashMap;

/// A file, as far as it matters to what it belongs.
#[derive(Clone, Copy)]
pub(super) struct Member<'f> {
    /// The directory in which it is.
    pub(super) dir: &'f [u8],
    /// Its name there.
    pub(super) name: &'f [u8],
    /// What it says of itself.
    pub(super) reading: &'f Reading,
}

/// Bundles by names, set right by what `files` say, which are those that the bundles number. Where
/// that is in doubt, names decide.
pub(super) fn set_right(bundles: Bundles, files: &[Member<'_>]) -> Bundles {
    let mut pairs = Pairs::of(bundles, files);
    pairs.part_other_movies();
    pairs.join_live_photos();
    pairs.follow_titles();
    pairs.finish()
}

struct Pairs<'f> {
    files: &'f [Member<'f>],
    /// What belongs together, the main file first; what is alone is in none.
    groups: Vec<Vec<usize>>,
    /// The group of each file that is in one.
    group_of: Vec<Option<usize>>,
    ambiguous: Vec<usize>,
}

impl<'f> Pairs<'f> {
    fn of(bundles: Bundles, files: &'f [Member<'f>]) -> Pairs<'f> {
        let groups = bundles.bundles.into_iter().map(|bundle| bundle.members);
        let mut pairs = Pairs {
            files,
            groups: groups.collect(),
            group_of: vec![None; files.len()],
            ambiguous: bundles.ambiguous,
        };
        for (number, group) in pairs.groups.iter().enumerate() {
            for at in group {
                pairs.group_of[*at] = Some(number);
            }
        }
        pairs
    }

    /// Takes movies from stills of other Live Photos that have the same stem by chance.
    fn part_other_movies(&mut self) {
        for number in 0..self.groups.len() {
            let group = self.groups[number].clone();
            let mut stills = group.iter().filter(|at| self.is(**at, Content::Still));
            let Some(still) = stills.find_map(|at| self.id(*at)) else {
                continue;
            };
            for at in group {
                let is_other = self.id(at).is_some_and(|id| id != still);
                if is_other && self.is(at, Content::Video) {
                    self.take_out(at);
                    self.ambiguous.push(at);
                }
            }
        }
    }

    /// Brings still and movie together that have one identifier in one directory, if no other file
    /// has it there.
    fn join_live_photos(&mut self) {
        let mut live: HashMap<(&[u8], &str), [Vec<usize>; 2]> = HashMap::new();
        for (at, file) in self.files.iter().enumerate() {
            let Some(id) = self.id(at) else { continue };
            let kind = match file.reading.content {
                Content::Still => 0,
                Content::Video => 1,
                Content::Sidecar | Content::Unknown => continue,
            };
            live.entry((file.dir, id)).or_default()[kind].push(at);
        }
        let mut found: Vec<_> = live
            .into_values()
            .filter_map(|[stills, movies]| match (&stills[..], &movies[..]) {
                ([still], [movie]) => Some((*still, *movie)),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        for (still, movie) in found {
            self.join(still, movie);
        }
    }

    /// Brings files of Google Takeout to the pictures whose names they give.
    fn follow_titles(&mut self) {
        let mut named: HashMap<(&[u8], Vec<u8>), Vec<usize>> = HashMap::new();
        for (at, file) in self.files.iter().enumerate() {
            if self.is(at, Content::Still) || self.is(at, Content::Video) {
                named
                    .entry((file.dir, as_takeout_names(file.name)))
                    .or_default()
                    .push(at);
            }
        }
        let mut wanted: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, file) in self.files.iter().enumerate() {
            let Some(title) = &file.reading.title else {
                continue;
            };
            let title = as_takeout_names(title.as_bytes());
            // Of numbered files, several have one title, and their numbers tell.
            let is_numbered = file.name.contains(&b'(');
            let group = self.group_of[at].map(|group| self.groups[group].as_slice());
            let mut members = group.unwrap_or_default().iter();
            let fits = |member: &usize| {
                without_number(&as_takeout_names(self.files[*member].name)) == title
            };
            if is_numbered || members.any(fits) {
                continue;
            }
            if let Some([picture]) = named.get(&(file.dir, title)).map(Vec::as_slice) {
                wanted.entry(*picture).or_default().push(at);
            }
        }
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        wanted.sort_unstable();
        for (picture, sidecars) in wanted {
            if let [sidecar] = sidecars[..] {
                self.take_out(sidecar);
                self.join(picture, sidecar);
            }
        }
    }

    fn is(&self, at: usize, content: Content) -> bool {
        self.files[at].reading.content == content
    }

    fn id(&self, at: usize) -> Option<&'f str> {
        self.files[at].reading.content_id.as_deref()
    }

    /// Takes a file out of its group; the next one becomes the main file where it was that.
    fn take_out(&mut self, at: usize) {
        if let Some(group) = self.group_of[at].take() {
            self.groups[group].retain(|member| *member != at);
        }
    }

    /// Brings a file, and what belongs to it, to another and what belongs to that, unless it is
    /// there or belongs to something else.
    fn join(&mut self, main: usize, other: usize) {
        let group = match self.group_of[main] {
            Some(group) => group,
            None => {
                self.groups.push(vec![main]);
                self.group_of[main] = Some(self.groups.len() - 1);
                self.groups.len() - 1
            }
        };
        let joining = match self.group_of[other] {
            Some(others) if others == group || self.groups[others][0] != other => return,
            Some(others) => std::mem::take(&mut self.groups[others]),
            None => vec![other],
        };
        for at in &joining {
            self.group_of[*at] = Some(group);
        }
        self.groups[group].extend(joining);
    }

    fn finish(mut self) -> Bundles {
        let groups = self.groups.into_iter().filter(|group| group.len() > 1);
        let mut bundles: Vec<_> = groups.map(|members| Bundle { members }).collect();
        bundles.sort_unstable_by_key(Bundle::main);
        self.ambiguous.sort_unstable();
        self.ambiguous.dedup();
        Bundles {
            bundles,
            ambiguous: self.ambiguous,
        }
    }
}

/// A name as Google Takeout gives it to files: in lower case here, and without what it replaces.
fn as_takeout_names(name: &[u8]) -> Vec<u8> {
    let replace = |byte: &u8| match byte {
        b'&' | b'\'' | b'"' | b'?' | b'*' | b':' | b'<' | b'>' | b'|' | b'%' | b'/' | b'\\' => b'_',
        byte => byte.to_ascii_lowercase(),
    };
    name.iter().map(replace).collect()
}

/// A name without a number in brackets before its extension.
fn without_number(name: &[u8]) -> Vec<u8> {
    let dot = name.iter().rposition(|b| *b == b'.').unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    let open = stem.iter().rposition(|b| *b == b'(');
    let numbered = open.filter(|open| {
        let digits = stem[open + 1..].strip_suffix(b")");
        digits.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
    });
    match numbered {
        Some(open) => [&stem[..open], extension].concat(),
        None => name.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bundle::bundles_of_directories;
    use crate::model::path::RelPath;
    use proptest::prelude::*;

    /// The bundles among files: path, and `still ID`, `movie ID` or `json TITLE`.
    fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let paths: Vec<_> = files
            .iter()
            .map(|(path, _)| RelPath::from_text((*path).to_owned()).unwrap())
            .collect();
        let readings: Vec<_> = files.iter().map(|(_, says)| reading(says)).collect();
        let members: Vec<_> = paths
            .iter()
            .zip(&readings)
            .map(|(path, reading)| Member {
                dir: parent(path),
                name: path.file_name(),
                reading,
            })
            .collect();
        let Bundles { bundles, ambiguous } = set_right(
            bundles_of_directories(&paths.iter().collect::<Vec<_>>()),
            &members,
        );
        let name = |at: &usize| files[*at].0.to_owned();
        let mut bundles: Vec<_> = bundles
            .iter()
            .map(|bundle| {
                bundle
                    .members
                    .iter()
                    .map(name)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        bundles.sort();
        let mut ambiguous: Vec<_> = ambiguous.iter().map(name).collect();
        ambiguous.sort();
        (bundles, ambiguous)
    }

    fn parent<'p>(path: &'p RelPath<'_>) -> &'p [u8] {
        let bytes = path.as_bytes();
        let slash = bytes.iter().rposition(|b| *b == b'/');
        &bytes[..slash.unwrap_or(0)]
    }

    fn reading(says: &str) -> Reading {
        let (what, more) = says.split_once(' ').unwrap_or((says, ""));
        let more = (!more.is_empty()).then(|| more.to_owned());
        let mut reading = Reading::default();
        match what {
            "still" => (reading.content, reading.content_id) = (Content::Still, more),
            "movie" => (reading.content, reading.content_id) = (Content::Video, more),
            "json" => (reading.content, reading.title) = (Content::Sidecar, more),
            _ => {}
        }
        reading
    }

    #[test]
    fn a_live_photo_is_told_by_its_identifier() {
        let (bundles, ambiguous) = found(&[
            ("a/IMG_1.HEIC", "still A"),
            ("a/IMG_1.MOV", "movie B"),
            ("a/IMG_1.AAE", ""),
            ("a/video.MOV", "movie A"),
            ("a/video.xmp", ""),
            ("a/IMG_2.HEIC", "still C"),
            ("a/IMG_2.MOV", "movie"),
            ("b/else.MOV", "movie C"),
        ]);
        assert_eq!(
            bundles,
            [
                "a/IMG_1.HEIC a/IMG_1.AAE a/video.MOV a/video.xmp",
                "a/IMG_2.HEIC a/IMG_2.MOV"
            ]
        );
        assert_eq!(ambiguous, ["a/IMG_1.MOV"]);
    }

    #[test]
    fn an_identifier_that_several_have_tells_nothing() {
        let (bundles, _) = found(&[
            ("a.HEIC", "still A"),
            ("b.HEIC", "still A"),
            ("c.MOV", "movie A"),
            ("d.HEIC", "still D"),
            ("d.MOV", "movie D"),
            ("d copy.MOV", "movie D"),
        ]);
        assert_eq!(bundles, ["d.HEIC d.MOV"]);
    }

    #[test]
    fn the_title_of_a_takeout_file_tells_of_which_picture_it_is() {
        // Its name was cut so that it could be of either.
        let long = "Screenshot_20190301-120000_com.example.browser";
        let (one, other) = (format!("{long}1.jpg"), format!("{long}.jpg"));
        let json = format!("{long}.json");
        let (bundles, _) = found(&[
            (&one, "still"),
            (&json, &format!("json {long}&.jpg")),
            (&other.replace(".jpg", "_.jpg"), "still"),
        ]);
        assert_eq!(bundles, [format!("{long}_.jpg {json}")]);
    }

    #[test]
    fn a_takeout_file_stays_where_it_fits_or_where_nothing_else_does() {
        for (files, bundle) in [
            (
                [
                    ("IMG.jpg", "still"),
                    ("IMG(1).jpg", "still"),
                    ("IMG.jpg(1).json", "json IMG.jpg"),
                ],
                "IMG(1).jpg IMG.jpg(1).json",
            ),
            (
                [
                    ("IMG.jpg", "still"),
                    ("IMG(1).jpg", "still"),
                    ("IMG(1).jpg.json", "json IMG.jpg"),
                ],
                "IMG(1).jpg IMG(1).jpg.json",
            ),
            (
                [
                    ("a.jpg", "still"),
                    ("b.jpg", "still"),
                    ("a.jpg.json", "json gone.jpg"),
                ],
                "a.jpg a.jpg.json",
            ),
            (
                [
                    ("a.jpg", "still"),
                    ("b.jpg", "still"),
                    ("x.json", "json B.JPG"),
                ],
                "b.jpg x.json",
            ),
        ] {
            assert_eq!(found(&files).0, [bundle]);
        }
        // Two claim it.
        let claims = [
            ("a.jpg", "still"),
            ("x.json", "json a.jpg"),
            ("y.json", "json a.jpg"),
        ];
        assert!(found(&claims).0.is_empty());
    }

    proptest! {
        #[test]
        fn no_file_is_in_two_bundles_and_order_does_not_matter(
            files in prop::collection::btree_map(
                "[ab]/[ab]\\.(HEIC|MOV|xmp|json|HEIC\\.json)",
                "(still|movie|json)( [AB]| [ab]\\.HEIC)?",
                0..16,
            ),
            by in 0..16_usize,
        ) {
            let files: Vec<_> = files.iter().map(|(p, s)| (p.as_str(), s.as_str())).collect();
            let mut rotated = files.clone();
            rotated.rotate_left(by % files.len().max(1));
            let sorted = |bundles: Vec<String>| {
                let mut bundles: Vec<Vec<String>> = bundles
                    .iter()
                    .map(|b| { let mut m: Vec<_> = b.split(' ').map(str::to_owned).collect(); m.sort(); m })
                    .collect();
                bundles.sort();
                bundles
            };
            let bundles = sorted(found(&files).0);
            prop_assert_eq!(&bundles, &sorted(found(&rotated).0));
            let mut all: Vec<_> = bundles.into_iter().flatten().collect();
            let count = all.len();
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len(), count);
        }
    }
}

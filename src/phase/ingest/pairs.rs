//! What files say of themselves goes before their names: which still and movie are one Live Photo, and
//! of which picture a file of Google Takeout tells.

use crate::model::bundle::{Bundle, Bundles, stem_of};
use crate::model::capture::{Content, Reading};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// Of each file, whether its identifier told to what it belongs.
    is_settled: Vec<bool>,
}

impl<'f> Pairs<'f> {
    fn of(bundles: Bundles, files: &'f [Member<'f>]) -> Pairs<'f> {
        let groups = bundles.bundles.into_iter().map(|bundle| bundle.members);
        let mut pairs = Pairs {
            files,
            groups: groups.collect(),
            group_of: vec![None; files.len()],
            ambiguous: bundles.ambiguous,
            is_settled: vec![false; files.len()],
        };
        for (number, group) in pairs.groups.iter().enumerate() {
            for at in group {
                pairs.group_of[*at] = Some(number);
            }
        }
        pairs
    }

    /// Parts movies from stills of other Live Photos that have the same stem by chance, and from
    /// each other. What bears the whole name of such a movie goes with it.
    fn part_other_movies(&mut self) {
        for number in 0..self.groups.len() {
            let movies = self.identified(number, Content::Video);
            let mut of_main = self.identified(number, Content::Still);
            if of_main.is_empty() {
                of_main.extend(movies.first());
            }
            let mut others: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (id, at) in movies {
                if of_main.iter().all(|(of_main, _)| *of_main != id) {
                    others.entry(id).or_default().push(at);
                }
            }
            for mut movies in others.into_values() {
                self.ambiguous.extend(&movies);
                let group = self.groups[number].iter();
                let beside = group.filter(|at| movies.iter().any(|m| self.is_beside(**at, *m)));
                let beside: Vec<_> = beside.copied().collect();
                movies.extend(beside);
                movies.iter().for_each(|at| self.take_out(*at));
                self.found(movies);
            }
        }
    }

    /// Brings still and movie together that have one identifier in one directory. Where several
    /// have it, their names decide, and what these leave over has to be but one of each.
    fn join_live_photos(&mut self) {
        let mut live: BTreeMap<(&[u8], &str), [Vec<usize>; 2]> = BTreeMap::new();
        for (at, file) in self.files.iter().enumerate() {
            let Some(id) = self.id(at) else { continue };
            let kind = match file.reading.content {
                Content::Still => 0,
                Content::Video => 1,
                Content::Sidecar | Content::Unknown => continue,
            };
            live.entry((file.dir, id)).or_default()[kind].push(at);
        }
        let has = |files: &[usize], at: &usize| files.binary_search(at).is_ok();
        for [stills, movies] in live.into_values() {
            let mains = |files: &[usize]| -> BTreeSet<usize> {
                files.iter().map(|at| self.main_of(*at)).collect()
            };
            let (of_stills, mut of_movies) = (mains(&stills), mains(&movies));
            // A movie of another picture stays there, as the identifier of that may be lost.
            of_movies.retain(|main| of_stills.contains(main) || has(&movies, main));
            let left: Vec<_> = of_stills.difference(&of_movies).copied().collect();
            let unpaired: Vec<_> = of_movies.difference(&of_stills).copied().collect();
            if left.is_empty() || unpaired.is_empty() {
                continue;
            }
            let files = stills.iter().chain(&movies).copied();
            let is_left = |at: &usize| {
                let main = self.main_of(*at);
                has(&left, &main) || has(&unpaired, &main)
            };
            let over: Vec<_> = files.filter(is_left).collect();
            if let ([still], [movie]) = (&left[..], &unpaired[..]) {
                over.iter().for_each(|at| self.is_settled[*at] = true);
                self.join(*still, *movie);
            } else {
                self.ambiguous.extend(over);
            }
        }
    }

    /// Brings files of Google Takeout to the pictures whose names they give, which may lack their
    /// extensions.
    fn follow_titles(&mut self) {
        type Named<'f> = HashMap<(&'f [u8], Vec<u8>), BTreeSet<usize>>;
        let (mut names, mut stems) = (Named::new(), Named::new());
        for (at, file) in self.files.iter().enumerate() {
            if self.is(at, Content::Still) || self.is(at, Content::Video) {
                let name = as_takeout_names(file.name);
                let stem = stem_of(&name).to_vec();
                names.entry((file.dir, name)).or_default().insert(at);
                // The files of one shot are one picture.
                let main = self.main_of(at);
                stems.entry((file.dir, stem)).or_default().insert(main);
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
            let members = group.unwrap_or_default().iter();
            let fits = |member: &usize| {
                let name = without_number(&as_takeout_names(self.files[*member].name));
                name == title || stem_of(&name) == title
            };
            if is_numbered || members.filter(|member| **member != at).any(fits) {
                continue;
            }
            let title = (file.dir, title);
            let named = names.get(&title).or_else(|| stems.get(&title));
            let picture = named.filter(|named| named.len() == 1);
            if let Some(picture) = picture.and_then(BTreeSet::first) {
                wanted.entry(*picture).or_default().push(at);
            }
        }
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        // What joins first may be in the way of the next: names decide, not the order of the files.
        wanted.sort_unstable_by_key(|(at, _)| (self.files[*at].dir, self.files[*at].name));
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

    /// The files of a group that are of this content and have an identifier.
    fn identified(&self, group: usize, content: Content) -> Vec<(&'f str, usize)> {
        let files = self.groups[group].iter();
        let files = files.filter(|at| self.is(**at, content));
        files.filter_map(|at| Some((self.id(*at)?, *at))).collect()
    }

    /// The main file of what a file belongs to; itself where it is alone.
    fn main_of(&self, at: usize) -> usize {
        self.group_of[at].map_or(at, |group| self.groups[group][0])
    }

    /// Whether a file that is no picture bears the name of another, and more: `a.mov.xmp`.
    fn is_beside(&self, at: usize, other: usize) -> bool {
        if self.is(at, Content::Still) || self.is(at, Content::Video) {
            return false;
        }
        let (name, other) = (self.files[at].name, self.files[other].name);
        let rest = name.split_at_checked(other.len());
        rest.is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(other) && rest.starts_with(b".")
        })
    }

    /// Takes a file out of its group; the next one becomes the main file where it was that.
    fn take_out(&mut self, at: usize) {
        if let Some(group) = self.group_of[at].take() {
            self.groups[group].retain(|member| *member != at);
        }
    }

    /// Makes a group of files that are in none.
    fn found(&mut self, members: Vec<usize>) -> usize {
        let group = self.groups.len();
        for at in &members {
            self.group_of[*at] = Some(group);
        }
        self.groups.push(members);
        group
    }

    /// Brings a file, and what belongs to it, to another and what belongs to that, unless it is
    /// there or belongs to something else.
    fn join(&mut self, main: usize, other: usize) {
        let group = self.group_of[main].unwrap_or_else(|| self.found(vec![main]));
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
        self.ambiguous.retain(|at| !self.is_settled[*at]);
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
    fn two_live_photos_that_have_crossed_names_are_set_right() {
        let (bundles, ambiguous) = found(&[
            ("IMG_1.HEIC", "still A"),
            ("IMG_1.MOV", "movie B"),
            ("IMG_1.MOV.xmp", ""),
            ("IMG_1.xmp", ""),
            ("IMG_2.HEIC", "still B"),
            ("IMG_2.MOV", "movie A"),
            ("IMG_E2.MOV", "movie A"),
            ("IMG_2.mov.json", "json IMG_2.MOV"),
        ]);
        assert_eq!(
            bundles,
            [
                "IMG_1.HEIC IMG_1.xmp IMG_2.MOV IMG_E2.MOV IMG_2.mov.json",
                "IMG_2.HEIC IMG_1.MOV IMG_1.MOV.xmp",
            ]
        );
        assert_eq!(ambiguous, [""; 0]);
    }

    #[test]
    fn movies_of_another_live_photo_stay_together() {
        let (bundles, ambiguous) = found(&[
            ("IMG_1.HEIC", "still A"),
            ("IMG_1.MOV", "movie B"),
            ("IMG_E1.MOV", "movie B"),
            ("IMG_E1.JPG", "still A"),
            ("IMG_1.MOV.json", "json IMG_1.MOV"),
        ]);
        assert_eq!(
            bundles,
            [
                "IMG_1.HEIC IMG_E1.JPG",
                "IMG_1.MOV IMG_E1.MOV IMG_1.MOV.json"
            ]
        );
        assert_eq!(ambiguous, ["IMG_1.MOV", "IMG_E1.MOV"]);
    }

    #[test]
    fn an_identifier_tells_where_names_do_not() {
        let (bundles, ambiguous) = found(&[
            ("a.JPG", "still A"),
            ("a.jpeg", "still"),
            ("a.mov", "movie A"),
        ]);
        assert_eq!(bundles, ["a.JPG a.mov"]);
        assert_eq!(ambiguous, ["a.jpeg"]);
    }

    #[test]
    fn of_several_that_have_one_identifier_names_decide() {
        let (bundles, ambiguous) = found(&[
            ("a.HEIC", "still A"),
            ("b.HEIC", "still A"),
            ("c.MOV", "movie A"),
            ("d.HEIC", "still D"),
            ("d.MOV", "movie D"),
            ("d copy.MOV", "movie D"),
            ("x.HEIC", "still X"),
            ("x.MOV", "movie X"),
            ("x (1).HEIC", "still X"),
            ("x (1).MOV", "movie X"),
        ]);
        assert_eq!(
            bundles,
            ["d.HEIC d.MOV", "x (1).HEIC x (1).MOV", "x.HEIC x.MOV"]
        );
        assert_eq!(ambiguous, ["a.HEIC", "b.HEIC", "c.MOV"]);
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
        // Titles lack the extensions that pictures lacked when Google got them.
        let (bundles, _) = found(&[
            ("a.HEIC", "still"),
            ("a.MOV", "movie"),
            ("a.json", "json a"),
            ("b.HEIC", "still"),
            ("b.png", "still"),
            ("b.json", "json b"),
            ("c.jpg", "still"),
            ("c.jpg.json", "json c"),
            ("c.png", "still"),
        ]);
        assert_eq!(bundles, ["a.HEIC a.MOV a.json", "c.jpg c.jpg.json"]);
        // Two claim it.
        let claims = [
            ("a.jpg", "still"),
            ("x.json", "json a.jpg"),
            ("y.json", "json a.jpg"),
        ];
        assert!(found(&claims).0.is_empty());
    }

    #[test]
    fn of_files_that_claim_one_another_names_decide_and_not_their_order() {
        let mut files = [
            ("a/1.HEIC", "json 1.HEIC"),
            ("a/1.HEIC.json", "movie B"),
            ("a/1.MOV", "still A"),
            ("a/IMG_1.HEIC", "json 1"),
        ];
        let sorted = |(bundles, _): (Vec<String>, _)| {
            let members = bundles.iter().map(|bundle| {
                let mut members: Vec<_> = bundle.split(' ').map(str::to_owned).collect();
                members.sort();
                members
            });
            members.collect::<BTreeSet<_>>()
        };
        let first = sorted(found(&files));
        for _ in 0..4 {
            files.rotate_left(1);
            assert_eq!(sorted(found(&files)), first);
        }
    }

    proptest! {
        #[test]
        fn no_file_is_in_two_bundles_and_order_does_not_matter(
            files in prop::collection::btree_map(
                "[ab]/(IMG_E?)?[12]\\.(HEIC|MOV|xmp|json|HEIC\\.json|MOV\\.xmp)",
                "(still|movie|json)( [ABC]| [12](\\.HEIC)?)?",
                0..24,
            ),
            by in 0..24_usize,
        ) {
            let says = files.clone();
            let files: Vec<_> = files.iter().map(|(p, s)| (p.as_str(), s.as_str())).collect();
            let mut rotated = files.clone();
            rotated.rotate_left(by % files.len().max(1));
            let sorted = |(bundles, ambiguous): (Vec<String>, Vec<String>)| {
                let members = |bundle: &String| -> Vec<String> {
                    let mut members: Vec<_> = bundle.split(' ').map(str::to_owned).collect();
                    members.sort();
                    members
                };
                let mut bundles: Vec<_> = bundles.iter().map(members).collect();
                bundles.sort();
                (bundles, ambiguous)
            };
            let (bundles, ambiguous) = sorted(found(&files));
            prop_assert_eq!(sorted(found(&rotated)), (bundles.clone(), ambiguous));
            for bundle in &bundles {
                let ids = |kind: &str| -> Vec<&str> {
                    let said = bundle.iter().map(|path| says[path].as_str());
                    said.filter_map(|said| said.strip_prefix(kind)).collect()
                };
                let (stills, movies) = (ids("still "), ids("movie "));
                let is_one = |id: &&str| stills.is_empty() && *id == movies[0] || stills.contains(id);
                prop_assert!(movies.iter().all(is_one), "{:?}", bundle);
            }
            let mut all: Vec<_> = bundles.into_iter().flatten().collect();
            let count = all.len();
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len(), count);
        }
    }
}

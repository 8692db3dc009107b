//! Bundles: files of one directory that belong together, and are to move together.
//!
//! A raw file and the picture of the same shot, a Live Photo and its movie, and what programs and
//! services write beside a picture: XMP, the adjustments of Apple's Photos (AAE), thumbnails (THM),
//! spoken memos (WAV), and the JSON of Google Takeout. Names alone decide; the case of extensions
//! does not matter. Where a stem could mean more than one shot, each file stays by itself.

mod edited;
mod kind;
mod takeout;

use self::edited::edited_from;
use self::kind::{Kind, kind_of};
use super::batches::runs;
use super::path::RelPath;
use foldhash::HashMap;
use memchr::memrchr;
use rayon::prelude::*;
use std::ops::Range;

/// Files that belong together, as places in the list that they were looked for in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Two or more files, the main one first: a raw file before a picture, a picture before its
    /// movie, all of these before sidecars.
    pub members: Vec<usize>,
}

/// What belongs together in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundles {
    /// The bundles, in the order of the names of their main files; no file is in two of them.
    pub bundles: Vec<Bundle>,
    /// Pictures and movies that would belong to one another, did not more than one of a kind have
    /// the same stem; in the order of their names.
    pub ambiguous: Vec<usize>,
}

impl Bundle {
    /// The file that the others belong to.
    pub fn main(&self) -> usize {
        self.members[0]
    }
}

/// The bundles among the files of these names, all of which lie in one directory.
pub fn bundles(names: &[&[u8]]) -> Bundles {
    let files: Vec<_> = (0..names.len())
        .filter_map(|at| Some((at, kind_of(names[at])?)))
        .collect();
    if !can_hold_bundles(names, &files) {
        return Bundles::default();
    }
    let mut directory = Directory::of(names, &files);
    directory.join_edited();
    for (at, kind) in &files {
        if let Some(group) = directory.owner_of(names[*at], *kind) {
            directory.groups[group].push((*kind, *at));
        }
    }
    directory.finish()
}

/// The bundles among files at these paths, wherever they lie: those of each directory, in the order
/// of their main files in the list.
pub fn bundles_of_directories(paths: &[&RelPath<'_>]) -> Bundles {
    // Files of one directory stand together in a sorted list, but for what lies deeper.
    let are_of_one =
        |a: &&RelPath<'_>, b: &&RelPath<'_>| parent_of(a.as_bytes()) == parent_of(b.as_bytes());
    let mut known: HashMap<&[u8], usize> = HashMap::default();
    let mut directories: Vec<Vec<usize>> = Vec::new();
    let mut start = 0;
    for files in runs(paths, are_of_one) {
        let number = *known
            .entry(parent_of(files[0].as_bytes()))
            .or_insert_with(|| {
                directories.push(Vec::new());
                directories.len() - 1
            });
        directories[number].extend(start..start + files.len());
        start += files.len();
    }
    let found = directories.par_iter().map(|files| {
        let names: Vec<_> = files.iter().map(|at| paths[*at].file_name()).collect();
        let Bundles { bundles, ambiguous } = bundles(&names);
        let bundles = bundles.into_iter().map(|bundle| Bundle {
            members: bundle.members.into_iter().map(|m| files[m]).collect(),
        });
        let ambiguous = ambiguous.into_iter().map(|m| files[m]);
        (bundles.collect::<Vec<_>>(), ambiguous.collect::<Vec<_>>())
    });
    let (bundles, ambiguous): (Vec<_>, Vec<_>) = found.unzip();
    let mut all = Bundles {
        bundles: bundles.into_iter().flatten().collect(),
        ambiguous: ambiguous.into_iter().flatten().collect(),
    };
    all.bundles.sort_unstable_by_key(Bundle::main);
    all.ambiguous.sort_unstable();
    all
}

/// The bytes before the last slash.
fn parent_of(path: &[u8]) -> &[u8] {
    &path[..memrchr(b'/', path).unwrap_or(0)]
}

/// Whether it is worth looking any closer: in most directories there is but one kind of file.
fn can_hold_bundles(names: &[&[u8]], files: &[(usize, Kind)]) -> bool {
    let Some((_, first)) = files.first() else {
        return false;
    };
    let is_mixed = files.iter().any(|(_, kind)| kind != first);
    is_mixed
        || files
            .iter()
            .any(|(at, _)| edited_from(stem_of(names[*at])).is_some())
}

/// A picture or a movie, under the stem of its name.
#[derive(Clone, Copy)]
struct Media<'n> {
    stem: &'n [u8],
    kind: Kind,
    name: &'n [u8],
    at: usize,
}

/// The pictures and movies of a directory, and what was found to belong to them.
struct Directory<'n> {
    /// Sorted by stem, then by kind and name.
    media: Vec<Media<'n>>,
    /// The group of each of them.
    home: Vec<usize>,
    /// What belongs together.
    groups: Vec<Vec<(Kind, usize)>>,
    /// The groups that a stem alone names, sorted by stem.
    stems: Vec<(&'n [u8], usize)>,
    ambiguous: Vec<(&'n [u8], usize)>,
    names: &'n [&'n [u8]],
    /// The places of the media, sorted by the whole name.
    by_name: Vec<usize>,
}

impl<'n> Directory<'n> {
    fn of(names: &'n [&'n [u8]], files: &[(usize, Kind)]) -> Directory<'n> {
        let media = files.iter().filter(|(_, kind)| kind.is_media());
        let mut media: Vec<_> = media
            .map(|(at, kind)| Media {
                stem: stem_of(names[*at]),
                kind: *kind,
                name: names[*at],
                at: *at,
            })
            .collect();
        media.sort_by_key(|m| (m.stem, m.kind, m.name));
        let mut by_name: Vec<_> = (0..media.len()).collect();
        by_name.sort_by_key(|m| media[*m].name);
        let mut directory = Directory {
            home: vec![0; media.len()],
            media,
            groups: Vec::new(),
            stems: Vec::new(),
            ambiguous: Vec::new(),
            names,
            by_name,
        };
        let mut start = 0;
        while start < directory.media.len() {
            let stem = directory.media[start].stem;
            let same = directory.media[start..].iter();
            let end = start + same.take_while(|m| m.stem == stem).count();
            directory.group(stem, start..end);
            start = end;
        }
        directory
    }

    /// Groups the media of one stem: a raw file, a picture and a movie, at most one of each, are
    /// one shot; other media are by themselves.
    fn group(&mut self, stem: &'n [u8], range: Range<usize>) {
        let media = &self.media[range.clone()];
        let shot = &media[..media.partition_point(|m| m.kind.is_of_shot())];
        let is_clear = shot.windows(2).all(|pair| pair[0].kind != pair[1].kind);
        if !is_clear && shot.iter().any(|m| m.kind != shot[0].kind) {
            self.ambiguous.extend(shot.iter().map(|m| (m.name, m.at)));
        }
        let together = if is_clear { shot.len() } else { 0 };
        if together > 0 || media.len() == 1 {
            self.stems.push((stem, self.groups.len()));
        }
        if together > 0 {
            self.found(range.start..range.start + together);
        }
        for alone in range.start + together..range.end {
            self.found(alone..alone + 1);
        }
    }

    /// Makes a group of the media at these places.
    fn found(&mut self, range: Range<usize>) {
        self.home[range.clone()].fill(self.groups.len());
        let media = self.media[range].iter();
        self.groups.push(media.map(|m| (m.kind, m.at)).collect());
    }

    /// Puts what Apple's Photos made of a picture to the picture: `IMG_E1234.JPG` is an edited
    /// `IMG_1234.JPG`, also where ingest has named both.
    fn join_edited(&mut self) {
        for at in 0..self.stems.len() {
            let (stem, group) = self.stems[at];
            let Some(original) = edited_from(stem).and_then(|stem| self.stem(&stem)) else {
                continue;
            };
            let edited = std::mem::take(&mut self.groups[group]);
            let edited = edited.into_iter().map(|(_, at)| (Kind::Edited, at));
            self.groups[original].extend(edited);
            self.stems[at].1 = original;
            let start = self.media.partition_point(|m| m.stem < stem);
            let same = self.media[start..].iter().take_while(|m| m.stem == stem);
            let end = start + same.count();
            let homes = self.home[start..end].iter_mut();
            homes
                .filter(|home| **home == group)
                .for_each(|home| *home = original);
        }
    }

    /// The group that a sidecar belongs to; none for what is no sidecar, or of nothing here.
    fn owner_of(&self, name: &[u8], kind: Kind) -> Option<usize> {
        let stem = stem_of(name);
        match kind {
            Kind::Xmp => self.named(stem).or_else(|| self.stem(stem)),
            Kind::Adjustments => {
                let original = || self.stem(&edited_from(stem)?);
                self.stem(stem).or_else(original)
            }
            Kind::Thumbnail => self.stem(stem),
            Kind::Memo => self.stem(stem).filter(|group| {
                let (kind, _) = self.groups[*group][0];
                matches!(kind, Kind::Raw | Kind::Still)
            }),
            Kind::Takeout => takeout::owner(self, stem),
            Kind::Raw | Kind::Still | Kind::Movie | Kind::Other | Kind::Edited => None,
        }
    }

    /// The group of the media of that stem.
    fn stem(&self, stem: &[u8]) -> Option<usize> {
        let at = self.stems.binary_search_by_key(&stem, |(stem, _)| stem);
        Some(self.stems[at.ok()?].1)
    }

    /// The group of the picture or movie of that name, the case of its extension aside.
    fn named(&self, name: &[u8]) -> Option<usize> {
        let stem = stem_of(name);
        let start = self.media.partition_point(|m| m.stem < stem);
        let same = self.media[start..].iter().take_while(|m| m.stem == stem);
        let mut found = same
            .zip(start..)
            .filter(|(m, _)| m.name.eq_ignore_ascii_case(name));
        let first = found.next()?;
        // Two names may differ in the case of their extensions alone; the exact one is meant.
        let exact = std::iter::once(first).chain(found);
        let best = exact.min_by_key(|(m, _)| m.name != name)?;
        Some(self.home[best.1])
    }

    /// The group of the only picture or movie whose name begins so.
    fn begins(&self, start: &[u8]) -> Option<usize> {
        let name = |m: &usize| self.media[*m].name;
        let from = self.by_name.partition_point(|m| name(m) < start);
        let mut found = self.by_name[from..].iter();
        let mut found = found.by_ref().take_while(|m| name(m).starts_with(start));
        let home = self.home[*found.next()?];
        found.all(|m| self.home[*m] == home).then_some(home)
    }

    fn finish(mut self) -> Bundles {
        let names = self.names;
        let groups = self.groups.iter_mut().filter(|group| group.len() > 1);
        let mut bundles: Vec<_> = groups
            .map(|group| {
                group.sort_by_key(|(kind, at)| (*kind, names[*at]));
                Bundle {
                    members: group.iter().map(|(_, at)| *at).collect(),
                }
            })
            .collect();
        bundles.sort_by_key(|bundle| names[bundle.main()]);
        self.ambiguous.sort_unstable();
        Bundles {
            bundles,
            ambiguous: self.ambiguous.into_iter().map(|(_, at)| at).collect(),
        }
    }
}

/// The name without its extension; the whole name where it has none.
pub fn stem_of(name: &[u8]) -> &[u8] {
    let dot = name.iter().rposition(|b| *b == b'.').filter(|at| *at > 0);
    &name[..dot.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests;

//! Contents that are there more than once.

use super::DedupeError;
use super::offline::Offline;
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index};
use crate::model::path::TreePath;
use crate::model::plan::Need;
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::ops::Range;

/// What stands for no number.
pub(super) const NONE: u32 = u32::MAX;

/// A file of an index, by its place there; the archive's before media's, then in the order of
/// their paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// The tree of the index.
    pub(super) tree: Tree,
    /// The number of the entry.
    pub(super) at: u32,
}

/// Which file a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum FileKey {
    /// The device that holds the inode, and the inode.
    Inode(u64, u64),
    /// The only one of that name, on a disc.
    OnDisc(Place),
}

/// Every content that is there more than once, and where.
pub(super) struct Copies<'s> {
    state: &'s State<'s>,
    /// Which volumes are on discs alone.
    offline: Offline<'s>,
    places: Vec<Place>,
    groups: Vec<Group>,
    /// The group of each file of media.
    group_of: Vec<u32>,
    /// Names of one file, each with another of the same: hard links.
    pub(super) links: Vec<(Place, Place)>,
}

/// The copies of one content.
struct Group {
    places: Range<u32>,
    /// How many files they are: names of one file count once.
    files: u32,
}

/// Some of the contents, one after another in the order of their hashes.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    groups: Vec<Group>,
    links: Vec<(Place, Place)>,
    /// The first two places at which one hash stands at different sizes.
    unequal: Option<(Place, Place)>,
}

impl Found {
    /// These, and those contents that stand more than once at places whose hashes begin alike.
    fn with(mut self, copies: &Copies<'_>, alike: impl Iterator<Item = Place>) -> Found {
        let digested = alike.map(|place| (copies.entry(place).digest(), place));
        let mut digested: Vec<_> = digested.collect();
        digested.sort_unstable();
        for group in digested.chunk_by(|a, b| a.0 == b.0) {
            if group.len() > 1 {
                self.add(copies, group.iter().map(|(_, place)| *place));
            }
        }
        self
    }

    /// Adds a content that is at these places.
    fn add(&mut self, copies: &Copies<'_>, places: impl Iterator<Item = Place>) {
        let start = self.places.len();
        self.places.extend(places);
        let places = &self.places[start..];
        let size = |place: Place| copies.entry(place).stamp.size;
        let other = places.iter().find(|p| size(**p) != size(places[0]));
        let unequal = other.map(|other| (places[0], *other));
        self.unequal = self.unequal.or(unequal);
        let named = places.iter().map(|place| (copies.file(*place), *place));
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        let mut files = 0;
        for names in named.chunk_by(|a, b| a.0 == b.0) {
            files += 1;
            let pairs = names.windows(2).map(|pair| (pair[0].1, pair[1].1));
            self.links.extend(pairs);
        }
        self.groups.push(Group {
            places: start as u32..self.places.len() as u32,
            files,
        });
    }
}

impl<'s> Copies<'s> {
    /// The contents that stand in the indexes of `state` more than once; empty files have none, and
    /// what was on lost discs alone is nowhere.
    ///
    /// # Errors
    /// Where equal hashes stand at unequal sizes.
    pub(super) fn of(state: &'s State<'s>) -> Result<Copies<'s>, DedupeError> {
        let offline = Offline::of(state);
        let hashed = |index: &'s Index<'s>| {
            let (tree, offline) = (index.tree, &offline);
            let entries = index.entries.par_iter().enumerate();
            entries.map(move |(at, entry)| {
                let digest = entry.digest().filter(|_| entry.stamp.size > 0);
                let digest = digest.filter(|_| !offline.is_lost(tree, entry));
                let at = digest.map_or(NONE, |_| at as u32);
                (digest.map_or(0, beginning), Place { tree, at })
            })
        };
        let all = hashed(&state.archive).chain(hashed(&state.media));
        // Nearly all count. To drop the others only now makes one list; to drop them on the way would
        // make many, and copy them into one.
        let mut all: Vec<(u64, Place)> = all.collect();
        all.retain(|(_, place)| place.at != NONE);
        all.par_sort_unstable();
        let mut copies = Copies {
            state,
            offline,
            places: Vec::new(),
            groups: Vec::new(),
            group_of: vec![NONE; state.media.entries.len()],
            links: Vec::new(),
        };
        let beginnings = all.par_chunk_by(|a, b| a.0 == b.0);
        let alike = beginnings.filter(|places| places.len() > 1);
        let found = alike.fold(Found::default, |found, places| {
            found.with(&copies, places.iter().map(|(_, place)| *place))
        });
        let found: Vec<Found> = found.collect();
        for found in found {
            copies.add(found)?;
        }
        Ok(copies)
    }

    /// Adds what was found in the contents that come next.
    fn add(&mut self, found: Found) -> Result<(), DedupeError> {
        if let Some((first, other)) = found.unequal {
            let (first, other) = (self.path(first), self.path(other));
            return Err(DedupeError::UnequalSizes(first, other));
        }
        let (offset, number) = (self.places.len() as u32, self.groups.len() as u32);
        for (group, number) in found.groups.into_iter().zip(number..) {
            let Range { start, end } = group.places;
            for place in &found.places[start as usize..end as usize] {
                if place.tree == Tree::Media {
                    self.group_of[place.at as usize] = number;
                }
            }
            self.groups.push(Group {
                places: offset + start..offset + end,
                ..group
            });
        }
        self.places.extend(found.places);
        self.links.extend(found.links);
        Ok(())
    }

    /// How many contents there are.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Where the content of that number is.
    pub(super) fn group(&self, number: usize) -> &[Place] {
        let Range { start, end } = self.groups[number].places;
        &self.places[start as usize..end as usize]
    }

    /// How many files, not names, hold the content of that number.
    pub(super) fn files(&self, number: usize) -> u32 {
        self.groups[number].files
    }

    /// The number of the content of a file of media; none where it is there once, is nothing, or
    /// could not be read.
    pub(super) fn group_of(&self, media: u32) -> Option<usize> {
        let number = self.group_of[media as usize];
        (number != NONE).then_some(number as usize)
    }

    /// The number of the content of a file of either tree, as [`Copies::group_of`]; this takes a
    /// look at all groups.
    pub(super) fn group_with(&self, place: Place) -> Option<usize> {
        (0..self.len()).find(|group| self.group(*group).contains(&place))
    }

    /// The files of the archive whose content is there more than once.
    pub(super) fn of_archive(&self) -> Vec<u32> {
        let places = self.places.iter().filter(|p| p.tree == Tree::Archive);
        places.map(|place| place.at).collect()
    }

    /// What the index says.
    pub(super) fn entry(&self, place: Place) -> &'s Entry<'s> {
        &self.state.index_of(place.tree).entries[place.at as usize]
    }

    /// Whether a file is gone from the disk, and on no disc that is known.
    pub(super) fn is_lost(&self, place: Place) -> bool {
        self.offline.is_lost(place.tree, self.entry(place))
    }

    /// Whether a file is gone from the disk, and its volume is on discs alone.
    pub(super) fn is_on_disc(&self, place: Place) -> bool {
        self.offline.holds(place.tree, self.entry(place))
    }

    /// Where the file is.
    pub(super) fn path(&self, place: Place) -> TreePath<'static> {
        TreePath::new(place.tree, self.entry(place).path.clone().into_owned())
    }

    /// Which file it is, under whatever name. One on a disc is no other, whatever its inode was.
    pub(super) fn file(&self, place: Place) -> FileKey {
        let entry = self.entry(place);
        match self.offline.holds(place.tree, entry) {
            true => FileKey::OnDisc(place),
            false => FileKey::Inode(entry.stamp.device, entry.stamp.inode),
        }
    }

    /// What a plan says of a copy that is to stay.
    pub(super) fn need(&self, place: Place) -> Need {
        let entry = self.entry(place);
        Need {
            path: self.path(place),
            offline: self.offline.volume(place.tree, entry),
            size: entry.stamp.size,
            modified: entry.stamp.modified,
            hash: entry.digest().expect("what has copies has a hash"),
        }
    }
}

/// The first bytes of a hash, which tell nearly all apart and sort as the whole does; millions of them
/// take a third of the memory.
fn beginning(digest: Digest) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Place {
    /// A file of media.
    pub(super) fn of_media(at: u32) -> Place {
        Place {
            tree: Tree::Media,
            at,
        }
    }
}

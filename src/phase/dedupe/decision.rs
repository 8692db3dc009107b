//! What becomes of each file.
//!
//! The files of media are looked at from the one that is kept last to the one that is kept first. One goes where a copy of it is left
//! then, in the archive or in media; files that belong together go where that is so of each of them,
//! apart from their set. What went is counted as gone, so nothing can lose its last copy, and no two
//! files can stay for each other's sake; and as copies only become fewer, what stays once would stay
//! again: a second plan finds nothing.

use super::copies::{Copies, FileKey, Place};
use super::rank::Rank;
use super::together::Together;
use crate::model::bundle::{Bundle, bundles_of_directories};
use crate::model::path::TreePath;
use crate::model::plan::Settings;
use crate::model::state::State;
use crate::model::tree::Tree;
use foldhash::HashMap;
use rayon::prelude::*;

/// What becomes of each file of media.
pub(super) struct Decision<'s> {
    /// Contents that are there more than once.
    pub(super) copies: Copies<'s>,
    /// What belongs together.
    pub(super) together: Together,
    fates: Vec<Fate>,
    rank: Rank,
    /// Which copy of each content stays in any case.
    keepers: Vec<Place>,
    /// The copies in media that stay though another one is kept, and why.
    pub(super) beside: Vec<Beside>,
}

/// What becomes of a file of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays where it is.
    Stays,
    /// It moves to duplicates.
    Moves,
    /// It could move, and stays as the settings leave it aside.
    Aside,
}

/// A copy in media that stays though another one is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside {
    /// The file.
    pub(super) file: u32,
    /// The one that is kept.
    pub(super) keeper: Place,
    /// Why it stays.
    pub(super) stay: Stay,
}

/// Why a copy stays, though another one is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// It is another name of this file, which stays.
    Link(Place),
    /// It belongs together with this file of media, which stays.
    With(u32, Because),
}

/// Why a file of media stays, and with it what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// No copy of it stays anywhere else.
    Only,
    /// There is nothing in it.
    Empty,
    /// It could not be read.
    Unread,
    /// It is another name of this file of the archive.
    Link(Place),
}

/// The first two files of a set that must stay, by its first file.
type FirstReasons = HashMap<u32, Vec<(u32, Because)>>;

impl<'s> Decision<'s> {
    /// Decides over the files of media, of which those of a bundle stay together.
    pub(super) fn of(state: &'s State<'s>, copies: Copies<'s>) -> Decision<'s> {
        let files = state.media.entries.len();
        let bundles = match state.settings.bundles {
            Some(false) => Vec::new(),
            _ => bundles(state),
        };
        let together = Together::of(files, &bundles, &copies);
        let mut decision = Decision {
            fates: vec![Fate::Stays; files],
            rank: Rank::of(state),
            keepers: Vec::new(),
            beside: Vec::new(),
            copies,
            together,
        };
        decision.let_go();
        let groups = (0..decision.copies.len()).into_par_iter();
        let keepers = groups.clone();
        let keepers = keepers.map(|group| decision.keeper_among(decision.copies.group(group)));
        decision.keepers = keepers.collect();
        let beside = groups.map_init(FirstReasons::default, |first, group| {
            decision.beside(group, first)
        });
        decision.beside = beside.flatten_iter().collect();
        decision.leave_aside(&state.settings);
        decision
    }

    /// What becomes of a file of media.
    pub(super) fn fate(&self, file: u32) -> Fate {
        self.fates[file as usize]
    }

    /// What becomes of a file; those of the archive stay.
    pub(super) fn fate_of(&self, place: Place) -> Fate {
        match place.tree {
            Tree::Archive => Fate::Stays,
            _ => self.fate(place.at),
        }
    }

    /// The copy that stays of the content of that number.
    pub(super) fn keeper(&self, group: usize) -> Place {
        self.keepers[group]
    }

    /// The copies in media that stay beside the keeper of the content of that number.
    fn beside(&self, group: usize, first: &mut FirstReasons) -> Vec<Beside> {
        let copies = self.copies.group(group);
        let keeper = self.keeper(group);
        let stay = || copies.iter().filter(|place| self.stays(**place));
        if stay().all(|place| *place == keeper || place.tree == Tree::Archive) {
            return Vec::new();
        }
        let mut names = HashMap::default();
        let in_order = std::iter::once(&keeper).chain(stay().filter(|p| **p != keeper));
        let mut others = Vec::new();
        for place in in_order {
            let known = *names.entry(self.copies.file(*place)).or_insert(*place);
            if place.tree == Tree::Archive || *place == keeper {
                continue;
            }
            let stay = if known == *place {
                let (file, because) = self.reason_of(place.at, first);
                Stay::With(file, because)
            } else {
                Stay::Link(known)
            };
            others.push(Beside {
                file: place.at,
                keeper,
                stay,
            });
        }
        others
    }

    /// Lets go what can go.
    fn let_go(&mut self) {
        let mut left: Vec<u32> = (0..self.copies.len())
            .map(|group| self.copies.files(group))
            .collect();
        let mut contents = Vec::new();
        for (_, file) in self.in_order() {
            let alone = [file];
            let set = self.together.set_of(file).unwrap_or(&alone);
            contents.clear();
            contents.extend(set.iter().filter_map(|file| {
                let group = self.copies.group_of(*file)?;
                Some((group, self.copies.file(Place::of_media(*file))))
            }));
            contents.sort_unstable();
            contents.dedup();
            let of_one = |a: &(usize, FileKey), b: &(usize, FileKey)| a.0 == b.0;
            let mut of_each = contents.chunk_by(of_one);
            if !of_each.all(|files| left[files[0].0] > files.len() as u32) {
                continue;
            }
            contents.iter().for_each(|(group, _)| left[*group] -= 1);
            for file in set {
                self.fates[*file as usize] = Fate::Moves;
            }
        }
    }

    /// Lets stay what the settings exclude. Nothing else changes by that: a part of a plan is what
    /// it says, and the parts of a plan can be carried out one after another.
    fn leave_aside(&mut self, settings: &Settings) {
        if settings.only.is_empty() && settings.min_size.is_none() {
            return;
        }
        for file in 0..self.fates.len() as u32 {
            let alone = [file];
            let set = self.together.set_of(file).unwrap_or(&alone);
            if set[0] == file && self.fate(file) == Fate::Moves && !self.is_in(settings, set) {
                for file in set {
                    self.fates[*file as usize] = Fate::Aside;
                }
            }
        }
    }

    /// Whether the settings let these files move, which can only move together: where all of them
    /// lie where files may move, and one of them is large enough.
    fn is_in(&self, settings: &Settings, set: &[u32]) -> bool {
        let entry = |file: &u32| self.copies.entry(Place::of_media(*file));
        let is_among = |file: &u32| {
            let path = TreePath::new(Tree::Media, entry(file).path.borrowed());
            let mut only = settings.only.iter();
            only.any(|dir| dir.tree == path.tree && path.rel.starts_with(&dir.rel))
        };
        let min_size = settings.min_size.unwrap_or(0);
        (settings.only.is_empty() || set.iter().all(is_among))
            && set.iter().any(|file| entry(file).stamp.size >= min_size)
    }

    /// One file of each set that could go at all, the last to be kept first.
    fn in_order(&self) -> Vec<(u32, u32)> {
        let can_go =
            |file: u32| self.copies.group_of(file).is_some() && !self.together.is_anchored(file);
        let files = 0..self.fates.len() as u32;
        let candidates = files.filter_map(|file| match self.together.set_of(file) {
            None => can_go(file).then_some((self.rank.of_file(file), file)),
            Some(set) if set[0] != file => None,
            Some(set) => {
                let main = |file: &u32| self.together.main_of(*file).unwrap_or(*file);
                let ranks = set.iter().map(|file| self.rank.of_file(main(file)));
                let first = ranks.min()?;
                set.iter().all(|f| can_go(*f)).then_some((first, file))
            }
        });
        let mut candidates: Vec<_> = candidates.collect();
        candidates.sort_unstable_by(|a, b| b.cmp(a));
        candidates
    }

    /// Which of these copies is kept: the archive's first, rather one on the disk than one on discs
    /// alone, else of those that stay in media the one that is to be kept first.
    fn keeper_among(&self, copies: &[Place]) -> Place {
        let stay = copies.iter().filter(|place| self.stays(**place));
        let keeper = stay.min_by_key(|place| match place.tree {
            Tree::Archive => (place.tree, self.copies.is_on_disc(**place), place.at),
            _ => (place.tree, false, self.rank.of_file(place.at)),
        });
        *keeper.unwrap_or(&copies[0])
    }

    /// Whether it stays in any case; what is left aside is to move another time.
    fn stays(&self, place: Place) -> bool {
        place.tree == Tree::Archive || self.fate(place.at) == Fate::Stays
    }

    /// Which of the files that belong together with `file` keeps them all from moving, and how: the
    /// main file of its bundle, if it can be, for that says most to a person. `first` remembers of
    /// each set the first that do.
    fn reason_of(&self, file: u32, first: &mut FirstReasons) -> (u32, Because) {
        let set = self.together.set_of(file).unwrap_or(&[]);
        let reason = |other: u32| Some((other, self.why_it_must_stay(other, set)?));
        let main = self.together.main_of(file).filter(|main| *main != file);
        if let Some(reason) = main.and_then(reason) {
            return reason;
        }
        let key = set.first().copied().unwrap_or(file);
        let first = first
            .entry(key)
            .or_insert_with(|| set.iter().filter_map(|f| reason(*f)).take(2).collect());
        let other = first.iter().find(|(other, _)| *other != file);
        *other.unwrap_or(&(file, Because::Only))
    }

    fn why_it_must_stay(&self, file: u32, set: &[u32]) -> Option<Because> {
        let entry = self.copies.entry(Place::of_media(file));
        if entry.hash.is_err() {
            return Some(Because::Unread);
        }
        if entry.stamp.size == 0 {
            return Some(Because::Empty);
        }
        let Some(group) = self.copies.group_of(file) else {
            return Some(Because::Only);
        };
        let copies = self.copies.group(group);
        if self.together.is_anchored(file) {
            let id = self.copies.file(Place::of_media(file));
            let link = copies.iter().find(|place| self.copies.file(**place) == id);
            return link.map(|place| Because::Link(*place));
        }
        let is_elsewhere =
            |place: Place| place.tree == Tree::Archive || set.binary_search(&place.at).is_err();
        if is_elsewhere(self.keeper(group)) {
            return None;
        }
        let mut stay = copies.iter().filter(|place| self.stays(**place));
        let is_only = !stay.any(|place| is_elsewhere(*place));
        is_only.then_some(Because::Only)
    }
}

/// The bundles of media.
fn bundles(state: &State<'_>) -> Vec<Bundle> {
    let paths: Vec<_> = state.media.entries.iter().map(|e| &e.path).collect();
    bundles_of_directories(&paths).bundles
}

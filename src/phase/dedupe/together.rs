//! Files of media that move together or not at all: bundles, and the names of one file.

use super::copies::{Copies, NONE};
use crate::model::bundle::Bundle;
use crate::model::tree::Tree;
use foldhash::HashSet;
use std::ops::Range;

/// Which files of media move together or not at all.
pub(super) struct Together {
    /// The main file of the bundle of each file.
    main_of: Vec<u32>,
    /// The set of each file.
    set_of: Vec<u32>,
    sets: Vec<Range<usize>>,
    members: Vec<u32>,
    /// Files that are also names of files of the archive.
    anchored: HashSet<u32>,
}

impl Together {
    /// What must stay together of `files` files of media, with these bundles.
    pub(super) fn of(files: usize, bundles: &[Bundle], copies: &Copies<'_>) -> Together {
        let mut main_of = vec![NONE; files];
        let mut joined = Joined::new(files);
        for bundle in bundles {
            for member in &bundle.members {
                main_of[*member] = bundle.main() as u32;
                joined.join(bundle.main() as u32, *member as u32);
            }
        }
        let mut anchored = HashSet::default();
        for (one, other) in &copies.links {
            let is_anchored = one.tree == Tree::Archive || anchored.contains(&one.at);
            match (other.tree, is_anchored) {
                (Tree::Media, true) => drop(anchored.insert(other.at)),
                (Tree::Media, false) => joined.join(one.at, other.at),
                _ => {}
            }
        }
        let mut together = Together {
            main_of,
            set_of: vec![NONE; files],
            sets: Vec::new(),
            members: Vec::new(),
            anchored,
        };
        let pairs = joined.sets();
        for set in pairs.chunk_by(|a, b| a.0 == b.0) {
            let start = together.members.len();
            for (_, member) in set {
                together.set_of[*member as usize] = together.sets.len() as u32;
                together.members.push(*member);
            }
            together.sets.push(start..together.members.len());
        }
        together
    }

    /// The files that move with this one, itself among them, in the order of their paths; none
    /// where it is alone.
    pub(super) fn set_of(&self, file: u32) -> Option<&[u32]> {
        let range = self.sets.get(self.set_of[file as usize] as usize)?;
        Some(&self.members[range.clone()])
    }

    /// The main file of its bundle; none where it is in none.
    pub(super) fn main_of(&self, file: u32) -> Option<u32> {
        let main = self.main_of[file as usize];
        (main != NONE).then_some(main)
    }

    /// Whether it is a hard link of a file of the archive.
    pub(super) fn is_anchored(&self, file: u32) -> bool {
        self.anchored.contains(&file)
    }
}

/// Sets of files while they grow together.
struct Joined {
    /// Another file of the set, down to the one that stands for all.
    parent: Vec<u32>,
    touched: Vec<u32>,
}

impl Joined {
    fn new(files: usize) -> Joined {
        Joined {
            parent: (0..files as u32).collect(),
            touched: Vec::new(),
        }
    }

    fn join(&mut self, one: u32, other: u32) {
        self.touched.extend([one, other]);
        let (one, other) = (self.find(one), self.find(other));
        self.parent[one.max(other) as usize] = one.min(other);
    }

    fn find(&mut self, mut file: u32) -> u32 {
        while self.parent[file as usize] != file {
            let next = self.parent[file as usize];
            self.parent[file as usize] = self.parent[next as usize];
            file = next;
        }
        file
    }

    /// Each file that was joined to another, after the one that stands for all of its set; sorted.
    fn sets(mut self) -> Vec<(u32, u32)> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        let mut pairs: Vec<_> = touched.iter().map(|f| (self.find(*f), *f)).collect();
        pairs.sort_unstable();
        pairs
    }
}

//! What is asked for, and which contents that means.

use super::FindError;
use crate::model::digest::Digest;
use crate::model::found::ReadAs;
use crate::model::index::{Entry, Index};
use crate::model::pattern::Pattern;
use crate::model::schedule::Hop;
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::collections::HashSet;

/// The fewest digits by which a hash may be named.
pub const FEWEST_DIGITS: usize = 8;

/// What is asked for. Where it can be read in several ways, the first one counts that finds
/// something, and else the last.
#[derive(Clone, Debug)]
pub struct Query {
    /// What people see of it.
    pub what: String,
    /// The ways of reading it.
    pub ways: Vec<Way>,
}

/// A way of reading what is asked for.
#[derive(Clone, Debug)]
pub enum Way {
    /// The content of a file in hand.
    File(Digest),
    /// The hash that begins so, or is that.
    Hash(Start),
    /// A name or a path.
    Name(Pattern),
}

/// What a query means.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits<'s> {
    pub(super) contents: HashSet<Digest>,
    /// Files of which nobody knows the content.
    pub(super) unread: Vec<(Tree, &'s Entry<'s>)>,
}

impl Query {
    /// As what it is read, and what it means by the indexes of `state` and by what the runs say of
    /// each way, which are told by their numbers.
    pub(super) fn ask<'s, H: IntoIterator<Item = Digest>>(
        &self,
        state: &'s State<'_>,
        of_way: impl Fn(usize) -> H,
    ) -> Result<(ReadAs, Hits<'s>), FindError> {
        let mut answer = (ReadAs::Name, Hits::default());
        for (number, way) in self.ways.iter().enumerate() {
            let mut hits = way.hits(state);
            hits.contents.extend(of_way(number));
            if let (Way::Hash(start), 2..) = (way, hits.contents.len()) {
                let digits = start.digits.clone();
                return Err(FindError::Ambiguous(digits, hits.contents.len()));
            }
            answer = (way.read_as(), hits);
            if !(answer.1.contents.is_empty() && answer.1.unread.is_empty()) {
                break;
            }
        }
        Ok(answer)
    }
}

impl Way {
    /// Whether this way means the content that was moved so.
    pub(super) fn means_hop(&self, hop: &Hop<'_>) -> bool {
        match self {
            Way::File(digest) => *digest == hop.hash,
            Way::Hash(start) => start.begins(&hop.hash),
            Way::Name(pattern) => {
                let mut ends = [&hop.from, &hop.to].into_iter();
                ends.any(|path| pattern.matches(path.tree, &path.rel))
            }
        }
    }

    fn read_as(&self) -> ReadAs {
        match self {
            Way::File(_) => ReadAs::File,
            Way::Hash(_) => ReadAs::Hash,
            Way::Name(_) => ReadAs::Name,
        }
    }

    /// What it means by the indexes.
    fn hits<'s>(&self, state: &'s State<'_>) -> Hits<'s> {
        match self {
            Way::File(digest) => content_hits(state, |d| d == digest),
            Way::Hash(start) => content_hits(state, |d| start.begins(d)),
            Way::Name(pattern) => name_hits(state, pattern),
        }
    }
}

fn content_hits<'s>(state: &State<'_>, is_meant: impl Fn(&Digest) -> bool + Sync) -> Hits<'s> {
    let of = |index: &Index<'_>| {
        let digests = index.entries.par_iter().filter_map(Entry::digest);
        digests.filter(&is_meant).collect::<HashSet<_>>()
    };
    let mut contents = of(&state.archive);
    contents.extend(of(&state.media));
    Hits {
        contents,
        unread: Vec::new(),
    }
}

fn name_hits<'s>(state: &'s State<'_>, pattern: &Pattern) -> Hits<'s> {
    let mut hits = Hits::default();
    for tree in Tree::INDEXED {
        let entries = state.index_of(tree).entries.par_iter();
        let named: Vec<&Entry<'_>> = entries.filter(|e| pattern.matches(tree, &e.path)).collect();
        for entry in named {
            match entry.digest() {
                Some(digest) => drop(hits.contents.insert(digest)),
                None => hits.unread.push((tree, entry)),
            }
        }
    }
    hits
}

/// The beginning of a hash: whole bytes, and perhaps half of the next.
#[derive(Clone, Debug)]
pub struct Start {
    digits: String,
    bytes: Vec<u8>,
    half: Option<u8>,
}

impl Start {
    /// The beginning that these digits are, in lower case.
    pub fn of(digits: &str) -> Start {
        let values = digits.bytes().filter_map(|d| char::from(d).to_digit(16));
        let values: Vec<u8> = values.map(|value| value as u8).collect();
        let pairs = values.chunks_exact(2);
        Start {
            digits: digits.to_owned(),
            half: pairs.remainder().first().copied(),
            bytes: pairs.map(|pair| pair[0] << 4 | pair[1]).collect(),
        }
    }

    fn begins(&self, digest: &Digest) -> bool {
        let next = digest.0.get(self.bytes.len()).map(|byte| byte >> 4);
        digest.0.starts_with(&self.bytes) && self.half.is_none_or(|half| next == Some(half))
    }
}

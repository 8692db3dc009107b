//! Find: where contents are and were, by what indexes and journals know.
//!
//! A content is known by its hash, and so it is followed through all moves, whatever its names were
//! meanwhile. What is in a tree that no index lists, the journals know: a file is where the last of
//! its moves brought it.

mod places;

use self::places::{Discs, Sighting, content};
use crate::model::digest::Digest;
use crate::model::found::{Answer, Content, ReadAs};
use crate::model::index::{Entry, Index};
use crate::model::path::TreePath;
use crate::model::pattern::Pattern;
use crate::model::run::{Outcome, Run};
use crate::model::schedule::Hop;
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

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
    /// The first digits of a hash, lower case.
    Hash(String),
    /// A name or a path.
    Name(Pattern),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Several hashes begin so.
    #[error("{1} known hashes begin with {0}")]
    Ambiguous(String, usize),
}

/// What indexes and runs of `state` know of what is asked for, in its order. Nobody has looked at
/// the disk yet.
///
/// # Errors
/// Where digits are the beginning of several hashes.
pub fn find(state: &State<'_>, queries: &[Query]) -> Result<Vec<Answer>, FindError> {
    let hops = hops(&state.runs);
    let asked = queries.iter().map(|query| ask(state, &hops, query));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    let wanted: HashSet<Digest> = asked
        .iter()
        .flat_map(|(_, hits)| &hits.contents)
        .copied()
        .collect();
    let sightings = sightings(state, &hops, &wanted);
    let mut discs = Discs::default();
    let answers = queries.iter().zip(asked).map(|(query, (read_as, hits))| {
        let known = hits
            .contents
            .iter()
            .filter_map(|digest| sightings.get(digest));
        let mut contents: Vec<Content> = known.map(|s| content(state, &mut discs, s)).collect();
        contents.extend(
            hits.unread
                .iter()
                .map(|(tree, entry)| places::unread(state, &mut discs, *tree, entry)),
        );
        contents.sort_by(|a, b| first(a).cmp(&first(b)));
        Answer {
            what: query.what.clone(),
            read_as,
            contents,
        }
    });
    Ok(answers.collect())
}

/// The first place of a content, or the first that it had.
fn first(content: &Content) -> Option<&TreePath<'static>> {
    let place = content.places.first().map(|place| &place.path);
    place.or(content.was.first())
}

/// A hop of a run that was not rolled back.
struct Step<'r> {
    run: &'r Run,
    hop: Hop<'r>,
}

/// The hops of all runs, oldest first. Files of mediastruct's own are nobody's to find.
fn hops(runs: &[Run]) -> Vec<Step<'_>> {
    let is_rolled_back = |run: &Run| {
        let end = run.progress.end.as_ref();
        end.is_some_and(|end| end.outcome == Outcome::RolledBack)
    };
    let runs = runs.iter().filter(|run| !is_rolled_back(run));
    let hops = runs.flat_map(|run| run.done().map(move |(hop, _)| Step { run, hop }));
    hops.filter(|s| !s.hop.from.rel.is_ours() && !s.hop.to.rel.is_ours())
        .collect()
}

/// What a query hits.
#[derive(Default)]
struct Hits<'s> {
    contents: HashSet<Digest>,
    unread: Vec<(Tree, &'s Entry<'s>)>,
}

impl Hits<'_> {
    fn is_empty(&self) -> bool {
        self.contents.is_empty() && self.unread.is_empty()
    }
}

fn ask<'s>(
    state: &'s State<'_>,
    hops: &[Step<'_>],
    query: &Query,
) -> Result<(ReadAs, Hits<'s>), FindError> {
    let mut answer = (ReadAs::Name, Hits::default());
    for way in &query.ways {
        answer = match way {
            Way::File(digest) => (ReadAs::File, content_hits(state, hops, |d| d == digest)),
            Way::Hash(digits) => (ReadAs::Hash, hash_hits(state, hops, digits)?),
            Way::Name(pattern) => (ReadAs::Name, name_hits(state, hops, pattern)),
        };
        if !answer.1.is_empty() {
            break;
        }
    }
    Ok(answer)
}

fn hash_hits<'s>(
    state: &'s State<'_>,
    hops: &[Step<'_>],
    digits: &str,
) -> Result<Hits<'s>, FindError> {
    let start = Start::of(digits);
    let hits = content_hits(state, hops, |digest| start.begins(digest));
    match hits.contents.len() {
        0 | 1 => Ok(hits),
        several => Err(FindError::Ambiguous(digits.to_owned(), several)),
    }
}

fn content_hits<'s>(
    state: &State<'_>,
    hops: &[Step<'_>],
    is_wanted: impl Fn(&Digest) -> bool + Sync,
) -> Hits<'s> {
    let of = |index: &Index<'_>| {
        let digests = index.entries.par_iter().filter_map(Entry::digest);
        digests.filter(&is_wanted).collect::<HashSet<_>>()
    };
    let mut contents = of(&state.archive);
    contents.extend(of(&state.media));
    contents.extend(hops.iter().map(|s| s.hop.hash).filter(is_wanted));
    Hits {
        contents,
        unread: Vec::new(),
    }
}

fn name_hits<'s>(state: &'s State<'_>, hops: &[Step<'_>], pattern: &Pattern) -> Hits<'s> {
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
    let is_named = |path: &TreePath<'_>| pattern.matches(path.tree, &path.rel);
    let named = hops
        .iter()
        .filter(|s| is_named(&s.hop.from) || is_named(&s.hop.to));
    hits.contents.extend(named.map(|s| s.hop.hash));
    hits
}

/// What indexes and hops know of these contents.
fn sightings<'s>(
    state: &'s State<'_>,
    hops: &'s [Step<'s>],
    wanted: &HashSet<Digest>,
) -> HashMap<Digest, Sighting<'s>> {
    let mut sightings: HashMap<Digest, Sighting<'_>> = HashMap::new();
    for tree in Tree::INDEXED {
        let entries = state.index_of(tree).entries.par_iter();
        let is_wanted = |e: &&Entry<'_>| e.digest().is_some_and(|d| wanted.contains(&d));
        let known: Vec<&Entry<'_>> = entries.filter(is_wanted).collect();
        for entry in known {
            let Some(digest) = entry.digest() else {
                continue;
            };
            let sighting = sightings
                .entry(digest)
                .or_insert_with(|| Sighting::of(digest));
            sighting.entries.push((tree, entry));
        }
    }
    for step in hops.iter().filter(|s| wanted.contains(&s.hop.hash)) {
        let digest = step.hop.hash;
        let sighting = sightings
            .entry(digest)
            .or_insert_with(|| Sighting::of(digest));
        sighting.steps.push(step);
    }
    sightings
}

/// The beginning of a hash: whole bytes, and perhaps half of the next.
struct Start {
    bytes: Vec<u8>,
    half: Option<u8>,
}

impl Start {
    /// The beginning that these digits are.
    fn of(digits: &str) -> Start {
        let values = digits.bytes().filter_map(|d| char::from(d).to_digit(16));
        let values: Vec<u8> = values.map(|value| value as u8).collect();
        let pairs = values.chunks_exact(2);
        Start {
            half: pairs.remainder().first().copied(),
            bytes: pairs.map(|pair| pair[0] << 4 | pair[1]).collect(),
        }
    }

    fn begins(&self, digest: &Digest) -> bool {
        let next = digest.0.get(self.bytes.len()).map(|byte| byte >> 4);
        digest.0.starts_with(&self.bytes) && self.half.is_none_or(|half| next == Some(half))
    }
}

#[cfg(test)]
mod tests;

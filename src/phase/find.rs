//! Find: where contents are and were, by what indexes and journals know.
//!
//! A content is known by its hash, and so it is followed through all moves, whatever its names were
//! meanwhile. What is in a tree that no index lists, the journals know: a file is where the last of
//! its moves brought it.
//!
//! No run need be in memory together with the others. Each is heard once for what it knows of what
//! is asked for; then the contents are known that are meant, and those runs that moved some of them
//! are asked for their moves.

mod hits;
mod places;

pub use self::hits::{FEWEST_DIGITS, Query, Start, Way};

use self::hits::Hits;
use self::places::{Discs, Sighting, content};
use crate::model::digest::Digest;
use crate::model::found::{Answer, Content, ReadAs};
use crate::model::index::Entry;
use crate::model::path::TreePath;
use crate::model::run::{Brief, Outcome, Run, RunId};
use crate::model::schedule::{Hop, Names};
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Several hashes begin so.
    #[error("{1} known hashes begin with {0}")]
    Ambiguous(String, usize),
}

/// What one run knows of what is asked for.
#[derive(Clone, Debug)]
pub struct Heard {
    run: RunId,
    /// The contents that each way of each query means.
    meant: Vec<Vec<HashSet<Digest>>>,
    /// How the hash begins of each content that it moved.
    moved: Vec<u64>,
}

/// Which contents are meant, as far as indexes and runs know.
#[derive(Clone, Debug)]
pub struct Wanted<'s> {
    /// As what each query was read, and what it means.
    answers: Vec<(ReadAs, Hits<'s>)>,
    contents: HashSet<Digest>,
    /// The runs that may have moved one of them, oldest first.
    pub runs: Vec<RunId>,
}

/// A move of a content that is wanted, by a run that was not rolled back.
#[derive(Clone, Debug)]
pub struct Step {
    run: Arc<Brief>,
    hop: Hop<'static>,
}

/// What `run` knows of what is asked for.
pub fn hear(queries: &[Query], run: &Run) -> Heard {
    let mut meant: Vec<Vec<HashSet<Digest>>> = queries
        .iter()
        .map(|query| vec![HashSet::new(); query.ways.len()])
        .collect();
    let mut moved = Vec::new();
    for hop in hops(run) {
        moved.push(beginning(&hop.hash));
        for (query, meant) in queries.iter().zip(&mut meant) {
            for (way, meant) in query.ways.iter().zip(meant) {
                if way.means_hop(&hop) {
                    meant.insert(hop.hash);
                }
            }
        }
    }
    Heard {
        run: run.id.clone(),
        meant,
        moved,
    }
}

/// Which contents are meant, by what the indexes of `state` know, and what was heard of all runs,
/// oldest first.
///
/// # Errors
/// Where digits are the beginning of several hashes.
pub fn wants<'s>(
    state: &'s State<'_>,
    queries: &[Query],
    heard: &[Heard],
) -> Result<Wanted<'s>, FindError> {
    let answers = queries.iter().enumerate().map(|(number, query)| {
        let of_way = |way: usize| {
            let sets = heard.iter().map(move |heard| &heard.meant[number][way]);
            sets.flatten().copied()
        };
        query.ask(state, of_way)
    });
    let answers = answers.collect::<Result<Vec<_>, _>>()?;
    let contents = answers.iter().flat_map(|(_, hits)| &hits.contents);
    let contents: HashSet<Digest> = contents.copied().collect();
    let beginnings: HashSet<u64> = contents.iter().map(beginning).collect();
    let is_wanted = |heard: &&Heard| heard.moved.iter().any(|m| beginnings.contains(m));
    let runs = heard.iter().filter(is_wanted);
    Ok(Wanted {
        runs: runs.map(|heard| heard.run.clone()).collect(),
        answers,
        contents,
    })
}

/// The moves of `run` by which contents that are wanted came where they are.
pub fn steps(wanted: &Wanted<'_>, run: &Run) -> Vec<Step> {
    let brief = Arc::new(Brief::from(run));
    let hops = hops(run).filter(|hop| wanted.contents.contains(&hop.hash));
    let steps = hops.map(|hop| Step {
        run: Arc::clone(&brief),
        hop: hop.into_owned(),
    });
    steps.collect()
}

/// What is known of what is asked for, in its order, by the indexes of `state` and the `steps` of
/// the runs that were wanted, oldest first. Nobody has looked at the disk yet.
pub fn find(
    state: &State<'_>,
    queries: &[Query],
    wanted: &Wanted<'_>,
    steps: &[Step],
) -> Vec<Answer> {
    let sightings = sightings(state, steps, &wanted.contents);
    let mut discs = Discs::default();
    let asked = queries.iter().zip(&wanted.answers);
    let answers = asked.map(|(query, (read_as, hits))| {
        let known = hits
            .contents
            .iter()
            .filter_map(|digest| sightings.get(digest));
        let mut contents: Vec<Content> = known.map(|s| content(state, &mut discs, s)).collect();
        let unread = hits.unread.iter();
        let unread = unread.map(|(tree, entry)| places::unread(state, &mut discs, *tree, entry));
        contents.extend(unread);
        contents.sort_by(|a, b| first(a).cmp(&first(b)));
        Answer {
            what: query.what.clone(),
            read_as: *read_as,
            contents,
        }
    });
    answers.collect()
}

/// The first place of a content, or the first that it had.
fn first(content: &Content) -> Option<&TreePath<'static>> {
    let place = content.places.first().map(|place| &place.path);
    place.or(content.was.first())
}

/// The hops of a run, unless it was rolled back. Files of mediastruct's own are nobody's to find, but
/// copies that an undo put aside are.
fn hops(run: &Run) -> impl Iterator<Item = Hop<'_>> {
    let end = run.progress.end.as_ref();
    let is_rolled_back = end.is_some_and(|end| end.outcome == Outcome::RolledBack);
    let hops = run.told();
    let is_told = |path: &TreePath<'_>| !path.rel.is_ours() || Names::is_of_copy(&path.rel);
    hops.filter(move |hop| !is_rolled_back && is_told(&hop.from) && is_told(&hop.to))
}

/// The first bytes of a hash: enough to tell most of them apart, and little to remember.
fn beginning(digest: &Digest) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest.0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// What indexes and steps know of these contents.
fn sightings<'s>(
    state: &'s State<'_>,
    steps: &'s [Step],
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
    for step in steps {
        let digest = step.hop.hash;
        let sighting = sightings
            .entry(digest)
            .or_insert_with(|| Sighting::of(digest));
        sighting.steps.push(step);
    }
    sightings
}

#[cfg(test)]
mod tests;

//! Dedupe: the files of media whose content is in the archive, or elsewhere in media, move to
//! duplicates.
//!
//! The keeper of a content is the archive's first copy by path, rather one on the disk than one on
//! discs alone; else the one of media that a rule chooses: the first by path, unless the settings say
//! otherwise. Copies in the archive never move, whatever their number. Files that belong together
//! move together or not at all: those of a bundle, and the names of one file. It works on the
//! indexes alone and reads no file.

mod copies;
mod decision;
mod offline;
mod rank;
mod report;
mod together;
mod why;

pub use self::why::{Explanation, explain};

use self::copies::{Copies, Place};
use self::decision::{Because, Beside, Decision, Fate, Stay};
use super::names::Names;
use crate::model::index::{Entry, Index};
use crate::model::path::TreePath;
use crate::model::plan::{Move, Need, Phase, Plan, RawPlan, Skip, SkipKind, Why};
use crate::model::problem;
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DedupeError {
    /// A tree was never indexed.
    #[error("{0} was never indexed")]
    NotIndexed(Tree),
    /// One hash stands at files of different sizes.
    #[error("the indexes contradict themselves: {0} and {1} have one hash and different sizes")]
    UnequalSizes(TreePath<'static>, TreePath<'static>),
    /// A name is taken, and with a number it would be too long.
    #[error("there is no free name for {0} in duplicates")]
    NoName(TreePath<'static>),
    /// The indexes hold what no disk can, and so would the plan.
    #[error("the indexes contradict themselves: {0}")]
    Unlawful(String),
}

/// The plan that leaves each content in media at most once, and not at all where the archive has
/// it; but for what stays with its bundle.
///
/// # Errors
/// Where a tree was never indexed, or equal hashes stand at unequal sizes.
pub fn plan(state: &State<'_>) -> Result<Plan, DedupeError> {
    let (decision, basis) = rayon::join(|| decide(state), || state.basis());
    let decision = decision?;
    let mut plan = RawPlan::of(Phase::Dedupe);
    plan.settings = state.settings.clone();
    plan.basis = basis;
    // Names are given one after another, which leaves the other cores to the keepers.
    let (moves, needs) = rayon::join(|| moves(state, &decision), || needs(&decision));
    plan.moves = moves?;
    plan.needs = needs;
    let mut beside: Vec<_> = decision.beside.iter().collect();
    beside.sort_unstable_by_key(|beside| beside.file);
    let beside = beside.into_par_iter();
    plan.skipped.par_extend(unread(&state.archive));
    plan.skipped.par_extend(beside.map(|beside| Skip {
        path: decision.copies.path(Place::of_media(beside.file)),
        kind: match beside.stay {
            Stay::With(..) => SkipKind::Bundle,
            Stay::Link(_) => SkipKind::HardLink,
        },
        why: words_of(beside, &decision.copies),
        bundle: match beside.stay {
            Stay::With(..) => bundle_of(beside.file, &decision),
            Stay::Link(_) => None,
        },
    }));
    plan.skipped.par_extend(unread(&state.media));
    plan.warnings = nothing_there(state);
    report::tell(&mut plan, state, &decision);
    plan.check()
        .map_err(|problems| DedupeError::Unlawful(problem::in_one_line(&problems)))
}

/// What becomes of each file.
fn decide<'s>(state: &'s State<'s>) -> Result<Decision<'s>, DedupeError> {
    if let Some(tree) = state.not_indexed() {
        return Err(DedupeError::NotIndexed(tree));
    }
    Ok(Decision::of(state, Copies::of(state)?))
}

/// The moves, in the order of their sources; names are given in that order.
fn moves(state: &State<'_>, decision: &Decision<'_>) -> Result<Vec<Move>, DedupeError> {
    let files = 0..state.media.entries.len() as u32;
    let moving: Vec<u32> = files.filter(|f| decision.fate(*f) == Fate::Moves).collect();
    let entry = |file: u32| &state.media.entries[file as usize];
    let paths = moving.iter().map(|file| &entry(*file).path);
    let mut names = Names::new(&state.taken, paths);
    let copies = &decision.copies;
    let mut named = Vec::with_capacity(moving.len());
    for file in &moving {
        let name = names.free(&entry(*file).path);
        named.push(name.map_err(|_| DedupeError::NoName(copies.path(Place::of_media(*file))))?);
    }
    let moves = moving.into_par_iter().zip(named).map(|(file, name)| {
        let entry = entry(file);
        let group = copies.group_of(file);
        let keeper = decision.keeper(group.expect("a file moves only if there is a copy of it"));
        Move {
            from: copies.path(Place::of_media(file)),
            to: TreePath::new(Tree::Duplicates, name.into_owned()),
            size: entry.stamp.size,
            modified: entry.stamp.modified,
            hash: entry
                .digest()
                .expect("a file moves only if it could be read"),
            why: Why::Duplicate {
                of: copies.path(keeper),
                dated: None,
            },
            bundle: bundle_of(file, decision),
        }
    });
    Ok(moves.collect())
}

/// The keepers that moves lean on, in the order of their paths.
fn needs(decision: &Decision<'_>) -> Vec<Need> {
    let copies = &decision.copies;
    let groups = (0..copies.len()).into_par_iter();
    let needed = groups.filter(|group| {
        let mut places = copies.group(*group).iter();
        places.any(|place| decision.fate_of(*place) == Fate::Moves)
    });
    let mut keepers: Vec<Place> = needed.map(|group| decision.keeper(group)).collect();
    keepers.par_sort_unstable();
    let needs = keepers.into_par_iter().map(|keeper| copies.need(keeper));
    needs.collect()
}

/// The main file of the bundle of a file of media.
fn bundle_of(file: u32, decision: &Decision<'_>) -> Option<TreePath<'static>> {
    let main = decision.together.main_of(file)?;
    Some(decision.copies.path(Place::of_media(main)))
}

/// Why a copy stays, for people.
fn words_of(beside: &Beside, copies: &Copies<'_>) -> String {
    match beside.stay {
        Stay::Link(link) => {
            let link = copies.path(link);
            format!("hard link of {link}: moving it would free nothing")
        }
        Stay::With(file, because) => {
            let keeper = copies.path(beside.keeper);
            let with = copies.path(Place::of_media(file));
            let because = match because {
                Because::Only => "is nowhere else".to_owned(),
                Because::Empty => "is empty".to_owned(),
                Because::Unread => "could not be read".to_owned(),
                Because::Link(link) => format!("is a hard link of {}", copies.path(link)),
            };
            format!("copy of {keeper}, but it stays with {with}, which {because}")
        }
    }
}

/// The directories of the settings in which nothing is indexed: a slip of the pen, most likely.
fn nothing_there(state: &State<'_>) -> Vec<String> {
    let is_empty = |dir: &&TreePath<'_>| {
        let index = state.index_of(dir.tree);
        let beneath = [dir.rel.as_bytes(), b"/"].concat();
        let is_before = |e: &Entry<'_>| e.path.as_bytes() < beneath.as_slice();
        let first = index.entries.get(index.entries.partition_point(is_before));
        let is_beneath = first.is_some_and(|e| e.path.as_bytes().starts_with(&beneath));
        !is_beneath && index.get(&dir.rel).is_none()
    };
    let named = state.settings.prefer.iter().chain(&state.settings.only);
    let empty = named.filter(is_empty);
    empty
        .map(|dir| format!("nothing is indexed in {dir}"))
        .collect()
}

fn unread(index: &Index<'_>) -> impl ParallelIterator<Item = Skip> {
    index.entries.par_iter().filter_map(|entry| {
        let unread = entry.hash.as_ref().err()?;
        Some(Skip {
            path: TreePath::new(index.tree, entry.path.clone().into_owned()),
            kind: SkipKind::Unread,
            why: unread.why.clone(),
            bundle: None,
        })
    })
}

#[cfg(test)]
mod tests;

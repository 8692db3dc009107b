//! What becomes of each file of the drop directory.

use super::IngestError;
use super::shot::Shots;
use super::sorting::Sorting;
use crate::model::intake::DropDirectory;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Directory, Move, Phase, Plan, RawPlan, Summary};
use crate::model::problem;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::phase::names::Names;
use std::collections::{BTreeSet, HashMap};

/// How many files are named in one warning.
const NAMED: usize = 5;

/// The plan that empties the drop directory, as far as its files are whole.
///
/// # Errors
/// Where a tree was never indexed, or the indexes contradict themselves.
pub fn plan(state: &State<'_>) -> Result<Plan, IngestError> {
    if let Some(tree) = state.not_indexed() {
        return Err(IngestError::NotIndexed(tree));
    }
    let mut plan = RawPlan::of(Phase::Ingest);
    plan.settings = state.settings.clone();
    plan.basis = state.basis();
    let mut nameless = BTreeSet::new();
    loop {
        match sorted(state, &nameless, &mut plan) {
            Ok(()) => break,
            // Without them, others may get other names.
            Err(more) => nameless.extend(more),
        }
    }
    plan.prunes = emptied(state, &plan.moves);
    plan.summary = Some(Summary {
        seen: (plan.moves.len() + plan.skipped.len()) as u64,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| IngestError::Unlawful(problem::in_one_line(&problems)))
}

/// Sorts all files into `plan`; those that are `nameless` find no name in duplicates.
///
/// # Errors
/// More files that find none. What stands in `plan` is then to be made anew.
fn sorted(
    state: &State<'_>,
    nameless: &BTreeSet<TreePath<'static>>,
    plan: &mut RawPlan,
) -> Result<(), Vec<TreePath<'static>>> {
    let mut sorting = Sorting::of(state, nameless);
    let whole = sorting.lay_aside();
    let bundles = state.settings.bundles.unwrap_or(true);
    let Shots { shots, ambiguous } = Shots::of(&whole, &state.intake, bundles);
    shots.iter().for_each(|shot| sorting.sort(shot));
    let found = state.found.files.iter();
    let (said, within) = (&state.intake.said, &state.intake.within);
    plan.warnings = said.about_nothing(found.map(|f| &f.path), within);
    plan.warnings.extend(claimed_by_several(&ambiguous));
    plan.moves = sorting.moves;
    plan.needs = sorting.needs.into_values().collect();
    plan.skipped = sorting.skipped;
    plan.moves.extend(named(state, sorting.duplicates)?);
    Ok(())
}

/// The moves to duplicates, with names that nothing has there.
///
/// # Errors
/// The files for which there is none.
fn named(state: &State<'_>, mut moves: Vec<Move>) -> Result<Vec<Move>, Vec<TreePath<'static>>> {
    moves.sort_by(|a, b| a.from.cmp(&b.from));
    let wanted: Vec<_> = moves.iter().map(|m| m.to.rel.clone()).collect();
    let mut names = Names::new(&state.taken, wanted.iter());
    let mut nameless = Vec::new();
    for (operation, wanted) in moves.iter_mut().zip(&wanted) {
        match names.free(wanted) {
            Ok(name) => operation.to.rel = name.into_owned(),
            Err(_) => nameless.push(operation.from.clone()),
        }
    }
    if nameless.is_empty() {
        return Ok(moves);
    }
    Err(nameless)
}

/// The directories of the drop directory in which nothing is left after these moves.
fn emptied(state: &State<'_>, moves: &[Move]) -> Vec<Directory> {
    let mut gone: HashMap<Vec<u8>, u64> = HashMap::new();
    let mut leave = |path: &RelPath<'_>| {
        if let Some(parent) = path.parent() {
            *gone.entry(parent.as_bytes().to_vec()).or_default() += 1;
        }
    };
    if state.intake.directories.is_empty() {
        return Vec::new();
    }
    moves.iter().for_each(|m| leave(&m.from.rel));
    let mut directories: Vec<_> = state.intake.directories.iter().collect();
    // What is within a directory sorts behind it.
    directories.sort_by(|a, b| b.directory.dir.cmp(&a.directory.dir));
    let mut emptied = Vec::new();
    for DropDirectory { directory, entries } in directories {
        let path = &directory.dir.rel;
        if gone.get(path.as_bytes()).copied().unwrap_or(0) != *entries {
            continue;
        }
        if let Some(parent) = path.parent() {
            *gone.entry(parent.as_bytes().to_vec()).or_default() += 1;
        }
        emptied.push(directory.clone());
    }
    emptied
}

/// Warnings about files that stand alone because more than one shot claims them.
fn claimed_by_several(files: &[&RelPath<'static>]) -> Option<String> {
    let named: Vec<_> = files
        .iter()
        .take(NAMED)
        .map(|path| TreePath::new(Tree::Ingest, (*path).clone()).to_string())
        .collect();
    let more = match files.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    (!files.is_empty()).then(|| {
        format!("more than one shot has the name of each of these, and so each goes alone: {named}{more}")
    })
}

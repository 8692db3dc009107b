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
use std::collections::HashMap;

/// How many files are named in one warning.
const NAMED: usize = 5;

/// The plan that empties the drop directory, as far as its files are whole.
///
/// # Errors
/// Where a tree was never indexed, or there are no names left.
pub fn plan(state: &State<'_>) -> Result<Plan, IngestError> {
    if let Some(tree) = state.not_indexed() {
        return Err(IngestError::NotIndexed(tree));
    }
    let mut plan = RawPlan::of(Phase::Ingest);
    plan.settings = state.settings.clone();
    plan.basis = state.basis();
    let mut sorting = Sorting::of(state);
    let whole = sorting.lay_aside();
    let bundles = state.settings.bundles.unwrap_or(true);
    let Shots { shots, ambiguous } = Shots::of(&whole, &state.intake, bundles);
    for shot in &shots {
        sorting.sort(shot)?;
    }
    plan.warnings = state
        .intake
        .said
        .about_nothing(state.found.files.iter().map(|f| &f.path));
    plan.warnings.extend(claimed_by_several(&ambiguous));
    let Sorting {
        moves,
        needs,
        skipped,
        duplicates,
        ..
    } = sorting;
    plan.moves = moves;
    plan.needs = needs.into_values().collect();
    plan.skipped = skipped;
    plan.moves.extend(named(state, duplicates)?);
    plan.prunes = emptied(state, &plan.moves);
    plan.summary = Some(Summary {
        seen: (plan.moves.len() + plan.skipped.len()) as u64,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| IngestError::Unlawful(problem::in_one_line(&problems)))
}

/// The moves to duplicates, with names that nothing has there.
fn named(state: &State<'_>, mut moves: Vec<Move>) -> Result<Vec<Move>, IngestError> {
    moves.sort_by(|a, b| a.from.cmp(&b.from));
    let wanted: Vec<_> = moves.iter().map(|m| m.to.rel.clone()).collect();
    let mut names = Names::new(&state.taken, wanted.iter());
    for operation in &mut moves {
        let name = names.free(&operation.to.rel);
        operation.to.rel = name.map_err(|_| IngestError::NoName(operation.from.clone()))?;
    }
    Ok(moves)
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

//! Validate: the duplicates of which another copy is proven to exist move to validated.
//!
//! The index's word is not enough to give a file up: the duplicate is read, and so is its twin in
//! the archive or in media; or the twin is on a disc that was read and found whole. What is not
//! proven so stays where it is, and is named.

mod twins;

use self::twins::{Judgement, Twins};
use super::names::Names;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Move, Need, Phase, Plan, RawPlan, Skip, SkipKind, Summary, Why};
use crate::model::problem;
use crate::model::state::{Listed, State};
use crate::model::tree::Tree;
use std::collections::BTreeMap;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidateError {
    /// A tree was never indexed.
    #[error("{0} was never indexed")]
    NotIndexed(Tree),
    /// The indexes hold what no disk can, and so would the plan.
    #[error("the indexes contradict themselves: {0}")]
    Unlawful(String),
}

/// The files that are to be read next: first the duplicates, then a twin of each. What came of it
/// goes to [`State::proofs`]; once nothing more is wanted, [`plan`] knows all that can be known.
///
/// A twin that does not prove anything makes all others wanted, where there are any.
pub fn wants(state: &State<'_>) -> Vec<(Tree, Listed)> {
    let twins = Twins::of(state);
    let unread: Vec<_> = duplicates(state)
        .filter(|(path, file)| twins.may_be(file) && !state.proofs.contains_key(path))
        .map(|(_, file)| (Tree::Duplicates, file.clone()))
        .collect();
    if !unread.is_empty() {
        return unread;
    }
    let mut wanted = BTreeMap::new();
    for (path, file) in duplicates(state) {
        if let Judgement::Undecided(unread) = twins.judge(&path, file) {
            wanted.extend(unread.iter().map(|twin| (twin.path(), twin.listed())));
        }
    }
    let wanted = wanted.into_iter();
    wanted.map(|(path, listed)| (path.tree, listed)).collect()
}

/// The plan that moves what is proven to validated.
///
/// # Errors
/// Where a tree was never indexed.
pub fn plan(state: &State<'_>) -> Result<Plan, ValidateError> {
    if let Some(tree) = state.not_indexed() {
        return Err(ValidateError::NotIndexed(tree));
    }
    let mut plan = RawPlan::of(Phase::Validate);
    plan.basis = state.basis();
    let twins = Twins::of(state);
    let mut proven = Vec::new();
    let mut needs: BTreeMap<TreePath<'static>, Need> = BTreeMap::new();
    for (path, file) in duplicates(state) {
        match twins.judge(&path, file) {
            Judgement::Proven(twin, stamp) => proven.push((path, file, stamp, twin)),
            Judgement::Unproven(kind, why) => plan.skipped.push(Skip {
                path,
                kind,
                why,
                bundle: None,
            }),
            Judgement::Undecided(_) => plan.skipped.push(Skip {
                path,
                kind: SkipKind::Unproven,
                why: "nothing that should be its twin was read".to_owned(),
                bundle: None,
            }),
        }
    }
    let mut names = Names::new(&state.taken, proven.iter().map(|(_, f, ..)| &f.path));
    for (from, file, stamp, twin) in proven {
        let Ok(name) = names.free(&file.path) else {
            plan.skipped.push(Skip {
                path: from,
                kind: SkipKind::Other,
                why: "its name is taken in validated, and with a number its path would be too long"
                    .to_owned(),
                bundle: None,
            });
            continue;
        };
        let need = || twin.need(&state.proofs);
        needs.entry(twin.path()).or_insert_with(need);
        plan.moves.push(Move {
            from,
            to: TreePath::new(Tree::Validated, name.into_owned()),
            size: stamp.size,
            modified: stamp.modified,
            hash: twin.hash,
            why: Why::ProvenDuplicate { of: twin.path() },
            bundle: None,
        });
    }
    plan.needs = needs.into_values().collect();
    plan.skipped.extend(not_files(state));
    plan.summary = Some(Summary {
        seen: (plan.moves.len() + plan.skipped.len()) as u64,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| ValidateError::Unlawful(problem::in_one_line(&problems)))
}

/// The files in the duplicates tree.
fn duplicates<'s>(state: &'s State<'_>) -> impl Iterator<Item = (TreePath<'static>, &'s Listed)> {
    let files = state.found.files.iter();
    files.map(|file| (in_duplicates(&file.path), file))
}

/// What else is there, and cannot be read.
fn not_files(state: &State<'_>) -> impl Iterator<Item = Skip> {
    let unreadable = state.found.unreadable.iter();
    let unreadable =
        unreadable.map(|(path, why)| (path, SkipKind::Unread, format!("unreadable: {why}")));
    let special = state.found.special.iter();
    let special = special.map(|(path, what)| (path, SkipKind::Special, format!("it is {what}")));
    unreadable.chain(special).map(|(path, kind, why)| Skip {
        path: in_duplicates(path),
        kind,
        why,
        bundle: None,
    })
}

fn in_duplicates(path: &RelPath<'_>) -> TreePath<'static> {
    TreePath::new(Tree::Duplicates, path.clone().into_owned())
}

#[cfg(test)]
mod tests;

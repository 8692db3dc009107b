//! Compares what a step of the demo came to with what it must come to.

use crate::cli::failure::Failure;
use crate::disk::census::Census;
use crate::disk::mediagen::{ExpectedMove, Truth};
use crate::model::path::Escaped;
use crate::model::plan::Plan;
use std::collections::BTreeSet;

/// Whether the plan's moves are those that the dataset's maker expects.
pub(super) fn compare_with_truth(plan: &Plan, truth: &Truth) -> Result<(), Failure> {
    let planned: BTreeSet<_> = plan
        .moves
        .iter()
        .filter_map(|m| Some((m.from.to_text(), m.why.keeper()?.to_text())))
        .collect();
    let moves = truth.expected_moves.iter();
    let expected: BTreeSet<_> = moves
        .map(|ExpectedMove { from, keeper }| (from.clone(), keeper.clone()))
        .collect();
    match planned.symmetric_difference(&expected).next() {
        None => Ok(()),
        Some((from, keeper)) => {
            let (from, keeper) = (Escaped(from.as_bytes()), Escaped(keeper.as_bytes()));
            Err(Failure::failed(format!(
                "the plan differs from what is expected of {from}, a copy of {keeper}"
            )))
        }
    }
}

/// Whether the files of the plan moved and those of ours were written, and nothing else changed but
/// directories made for them.
pub(super) fn compare_with_plan(
    before: &Census,
    after: &Census,
    plan: &Plan,
) -> Result<(), Failure> {
    let mut expected = before.clone();
    for operation in &plan.moves {
        if let Some(file) = expected.remove(&operation.from) {
            expected.insert(operation.to.clone(), file);
        }
    }
    let written: BTreeSet<_> = plan.writes.iter().map(|write| &write.to).collect();
    let made = |path| {
        !before.contains_key(path) && (after[path].content.is_none() || written.contains(path))
    };
    let missing = expected
        .iter()
        .find(|(path, file)| after.get(*path) != Some(*file));
    let extra = after
        .keys()
        .find(|path| !expected.contains_key(*path) && !made(*path));
    match missing.map(|(path, _)| path).or(extra) {
        None => Ok(()),
        Some(path) => Err(Failure::failed(format!("{path} is not as the plan says"))),
    }
}

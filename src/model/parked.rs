//! The sources that a run parked, and where copies of them are to be found.
//!
//! A move to another file system copies its file, and then parks the source under a name of ours.
//! It lies there until `purge` deletes it; where its copy went since, later runs tell.

use super::path::TreePath;
use super::plan::Move;
use super::run::Run;
use super::schedule::{Names, Step};
use std::collections::{BTreeSet, HashMap};

/// A source that a run may have parked; whether it is there still, only the disk knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked<'r> {
    /// The move whose source it is: its size, its modification time and its hash are those that
    /// the file has.
    pub operation: &'r Move,
    /// The names under one of which it lies.
    pub places: [TreePath<'static>; 2],
}

impl<'r> Parked<'r> {
    /// The sources that `run` may have parked: those that it copied.
    pub fn by(run: &'r Run) -> Vec<Parked<'r>> {
        let names = Names::of(&run.id);
        let copied = run.progress.copies.keys();
        let moves: BTreeSet<usize> = copied
            .filter_map(|at| run.schedule.steps().get(*at))
            .filter(|step| !matches!(step, Step::Copy(_)))
            .filter_map(|step| step.of_move())
            .collect();
        let parked = moves.into_iter().map(|number| {
            let operation = &run.plan.moves[number];
            Parked {
                operation,
                places: names.parked(&operation.from, number),
            }
        });
        parked.collect()
    }

    /// Where a copy of it may be, the likeliest place first: where later runs brought the one that
    /// its own run made, where that run put it, and where the source was. None is a name of ours:
    /// another file that waits to be purged proves nothing.
    pub fn copies(&self, trail: &Trail<'_>) -> Vec<TreePath<'r>> {
        let Move { from, to, .. } = self.operation;
        let end = trail.end(to).into_owned();
        let mut copies = Vec::with_capacity(3);
        for copy in [end, to.borrowed(), from.borrowed()] {
            if !copy.rel.is_ours() && !copies.contains(&copy) {
                copies.push(copy);
            }
        }
        copies
    }
}

/// Where the runs after one brought files.
#[derive(Clone, Debug, Default)]
pub struct Trail<'r> {
    /// For each later run, oldest first: the names that it took from files, and those that it gave
    /// them. An undo is a run as any other.
    hops: Vec<HashMap<TreePath<'r>, TreePath<'r>>>,
}

impl<'r> Trail<'r> {
    /// The trail that those of `runs`, oldest first, left which came after `run` and were not
    /// rolled back.
    pub fn after(run: &Run, runs: &'r [Run]) -> Trail<'r> {
        let later = runs.iter().filter(|r| r.id > run.id && r.is_applied());
        let hops = later.map(|r| r.done().map(|(hop, _)| (hop.from, hop.to)).collect());
        Trail {
            hops: hops.collect(),
        }
    }

    /// Where a file is in the end that was at `path` when the trail began.
    pub fn end<'p>(&'p self, path: &'p TreePath<'p>) -> TreePath<'p> {
        let follow = |path: TreePath<'p>, hops: &'p HashMap<TreePath<'r>, TreePath<'r>>| {
            let next = hops.get(&path).map(TreePath::borrowed);
            next.unwrap_or(path)
        };
        self.hops.iter().fold(path.borrowed(), follow)
    }
}

#[cfg(test)]
mod tests;

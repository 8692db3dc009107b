//! The files that lie aside for the sake of a run, and where copies of them are to be found.
//!
//! A move to another file system copies its file, and then parks the source under a name of ours.
//! A run that copies what stays where it is parks nothing; but the copies go aside where it is taken
//! back. Either lies there until `purge` deletes it; where its copy went since, later runs tell. The
//! files of ours that a run wrote go aside as well where it is taken back.

use super::path::TreePath;
use super::plan::Move;
use super::run::Run;
use super::schedule::{Names, Step};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A file that may lie aside for the sake of a run; whether it does, only the disk knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked<'r> {
    /// The move of which it is an end: its size, its modification time and its hash are those that
    /// the file has.
    pub operation: Cow<'r, Move>,
    /// Which end of it that is.
    pub what: Aside,
    /// The names under one of which it lies, in one tree.
    pub places: Vec<TreePath<'static>>,
}

/// The end of a move that lies aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Its source, of which a copy was made.
    Source,
    /// The copy of a source that stays, which goes aside where the run is taken back.
    Copy,
    /// A file of ours that the run wrote, which goes aside where it is taken back. Nobody but us is its
    /// author, and no copy of it is needed.
    Text,
}

impl<'r> Parked<'r> {
    /// The files that may lie aside for the sake of `run`: the sources of what it copied, or where
    /// those stay, the copies; and of a run that was carried out, what it wrote.
    pub fn by(run: &'r Run) -> Vec<Parked<'r>> {
        let names = Names::of(&run.id);
        let copied = run.progress.copies.keys();
        let moves: BTreeMap<usize, Aside> = copied
            .filter_map(|at| run.schedule.steps().get(*at))
            .filter_map(|step| match step {
                Step::Copy(number) => Some((*number, Aside::Copy)),
                step => Some((step.of_move()?, Aside::Source)),
            })
            .collect();
        let parked = moves.into_iter().map(|(number, what)| {
            let operation = &run.plan.moves[number];
            let places = match what {
                Aside::Copy => vec![names.copied(&operation.to, number)],
                Aside::Source | Aside::Text => names.parked(&operation.from, number).to_vec(),
            };
            Parked {
                operation: Cow::Borrowed(operation),
                what,
                places,
            }
        });
        parked.chain(Parked::texts(run)).collect()
    }

    /// What of the files that `run` wrote may lie aside.
    fn texts(run: &'r Run) -> impl Iterator<Item = Parked<'r>> {
        let written: HashSet<_> = run.plan.writes.iter().map(|write| &write.to).collect();
        let done = run.done().filter(|_| run.is_applied());
        let texts =
            done.filter(move |(hop, _)| hop.from.rel.is_ours() && written.contains(&hop.to));
        texts.map(|(hop, _)| Parked {
            places: vec![hop.from.clone().into_owned()],
            operation: Cow::Owned(hop.reversed().inverse(&run.id)),
            what: Aside::Text,
        })
    }

    /// Where a copy of it may be, the likeliest place first: at the other end of its move, or where
    /// later runs brought what was there, and then the same of its own end. None is a name of ours:
    /// another file that waits to be purged proves nothing.
    pub fn copies(&self, trail: &Trail<'_>) -> Vec<TreePath<'r>> {
        let Cow::Borrowed(Move { from, to, .. }) = self.operation else {
            return Vec::new();
        };
        let (other, own) = match self.what {
            Aside::Source => (to, from),
            Aside::Copy => (from, to),
            Aside::Text => return Vec::new(),
        };
        let mut copies = Vec::with_capacity(4);
        for end in [other, own] {
            for copy in [trail.end(end).into_owned(), end.borrowed()] {
                if !copy.rel.is_ours() && !copies.contains(&copy) {
                    copies.push(copy);
                }
            }
        }
        copies
    }

    /// How many sources `run` may have parked.
    pub fn sources(run: &'r Run) -> u64 {
        let parked = Parked::by(run);
        parked.iter().filter(|p| p.what == Aside::Source).count() as u64
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

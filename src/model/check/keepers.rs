//! The files that moves lean on.

use crate::model::path::TreePath;
use crate::model::plan::RawPlan;
use crate::model::problem::{Fault, Problem};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use foldhash::HashMap;
use rayon::prelude::*;
use std::cmp::Ordering;

/// Items that a thread looks at by itself, of lists that are gone along side by side.
const PIECE: usize = 1 << 12;

impl RawPlan {
    /// Whether each keeper stays, is checked, and has the content it is kept for; forgets the needs
    /// that no move names.
    pub(super) fn keepers(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, need) in self.needs.iter().enumerate() {
            if at > 0 && self.needs[at - 1].path == need.path {
                problems.push(Problem::at(&need.path, Fault::NeedTwice));
            }
            if let Some(volume) = &need.offline
                && VolumeName::of(&need.path).as_ref() != Some(volume)
            {
                let fault = Fault::NotInVolume(volume.clone());
                problems.push(Problem::at(&need.path, fault));
            }
        }
        let brought: HashMap<_, _> = self.brought().map(|m| (&m.to, m)).collect();
        let leaning = self.moves.par_iter().enumerate();
        let leaning = leaning.filter_map(|(at, m)| Some((m.why.keeper()?, at)));
        let mut leaning: Vec<(&TreePath<'static>, usize)> = leaning.collect();
        leaning.par_sort_unstable();
        let faults = leaning.par_chunks(PIECE).flat_map_iter(|leaning| {
            // All three lists are sorted by path, and gone along side by side.
            let mut moves = from(leaning[0].0, &self.moves, |m| &m.from);
            let mut needs = from(leaning[0].0, &self.needs, |need| &need.path);
            let fault = |(keeper, at): &(&TreePath<'static>, usize)| {
                let operation = &self.moves[*at];
                let need = next_at(keeper, &mut needs, |need| &need.path);
                let fault = if next_at(keeper, &mut moves, |m| &m.from).is_some() {
                    Fault::KeeperMoves((*keeper).clone())
                } else if !Tree::INDEXED.contains(&keeper.tree) {
                    Fault::KeeperElsewhere((*keeper).clone())
                } else {
                    let brought = || brought.get(keeper).map(|m| (m.size, m.hash));
                    match need.map(|need| (need.size, need.hash)).or_else(brought) {
                        None => Fault::KeeperNotNeeded((*keeper).clone()),
                        Some(kept) if kept != (operation.size, operation.hash) => {
                            Fault::KeeperDiffers((*keeper).clone())
                        }
                        Some(_) => return None,
                    }
                };
                Some((*at, Problem::at(&operation.from, fault)))
            };
            leaning.iter().filter_map(fault).collect::<Vec<_>>()
        });
        let mut faults: Vec<_> = faults.collect();
        faults.sort_by_key(|(at, _)| *at);
        problems.extend(faults.into_iter().map(|(_, problem)| problem));
        // What is not copied because it is known already leans on them, too.
        let is_copying = self.settings.copy == Some(true);
        let named = self.needs.par_chunks(PIECE).flat_map_iter(|needs| {
            let mut named = from(&needs[0].path, &leaning, |(keeper, _)| keeper);
            let needs = needs.iter();
            needs.map(move |need| next_at(&need.path, &mut named, |(keeper, _)| keeper).is_some())
        });
        let named: Vec<bool> = named.collect();
        let mut named = named.into_iter();
        self.needs
            .retain(|_| named.next() == Some(true) || is_copying);
        problems
    }
}

/// The items of a list that is sorted by path from `path` on.
fn from<'i, T>(
    path: &TreePath<'_>,
    items: &'i [T],
    path_of: impl Fn(&T) -> &TreePath<'static>,
) -> &'i [T] {
    &items[items.partition_point(|item| path_of(item) < path)..]
}

/// The first item at `path` of a list that is sorted by path, where there is one. Leaves out of the
/// list all before it, for whoever asks for paths in their order.
fn next_at<'i, T>(
    path: &TreePath<'_>,
    items: &mut &'i [T],
    path_of: impl Fn(&T) -> &TreePath<'static>,
) -> Option<&'i T> {
    while let Some((first, rest)) = items.split_first() {
        match path_of(first).cmp(path) {
            Ordering::Less => *items = rest,
            Ordering::Equal => return Some(first),
            Ordering::Greater => return None,
        }
    }
    None
}

//! The files that moves lean on.

use crate::model::path::TreePath;
use crate::model::plan::{Move, RawPlan};
use crate::model::problem::{Fault, Problem};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use foldhash::HashMap;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

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
        let needs = self.needs.par_iter().map(|need| &need.path).enumerate();
        let needs: HashMap<&TreePath<'_>, usize> = needs.map(|(at, path)| (path, at)).collect();
        let moving = self.moving_needs();
        // What is not copied because it is known already leans on them, too.
        let is_named = || AtomicBool::new(self.is_copying());
        let named: Vec<_> = self.needs.iter().map(|_| is_named()).collect();
        let fault = |operation: &Move| {
            let keeper = operation.why.keeper()?;
            let need = needs.get(keeper).copied();
            let (is_moving, kept) = match need {
                Some(at) => {
                    named[at].store(true, Ordering::Relaxed);
                    let need = &self.needs[at];
                    (moving[at], Some((need.size, need.hash)))
                }
                None => {
                    let kept = brought.get(keeper).map(|m| (m.size, m.hash));
                    (self.move_of(keeper).is_some(), kept)
                }
            };
            let fault = if is_moving {
                Fault::KeeperMoves(keeper.clone())
            } else if !Tree::INDEXED.contains(&keeper.tree) {
                Fault::KeeperElsewhere(keeper.clone())
            } else if kept.is_none() {
                Fault::KeeperNotNeeded(keeper.clone())
            } else if kept != Some((operation.size, operation.hash)) {
                Fault::KeeperDiffers(keeper.clone())
            } else {
                return None;
            };
            Some(Problem::at(&operation.from, fault))
        };
        problems.par_extend(self.moves.par_iter().filter_map(fault));
        let mut named = named.into_iter().map(AtomicBool::into_inner);
        self.needs.retain(|_| named.next() == Some(true));
        problems
    }

    /// Whether each of the needs is a file that moves. Both lists are sorted by path, and gone along
    /// side by side.
    fn moving_needs(&self) -> Vec<bool> {
        let pieces = self.needs.par_chunks(PIECE).flat_map_iter(|needs| {
            let first = self.moves.partition_point(|m| m.from < needs[0].path);
            let mut moves = self.moves[first..].iter().peekable();
            needs.iter().map(move |need| {
                while moves.next_if(|m| m.from < need.path).is_some() {}
                moves.peek().is_some_and(|m| m.from == need.path)
            })
        });
        pieces.collect()
    }
}

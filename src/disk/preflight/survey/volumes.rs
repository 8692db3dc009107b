//! What discs have to say about a plan: nothing leaves a burned volume or joins it, and what a plan
//! leans on may be on discs alone.

use super::{Survey, World};
use crate::model::index::UnitState;
use crate::model::path::TreePath;
use crate::model::plan::{Move, Need, Phase, Plan};
use crate::model::problem::{Fault, Problem};
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use std::collections::{BTreeMap, BTreeSet};

impl Survey<'_> {
    /// What leaves volumes that are burned, or comes to them.
    pub(in crate::disk::preflight) fn burned(&self, plan: &Plan) -> Vec<Problem> {
        let volumes = self.world.volumes;
        let leaves = |path: &TreePath<'static>| {
            let volume = volumes.burned_around(path)?;
            Some(Problem::at(path, Fault::LeavesBurned(volume.clone())))
        };
        let joins = |path: &TreePath<'static>| {
            let volume = volumes.burned_around(path)?;
            Some(Problem::at(path, Fault::JoinsBurned(volume.clone())))
        };
        let moves = plan.moves.iter().filter(|m| !self.is_restored(plan, m));
        let moves = moves.flat_map(|m| [leaves(&m.from), joins(&m.to)]);
        let writes = plan.writes.iter().map(|write| joins(&write.to));
        let makes = plan.makes.iter().map(|made| joins(&made.dir));
        let prunes = plan.prunes.iter().map(|pruned| leaves(&pruned.dir));
        moves
            .chain(writes)
            .chain(makes)
            .chain(prunes)
            .flatten()
            .collect()
    }

    /// Whether a move only brings back what the index says that the volume holds.
    fn is_restored(&self, plan: &Plan, operation: &Move) -> bool {
        let entry = self.world.archive.get(&operation.to.rel);
        let is_known = entry.is_some_and(|entry| {
            (entry.remembered(), entry.stamp.size) == (Some(operation.hash), operation.size)
        });
        plan.is_restoring() && operation.to.tree == Tree::Archive && is_known
    }

    /// Whether the discs of a volume are known to hold a file.
    pub(super) fn on_discs(&self, need: &Need, volume: &VolumeName) -> Result<(), Fault> {
        let archive = self.world.archive;
        let unit = archive.unit(volume.as_str());
        if unit.is_none_or(|unit| unit.state != UnitState::Offline) {
            return Err(Fault::NotOffline(volume.clone()));
        }
        let entry = archive.get(&need.path.rel).ok_or(Fault::NotIndexed)?;
        if (entry.digest(), entry.stamp.size) != (Some(need.hash), need.size) {
            return Err(Fault::IndexDiffers);
        }
        match self.discs[volume] {
            None => Err(Fault::OnNoDisc(volume.clone())),
            Some(Witness::Burned) if self.undone.plan.phase == Phase::Validate => {
                Err(Fault::NotVerified(volume.clone()))
            }
            Some(_) => Ok(()),
        }
    }
}

/// The volumes whose discs the plan leans on, and what tells that those hold what the index has.
pub(super) fn discs<'s>(
    plan: &'s Plan,
    world: &World<'_>,
) -> BTreeMap<&'s VolumeName, Option<Witness>> {
    let needs = plan.needs.iter();
    let volumes: BTreeSet<_> = needs.filter_map(|need| need.offline.as_ref()).collect();
    let witnessed = volumes.into_iter().map(|volume| {
        let entries = world.archive.entries_of(volume.as_str());
        (volume, world.volumes.witness(volume.as_str(), entries))
    });
    witnessed.collect()
}

//! What discs have to say about a plan: nothing leaves a burned volume or joins it, and what a plan
//! leans on may be on discs alone.

use super::{Survey, World};
use crate::model::index::UnitState;
use crate::model::path::TreePath;
use crate::model::plan::{Move, Need, Phase, Plan, Role};
use crate::model::problem::{Fault, Problem};
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use foldhash::HashSet;
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

    /// What joins or leaves volumes that are sealed, joins such as are not there to be joined, and marks
    /// that go while their volumes stay. A run that is mended was looked at when it began.
    pub(in crate::disk::preflight) fn closed(&self, plan: &Plan) -> Vec<Problem> {
        if !self.is_fresh() {
            return Vec::new();
        }
        let ends = plan.moves.iter().flat_map(|m| [&m.from, &m.to]);
        if !ends
            .chain(plan.writes.iter().map(|w| &w.to))
            .any(is_archived)
        {
            return Vec::new();
        }
        let leaving = plan
            .moves
            .iter()
            .map(|m| &m.from)
            .filter(|p| is_archived(p));
        let opened: BTreeSet<_> = leaving
            .clone()
            .filter(|path| Role::of(path) == Some(Role::Manifest))
            .filter_map(VolumeName::of)
            .collect();
        let mut doors = Doors {
            survey: self,
            opened: &opened,
            known: BTreeMap::new(),
        };
        let joining = plan.moves.iter().filter(|m| !self.is_restored(plan, m));
        let joining = joining
            .map(|m| &m.to)
            .chain(plan.writes.iter().map(|w| &w.to));
        let joining = joining.filter(|path| is_archived(path) && !path.rel.is_ours());
        let mut problems: Vec<_> = joining
            .filter_map(|path| Some(Problem::at(path, doors.of(path)?.join.clone()?)))
            .collect();
        for path in leaving.filter(|path| !path.rel.is_ours()) {
            let Some(door) = doors.of(path) else { continue };
            let is_mark = Role::of(path) == Some(Role::Unburned);
            let fault = match &door.leave {
                Some(fault) => fault.clone(),
                None if is_mark && !door.is_opened && self.stays_filled(plan, path) => {
                    Fault::MarkOfOthers
                }
                None => continue,
            };
            problems.push(Problem::at(path, fault));
        }
        problems
    }

    /// Whether files stay in the volume around `path` that a plan does not take away.
    fn stays_filled(&self, plan: &Plan, path: &TreePath<'_>) -> bool {
        let Some(volume) = VolumeName::of(path) else {
            return false;
        };
        let taken = plan.moves.iter().filter(|m| is_archived(&m.from));
        let taken: HashSet<_> = taken.map(|m| m.from.rel.as_bytes()).collect();
        let mut entries = self.world.archive.entries_of(volume.as_str()).iter();
        entries.any(|entry| !taken.contains(entry.path.as_bytes()))
    }

    /// Why nothing can join a volume, but for what is burned.
    fn unjoinable(&self, volume: &VolumeName) -> Option<Fault> {
        let World {
            archive, volumes, ..
        } = self.world;
        let unit = archive.unit(volume.as_str());
        if let Some(unit) = unit.filter(|unit| unit.totals.files > 0) {
            let is_there = || matches!(self.filesystem.look(&volume.path()), Ok(Some(_)));
            let is_away = unit.state != UnitState::Present || !is_there();
            return is_away.then(|| Fault::AwayFromDisk(volume.clone()));
        }
        let number = |name: &str| name.trim_start_matches('0').to_owned();
        let units = archive.units.iter().filter(|unit| unit.totals.files > 0);
        let units = units.map(|unit| unit.unit.as_str());
        let known = units.chain(volumes.iter().map(|(name, _)| name.as_str()));
        let mut alike = known.filter(|name| number(name) == number(volume.as_str()));
        let other = alike.find(|name| *name != volume.as_str())?;
        Some(Fault::OtherSpelling(other.to_owned()))
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

/// What may go into volumes and out of them, each looked at once.
struct Doors<'s> {
    survey: &'s Survey<'s>,
    /// The volumes of which the plan takes the seal away.
    opened: &'s BTreeSet<VolumeName>,
    known: BTreeMap<Vec<u8>, Option<Door>>,
}

/// What stands in the way of joining a volume and of leaving it.
struct Door {
    join: Option<Fault>,
    leave: Option<Fault>,
    is_opened: bool,
}

impl Doors<'_> {
    /// That of the volume around `path`; none where it is around no volume.
    fn of(&mut self, path: &TreePath<'_>) -> Option<&Door> {
        let first = path.rel.first();
        if !self.known.contains_key(first) {
            let door = VolumeName::of(path).map(|volume| self.look(&volume));
            self.known.insert(first.to_vec(), door);
        }
        self.known[first].as_ref()
    }

    fn look(&self, volume: &VolumeName) -> Door {
        let World {
            archive, volumes, ..
        } = self.survey.world;
        let manifest = volume.holding(Role::Manifest.file_name().as_bytes());
        let known = volumes.get(volume.as_str());
        let has_seal = archive.get(&manifest.rel).is_some();
        let is_closed = has_seal || known.is_some_and(|volume| volume.sealed.is_some());
        let is_opened = self.opened.contains(volume);
        let sealed = |is: bool| (is && !is_opened).then(|| Fault::Sealed(volume.clone()));
        Door {
            join: sealed(is_closed).or_else(|| self.survey.unjoinable(volume)),
            // Only what seals it vouches for its files.
            leave: sealed(has_seal),
            is_opened,
        }
    }
}

fn is_archived(path: &TreePath<'_>) -> bool {
    path.tree == Tree::Archive
}

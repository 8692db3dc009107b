//! From a plan as it was read to a [`Plan`] that obeys the laws, or all that is wrong with it.

mod report;

use super::digest::{Digest, Pieces};
use super::path::TreePath;
use super::plan::{Directory, Move, Phase, Plan, RawPlan, Role, Why};
use super::problem::{Fault, Problem};
use super::tree::Tree;
use super::volume::VolumeName;
use serde::Serialize;
use std::collections::{HashMap, HashSet};

impl RawPlan {
    /// Checks everything that can be told from the plan alone, sorts it, and recomputes its id and
    /// its summary; where those stood otherwise, a remark says so.
    ///
    /// Needs that no move leans on any more are dropped.
    ///
    /// # Errors
    /// All problems, not the first one.
    pub fn check(mut self) -> Result<Plan, Vec<Problem>> {
        self.moves.sort_by(|a, b| a.from.cmp(&b.from));
        self.makes.sort_by(|a, b| a.dir.cmp(&b.dir));
        self.writes.sort_by(|a, b| a.to.cmp(&b.to));
        self.prunes.sort_by(|a, b| a.dir.cmp(&b.dir));
        self.needs.sort_by(|a, b| a.path.cmp(&b.path));
        self.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        self.units.sort_by(|a, b| a.unit.cmp(&b.unit));
        self.volumes.sort_by(|a, b| a.volume.cmp(&b.volume));
        let mut problems = Vec::new();
        match self.phase {
            Phase::Crawl if self.has_operations() => {
                problems.push(Problem::whole(Fault::CrawlMoves));
            }
            Phase::Undo if self.settings.run.is_none() => {
                problems.push(Problem::whole(Fault::UndoOfWhat));
            }
            _ => {}
        }
        let may_copy = matches!(self.phase, Phase::Ingest | Phase::Archive);
        if self.is_copying() && !(may_copy && self.prunes.is_empty() && self.writes.is_empty()) {
            problems.push(Problem::whole(Fault::CopiesElsewhere));
        }
        if self.phase != Phase::Crawl && !self.units.is_empty() {
            problems.push(Problem::whole(Fault::UnitsElsewhere));
        }
        if self.phase != Phase::Archive && !(self.volumes.is_empty() && self.packing.is_none()) {
            problems.push(Problem::whole(Fault::VolumesElsewhere));
        }
        for operation in &self.moves {
            problems.extend(self.faults_of(operation));
        }
        problems.extend(self.faults_of_writes());
        problems.extend(self.faults_of_directories());
        problems.extend(self.collisions());
        problems.extend(self.keepers());
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut remarks = self.recompute();
        remarks.extend(self.torn_bundles());
        let id = self.identity();
        self.id = Some(id);
        Ok(Plan::checked(self, id, remarks))
    }

    /// What is wrong with one move by itself.
    fn faults_of(&self, operation: &Move) -> Vec<Problem> {
        let Move { from, to, why, .. } = operation;
        let mut faults = Vec::new();
        match (self.phase, from.tree, to.tree) {
            (Phase::Ingest, Tree::Ingest, Tree::Media | Tree::Duplicates)
            | (Phase::Dedupe, Tree::Media, Tree::Duplicates)
            | (Phase::Validate, Tree::Duplicates, Tree::Validated)
            | (Phase::Undo, _, _) => {}
            (Phase::Archive, Tree::Media, Tree::Archive) if !self.is_restoring() => {}
            (Phase::Archive, Tree::Ingest, Tree::Archive) if self.is_restoring() => {}
            (_, Tree::Archive, _) => faults.push(Fault::LeavesArchive),
            (phase, from, to) => faults.push(Fault::WrongTrees { phase, from, to }),
        }
        match (self.phase, why) {
            (Phase::Ingest, Why::Date(_)) => {
                if to.tree == Tree::Duplicates {
                    faults.push(Fault::DuplicateOfNothing);
                }
            }
            (
                Phase::Ingest,
                Why::AlreadyArchived { .. } | Why::Duplicate { dated: Some(_), .. },
            )
            | (Phase::Dedupe, Why::Duplicate { dated: None, .. })
            | (Phase::Validate, Why::ProvenDuplicate { .. }) => {
                if operation.size == 0 {
                    faults.push(Fault::Empty);
                }
                faults.extend(why.keeper().and_then(|keeper| misplaced(why, keeper)));
            }
            (Phase::Ingest, Why::Duplicate { .. }) => faults.push(Fault::Undated),
            (Phase::Archive, Why::Volume { number }) => {
                if Role::of(to).is_some() && !self.is_restoring() {
                    faults.push(Fault::Ours);
                }
                if unit_number(to) != Some(*number) {
                    faults.push(Fault::OtherVolume(*number));
                }
            }
            (Phase::Undo, Why::Undo { run }) => {
                if self.settings.run.as_ref() != Some(run) {
                    faults.push(Fault::UndoOfWhat);
                }
            }
            (phase, why) => faults.push(Fault::WrongReason {
                phase,
                kind: why.kind(),
            }),
        }
        if let Some(main) = &operation.bundle
            && (main.tree, main.parent()) != (from.tree, from.parent())
        {
            faults.push(Fault::BundleElsewhere(main.clone()));
        }
        let mut problems: Vec<_> = faults
            .into_iter()
            .map(|fault| Problem::at(from, fault))
            .collect();
        for path in [from, to] {
            let put_aside = self.phase == Phase::Undo && path.rel.is_aside();
            if path.rel.is_ours() && !put_aside {
                problems.push(Problem::at(path, Fault::Ours));
            }
        }
        if from == to {
            problems.push(Problem::at(from, Fault::Nowhere));
        }
        problems
    }

    /// What is wrong with the files that are written.
    fn faults_of_writes(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for write in &self.writes {
            let name = write.role.file_name();
            let fault = if self.phase != Phase::Archive {
                Fault::WritesElsewhere(self.phase)
            } else if unit_number(&write.to).is_none() || write.to.rel.components().count() != 2 {
                Fault::WriteOutsideVolume
            } else if write.to.rel.file_name() != name.as_bytes() {
                Fault::WriteName(name)
            } else if write.role.is_on_disc() && write.replaces.is_some() {
                Fault::Replaces
            } else {
                continue;
            };
            problems.push(Problem::at(&write.to, fault));
        }
        problems.extend(self.half_sealed());
        problems
    }

    /// Volumes that are to be sealed by a part of what seals one. The catalogue of the whole archive
    /// may be left out.
    fn half_sealed(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for writes in self.writes.chunk_by(|a, b| a.to.unit() == b.to.unit()) {
            let has = |role: Role| writes.iter().any(|write| write.role == role);
            let sealing = writes.iter().find(|write| write.role.is_on_disc());
            let Some(sealing) = sealing else { continue };
            let needed = Role::SEALING.into_iter().filter(|r| *r != Role::Catalogue);
            for missing in needed.filter(|role| !has(*role)) {
                let fault = Fault::HalfSealed(missing.file_name());
                problems.push(Problem::at(&sealing.to, fault));
            }
        }
        problems
    }

    /// What is wrong with the directories that are made or go.
    fn faults_of_directories(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for Directory { dir, .. } in &self.makes {
            if self.phase != Phase::Undo {
                problems.push(Problem::at(dir, Fault::MakesElsewhere(self.phase)));
            }
        }
        for Directory { dir, .. } in &self.prunes {
            match (self.phase, dir.tree) {
                (Phase::Undo, _) | (Phase::Ingest, Tree::Ingest) => {}
                (phase, tree) => {
                    problems.push(Problem::at(dir, Fault::PrunesElsewhere { phase, tree }));
                }
            }
        }
        for Directory { dir, .. } in self.makes.iter().chain(&self.prunes) {
            if dir.rel.is_ours() {
                problems.push(Problem::at(dir, Fault::Ours));
            }
        }
        problems
    }

    /// Operations that get into each other's way.
    fn collisions(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut sources = HashSet::with_capacity(self.moves.len());
        let mut destinations = HashSet::with_capacity(self.moves.len());
        for operation in &self.moves {
            if !sources.insert(&operation.from) {
                problems.push(Problem::at(&operation.from, Fault::SourceTwice));
            }
        }
        let places = self.moves.iter().map(|m| &m.to);
        let places = places.chain(self.writes.iter().map(|w| &w.to));
        for to in places.chain(self.makes.iter().map(|d| &d.dir)) {
            if !destinations.insert(to) {
                problems.push(Problem::at(to, Fault::DestinationTwice));
            }
        }
        let mut pruned = HashSet::with_capacity(self.prunes.len());
        for Directory { dir, .. } in &self.prunes {
            if !pruned.insert(dir) || destinations.contains(dir) {
                problems.push(Problem::at(dir, Fault::PrunedTwice));
            }
        }
        for write in &self.writes {
            if sources.contains(&write.to) {
                problems.push(Problem::at(&write.to, Fault::SourceTwice));
            }
        }
        let made: HashSet<_> = self.makes.iter().map(|d| &d.dir).collect();
        let places = self.moves.iter().map(|m| &m.to);
        let places = places.chain(self.writes.iter().map(|w| &w.to));
        for to in places.chain(made.iter().copied()) {
            for ancestor in to.rel.ancestors() {
                let ancestor = TreePath::new(to.tree, ancestor);
                let fault = if destinations.contains(&ancestor) && !made.contains(&ancestor) {
                    Fault::InsideFile(ancestor.into_owned())
                } else if pruned.contains(&ancestor) {
                    Fault::InsidePruned(ancestor.into_owned())
                } else {
                    continue;
                };
                problems.push(Problem::at(to, fault));
            }
        }
        problems
    }

    /// Whether each keeper stays, is checked, and has the content it is kept for; forgets the needs
    /// that no move names.
    fn keepers(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut needs = HashMap::with_capacity(self.needs.len());
        for need in &self.needs {
            if needs.insert(&need.path, need).is_some() {
                problems.push(Problem::at(&need.path, Fault::NeedTwice));
            }
            if let Some(volume) = &need.offline
                && VolumeName::of(&need.path).as_ref() != Some(volume)
            {
                let fault = Fault::NotInVolume(volume.clone());
                problems.push(Problem::at(&need.path, fault));
            }
        }
        let sources: HashSet<_> = self.moves.iter().map(|m| &m.from).collect();
        let brought: HashMap<_, _> = self.brought().map(|m| (&m.to, m)).collect();
        let mut named = HashSet::new();
        for operation in &self.moves {
            let Some(keeper) = operation.why.keeper() else {
                continue;
            };
            named.insert(keeper.clone());
            let fault = match needs.get(keeper) {
                _ if sources.contains(keeper) => Fault::KeeperMoves(keeper.clone()),
                _ if !Tree::INDEXED.contains(&keeper.tree) => {
                    Fault::KeeperElsewhere(keeper.clone())
                }
                kept => {
                    let brought = || brought.get(keeper).map(|m| (m.size, m.hash));
                    match kept.map(|need| (need.size, need.hash)).or_else(brought) {
                        None => Fault::KeeperNotNeeded(keeper.clone()),
                        Some(kept) if kept != (operation.size, operation.hash) => {
                            Fault::KeeperDiffers(keeper.clone())
                        }
                        Some(_) => continue,
                    }
                }
            };
            problems.push(Problem::at(&operation.from, fault));
        }
        // What is not copied because it is known already leans on them, too.
        let is_copying = self.is_copying();
        self.needs
            .retain(|need| is_copying || named.contains(&need.path));
        problems
    }

    /// Bundles of which a part moves without the main file: a person may have meant it so.
    fn torn_bundles(&self) -> Option<String> {
        let of_bundle = |m: &&Move| m.bundle.is_some();
        let members = self.moves.iter().filter(of_bundle);
        let moving =
            |main: &TreePath<'_>| self.moves.binary_search_by(|m| m.from.cmp(main)).is_ok();
        let mut torn = members.filter(|m| m.bundle.as_ref().is_some_and(|main| !moving(main)));
        let first = torn.next()?;
        let more = match torn.count() {
            0 => String::new(),
            more => format!(", and {more} more do so"),
        };
        Some(format!(
            "{} moves without {}, the main file of its bundle{more}",
            first.from,
            first.bundle.as_ref()?,
        ))
    }

    /// The hash over what would be done.
    fn identity(&self) -> Digest {
        let mut hasher = Pieces::default();
        feed(&mut hasher, &(&self.format, self.phase, &self.settings));
        self.moves.iter().for_each(|m| feed(&mut hasher, m));
        self.makes.iter().for_each(|d| feed(&mut hasher, d));
        self.writes.iter().for_each(|w| feed(&mut hasher, w));
        self.prunes.iter().for_each(|d| feed(&mut hasher, d));
        self.needs.iter().for_each(|n| feed(&mut hasher, n));
        self.units.iter().for_each(|u| feed(&mut hasher, u));
        hasher.finish()
    }
}

/// What is wrong with where the keeper is that a reason names.
fn misplaced(why: &Why, keeper: &TreePath<'static>) -> Option<Fault> {
    let is_archived = matches!(why, Why::AlreadyArchived { .. });
    let is_misplaced = is_archived && keeper.tree != Tree::Archive;
    is_misplaced.then(|| Fault::NotArchived(keeper.clone()))
}

/// The number of the volume in which a path of the archive lies.
fn unit_number(path: &TreePath<'_>) -> Option<u32> {
    let name = std::str::from_utf8(path.rel.first()).ok()?;
    let is_unit = path.tree == Tree::Archive && Tree::Archive.is_unit_name(name.as_bytes());
    is_unit.then(|| name.parse().ok())?
}

fn feed(hasher: &mut Pieces, value: &impl Serialize) {
    serde_json::to_writer(hasher, value).expect("plans serialize, and a hasher takes every byte");
}

#[cfg(test)]
mod tests;

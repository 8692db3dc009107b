//! From a plan as it was read to a [`Plan`] that obeys the laws, or all that is wrong with it.

mod keepers;
mod report;

use super::batches::runs;
use super::digest::{Digest, Pieces};
use super::document::{in_pieces, serialized};
use super::path::TreePath;
use super::plan::{Directory, Move, Need, Phase, Plan, RawPlan, Role, Why};
use super::problem::{Fault, Problem};
use super::tree::Tree;
use foldhash::{HashSet, HashSetExt};
use rayon::prelude::*;

impl RawPlan {
    /// Checks everything that can be told from the plan alone, sorts it, and recomputes its id and
    /// its summary; where those stood otherwise, a remark says so.
    ///
    /// Needs that no move leans on any more are dropped.
    ///
    /// # Errors
    /// All problems, not the first one.
    pub fn check(mut self) -> Result<Plan, Vec<Problem>> {
        // Mostly they are sorted, which is told side by side.
        if !self
            .moves
            .par_windows(2)
            .all(|pair| pair[0].from <= pair[1].from)
        {
            self.moves.sort_by(|a, b| a.from.cmp(&b.from));
        }
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
        let moves = self.moves.par_iter();
        problems.par_extend(moves.flat_map_iter(|operation| self.faults_of(operation)));
        problems.extend(self.faults_of_writes());
        problems.extend(self.faults_of_directories());
        problems.extend(self.collisions());
        problems.extend(self.keepers());
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut remarks = self.recompute();
        remarks.extend(self.torn_bundles());
        remarks.extend(self.overfull());
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

    /// Operations that get into each other's way. Sorted lists tell that: they are quicker than sets
    /// where there are millions, and smaller.
    fn collisions(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let sources = self.moves.par_windows(2);
        let twice = sources.filter(|pair| pair[0].from == pair[1].from);
        problems.par_extend(twice.map(|m| Problem::at(&m[1].from, Fault::SourceTwice)));
        let mut named: Vec<&TreePath<'_>> = self.moves.par_iter().map(|m| &m.to).collect();
        named.extend(self.writes.iter().map(|w| &w.to));
        named.extend(self.makes.iter().map(|d| &d.dir));
        let mut destinations = named.clone();
        // Stable, for that is the quicker one where much is in order already.
        destinations.par_sort();
        let twice = destinations
            .par_windows(2)
            .filter(|pair| pair[0] == pair[1]);
        problems.par_extend(twice.map(|pair| Problem::at(pair[1], Fault::DestinationTwice)));
        let is_destination =
            |path: &TreePath<'_>| destinations.binary_search_by(|to| (*to).cmp(path)).is_ok();
        let mut pruned = HashSet::with_capacity(self.prunes.len());
        for Directory { dir, .. } in &self.prunes {
            if !pruned.insert(dir) || is_destination(dir) {
                problems.push(Problem::at(dir, Fault::PrunedTwice));
            }
        }
        for write in &self.writes {
            if self.move_of(&write.to).is_some() {
                problems.push(Problem::at(&write.to, Fault::SourceTwice));
            }
        }
        let made: HashSet<_> = self.makes.iter().map(|d| &d.dir).collect();
        let around = |to: &TreePath<'_>| {
            let ancestors = to.rel.ancestors();
            let faults = ancestors.filter_map(|ancestor| {
                let ancestor = TreePath::new(to.tree, ancestor);
                if !made.contains(&ancestor) && is_destination(&ancestor) {
                    Some(Fault::InsideFile(ancestor.into_owned()))
                } else if pruned.contains(&ancestor) {
                    Some(Fault::InsidePruned(ancestor.into_owned()))
                } else {
                    None
                }
            });
            faults
                .map(|fault| Problem::at(to, fault))
                .collect::<Vec<_>>()
        };
        // Files of one directory mostly follow one another; where nothing is to be found about the
        // first, there is nothing to be found about the others.
        let directories = runs(&named, |a, b| a.parent() == b.parent());
        problems.par_extend(directories.par_iter().flat_map_iter(|of_one| {
            let first = around(of_one[0]);
            let others = match first.is_empty() {
                true => &[],
                false => &of_one[1..],
            };
            first
                .into_iter()
                .chain(others.iter().flat_map(|to| around(to)))
        }));
        problems
    }

    /// The move of the file at `path`.
    fn move_of(&self, path: &TreePath<'_>) -> Option<&Move> {
        let at = self.moves.binary_search_by(|m| m.from.cmp(path));
        Some(&self.moves[at.ok()?])
    }

    /// Bundles of which a part moves without the main file: a person may have meant it so.
    fn torn_bundles(&self) -> Option<String> {
        let is_torn = |m: &&Move| {
            let main = m.bundle.as_ref().filter(|main| **main != m.from);
            main.is_some_and(|main| self.move_of(main).is_none())
        };
        let torn: Vec<&Move> = self.moves.par_iter().filter(is_torn).collect();
        let first = torn.first()?;
        let more = match torn.len() - 1 {
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
        let head = (&self.format, self.phase, &self.settings);
        feed_all(&mut hasher, &[head], serialized);
        feed_all(&mut hasher, &self.moves, Move::write);
        feed_all(&mut hasher, &self.makes, serialized);
        feed_all(&mut hasher, &self.writes, serialized);
        feed_all(&mut hasher, &self.prunes, serialized);
        feed_all(&mut hasher, &self.needs, Need::write);
        feed_all(&mut hasher, &self.units, serialized);
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

/// Hashes the texts of `items`, as `write` writes them, one after the other.
fn feed_all<T: Sync>(hasher: &mut Pieces, items: &[T], write: impl Fn(&T, &mut Vec<u8>) + Sync) {
    let fed = in_pieces(items, write, |piece| {
        hasher.update(piece);
        Ok(())
    });
    fed.expect("a hasher takes every byte");
}

#[cfg(test)]
mod tests;

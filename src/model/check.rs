//! From a plan as it was read to a [`Plan`] that obeys the laws, or all that is wrong with it.

use super::digest::{Digest, Pieces};
use super::path::TreePath;
use super::plan::{Move, Phase, Plan, RawPlan, Summary, Why};
use super::problem::{Fault, Problem};
use super::tree::Tree;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

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
        self.needs.sort_by(|a, b| a.path.cmp(&b.path));
        self.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        self.units.sort_by(|a, b| a.unit.cmp(&b.unit));
        let mut problems = Vec::new();
        match self.phase {
            Phase::Crawl if !self.moves.is_empty() => {
                problems.push(Problem::whole(Fault::CrawlMoves));
            }
            Phase::Undo if self.settings.run.is_none() => {
                problems.push(Problem::whole(Fault::UndoOfWhat));
            }
            _ => {}
        }
        if self.phase != Phase::Crawl && !self.units.is_empty() {
            problems.push(Problem::whole(Fault::UnitsElsewhere));
        }
        for operation in &self.moves {
            problems.extend(self.faults_of(operation));
        }
        problems.extend(self.collisions());
        problems.extend(self.keepers());
        if !problems.is_empty() {
            return Err(problems);
        }
        let remarks = self.recompute();
        let id = self.identity();
        self.id = Some(id);
        Ok(Plan::checked(self, id, remarks))
    }

    /// What is wrong with one move by itself.
    fn faults_of(&self, operation: &Move) -> Vec<Problem> {
        let Move { from, to, why, .. } = operation;
        let mut faults = Vec::new();
        match (self.phase, from.tree, to.tree) {
            (Phase::Dedupe, Tree::Media, Tree::Duplicates) | (Phase::Undo, _, _) => {}
            (_, Tree::Archive, _) => faults.push(Fault::LeavesArchive),
            (phase, from, to) => faults.push(Fault::WrongTrees { phase, from, to }),
        }
        match (self.phase, why) {
            (Phase::Dedupe, Why::Duplicate { .. }) => {
                if operation.size == 0 {
                    faults.push(Fault::Empty);
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
        let mut problems: Vec<_> = faults
            .into_iter()
            .map(|fault| Problem::at(from, fault))
            .collect();
        for path in [from, to] {
            if path.rel.is_ours() {
                problems.push(Problem::at(path, Fault::Ours));
            }
        }
        problems
    }

    /// Moves that get into each other's way.
    fn collisions(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut sources = HashSet::with_capacity(self.moves.len());
        let mut destinations = HashSet::with_capacity(self.moves.len());
        for operation in &self.moves {
            if !sources.insert(&operation.from) {
                problems.push(Problem::at(&operation.from, Fault::SourceTwice));
            }
            if !destinations.insert(&operation.to) {
                problems.push(Problem::at(&operation.to, Fault::DestinationTwice));
            }
        }
        for Move { to, .. } in &self.moves {
            if sources.contains(to) {
                problems.push(Problem::at(to, Fault::Chain));
            }
            for ancestor in to.rel.ancestors() {
                let ancestor = TreePath::new(to.tree, ancestor);
                if destinations.contains(&ancestor) {
                    let fault = Fault::InsideFile(ancestor.into_owned());
                    problems.push(Problem::at(to, fault));
                }
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
        }
        let sources: HashSet<_> = self.moves.iter().map(|m| &m.from).collect();
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
                None => Fault::KeeperNotNeeded(keeper.clone()),
                Some(need) if (need.size, need.hash) != (operation.size, operation.hash) => {
                    Fault::KeeperDiffers(keeper.clone())
                }
                Some(_) => continue,
            };
            problems.push(Problem::at(&operation.from, fault));
        }
        self.needs.retain(|need| named.contains(&need.path));
        problems
    }

    /// Makes the report keys true, and says which were not.
    fn recompute(&mut self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.id.is_some_and(|id| id != self.identity()) {
            remarks.push("the plan was changed after it was made: its id is another".to_owned());
        }
        let mut kinds = BTreeMap::new();
        for operation in &self.moves {
            *kinds.entry(operation.why.kind().to_owned()).or_insert(0) += 1;
        }
        let moves = self.moves.len() as u64;
        let skipped = self.skipped.len() as u64;
        let told = self.summary.take();
        let seen = told.as_ref().map_or(0, |s| s.seen).max(moves + skipped);
        let summary = Summary {
            seen,
            moves,
            bytes: self
                .moves
                .iter()
                .fold(0, |sum: u64, m| sum.saturating_add(m.size)),
            kept: seen - moves - skipped,
            skipped,
            kinds,
        };
        if self.id.is_some() && told.is_some_and(|told| told != summary) {
            remarks.push("the summary did not add up to the plan, and was made anew".to_owned());
        }
        self.summary = Some(summary);
        remarks
    }

    /// The hash over what would be done.
    fn identity(&self) -> Digest {
        let mut hasher = Pieces::default();
        feed(&mut hasher, &(&self.format, self.phase, &self.settings));
        self.moves.iter().for_each(|m| feed(&mut hasher, m));
        self.needs.iter().for_each(|n| feed(&mut hasher, n));
        self.units.iter().for_each(|u| feed(&mut hasher, u));
        hasher.finish()
    }
}

fn feed(hasher: &mut Pieces, value: &impl Serialize) {
    serde_json::to_writer(hasher, value).expect("plans serialize, and a hasher takes every byte");
}

#[cfg(test)]
mod tests;

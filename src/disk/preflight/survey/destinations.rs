//! Where a plan brings files, and whether they may come there.

use super::{Survey, Target};
use crate::disk::filesystem::Node;
use crate::disk::preflight::Ready;
use crate::model::path::TreePath;
use crate::model::plan::Move;
use crate::model::problem::{Fault, Problem};
use crate::model::schedule::Step;
use foldhash::{HashMap, HashMapExt, HashSet};
use rayon::prelude::*;

/// The directory that is to hold a destination.
struct Parent {
    /// Whether it does not exist yet, so that nothing can be in it.
    is_missing: bool,
    /// It, or the nearest one above it that exists.
    nearest: Option<Node>,
}

/// The directories that are to hold the destinations of a plan, each looked at once: many files go
/// to one.
pub(in crate::disk::preflight) struct Parents<'p>(HashMap<TreePath<'p>, Parent>);

impl<'s> Survey<'s> {
    /// The directories to which these steps bring something.
    pub(in crate::disk::preflight) fn parents(&self, steps: &[usize]) -> Parents<'s> {
        let destinations = steps.iter().filter_map(|at| self.destination(*at));
        let parents = destinations.filter_map(|(path, _)| path.parent());
        let parents: HashSet<TreePath<'s>> = parents.collect();
        let looked_at = parents.into_par_iter().map(|parent| {
            let found = self.filesystem.look(&parent);
            let is_missing = matches!(found, Ok(None));
            let nearest = found.ok().flatten();
            let nearest = nearest.or_else(|| self.nearest_above(&parent));
            (
                parent,
                Parent {
                    is_missing,
                    nearest,
                },
            )
        });
        Parents(looked_at.collect())
    }

    /// Where a step brings something, and whether that is a file which has been elsewhere; nothing for
    /// one that brings nothing, or whose file is on its way there already.
    fn destination(&self, at: usize) -> Option<(&'s TreePath<'static>, bool)> {
        let plan = self.undone.plan;
        match self.step(at) {
            Step::Move(number) | Step::Copy(number) | Step::Aside(number) => {
                Some((&plan.moves[number].to, true))
            }
            // With the step that goes before it, or on the way already.
            Step::Land(_) if self.is_fresh() => None,
            Step::Land(number) => Some((&plan.moves[number].to, true)),
            Step::Write(number) => Some((&plan.writes[number].to, false)),
            Step::Make(number) => Some((&plan.makes[number].dir, false)),
            Step::Replace(_) | Step::Prune(_) => None,
        }
    }

    /// Where a step brings something, if that may be.
    pub(in crate::disk::preflight) fn target(
        &self,
        at: usize,
        source: Option<&Node>,
        parents: &Parents<'_>,
    ) -> Result<Target, Problem> {
        let plan = self.undone.plan;
        let Some((path, is_move)) = self.destination(at) else {
            return Ok(Target::Near);
        };
        let problem = |fault| Problem::at(path, fault);
        self.innermost(path).map_err(problem)?;
        let parent = path.parent().and_then(|parent| parents.0.get(&parent));
        if parent.is_none_or(|parent| !parent.is_missing) {
            match self.filesystem.look(path) {
                Ok(None) => {}
                Ok(Some(node)) if self.is_vacated(path, &node) => {}
                Ok(Some(_)) => return Err(problem(Fault::Occupied)),
                Err(error) => return Err(problem(Fault::Unreachable(error.reason()))),
            }
        }
        let above = match parent {
            Some(parent) => parent.nearest,
            None => self.filesystem.root(path.tree),
        };
        if let Some(above) = &above {
            self.refuse_mount(path, above).map_err(problem)?;
        }
        let room = || {
            let room = self.filesystem.room(path);
            room.map_err(|error| problem(Fault::Unreachable(error.reason())))
        };
        if let Step::Write(number) = self.step(at) {
            let told = self.world.writing.texts.get(number).copied();
            let size = told.unwrap_or(plan.writes[number].max_bytes);
            return Ok(Target::Written(path.tree, room()?, size));
        }
        let Some(source) = source.filter(|_| is_move) else {
            return Ok(Target::Near);
        };
        let above = above.map(|node| node.mount);
        let mount = above.or_else(|| self.filesystem.mount(path.tree));
        let is_copied = plan.is_copying();
        if !is_copied && mount.is_none_or(|mount| mount == source.mount) {
            return Ok(Target::Near);
        }
        if !is_copied && !self.filesystem.may_give(source.owner) {
            let (user, group) = source.owner;
            return Err(problem(Fault::NotOurs { user, group }));
        }
        Ok(Target::Copied(path.tree, room()?))
    }

    /// Whether what is at `path` is taken away by the plan itself, under this name or, where names
    /// are taken for one that differ in case, under that one.
    fn is_vacated(&self, path: &TreePath<'static>, found: &Node) -> bool {
        if self.taken_away.contains(path) {
            return true;
        }
        if !self.undone.schedule.has_chains() {
            return false;
        }
        let folded = path.folded();
        let moves = self.undone.plan.moves.iter();
        moves.filter(|m| m.from.folded() == folded).any(|m| {
            let node = self.filesystem.look(&m.from).ok().flatten();
            node.is_some_and(|n| n.stamp.same_file_as(&found.stamp))
        })
    }

    /// Files that take the names of others which are the same files: hard links of one another.
    pub(in crate::disk::preflight) fn links_in_chains(&self, ready: &Ready) -> Vec<Problem> {
        let is_link = |(leaver, taker): &(usize, usize)| {
            let (leaver, taker) = (self.step(*leaver), self.step(*taker));
            let nodes = ready.node(leaver).zip(ready.node(taker));
            leaver.of_move() != taker.of_move()
                && nodes.is_some_and(|(one, other)| one.stamp.same_file_as(&other.stamp))
        };
        let links = self.undone.schedule.successions().into_iter();
        links
            .filter(is_link)
            .map(|(leaver, taker)| {
                let fault = Fault::FollowsItself(self.from(leaver).clone());
                Problem::at(self.from(taker), fault)
            })
            .collect()
    }

    /// Destinations that differ only in case or composition, on a file system that takes them for
    /// one.
    pub(in crate::disk::preflight) fn same_names(&self) -> Vec<Problem> {
        let plan = self.undone.plan;
        let mut seen: HashMap<_, &TreePath<'static>> = HashMap::with_capacity(plan.moves.len());
        let mut problems = Vec::new();
        let folded: Vec<_> = plan.moves.par_iter().map(|m| m.to.folded()).collect();
        for (Move { to, .. }, folded) in plan.moves.iter().zip(folded) {
            let Some(other) = seen.insert(folded, to) else {
                continue;
            };
            let fault = match self.filesystem.folds(to.tree, to.parent().as_ref()) {
                Ok(false) => continue,
                Ok(true) => Fault::SameName(other.clone()),
                Err(error) => Fault::Unreachable(error.reason()),
            };
            problems.push(Problem::at(to, fault));
        }
        problems
    }

    /// The nearest directory above `path` that exists.
    fn nearest_above(&self, path: &TreePath<'_>) -> Option<Node> {
        for ancestor in path.rel.ancestors() {
            let ancestor = TreePath::new(path.tree, ancestor);
            if let Ok(Some(node)) = self.filesystem.look(&ancestor) {
                return Some(node);
            }
        }
        self.filesystem.root(path.tree)
    }
}

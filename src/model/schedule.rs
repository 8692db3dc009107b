//! In which order a plan is carried out, and the names that files bear on their way.
//!
//! A move waits until its destination is vacated, so chains are done from their end. Where moves
//! wait for one another in a circle, and where two names differ only in case, a file first steps
//! aside under a temporary name. The order follows from the plan alone: recovering a run makes it
//! anew.

mod names;

pub use self::names::Names;

use super::digest::Digest;
use super::path::{Folded, TreePath};
use super::plan::{Move, RawPlan, Why};
use super::run::RunId;
use super::time::Time;
use super::tree::Tree;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::BTreeSet;

/// One thing that the mover does; the numbers are those of the plan's lists, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The directory of that number is made.
    Make(usize),
    /// The file of that move goes from its source to its destination.
    Move(usize),
    /// The file of that move is copied to its destination, and stays at its source.
    Copy(usize),
    /// The file of that move goes from its source to its temporary name.
    Aside(usize),
    /// The file of that move goes from its temporary name to its destination.
    Land(usize),
    /// The file that is in the way of that write goes aside.
    Replace(usize),
    /// The file of that write is made.
    Write(usize),
    /// The directory of that number is removed.
    Prune(usize),
}

/// The steps of a plan, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    steps: Vec<Step>,
    /// Whether some moves wait for others.
    has_chains: bool,
    /// For each move that steps aside: the numbers of the steps with which it leaves and lands.
    detours: HashMap<usize, (usize, usize)>,
    /// For each name that one step leaves and another takes: the numbers of the two.
    passed_on: HashMap<TreePath<'static>, (usize, usize)>,
}

/// A file that goes from one name to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop<'p> {
    /// The name that it leaves.
    pub from: TreePath<'p>,
    /// The name that it takes.
    pub to: TreePath<'p>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
}

impl Schedule {
    /// The order in which `plan` is carried out.
    pub fn of(plan: &RawPlan) -> Schedule {
        let mut schedule = Schedule::default();
        let steps = &mut schedule.steps;
        steps.extend((0..plan.makes.len()).map(Step::Make));
        match Queue::of(&plan.moves) {
            _ if plan.is_copying() => steps.extend((0..plan.moves.len()).map(Step::Copy)),
            None => steps.extend((0..plan.moves.len()).map(Step::Move)),
            Some(queue) => {
                schedule.has_chains = true;
                queue.order(steps);
            }
        }
        for (number, write) in plan.writes.iter().enumerate() {
            steps.extend(write.replaces.is_some().then_some(Step::Replace(number)));
            steps.push(Step::Write(number));
        }
        // A directory goes after those within it, which sort behind it.
        steps.extend((0..plan.prunes.len()).rev().map(Step::Prune));
        schedule.note_meetings(plan);
        schedule
    }

    /// The steps, in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether some moves wait for others to leave.
    pub fn has_chains(&self) -> bool {
        self.has_chains
    }

    /// For a step of a move that steps aside: the numbers of the two steps that it takes.
    pub fn detour(&self, step: Step) -> Option<(usize, usize)> {
        match step {
            Step::Aside(number) | Step::Land(number) => self.detours.get(&number).copied(),
            _ => None,
        }
    }

    /// The number of the step that brings a file to `path`, where another step takes one away.
    pub fn taker(&self, path: &TreePath<'_>) -> Option<usize> {
        self.passed_on.get(path).map(|(_, taker)| *taker)
    }

    /// The number of the step that takes a file away from `path`, where another step brings one.
    pub fn leaver(&self, path: &TreePath<'_>) -> Option<usize> {
        self.passed_on.get(path).map(|(leaver, _)| *leaver)
    }

    /// The numbers of the steps of which one leaves a name that the other takes, in the order of
    /// those that take.
    pub fn successions(&self) -> Vec<(usize, usize)> {
        let mut steps: Vec<_> = self.passed_on.values().copied().collect();
        steps.sort_unstable_by_key(|(_, taker)| *taker);
        steps
    }

    /// The number of the step that brings the file of each move to its destination.
    pub fn arrivals(&self) -> Vec<usize> {
        let steps = self.steps.iter().enumerate();
        let mut arrivals: Vec<_> = steps
            .filter_map(|(at, step)| match step {
                Step::Move(number) | Step::Copy(number) | Step::Land(number) => Some((*number, at)),
                _ => None,
            })
            .collect();
        arrivals.sort_unstable();
        arrivals.into_iter().map(|(_, at)| at).collect()
    }

    /// Notes which steps belong together, and which names pass from one to another.
    fn note_meetings(&mut self, plan: &RawPlan) {
        let mut left = HashMap::default();
        for (at, step) in self.steps.iter().enumerate() {
            match *step {
                Step::Aside(number) => {
                    self.detours.insert(number, (at, at));
                    left.insert(&plan.moves[number].from, at);
                }
                Step::Land(number) => {
                    self.detours.entry(number).and_modify(|d| d.1 = at);
                }
                Step::Replace(number) => {
                    left.insert(&plan.writes[number].to, at);
                }
                // Without a chain among them, no move comes where another leaves.
                Step::Move(number) if self.has_chains => {
                    left.insert(&plan.moves[number].from, at);
                }
                _ => {}
            }
        }
        if left.is_empty() {
            return;
        }
        for (at, step) in self.steps.iter().enumerate() {
            let to = match *step {
                Step::Move(number) | Step::Land(number) => &plan.moves[number].to,
                Step::Write(number) => &plan.writes[number].to,
                _ => continue,
            };
            if let Some(leaver) = left.get(to) {
                self.passed_on.insert(to.clone(), (*leaver, at));
            }
        }
    }
}

impl<'p> From<&'p Move> for Hop<'p> {
    fn from(operation: &'p Move) -> Self {
        Hop {
            from: operation.from.borrowed(),
            to: operation.to.borrowed(),
            size: operation.size,
            modified: operation.modified,
            hash: operation.hash,
        }
    }
}

impl<'p> Hop<'p> {
    /// The move that takes this one back, as part of undoing `run`.
    pub fn inverse(&self, run: &RunId) -> Move {
        Move {
            from: self.to.clone().into_owned(),
            to: self.from.clone().into_owned(),
            size: self.size,
            modified: self.modified,
            hash: self.hash,
            why: Why::Undo { run: run.clone() },
            bundle: None,
        }
    }

    /// The way back.
    pub fn reversed(self) -> Hop<'p> {
        Hop {
            from: self.to,
            to: self.from,
            ..self
        }
    }

    /// The same hop, owning its names.
    pub fn into_owned(self) -> Hop<'static> {
        Hop {
            from: self.from.into_owned(),
            to: self.to.into_owned(),
            ..self
        }
    }
}

impl Step {
    /// What the step does to a file that exists: the names that it leaves and takes; none where it
    /// makes or removes something instead.
    pub fn hop<'p>(self, plan: &'p RawPlan, names: &Names<'_>) -> Option<Hop<'p>> {
        match self {
            Step::Move(number) | Step::Copy(number) => Some(Hop::from(&plan.moves[number])),
            Step::Aside(number) => {
                let operation = &plan.moves[number];
                let to = names.temporary(&operation.from, number);
                Some(Hop {
                    to,
                    ..Hop::from(operation)
                })
            }
            Step::Land(number) => {
                let operation = &plan.moves[number];
                let from = names.temporary(&operation.from, number);
                Some(Hop {
                    from,
                    ..Hop::from(operation)
                })
            }
            Step::Replace(number) => {
                let write = &plan.writes[number];
                let replaced = write.replaces?;
                Some(Hop {
                    from: write.to.borrowed(),
                    to: names.replaced(&write.to, number),
                    size: replaced.size,
                    modified: replaced.modified,
                    hash: replaced.hash,
                })
            }
            Step::Make(_) | Step::Write(_) | Step::Prune(_) => None,
        }
    }

    /// The paths of the plan that the step is about: where its move comes from and goes to, or the
    /// one path of anything else, twice.
    pub fn ends(self, plan: &RawPlan) -> (&TreePath<'static>, &TreePath<'static>) {
        let path = match self {
            Step::Move(number) | Step::Copy(number) | Step::Aside(number) | Step::Land(number) => {
                let operation = &plan.moves[number];
                return (&operation.from, &operation.to);
            }
            Step::Write(number) | Step::Replace(number) => &plan.writes[number].to,
            Step::Make(number) => &plan.makes[number].dir,
            Step::Prune(number) => &plan.prunes[number].dir,
        };
        (path, path)
    }

    /// The trees between which the step goes.
    pub fn trees(self, plan: &RawPlan) -> (Tree, Tree) {
        let (from, to) = self.ends(plan);
        (from.tree, to.tree)
    }

    /// The move that the step is part of.
    pub fn of_move(self) -> Option<usize> {
        match self {
            Step::Move(number) | Step::Copy(number) | Step::Aside(number) | Step::Land(number) => {
                Some(number)
            }
            _ => None,
        }
    }
}

/// Moves of which some wait for others to vacate their destinations. Names that a file system may
/// take for one, because it ignores case or composition, count as one.
struct Queue {
    /// The name that each move leaves.
    from: Vec<Folded>,
    /// The moves that wait for each name to be left.
    waiting: HashMap<Folded, Vec<usize>>,
    /// For each move, how many others, or itself, have yet to leave the name that it takes.
    blockers: Vec<usize>,
}

impl Queue {
    /// The queue of these moves; none where no move waits.
    fn of(moves: &[Move]) -> Option<Queue> {
        // Where no tree is both left and entered, no move can wait for another.
        let left: BTreeSet<_> = moves.iter().map(|m| m.from.tree).collect();
        if !moves.iter().any(|m| left.contains(&m.to.tree)) {
            return None;
        }
        let from: Vec<_> = moves.iter().map(|m| m.from.folded()).collect();
        let mut leaving: HashMap<&Folded, usize> = HashMap::with_capacity(moves.len());
        for name in &from {
            *leaving.entry(name).or_default() += 1;
        }
        let mut waiting: HashMap<Folded, Vec<usize>> = HashMap::default();
        let mut blockers = vec![0; moves.len()];
        for (number, operation) in moves.iter().enumerate() {
            let to = operation.to.folded();
            if let Some(count) = leaving.get(&to) {
                blockers[number] = *count;
                waiting.entry(to).or_default().push(number);
            }
        }
        (!waiting.is_empty()).then_some(Queue {
            from,
            waiting,
            blockers,
        })
    }

    /// Appends the steps of all moves.
    fn order(mut self, steps: &mut Vec<Step>) {
        let all = 0..self.from.len();
        let mut ready: BTreeSet<_> = all.clone().filter(|n| self.blockers[*n] == 0).collect();
        let mut stuck: BTreeSet<_> = all.filter(|n| self.blockers[*n] > 0).collect();
        let mut aside = HashSet::default();
        loop {
            let left = if let Some(number) = ready.pop_first() {
                if aside.contains(&number) {
                    steps.push(Step::Land(number));
                    continue;
                }
                steps.push(Step::Move(number));
                number
            } else if let Some(number) = stuck.iter().find(|n| !aside.contains(*n)).copied() {
                steps.push(Step::Aside(number));
                aside.insert(number);
                number
            } else {
                return;
            };
            for waiter in self.waiting.get(&self.from[left]).into_iter().flatten() {
                self.blockers[*waiter] -= 1;
                if self.blockers[*waiter] == 0 {
                    stuck.remove(waiter);
                    ready.insert(*waiter);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Whether a plan still fits the disk: all of it is looked at before anything moves.

mod room;
mod survey;

pub use self::room::{Records, Writing};

use self::room::Demands;
use self::survey::{Survey, Target};
use super::filesystem::{Filesystem, Node};
use super::progress::Notebook;
use crate::model::index::{Index, Stamp};
use crate::model::layout::Layout;
use crate::model::path::TreePath;
use crate::model::plan::{Phase, Plan, Why};
use crate::model::problem::{Fault, Problem};
use crate::model::run::{Run, RunId, Standing, Verify};
use crate::model::schedule::{Schedule, Step};
use crate::model::volume::Volumes;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

/// What a plan is held against, besides the disk.
pub struct World<'w> {
    /// Where the trees are, and which lie in which.
    pub layout: &'w Layout,
    /// The index of the archive.
    pub archive: &'w Index<'w>,
    /// The index of media.
    pub media: &'w Index<'w>,
    /// On which discs the volumes of the archive are.
    pub volumes: &'w Volumes,
    /// The hashes of files that stand in no index, where some are known.
    pub hashed: Option<&'w Notebook>,
    /// For a plan to undo: the run that it takes back.
    pub undone: Option<&'w Run>,
    /// For a plan to undo: what of that run stands; other undos took back the rest.
    pub standing: Standing<'w>,
    /// What the plan writes besides the files that it copies.
    pub writing: Writing,
}

/// What of a plan is to be done.
#[derive(Clone, Copy)]
pub struct Undone<'u> {
    /// The plan.
    pub plan: &'u Plan,
    /// The order of its steps.
    pub schedule: &'u Schedule,
    /// The run that does it; none where it has not begun.
    pub run: Option<&'u RunId>,
    /// The numbers of the steps.
    pub steps: &'u [usize],
}

/// A plan that fits the disk, and which files it was that fitted.
#[derive(Debug, Default)]
pub struct Ready {
    /// What `stat` said of what each step takes away; a move that steps aside counts as one.
    nodes: HashMap<Step, Node>,
    /// Where each file is that the plan needs.
    pub needs: HashMap<TreePath<'static>, Kept>,
}

/// Where a file is that a plan needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// On the disk, and what `stat` said of it.
    OnDisk(Stamp),
    /// On the discs of its volume alone.
    OnDiscs,
    /// Nowhere yet: the step of that number brings it there.
    Brought(usize),
}

impl Ready {
    /// What `stat` said of the file or directory that a step takes away.
    pub fn node(&self, step: Step) -> Option<&Node> {
        self.nodes.get(&Ready::key(step))
    }

    fn insert(&mut self, step: Step, node: Node) {
        self.nodes.insert(Ready::key(step), node);
    }

    fn key(step: Step) -> Step {
        step.of_move().map_or(step, Step::Move)
    }
}

/// Looks at everything that the plan would act on or lean on.
///
/// # Errors
/// All problems, in the order of the steps.
pub fn preflight(
    undone: Undone<'_>,
    filesystem: &dyn Filesystem,
    world: &World<'_>,
    verify: Verify,
) -> Result<Ready, Vec<Problem>> {
    let plan = undone.plan;
    let verify = match plan.phase {
        // Who empties validated relies on the twins alone: they are read, whatever was asked for.
        Phase::Validate => Verify::Hash,
        _ => verify,
    };
    let survey = Survey::new(undone, filesystem, world, verify);
    let mut problems = survey.inverses(plan);
    problems.extend(survey.burned(plan));
    problems.extend(survey.closed(plan));
    let mut ready = Ready::default();
    let looked: Vec<_> = plan.needs.par_iter().map(|n| survey.need(n)).collect();
    for (need, looked) in plan.needs.iter().zip(looked) {
        match looked {
            Ok(kept) => {
                ready.needs.insert(need.path.clone(), kept);
            }
            Err(fault) => problems.push(Problem::at(&need.path, fault)),
        }
    }
    ready.needs.extend(brought(&undone));
    let steps = undone.steps;
    let all = undone.schedule.steps();
    let sources: Vec<_> = steps.par_iter().map(|at| survey.source(*at)).collect();
    let mut nodes = HashMap::with_capacity(steps.len());
    for (at, source) in steps.iter().zip(&sources) {
        if let Ok(Some(node)) = source {
            ready.insert(all[*at], *node);
            nodes.insert(*at, *node);
        }
    }
    let parents = survey.parents(steps);
    let targets: Vec<_> = steps
        .par_iter()
        .map(|at| survey.target(*at, nodes.get(at), &parents))
        .collect();
    let mut demands = Demands::default();
    for ((at, source), target) in steps.iter().zip(sources).zip(targets) {
        problems.extend(source.err());
        if let (Some(node), Some(keeper)) = (nodes.get(at), survey.keeper(*at))
            && let Some(Kept::OnDisk(stamp)) = ready.needs.get(keeper)
            && stamp.same_file_as(&node.stamp)
        {
            let fault = Fault::SameFile(keeper.clone());
            problems.push(Problem::at(survey.from(*at), fault));
        }
        match target {
            Ok(Target::Near) => {}
            Ok(Target::Copied(tree, room)) => {
                let size = nodes.get(at).map_or(0, |node| node.stamp.size);
                demands.copy(tree, room, size);
            }
            Ok(Target::Written(tree, room, size)) => demands.write(tree, room, size),
            Err(problem) => problems.push(problem),
        }
    }
    world
        .writing
        .records
        .iter()
        .for_each(|records| demands.record(records));
    problems.extend(demands.problems());
    problems.extend(survey.same_names());
    problems.extend(survey.links_in_chains(&ready));
    if problems.is_empty() {
        Ok(ready)
    } else {
        Err(problems)
    }
}

/// The keepers that the plan itself brings to their places.
fn brought<'u>(undone: &Undone<'u>) -> impl Iterator<Item = (TreePath<'static>, Kept)> + use<'u> {
    let plan = undone.plan;
    let keepers: HashSet<_> = plan.moves.iter().filter_map(|m| m.why.keeper()).collect();
    let arrivals = match keepers.is_empty() {
        true => Vec::new(),
        false => undone.schedule.arrivals(),
    };
    let moves = plan.moves.iter().zip(arrivals);
    let brought = moves.filter(|(m, _)| matches!(m.why, Why::Date(_)));
    let kept = brought.filter(move |(m, _)| keepers.contains(&m.to));
    kept.map(|(m, at)| (m.to.clone(), Kept::Brought(at)))
}

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
use crate::model::plan::{Phase, Plan, Why};
use crate::model::problem::{Fault, Problem};
use crate::model::run::{Run, RunId, Standing, Verify};
use crate::model::schedule::{Schedule, Step};
use crate::model::volume::Volumes;
use foldhash::HashMap;
use rayon::prelude::*;

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
    /// The numbers of the steps, ascending.
    pub steps: &'u [usize],
}

/// A plan that fits the disk, and which files it was that fitted.
#[derive(Debug)]
pub struct Ready {
    /// What `stat` said of the file of each move; one that steps aside counts once.
    files: Vec<Option<Node>>,
    /// The same of what other steps take away.
    others: HashMap<Step, Node>,
    /// Where the file is that each move leans on.
    keepers: Vec<Option<Kept>>,
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
        match step.of_move() {
            Some(number) => self.files.get(number)?.as_ref(),
            None => self.others.get(&step),
        }
    }

    /// Where the file is that the move of that number leans on.
    pub fn keeper(&self, number: usize) -> Option<Kept> {
        *self.keepers.get(number)?
    }

    fn insert(&mut self, step: Step, node: Node) {
        match step.of_move() {
            Some(number) => self.files[number] = Some(node),
            None => {
                self.others.insert(step, node);
            }
        }
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
    let steps = undone.steps;
    let (problems, (needs, sources)) = rayon::join(
        || {
            [
                survey.inverses(plan),
                survey.burned(plan),
                survey.closed(plan),
            ]
        },
        || {
            (
                look_at_needs(&survey, plan),
                look_at_sources(&survey, steps),
            )
        },
    );
    let mut problems: Vec<_> = problems.into_iter().flatten().collect();
    let mut ready = Ready {
        files: vec![None; plan.moves.len()],
        others: HashMap::default(),
        keepers: keepers(&undone, &needs),
    };
    for (need, found) in plan.needs.iter().zip(needs) {
        problems.extend(found.err().map(|fault| Problem::at(&need.path, fault)));
    }
    let parents = survey.parents(steps);
    let targets = steps.par_iter().zip(&sources).map(|(at, source)| {
        let source = source.as_ref().ok().and_then(Option::as_ref);
        survey.target(*at, source, &parents)
    });
    let targets: Vec<_> = targets.collect();
    let mut demands = Demands::default();
    for ((at, source), target) in steps.iter().zip(sources).zip(targets) {
        let step = undone.schedule.steps()[*at];
        let node = source.unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        if let Some(node) = node {
            ready.insert(step, node);
        }
        if let (Some(node), Some(number)) = (node, step.of_move())
            && let Some(Kept::OnDisk(stamp)) = ready.keeper(number)
            && stamp.same_file_as(&node.stamp)
            && let Some(keeper) = plan.moves[number].why.keeper()
        {
            let fault = Fault::SameFile(keeper.clone());
            problems.push(Problem::at(survey.from(*at), fault));
        }
        match target {
            Ok(Target::Near) => {}
            Ok(Target::Copied(tree, room)) => {
                let size = node.map_or(0, |node| node.stamp.size);
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

/// Where the files are that the plan needs.
fn look_at_needs(survey: &Survey<'_>, plan: &Plan) -> Vec<Result<Kept, Fault>> {
    let needs = plan.needs.par_iter();
    let needs = needs.map_init(|| survey.indexed(), |indexed, n| survey.need(n, indexed));
    needs.collect()
}

/// What is there of what each step takes away.
fn look_at_sources(survey: &Survey<'_>, steps: &[usize]) -> Vec<Result<Option<Node>, Problem>> {
    let sources = steps.par_iter();
    let sources = sources.map_init(
        || survey.indexed(),
        |indexed, at| survey.source(*at, indexed),
    );
    sources.collect()
}

/// For each move, where the file is that it leans on: as the `needs` were found, or where the plan
/// itself brings it.
fn keepers(undone: &Undone<'_>, needs: &[Result<Kept, Fault>]) -> Vec<Option<Kept>> {
    let plan = undone.plan;
    if !plan.moves.iter().any(|m| m.why.keeper().is_some()) {
        return Vec::new();
    }
    let arrivals = undone.schedule.arrivals();
    let brought = plan.moves.iter().zip(arrivals);
    let brought = brought.filter(|(m, _)| matches!(m.why, Why::Date(_)));
    let brought = brought.map(|(m, at)| (&m.to, Kept::Brought(at)));
    let found = plan.needs.iter().zip(needs);
    let found = found.filter_map(|(need, found)| Some((&need.path, *found.as_ref().ok()?)));
    let kept: HashMap<_, _> = found.chain(brought).collect();
    let moves = plan.moves.par_iter();
    let keepers = moves.map(|m| kept.get(m.why.keeper()?).copied());
    keepers.collect()
}

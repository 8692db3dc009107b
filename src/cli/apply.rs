//! `check` and `apply`: whether a plan still fits the disk, and carrying it out.

mod failure;
mod rehearsal;

pub use self::rehearsal::check;

use self::failure::failure;
use self::rehearsal::{Rehearsal, read_by, rehearse};
use super::args::{ApplyArguments, Verify as VerifyArgument};
use super::context::{Context, require};
use super::failure::{Exit, Failure};
use super::human::{Exactly, Things};
use super::library;
use super::past::Past;
use super::plan_source::read_plan;
use super::sealing;
use super::work::{Tense, words};
use super::workshop::{Workshop, leftover};
use crate::disk::apply::{Course, Mover};
use crate::disk::journal::Runs;
use crate::disk::log;
use crate::disk::monitor::Monitor;
use crate::disk::trees::Trees;
use crate::model::index::Totals;
use crate::model::path::{ASIDE, Escaped};
use crate::model::plan::{Move, Phase, Plan};
use crate::model::plan_file;
use crate::model::run::{Begin, Brief, JOURNAL_FORMAT, Run, RunId, Text, Verify, Work};
use crate::model::schedule::Names;
use crate::model::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Carries out the plan that `arguments` name.
///
/// # Errors
/// Where it does not fit the disk, or fails and is rolled back.
pub fn apply(arguments: &ApplyArguments, context: &Context) -> Result<Exit, Failure> {
    let plan = read_plan(&arguments.plan)?;
    if plan.phase == Phase::Crawl {
        let message = "a crawl plan moves nothing, and is there to be read";
        return Err(Failure::usage(message).hint("`mediastruct crawl` does what it says"));
    }
    let verify = arguments.verify.into();
    if arguments.dry_run {
        rehearse(&plan, verify, context)?;
        context.output.note(format_args!(
            "would {}; nothing was done",
            work(&plan, Tense::Do)
        ));
        return Ok(Exit::Done);
    }
    execute(&plan, Vec::new(), verify, context)
}

/// Carries out `plan` as a run of its own: all of it, or none. `known` are runs of the past that were
/// read already.
///
/// # Errors
/// Where it does not fit the disk, or fails and is rolled back.
pub fn execute(
    plan: &Plan,
    known: Vec<Run>,
    verify: Verify,
    context: &Context,
) -> Result<Exit, Failure> {
    require(context.layout(), &read_by(plan))?;
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    let past = Past::of(context)?.knowing(known);
    let rehearsal = Rehearsal::of(plan, verify, &past)?;
    let runs = Runs::in_datadir(&context.layout().datadir);
    let write_plan = || runs.write_plan(plan_file::text(plan));
    let (ready, plan_text) = rehearsal.hold_against_disk(&trees, context, write_plan)?;
    if !plan.has_operations() {
        context.output.note("nothing to do");
        return Ok(Exit::Done);
    }
    let texts = sealing::texts(plan, &trees, &context.output.progress(), context)?;
    let places = plan.moves.iter().map(|m| &m.to);
    let places = places.chain(plan.writes.iter().map(|w| &w.to));
    let targets: BTreeSet<Tree> = places
        .chain(plan.makes.iter().map(|d| &d.dir))
        .map(|path| path.tree)
        .collect();
    let trees = Trees::make(context.layout(), targets)?;

    tell_without_promise(plan, &trees, context);

    let mut workshop = Workshop::open(&trees, context);
    let run = next_id(plan, past.briefs.last())?;
    let begin = Begin {
        format: JOURNAL_FORMAT.to_owned(),
        run: run.clone(),
        at: library::now(),
        phase: plan.phase,
        plan: plan_text.hash(),
        trees: trees.identities(),
        texts: texts.iter().map(|text| Text::of(text)).collect(),
        verify,
        work: Some(Work::of(plan)),
    };
    let mut ledger = runs.begin(&plan_text, &texts, begin.clone())?;
    let (phase, to_do) = (plan.phase, work(plan, Tense::Do));
    tracing::info!("Apply - Run {run} begins, of phase {phase}: to {to_do}");

    let course = Course {
        plan,
        schedule: &rehearsal.schedule,
        begin: &begin,
    };
    workshop.progress.begin("Moving", totals(plan));
    let tools = workshop.tools(&mut ledger);
    let mut mover = Mover::new(tools, course);
    let applied = mover.apply(&ready, leftover(plan, &rehearsal.undone));
    let parked = mover.parked_sources();
    workshop.progress.end();
    applied.map_err(|error| failure(error, &run, context))?;

    log_keepers(plan, context);
    tracing::info!("Apply - Run {run} is done");
    context
        .output
        .note(format_args!("{}, as run {run}", work(plan, Tense::Did)));
    tell_way_back(plan, &run, &parked, context);
    Ok(Exit::Done)
}

/// Says how the run is taken back, and what of it lies aside until it is purged: `parked` are sources that
/// were copied to other file systems.
fn tell_way_back(plan: &Plan, run: &RunId, parked: &BTreeMap<Tree, Totals>, context: &Context) {
    let program = match plan.is_copying() {
        // Copies go aside where they are, whatever became of their sources.
        true => "mediastruct".to_owned(),
        false => context.program(),
    };
    // Nothing leaves a burned volume; what came back may go again without a run.
    if !plan.is_restoring() {
        context
            .output
            .note(format_args!("`{program} undo {run}` takes it back"));
    }
    if let Some(run) = &plan.settings.run {
        for (tree, totals) in put_aside(plan) {
            context.output.note(format_args!(
                "{}, {}, put aside in {tree}/{ASIDE} until `mediastruct purge {run}`",
                Things(totals.files, "file"),
                Exactly(totals.bytes)
            ));
        }
    }
    for (tree, totals) in parked {
        context.output.note(format_args!(
            "{}, {}, parked in {tree}/{ASIDE} until `{program} purge {run}`",
            Things(totals.files, "source"),
            Exactly(totals.bytes)
        ));
    }
}

/// What an undo puts aside: copies whose sources stayed where they were, and files of ours.
fn put_aside(plan: &Plan) -> BTreeMap<Tree, Totals> {
    let mut trees: BTreeMap<Tree, Totals> = BTreeMap::new();
    let is_aside = |path| Names::is_of_copy(path) || Names::is_of_text(path);
    let aside = plan.moves.iter().filter(|m| is_aside(&m.to.rel));
    for Move { to, size, .. } in aside {
        trees.entry(to.tree).or_default().add(*size);
    }
    trees
}

/// Writes to the log what the original did of each keeper.
fn log_keepers(plan: &Plan, context: &Context) {
    if plan.phase != Phase::Dedupe {
        return;
    }
    log::together(|| {
        for keeper in &plan.needs {
            let (tree, rel, hash) = (keeper.path.tree, &keeper.path.rel, keeper.hash);
            let dir = Escaped::path(context.layout().dir(tree));
            tracing::info!(
                "Dedupe - Keeping {tree} file (first instance of hash {hash}): {dir}/{rel}"
            );
        }
    });
}

/// Says of which trees it cannot be promised that a power cut loses nothing.
fn tell_without_promise(plan: &Plan, trees: &Trees, context: &Context) {
    let ends = plan.moves.iter().flat_map(|m| [m.from.tree, m.to.tree]);
    let touched: BTreeSet<Tree> = ends.collect();
    for (tree, kind) in trees.without_promise() {
        if touched.contains(&tree) {
            context.output.note(format_args!(
                "note: {tree} is on {kind}; what survives a power cut there is for that file \
                 system to say"
            ));
        }
    }
}

/// A name for a run of `plan` that sorts after the `last` one, whatever the clock says.
fn next_id(plan: &Plan, last: Option<&Brief>) -> Result<RunId, Failure> {
    let mut at = jiff::Timestamp::now();
    loop {
        let id = RunId::new(at, plan.id());
        match last {
            Some(last) if last.id >= id => {
                let next = last
                    .id
                    .begun()
                    .checked_add(jiff::SignedDuration::from_millis(1));
                at = next.map_err(|_| {
                    Failure::failed(format!("no run can come after run {}", last.id))
                        .hint("its name is no date of today; move its directory away")
                })?;
            }
            _ => return Ok(id),
        }
    }
}

/// What a plan does, in words.
fn work(plan: &Plan, tense: Tense) -> String {
    words(&Work::of(plan), tense)
}

fn totals(plan: &Plan) -> Totals {
    let mut totals = Totals::default();
    plan.moves.iter().for_each(|m| totals.add(m.size));
    totals
}

impl From<VerifyArgument> for Verify {
    fn from(argument: VerifyArgument) -> Self {
        match argument {
            VerifyArgument::Stat => Verify::Stat,
            VerifyArgument::Hash => Verify::Hash,
        }
    }
}

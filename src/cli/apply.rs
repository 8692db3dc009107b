//! `check` and `apply`: whether a plan still fits the disk, and carrying it out.

use super::args::{ApplyArguments, CheckArguments, Verify as VerifyArgument};
use super::context::{Context, require};
use super::failure::{Exit, Failure};
use super::human::{Exactly, Things};
use super::library;
use super::past::Past;
use super::plan_source::{read_plan, refused, shown};
use super::work::{Tense, words};
use super::workshop::{Workshop, leftover, world};
use crate::disk::apply::{ApplyError, Course, Mover, Stop};
use crate::disk::error::Cause;
use crate::disk::journal::Runs;
use crate::disk::monitor::Monitor;
use crate::disk::preflight::{Ready, Undone, preflight};
use crate::disk::store::StoreError;
use crate::disk::trees::Trees;
use crate::model::digest::Digest;
use crate::model::index::{Index, Totals};
use crate::model::path::{ASIDE, Escaped};
use crate::model::plan::{Basis, Phase, Plan};
use crate::model::plan_file;
use crate::model::problem::{Fault, Problem};
use crate::model::run::{Begin, Brief, JOURNAL_FORMAT, Run, RunId, Text, Verify, Work};
use crate::model::schedule::Schedule;
use crate::model::tree::Tree;
use crate::phase::archive;
use std::collections::BTreeSet;

/// Says whether the plan that `arguments` name could be applied now.
///
/// # Errors
/// Where it could not be: all problems.
pub fn check(arguments: &CheckArguments, context: &Context) -> Result<Exit, Failure> {
    let plan = read_plan(&arguments.plan)?;
    rehearse(&plan, Verify::Stat, context)?;
    let shown = shown(&arguments.plan);
    context.output.note(format_args!(
        "{shown} fits the disk: it would {}",
        work(&plan, Tense::Do)
    ));
    Ok(Exit::Done)
}

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
    execute(&plan, verify, context)
}

/// Holds a plan against the disk, as carrying it out would do first.
fn rehearse(plan: &Plan, verify: Verify, context: &Context) -> Result<(), Failure> {
    require(context.layout(), &read_by(plan))?;
    let past = Past::of(context)?;
    past.refuse_unfinished()?;
    past.refuse_again(plan)?;
    let undone = past.undone_by(plan)?;
    let trees = Trees::open(context.layout())?;
    hold_against_disk(plan, &Schedule::of(plan), &trees, &undone, verify, context)?;
    Ok(())
}

/// Carries out `plan` as a run of its own: all of it, or none.
///
/// # Errors
/// Where it does not fit the disk, or fails and is rolled back.
pub fn execute(plan: &Plan, verify: Verify, context: &Context) -> Result<Exit, Failure> {
    require(context.layout(), &read_by(plan))?;
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    let past = Past::of(context)?;
    past.refuse_unfinished()?;
    past.refuse_again(plan)?;
    let undone = past.undone_by(plan)?;
    let schedule = Schedule::of(plan);
    let ready = hold_against_disk(plan, &schedule, &trees, &undone, verify, context)?;
    if !plan.has_operations() {
        context.output.note("nothing to do");
        return Ok(Exit::Done);
    }
    let texts = texts_of(plan)?;
    let places = plan.moves.iter().map(|m| &m.to);
    let places = places.chain(plan.writes.iter().map(|w| &w.to));
    let targets: BTreeSet<Tree> = places
        .chain(plan.makes.iter().map(|d| &d.dir))
        .map(|path| path.tree)
        .collect();
    let trees = Trees::make(context.layout(), targets)?;

    tell_without_promise(plan, &trees, context);

    let mut workshop = Workshop::open(&trees, context);
    let text = plan_file::text(plan);
    let run = next_id(plan, past.briefs.last())?;
    let begin = Begin {
        format: JOURNAL_FORMAT.to_owned(),
        run: run.clone(),
        at: library::now(),
        phase: plan.phase,
        plan: Digest::of(&text),
        trees: trees.identities(),
        texts: texts.iter().map(|text| Text::of(text)).collect(),
        verify,
        work: Some(Work::of(plan)),
    };
    let runs = Runs::in_datadir(&context.layout().datadir);
    let mut ledger = runs.begin(&text, &texts, begin.clone())?;
    let (phase, to_do) = (plan.phase, work(plan, Tense::Do));
    tracing::info!("Apply - Run {run} begins, of phase {phase}: to {to_do}");

    let course = Course {
        plan,
        schedule: &schedule,
        begin: &begin,
    };
    workshop.progress.begin("Moving", totals(plan));
    let tools = workshop.tools(&mut ledger);
    let mut mover = Mover::new(tools, course);
    let applied = mover.apply(&ready, leftover(plan, &undone));
    let parked = mover.parked_sources();
    workshop.progress.end();
    applied.map_err(|error| failure(error, &run))?;

    log_keepers(plan, context);
    tracing::info!("Apply - Run {run} is done");
    context
        .output
        .note(format_args!("{}, as run {run}", work(plan, Tense::Did)));
    context
        .output
        .note(format_args!("`mediastruct undo {run}` takes it back"));
    for (tree, totals) in parked {
        context.output.note(format_args!(
            "{}, {}, parked in {tree}/{ASIDE} until `mediastruct purge {run}`",
            Things(totals.files, "source"),
            Exactly(totals.bytes)
        ));
    }
    Ok(Exit::Done)
}

/// Writes to the log what the original did of each keeper.
fn log_keepers(plan: &Plan, context: &Context) {
    if plan.phase != Phase::Dedupe {
        return;
    }
    for keeper in &plan.needs {
        let (tree, rel, hash) = (keeper.path.tree, &keeper.path.rel, keeper.hash);
        let dir = Escaped::path(context.layout().dir(tree));
        tracing::info!("Dedupe - Keeping {tree} file (first instance of hash {hash}): {dir}/{rel}");
    }
}

/// The trees that must be there for a plan to be looked at.
fn read_by(plan: &Plan) -> Vec<Tree> {
    let sources = plan.moves.iter().map(|m| m.from.tree);
    let needs = plan.needs.iter().map(|n| n.path.tree);
    let prunes = plan.prunes.iter().map(|p| p.dir.tree);
    // Media and archive are never made for a plan: where one is missing, its disk may be.
    let targets = plan.moves.iter().map(|m| m.to.tree);
    let targets = targets.chain(plan.writes.iter().map(|w| w.to.tree));
    let targets = targets.filter(|tree| Tree::INDEXED.contains(tree));
    let trees = sources.chain(needs).chain(prunes).chain(targets);
    trees.collect::<BTreeSet<Tree>>().into_iter().collect()
}

/// Looks at everything that a plan acts on or leans on, and tells what is notable about it.
/// `undone` is the run that the plan takes back, if it does, with those that took some of it back.
fn hold_against_disk(
    plan: &Plan,
    schedule: &Schedule,
    trees: &Trees,
    undone: &[Run],
    verify: Verify,
    context: &Context,
) -> Result<Ready, Failure> {
    for remark in plan.remarks() {
        context.output.note(format_args!("note: {remark}"));
    }
    let indexes = library::index_files(context)?;
    let (archive, media) = (indexes.index(Tree::Archive)?, indexes.index(Tree::Media)?);
    if plan.phase != Phase::Undo && is_of_other_state(&plan.basis, &archive, &media) {
        context.output.note(
            "note: the indexes changed since the plan was made; its files are as it says, or you \
             will be told",
        );
    }
    let volumes = library::volumes(context)?;
    let world = world(plan, &archive, &media, &volumes, undone, context);
    let steps: Vec<_> = (0..schedule.steps().len()).collect();
    let undone = Undone {
        plan,
        schedule,
        run: None,
        steps: &steps,
    };
    preflight(undone, trees, &world, verify)
        .map_err(|problems| refused("the plan does not fit the disk", &problems))
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

/// What the files say that a plan writes.
fn texts_of(plan: &Plan) -> Result<Vec<Vec<u8>>, Failure> {
    let mut problems = Vec::new();
    let mut texts = Vec::with_capacity(plan.writes.len());
    for write in &plan.writes {
        let text = archive::text_of(write);
        let (size, max) = (text.len() as u64, write.max_bytes);
        if size > max {
            problems.push(Problem::at(&write.to, Fault::TextTooLong { size, max }));
        }
        texts.push(text);
    }
    if problems.is_empty() {
        Ok(texts)
    } else {
        Err(refused("the plan allows too little", &problems))
    }
}

fn is_of_other_state(basis: &Basis, archive: &Index<'_>, media: &Index<'_>) -> bool {
    let differs = |told: Option<Digest>, is: &Index<'_>| told.is_some_and(|t| t != is.basis());
    differs(basis.archive, archive) || differs(basis.media, media)
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

/// A run that failed, and what to do about it.
fn failure(error: ApplyError, run: &RunId) -> Failure {
    match error {
        ApplyError::RolledBack(stop) => {
            let failure = Failure::failed(format!(
                "{stop}; everything that was moved is back in its place"
            ));
            match hint_for(&stop) {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
        ApplyError::Unconfirmed(_) => Failure::failed(error.to_string())
            .hint("when the cause is mended, `mediastruct recover` records it"),
        ApplyError::Unfinished(..) => Failure::failed(format!("{error}; run {run} is unfinished"))
            .hint("when the cause is mended, `mediastruct recover` finishes it or takes it back"),
    }
}

fn hint_for(stop: &Stop) -> Option<&'static str> {
    let error = match stop {
        Stop::Disk(error) | Stop::Index(StoreError::Disk(error)) => error,
        Stop::Interrupted => return None,
        _ => return Some("`mediastruct crawl`, and make a new plan"),
    };
    match error.cause() {
        Cause::OtherFileSystem => Some("the tree spans file systems in a way that cannot be moved"),
        Cause::Unsupported => Some(
            "this file system can neither rename without replacing nor link, so nothing is moved \
             on it",
        ),
        Cause::Occupied => Some("something took the name meanwhile; make a new plan"),
        Cause::ReadOnly => Some("the file system is mounted read-only, or the file is protected"),
        Cause::Full => Some("make room on the disk, and apply the plan again"),
        Cause::Missing => Some(library::NEEDS_OPENAT2),
        Cause::Denied => Some("run it as the user to whom the files belong"),
        Cause::Other => None,
    }
}

impl From<VerifyArgument> for Verify {
    fn from(argument: VerifyArgument) -> Self {
        match argument {
            VerifyArgument::Stat => Verify::Stat,
            VerifyArgument::Hash => Verify::Hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::error::DiskError;
    use crate::model::path::TreePath;
    use std::path::Path;

    #[test]
    fn a_full_disk_is_told_from_a_changed_file() {
        let full = || {
            const ENOSPC: i32 = 28;
            let source = std::io::Error::from_raw_os_error(ENOSPC);
            DiskError::at("write", Path::new("data/media_index.json"), source)
        };
        let room = Some("make room on the disk, and apply the plan again");
        assert_eq!(hint_for(&Stop::Disk(full())), room);
        assert_eq!(hint_for(&Stop::Index(StoreError::Disk(full()))), room);
        let path = TreePath::from_text("media/2024/a.jpg").unwrap();
        let again = Some("`mediastruct crawl`, and make a new plan");
        assert_eq!(hint_for(&Stop::Changed(path)), again);
    }
}

//! The phases in one go: plan, show, ask, apply.

use super::apply::execute;
use super::archive;
use super::args::{
    ArchiveArguments, DedupeArguments, IngestArguments, UndoArguments, ValidateArguments,
};
use super::ask::{can_be_asked, confirm};
use super::context::{Context, refuse_shared};
use super::failure::{Exit, Failure};
use super::ingest::{self, Card};
use super::past::Past;
use super::plan::{plan_dedupe, plan_undo};
use super::show::{Extent, left_out, listing, summary};
use super::validate;
use super::work::{Tense, words};
use crate::model::plan::Plan;
use crate::model::run::{Run, Verify, Work};

/// Moves what is in the drop directory to media, and to duplicates what is there already.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn ingest(arguments: &IngestArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct ingest")?;
    Past::of(context)?.refuse_unfinished()?;
    let card = Card::of(&arguments.options.directories, context)?;
    refuse_shared(&card.context)?;
    let plan = ingest::plan(&arguments.options, &card)?;
    let ended = go(&plan, arguments.yes, Verify::Stat, &card.context)?;
    Ok(ended.exit(&plan, context))
}

/// Moves the copies that media does not need to duplicates.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn dedupe(arguments: &DedupeArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct dedupe")?;
    Past::of(context)?.refuse_unfinished()?;
    let plan = plan_dedupe(&arguments.options, context)?;
    let ended = go(&plan, arguments.yes, Verify::Stat, context)?;
    Ok(ended.exit(&plan, context))
}

/// Moves the duplicates that are proven to exist elsewhere to validated.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn validate(arguments: &ValidateArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct validate")?;
    Past::of(context)?.refuse_unfinished()?;
    let plan = validate::plan(context)?;
    let ended = go(&plan, arguments.yes, Verify::Hash, context)?;
    if plan.has_operations() && ended != Ended::Declined {
        context.output.note(
            "what is in validated is yours to delete; until you do, it takes the room that it took",
        );
    }
    Ok(ended.exit(&plan, context))
}

/// Moves the years that are due to volumes.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn archive(arguments: &ArchiveArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct archive")?;
    Past::of(context)?.refuse_unfinished()?;
    let plan = archive::plan(&arguments.options, context)?;
    let ended = go(&plan, arguments.yes, Verify::Stat, context)?;
    Ok(ended.exit(&plan, context))
}

/// Takes a run back.
///
/// # Errors
/// Where there is no such run, nobody can be asked, or it cannot be taken back.
pub fn undo(arguments: &UndoArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct undo")?;
    let past = Past::of(context)?;
    past.refuse_unfinished()?;
    let (plan, runs) = plan_undo(arguments.run.as_ref(), &past)?;
    let verify = arguments.verify.into();
    let ended = go_knowing(&plan, runs, arguments.yes, verify, context)?;
    Ok(ended.exit(&plan, context))
}

/// What became of a plan that was shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All of it was carried out, as far as there was anything to do.
    Done,
    /// Nothing: a person did not want it.
    Declined,
}

impl Ended {
    /// How a command ends with it; names what the plan left out, if some of that should have been taken.
    pub fn exit(self, plan: &Plan, context: &Context) -> Exit {
        if self == Ended::Declined || !plan.is_in_trouble() {
            return Exit::Done;
        }
        context.output.note(left_out(plan, Extent::All).trim_end());
        Exit::LeftOut
    }
}

/// Shows a plan, asks where `yes` does not say that it need not, and carries it out.
///
/// # Errors
/// Where nobody answers, or it cannot be carried out.
pub fn go(plan: &Plan, yes: bool, verify: Verify, context: &Context) -> Result<Ended, Failure> {
    go_knowing(plan, Vec::new(), yes, verify, context)
}

/// The same, where `runs` are those of the past that were read to make the plan.
fn go_knowing(
    plan: &Plan,
    runs: Vec<Run>,
    yes: bool,
    verify: Verify,
    context: &Context,
) -> Result<Ended, Failure> {
    context.output.note(summary(plan).trim_end());
    if !plan.has_operations() {
        context.output.note("nothing to do");
        return Ok(Ended::Done);
    }
    if !yes {
        context.output.note(listing(plan, Extent::First).trim_end());
    }
    let to_do = words(&Work::of(plan), Tense::Do);
    if !confirm(&format!("Shall it {to_do}?"), yes)? {
        context.output.note("nothing was done");
        return Ok(Ended::Declined);
    }
    execute(plan, runs, verify, context)?;
    Ok(Ended::Done)
}

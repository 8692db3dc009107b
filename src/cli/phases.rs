//! The phases in one go: plan, show, ask, apply.

use super::apply::execute;
use super::args::{DedupeArguments, UndoArguments};
use super::ask::{can_be_asked, confirm};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::human::Things;
use super::library::{refuse_unfinished, runs};
use super::plan::{plan_dedupe, plan_undo};
use super::show::{Extent, listing, summary};
use crate::model::plan::Plan;
use crate::model::run::Verify;

/// Moves the copies that media does not need to duplicates.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn dedupe(arguments: &DedupeArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct dedupe")?;
    refuse_unfinished(&runs(context)?)?;
    let plan = plan_dedupe(context)?;
    go(&plan, arguments.yes, Verify::Stat, context)
}

/// Takes a run back.
///
/// # Errors
/// Where there is no such run, nobody can be asked, or it cannot be taken back.
pub fn undo(arguments: &UndoArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct undo")?;
    let runs = runs(context)?;
    refuse_unfinished(&runs)?;
    let plan = plan_undo(arguments.run.as_ref(), runs)?;
    go(&plan, arguments.yes, arguments.verify.into(), context)
}

/// Shows a plan, asks where `yes` does not say that it need not, and carries it out.
fn go(plan: &Plan, yes: bool, verify: Verify, context: &Context) -> Result<Exit, Failure> {
    context.output.note(summary(plan).trim_end());
    if !plan.has_operations() {
        context.output.note("nothing to do");
        return Ok(Exit::Done);
    }
    if !yes {
        context.output.note(listing(plan, Extent::First).trim_end());
    }
    let files = Things(plan.moves.len() as u64, "file");
    if !confirm(&format!("Move {files}?"), yes)? {
        context.output.note("nothing was done");
        return Ok(Exit::Done);
    }
    execute(plan, verify, context)
}

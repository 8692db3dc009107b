//! The phases in one go: plan, show, ask, apply.

use super::apply::execute;
use super::args::{DedupeArguments, UndoArguments, ValidateArguments};
use super::ask::{can_be_asked, confirm};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::past::Past;
use super::plan::{plan_dedupe, plan_undo};
use super::show::{Extent, left_out, listing, summary};
use super::validate;
use super::work::{Tense, words};
use crate::model::plan::Plan;
use crate::model::run::{Verify, Work};

/// Moves the copies that media does not need to duplicates.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn dedupe(arguments: &DedupeArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct dedupe")?;
    Past::of(context)?.refuse_unfinished()?;
    let plan = plan_dedupe(&arguments.options, context)?;
    go(&plan, arguments.yes, Verify::Stat, context)?;
    Ok(Exit::Done)
}

/// Moves the duplicates that are proven to exist elsewhere to validated.
///
/// # Errors
/// Where there can be no plan, nobody can be asked, or it cannot be carried out.
pub fn validate(arguments: &ValidateArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct validate")?;
    Past::of(context)?.refuse_unfinished()?;
    let plan = validate::plan(context)?;
    let is_applied = go(&plan, arguments.yes, Verify::Hash, context)?;
    if is_applied {
        context.output.note(
            "what is in validated is yours to delete; until you do, it takes the room that it took",
        );
    }
    let is_declined = !is_applied && plan.has_operations();
    if is_declined || !validate::leaves_out(&plan) {
        return Ok(Exit::Done);
    }
    context.output.note(left_out(&plan, Extent::All).trim_end());
    Ok(Exit::LeftOut)
}

/// Takes a run back.
///
/// # Errors
/// Where there is no such run, nobody can be asked, or it cannot be taken back.
pub fn undo(arguments: &UndoArguments, context: &Context) -> Result<Exit, Failure> {
    can_be_asked(arguments.yes, "mediastruct undo")?;
    let past = Past::of(context)?;
    past.refuse_unfinished()?;
    let plan = plan_undo(arguments.run.as_ref(), &past)?;
    go(&plan, arguments.yes, arguments.verify.into(), context)?;
    Ok(Exit::Done)
}

/// Shows a plan, asks where `yes` does not say that it need not, and carries it out; says whether it
/// did.
fn go(plan: &Plan, yes: bool, verify: Verify, context: &Context) -> Result<bool, Failure> {
    context.output.note(summary(plan).trim_end());
    if !plan.has_operations() {
        context.output.note("nothing to do");
        return Ok(false);
    }
    if !yes {
        context.output.note(listing(plan, Extent::First).trim_end());
    }
    let to_do = words(&Work::of(plan), Tense::Do);
    if !confirm(&format!("Shall it {to_do}?"), yes)? {
        context.output.note("nothing was done");
        return Ok(false);
    }
    execute(plan, verify, context)?;
    Ok(true)
}

//! Plans that a person hands over.

use super::failure::Failure;
use super::terminal;
use crate::disk::named_file;
use crate::model::path::Escaped;
use crate::model::plan::Plan;
use crate::model::plan_file;
use crate::model::problem::Problem;
use std::fmt::Write;
use std::path::Path;

/// The plan in the file at `path`, or on the standard input where `path` is `-`, checked.
///
/// # Errors
/// Where it cannot be read or is no plan, and a refusal that names all problems where it breaks a
/// law.
pub fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let bytes = named_file::read(path)?;
    let shown = shown(path);
    let raw = plan_file::parse(bytes).map_err(|e| {
        let message = format!("{shown}: {}", terminal::line(&e.to_string()));
        Failure::refused(message).hint("`mediastruct schema plan` says what a plan looks like")
    })?;
    raw.check()
        .map_err(|problems| refused(&format!("{shown} is refused"), &problems))
}

/// How a plan's file is named to people.
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        return "the plan on the standard input".to_owned();
    }
    Escaped::path(path).to_string()
}

/// The refusal of a plan: `what`, and then every problem on a line of its own.
pub fn refused(what: &str, problems: &[Problem]) -> Failure {
    let s = if problems.len() == 1 { "" } else { "s" };
    let mut message = format!("{what}: {} problem{s}", problems.len());
    for problem in problems {
        let _ = write!(message, "\n  {problem}");
    }
    Failure::refused(message).hint("correct the plan, or make a new one; nothing was done")
}

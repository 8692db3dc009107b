//! `show`: plans and runs for people.

mod page;
mod report;
mod run;
mod settings;
mod summary;

pub use page::page;
pub use run::run;
pub use summary::{Extent, left_out, listing, reason, summary};

use super::args::ShowArguments;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::plan_source::read_plan;
use crate::disk::named_file;
use crate::model::path::Escaped;
use crate::model::plan::Plan;
use crate::model::plan_file;
use std::path::Path;

/// Shows the plan that `arguments` name, as text, as JSON, which is the plan itself, or as a page.
///
/// # Errors
/// Where the plan cannot be read or breaks a law, or the page cannot be written.
pub fn show_plan(arguments: &ShowArguments, output: Output) -> Result<Exit, Failure> {
    let plan = read_plan(Path::new(&arguments.what))?;
    if arguments.json {
        output.data(|out| plan_file::write(&plan, out))?;
        return Ok(Exit::Done);
    }
    show(&summary(&plan), &plan, arguments, output)
}

/// Shows `head` and what is in `plan`, or writes a page of the plan where `arguments` ask for one.
///
/// # Errors
/// Where the page cannot be written.
pub fn show(
    head: &str,
    plan: &Plan,
    arguments: &ShowArguments,
    output: Output,
) -> Result<Exit, Failure> {
    if let Some(file) = &arguments.html {
        let page = page(plan)?;
        named_file::write(file, |out| out.write_all(page.as_bytes()))?;
        output.note(format_args!("wrote {}", Escaped::path(file)));
        return Ok(Exit::Done);
    }
    let extent = if arguments.all {
        Extent::All
    } else {
        Extent::First
    };
    let text = head.to_owned() + &listing(plan, extent);
    output.data(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests;

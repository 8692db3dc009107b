//! `status`: how a library stands.

mod text;

use super::args::StatusArguments;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::library;
use super::past::Past;
use crate::disk::scan;
use crate::disk::trees::Trees;
use crate::model::index::Totals;
use crate::model::path::Escaped;
use crate::model::status::Status;
use crate::model::tree::Tree;
use crate::phase::status::{self as phase, Surroundings};

/// Tells how the library stands, by its indexes, its runs, and a walk through the trees that no
/// index lists.
///
/// # Errors
/// Where an index or a run cannot be read or trusted, or a tree is a link.
pub fn status(arguments: &StatusArguments, context: &Context) -> Result<Exit, Failure> {
    let trees = Trees::open(context.layout())?;
    let status = look(&trees, context)?;
    if arguments.json {
        context.output.json(&status)?;
    } else {
        let text = text::text(&status);
        context.output.data(|out| out.write_all(text.as_bytes()))?;
    }
    for tree in Tree::INDEXED {
        if trees.handle(tree).is_none() {
            let dir = Escaped::path(context.layout().dir(tree));
            let key = tree.config_key();
            context.output.note(format_args!(
                "note: {key}: {dir} is missing; is its disk mounted? told is what its index says"
            ));
        }
    }
    for hint in text::hints(&status) {
        context.output.note(hint);
    }
    Ok(Exit::Done)
}

fn look(trees: &Trees, context: &Context) -> Result<Status, Failure> {
    let indexes = library::index_files(context)?;
    let past = Past::of(context)?;
    let state = library::state(context, &indexes)?;
    let mut parked = Totals::default();
    for totals in past.parked(&past.briefs, context)?.into_values() {
        parked.files += totals.files;
        parked.bytes = parked.bytes.saturating_add(totals.bytes);
    }
    let counted = |tree| scan::totals(trees, context.layout(), tree);
    let around = Surroundings {
        ingest: &indexes.index(Tree::Ingest)?,
        crawls: &library::last_crawls(context)?,
        duplicates: counted(Tree::Duplicates),
        validated: counted(Tree::Validated),
        parked,
        verify_after_days: context.configuration.archive.verify_after_days,
        runs: &past.briefs,
    };
    Ok(phase::status(&state, around))
}

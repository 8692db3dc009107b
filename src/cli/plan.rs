//! `plan`: what each phase would do, as a plan to read, to edit and to apply.

use super::archive;
use super::args::{DedupeOptions, DedupePlan, PlanArguments, PlanPhase};
use super::config::DedupeSettings;
use super::context::{Context, require};
use super::crawl;
use super::failure::{Exit, Failure};
use super::ingest::{self, Card};
use super::library;
use super::past::Past;
use super::show;
use super::tree_path::directory_of_media;
use super::validate;
use super::why;
use crate::disk::store::IndexFiles;
use crate::disk::{named_file, names};
use crate::model::keep::Keep;
use crate::model::path::Escaped;
use crate::model::plan::{Plan, Settings};
use crate::model::plan_file;
use crate::model::run::{Run, RunId};
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::phase::dedupe::{self, DedupeError};
use crate::phase::undo::{self, UndoError};
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

/// Makes the plan that `arguments` ask for, writes it to the standard output or to a file, and
/// tells what it adds up to.
///
/// # Errors
/// Where there can be no such plan, or it cannot be written.
pub fn plan(arguments: &PlanArguments, context: &Context) -> Result<Exit, Failure> {
    if let PlanPhase::Dedupe(DedupePlan {
        options,
        why: Some(path),
    }) = &arguments.phase
    {
        if arguments.output.is_some() {
            let message = "--why tells of one file, and makes no plan for --output to write";
            return Err(Failure::usage(message));
        }
        return why::why(path, options, context);
    }
    let plan = match &arguments.phase {
        PlanPhase::Ingest(options) => {
            let card = Card::of(&options.directories, context)?;
            card.tell();
            ingest::plan(options, &card)?
        }
        PlanPhase::Crawl(options) => crawl::plan(options, context)?,
        PlanPhase::Dedupe(DedupePlan { options, .. }) => plan_dedupe(options, context)?,
        PlanPhase::Validate => validate::plan(context)?,
        PlanPhase::Archive(options) => archive::plan(options, context)?,
        PlanPhase::Undo { run } => plan_undo(run.as_ref(), &Past::of(context)?)?.0,
    };
    match &arguments.output {
        Some(file) => named_file::write(file, |out| plan_file::write(&plan, out))?,
        None => context.output.data(|out| plan_file::write(&plan, out))?,
    }
    // Where nobody listens, it is not even made.
    let summary = fmt::from_fn(|f| f.write_str(show::summary(&plan).trim_end()));
    context.output.note(summary);
    if let Some(file) = &arguments.output {
        let file = Escaped::path(file);
        context.output.note(format_args!("wrote {file}"));
    }
    let exit = if plan.is_in_trouble() {
        Exit::LeftOut
    } else if arguments.detailed_exitcode && plan.has_work() {
        Exit::HasWork
    } else {
        Exit::Done
    };
    // The program ends here, and the kernel takes all memory back at once; path by path, it would
    // take as long as some phases do.
    std::mem::forget(plan);
    Ok(exit)
}

/// The plan that leaves each content in media at most once.
///
/// # Errors
/// Where a tree was never indexed, or an index is damaged.
pub fn plan_dedupe(options: &DedupeOptions, context: &Context) -> Result<Plan, Failure> {
    let indexes = library::index_files(context)?;
    let state = dedupe_state(options, context, &indexes)?;
    Ok(dedupe::plan(&state)?)
}

/// What dedupe decides by.
///
/// # Errors
/// Where a tree is missing, an index is damaged, or `options` name what is in no tree.
pub fn dedupe_state<'i>(
    options: &DedupeOptions,
    context: &Context,
    indexes: &'i IndexFiles,
) -> Result<State<'i>, Failure> {
    require(context.layout(), &Tree::INDEXED)?;
    let mut state = library::state(context, indexes)?;
    state.settings = dedupe_settings(options, context)?;
    state.taken = names::taken(context.layout().dir(Tree::Duplicates), None)?;
    Ok(state)
}

/// What of the configuration and of `options` is not as it is by default.
fn dedupe_settings(options: &DedupeOptions, context: &Context) -> Result<Settings, Failure> {
    let DedupeSettings {
        bundles,
        keep,
        prefer,
    } = &context.configuration.dedupe;
    let keep = options.keep.unwrap_or(*keep);
    let named = |directories: &[OsString]| {
        let named = directories.iter();
        let named = named.map(|dir| directory_of_media(dir, Path::new(""), context.layout()));
        named.collect::<Result<Vec<_>, _>>()
    };
    let preferred = named(&options.prefer)?;
    let mut only = named(&options.only)?;
    only.sort();
    only.dedup();
    Ok(Settings {
        bundles: (!bundles).then_some(false),
        keep: (keep != Keep::First).then_some(keep),
        prefer: if preferred.is_empty() {
            prefer.clone()
        } else {
            preferred
        },
        only,
        min_size: options.min_size,
        ..Settings::default()
    })
}

/// The plan that takes back `run`, or the newest one that stands; and the runs that it was made of.
///
/// # Errors
/// Where there is no such run, or nothing of it stands.
pub fn plan_undo(run: Option<&RunId>, past: &Past) -> Result<(Plan, Vec<Run>), Failure> {
    let mut state = State::unknown(library::now());
    state.runs = match run {
        Some(run) => past.with_undos(run)?,
        None => past.newest_standing()?,
    };
    state.settings.run = run.cloned();
    Ok((undo::plan(&state)?, state.runs))
}

impl From<DedupeError> for Failure {
    fn from(error: DedupeError) -> Self {
        let failure = Failure::refused(error.to_string());
        match error {
            DedupeError::NotIndexed(_) => failure.hint("`mediastruct crawl` indexes it"),
            DedupeError::NoName(_) => failure.hint("empty duplicates, or move some of it away"),
            DedupeError::UnequalSizes(..) | DedupeError::Unlawful(_) => {
                failure.hint("`mediastruct crawl --force` reads every file again")
            }
        }
    }
}

impl From<UndoError> for Failure {
    fn from(error: UndoError) -> Self {
        let message = error.to_string();
        match error {
            UndoError::Unknown(_) => {
                Failure::usage(message).hint("`mediastruct history` lists the runs")
            }
            UndoError::Unfinished(_) => Failure::new(Exit::Unfinished, message)
                .hint("`mediastruct recover` finishes it, or takes it back"),
            UndoError::NoRun
            | UndoError::RolledBack(_)
            | UndoError::Undone(_)
            | UndoError::Unlawful(..) => Failure::refused(message),
        }
    }
}

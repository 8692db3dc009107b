//! `crawl` and `plan crawl` as commands.

use super::{Error, Request};
use crate::cli::args::CrawlOptions;
use crate::cli::context::{Context, require, targets};
use crate::cli::failure::{Exit, Failure};
use crate::cli::library;
use crate::cli::output::Output;
use crate::cli::past::Past;
use crate::disk::interrupt::Watch;
use crate::disk::monitor::Unwatched;
use crate::disk::trees::Trees;
use crate::model::exclude::Excludes;
use crate::model::path::Escaped;
use crate::model::plan::Plan;
use crate::model::tree::Tree;
use crate::phase::crawl as phase;
use std::sync::OnceLock;

/// Crawls what `options` name.
///
/// # Errors
/// Where another process is at work, a run is unfinished, or an index cannot be read or written.
pub fn command(options: &CrawlOptions, context: &Context) -> Result<Exit, Failure> {
    let request = request(options, context)?;
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    Past::of(context)?.refuse_unfinished()?;
    let known = library::index_files(context)?;
    for (path, kept) in known.keep_originals()? {
        context.output.note(format_args!(
            "{} is of the original mediastruct, whose hashes are of another kind: it is kept as {}, \
             and every file is hashed once",
            Escaped::path(path),
            Escaped::path(&kept)
        ));
    }
    let output = context.output;
    // It is asked for the first time when there will be something to keep; until then, a signal ends
    // the process at once.
    let watch = OnceLock::new();
    let begin = || Watch::begin(move || tell_interrupted(output));
    let interrupted = || watch.get_or_init(begin).is_interrupted();
    let report = super::crawl(&request, &known, &interrupted, &output.progress())?;
    if watch.get().is_some_and(Watch::is_interrupted) {
        context
            .output
            .note("all was hashed by then: the crawl is finished");
    }
    context.output.note(report.to_string().trim_end());
    if report.left_out() {
        return Ok(Exit::LeftOut);
    }
    Ok(Exit::Done)
}

fn tell_interrupted(output: Output) {
    tracing::warn!("Interrupted");
    output.break_line();
    output.note("interrupted: ending after the files in hand (again to stop at once)");
}

/// What crawling would hash.
///
/// # Errors
/// Where a tree is missing or an index cannot be read.
pub fn plan(options: &CrawlOptions, context: &Context) -> Result<Plan, Failure> {
    let request = request(options, context)?;
    let known = library::index_files(context)?;
    let surveyed = super::survey(&request, &known, &Unwatched)?;
    Ok(phase::plan(&surveyed.state))
}

fn request<'c>(options: &CrawlOptions, context: &'c Context) -> Result<Request<'c>, Failure> {
    require(context.layout(), &Tree::INDEXED)?;
    let settings = &context.configuration.crawl;
    let patterns = settings.exclude.iter().chain(&options.exclude).cloned();
    let excludes = Excludes::new(patterns).map_err(|e| Failure::usage(e.to_string()))?;
    let targets = targets(context.layout(), &options.directories)?;
    Ok(Request {
        layout: context.layout(),
        force: options.force,
        incremental: options.incremental,
        max_age_days: settings.max_age_days,
        jobs: settings.jobs.get(),
        memory_percent: settings.memory.get(),
        disk: options.disk.unwrap_or(settings.disk),
        excludes,
        only: targets.into_iter().map(|t| (t.tree, t.unit)).collect(),
        now: library::now(),
    })
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Disk(error) => error.into(),
            Error::NoUnit(..) | Error::NotIndexed(_) => Failure::usage(error.to_string()),
            Error::Interrupted { .. } => Failure::failed(error.to_string())
                .hint("the same `mediastruct crawl` goes on from there"),
            Error::NoTree(..) | Error::Threads(_) => Failure::failed(error.to_string()),
        }
    }
}

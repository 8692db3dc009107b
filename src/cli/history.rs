//! `history` and `show RUN`: what was done, and what of it stands.

use super::args::{HistoryArguments, ShowArguments};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::human::{Bytes, Count, Things};
use super::past::Past;
use super::show;
use super::work::{Tense, short_words};
use crate::model::history::{Entry, HISTORY_FORMAT, History, Standing};
use crate::model::run::{Brief, RunId};
use crate::phase::history as phase;
use std::fmt::Write;

/// Lists the runs, newest first.
///
/// # Errors
/// Where one of them cannot be read or trusted.
pub fn history(arguments: &HistoryArguments, context: &Context) -> Result<Exit, Failure> {
    let past = Past::of(context)?;
    let limit = arguments.limit.map_or(usize::MAX, |limit| limit as usize);
    let shown: Vec<&Brief> = past.briefs.iter().rev().take(limit).collect();
    let whole = past.undone_among(&shown)?;
    let parked = past.parked(shown.iter().copied(), context)?;
    let entry = |run: &&Brief| {
        let parked = parked.get(&run.id).copied().unwrap_or_default();
        phase::entry(run, &whole, parked)
    };
    let history = History {
        format: HISTORY_FORMAT.to_owned(),
        runs: shown.iter().map(entry).collect(),
    };
    if arguments.json {
        context.output.json(&history)?;
    } else if past.briefs.is_empty() {
        context.output.note("there are no runs yet");
    } else {
        let text = list(&history.runs);
        context.output.data(|out| out.write_all(text.as_bytes()))?;
    }
    let more = past.briefs.len() - shown.len();
    if more > 0 {
        let more = Things(more as u64, "older run");
        context.output.note(format_args!("and {more}"));
    }
    Ok(Exit::Done)
}

/// The runs, one a line.
fn list(runs: &[Entry]) -> String {
    let did = runs.iter().map(did);
    let did: Vec<_> = did.collect();
    let width = did.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (entry, did) in runs.iter().zip(did) {
        let phase = entry.phase.to_string();
        let state = state(entry);
        let _ = writeln!(text, "{}  {phase:<8}  {did:<width$}  {state}", entry.run);
    }
    text
}

/// What a run did, or was to do, in short.
fn did(entry: &Entry) -> String {
    match entry.ended.is_some() && entry.state != Standing::RolledBack {
        true => short_words(&entry.work, Tense::Did),
        false => format!("to {}", short_words(&entry.work, Tense::Do)),
    }
}

/// How a run ended, and whether it stands, in words.
pub fn state(entry: &Entry) -> String {
    let mut text = match &entry.work.undoes {
        Some(run) => format!("of {run}, "),
        None => String::new(),
    };
    text += match entry.state {
        Standing::Unfinished => "unfinished",
        Standing::RolledBack => "rolled back",
        Standing::Applied | Standing::PartlyUndone => "applied",
        Standing::Undone => "undone",
    };
    if entry.state == Standing::PartlyUndone {
        let _ = write!(text, ", {} undone", Count(entry.taken_back));
    }
    let by: Vec<_> = entry.taken_back_by.iter().map(RunId::as_str).collect();
    if !by.is_empty() {
        let _ = write!(text, " by {}", by.join(", "));
    }
    if entry.parked.files > 0 {
        let files = Things(entry.parked.files, "file");
        let _ = write!(text, "; parked: {files}, {}", Bytes(entry.parked.bytes));
    }
    text
}

/// Shows the run `id`, as text, as JSON, or as a page of what it did.
///
/// # Errors
/// Where there is no such run, it cannot be read or trusted, or the page cannot be written.
pub fn show_run(id: &RunId, arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    let past = Past::of(context)?;
    let run = past.whole(id)?;
    let brief = Brief::from(&run);
    let whole = past.undone_among(&[&brief])?;
    let parked = past.parked([&brief], context)?;
    let parked = parked.get(id).copied().unwrap_or_default();
    if arguments.json {
        context.output.json(&phase::report(&run, &whole, parked))?;
        return Ok(Exit::Done);
    }
    let entry = phase::entry(&brief, &whole, parked);
    show::show(
        &show::run(&run, &entry),
        &run.plan,
        arguments,
        context.output,
    )
}

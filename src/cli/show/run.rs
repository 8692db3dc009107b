//! A run as text.

use super::summary::summary;
use crate::cli::human::{Bytes, Count, Things};
use crate::cli::terminal;
use crate::model::history::Entry;
use crate::model::run::{Outcome, Run, RunId};
use std::fmt::Write;

/// What a run is, when it was, how far it came, what became of it as `entry` has it, and what its
/// plan adds up to; names are escaped.
pub fn run(run: &Run, entry: &Entry) -> String {
    let progress = &run.progress;
    let mut text = format!("run {}\n\n", run.id);
    let _ = writeln!(text, "  phase     {}", progress.begin.phase);
    let _ = writeln!(text, "  begun     {}", progress.begin.at);
    let outcome = match &progress.end {
        Some(end) => {
            let _ = writeln!(text, "  ended     {}", end.at);
            match end.outcome {
                Outcome::Applied => "applied",
                Outcome::RolledBack => "rolled back",
            }
        }
        None => "unfinished; `mediastruct recover` finishes it or takes it back",
    };
    let _ = writeln!(text, "  outcome   {outcome}");
    let (done, all) = (run.tally(), &entry.work);
    for (verb, done, all, what) in [
        ("moved", done.moves, all.moves, "files"),
        ("wrote", done.writes, all.writes, "files"),
        ("made", done.makes, all.makes, "directories"),
        ("removed", done.prunes, all.prunes, "empty directories"),
    ] {
        if all > 0 {
            let (done, all) = (Count(done), Count(all));
            let _ = writeln!(text, "  {verb:<8}  {done} of {all} {what}");
        }
    }
    if entry.taken_back > 0 {
        let by: Vec<_> = entry.taken_back_by.iter().map(RunId::as_str).collect();
        let (some, by) = (Count(entry.taken_back), by.join(", "));
        let _ = writeln!(text, "  undone    {some} of these by {by}");
    }
    let parked = entry.parked;
    if parked.files > 0 {
        let (files, bytes) = (Things(parked.files, "file"), Bytes(parked.bytes));
        let _ = write!(text, "  parked    {files}, {bytes}");
        if run.is_applied() {
            let _ = write!(text, "; `mediastruct purge {}` frees them", run.id);
        }
        text.push('\n');
    }
    if let Some(why) = &progress.back {
        let _ = writeln!(text, "  turned back because {}", terminal::line(why));
    }
    for path in &progress.left {
        let _ = writeln!(text, "  left as it was: {path}");
    }
    text.push('\n');
    text.push_str(&summary(&run.plan));
    text
}

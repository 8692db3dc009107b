//! A run as text.

use super::summary::summary;
use crate::cli::human::{Bytes, Count, Things};
use crate::cli::terminal;
use crate::model::index::Totals;
use crate::model::run::{Outcome, Run};
use std::fmt::Write;

/// What a run is, when it was, how far it came, how much it has `parked` still, and what its plan
/// adds up to; names are escaped.
pub fn run(run: &Run, parked: Totals) -> String {
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
    let done = Count(run.done().count() as u64);
    let all = Count(run.plan.moves.len() as u64);
    let _ = writeln!(text, "  moved     {done} of {all} files");
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

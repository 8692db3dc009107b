//! `plan dedupe --why`: why one file stays or moves.

use super::args::DedupeOptions;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::human::Exactly;
use super::library;
use super::plan::dedupe_state;
use super::terminal;
use super::tree_path::tree_path;
use crate::model::path::TreePath;
use crate::phase::dedupe::{Explanation, explain};
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// Tells, on the standard output, why dedupe would move the file that `name` names, or not.
///
/// # Errors
/// Where there can be no plan, or no index knows the file.
pub fn why(name: &OsStr, options: &DedupeOptions, context: &Context) -> Result<Exit, Failure> {
    let path = tree_path(name, Path::new(""), context.layout())?;
    let indexes = library::index_files(context)?;
    let state = dedupe_state(options, context, &indexes)?;
    let Some(explanation) = explain(&state, &path)? else {
        return Err(unknown(&path));
    };
    let text = words(&explanation);
    context.output.data(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}

/// An explanation as text; names are escaped.
fn words(explanation: &Explanation) -> String {
    let Explanation {
        path,
        stamp,
        hash,
        verdict,
        copies,
        bundle,
        is_ambiguous,
        names,
    } = explanation;
    let mut text = format!("{path}\n  {}\n\n", terminal::line(verdict));
    let _ = writeln!(text, "  size        {}", Exactly(stamp.size));
    let _ = writeln!(text, "  modified    {}", stamp.modified);
    match hash {
        Some(hash) => {
            let _ = writeln!(text, "  hash        {hash}");
        }
        None => text.push_str("  hash        none\n"),
    }
    let copies = copies
        .iter()
        .map(|(copy, becomes)| format!("{copy}: {becomes}"));
    list(&mut text, "copies", copies);
    list(
        &mut text,
        "hard links",
        names.iter().map(ToString::to_string),
    );
    list(&mut text, "bundle", bundle.iter().map(ToString::to_string));
    if *is_ambiguous {
        text.push_str("  bundle      none: several files of one kind have this stem\n");
    }
    text
}

fn list(text: &mut String, heading: &str, lines: impl Iterator<Item = String>) {
    for (number, line) in lines.enumerate() {
        let heading = if number == 0 { heading } else { "" };
        let _ = writeln!(text, "  {heading:<10}  {line}");
    }
}

fn unknown(path: &TreePath<'_>) -> Failure {
    Failure::failed(format!("{path} is no file of an index"))
        .hint("dedupe knows the files of media/YYYY and archive/NN that `mediastruct crawl` found")
        .hint("links, special files and what is mediastruct's own are not among them")
}

//! `diff`: what differs between two plans.

use super::args::DiffArguments;
use super::failure::{Exit, Failure};
use super::human::{Exactly, Things};
use super::output::Output;
use super::plan_source::{read_plan, shown};
use super::show::reason;
use super::terminal;
use crate::model::path::TreePath;
use crate::model::plan::{Move, Plan, RawPlan};
use crate::model::plan_file;
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt::Write;
use std::path::Path;

/// Shows what differs between the two plans that `arguments` name.
///
/// # Errors
/// Where one cannot be read or breaks a law.
pub fn diff(arguments: &DiffArguments, output: Output) -> Result<Exit, Failure> {
    let DiffArguments { old, new, text } = arguments;
    if old == Path::new("-") && new == Path::new("-") {
        return Err(Failure::usage(
            "the standard input can be only one of the two plans",
        ));
    }
    let (before, after) = (read_plan(old)?, read_plan(new)?);
    let difference = if *text {
        unified(&before, &after, &shown(old), &shown(new))
    } else {
        operations(&before, &after)
    };
    output.data(|out| out.write_all(difference.as_bytes()))?;
    Ok(Exit::Done)
}

/// The operations that went (`-`), came (`+`) or changed (`~`), and what else differs; empty where
/// nothing does.
fn operations(old: &Plan, new: &Plan) -> String {
    let mut text = header(old, new);
    let mut moves = String::new();
    let (mut went, mut came, mut changed) = (Vec::new(), Vec::new(), 0);
    for pair in merge(&old.moves, &new.moves, |m| &m.from) {
        match pair {
            Pair::Old(m) => {
                went.push(m.size);
                let _ = writeln!(moves, "- {}\n    -> {}", m.from, m.to);
            }
            Pair::New(m) => {
                came.push(m.size);
                let _ = writeln!(
                    moves,
                    "+ {}\n    -> {}\n       {}",
                    m.from,
                    m.to,
                    reason(&m.why)
                );
            }
            Pair::Both(a, b) if a != b => {
                changed += 1;
                let _ = writeln!(moves, "~ {}", a.from);
                moves.push_str(&change_of(a, b));
            }
            Pair::Both(..) => {}
        }
    }
    if !moves.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        let sum = |sizes: &[u64]| Exactly(sizes.iter().fold(0, |a, b| a.saturating_add(*b)));
        let count = |sizes: &[u64]| Things(sizes.len() as u64, "move");
        let _ = writeln!(text, "{} went, {}", count(&went), sum(&went));
        let _ = writeln!(text, "{} came, {}", count(&came), sum(&came));
        let _ = writeln!(text, "{} changed\n", Things(changed, "move"));
        text.push_str(&moves);
    }
    let lists = lists(old, new);
    if !text.is_empty() && !lists.is_empty() {
        text.push('\n');
    }
    text + &lists
}

/// What differs but moves: phase, settings, basis.
fn header(old: &RawPlan, new: &RawPlan) -> String {
    let mut text = String::new();
    line(&mut text, "phase", &old.phase, &new.phase);
    line(&mut text, "settings", &old.settings, &new.settings);
    line(&mut text, "basis", &old.basis, &new.basis);
    text
}

fn line<T: Serialize + PartialEq>(text: &mut String, name: &str, old: &T, new: &T) {
    if old != new {
        let json = |value: &T| serde_json::to_string(value).unwrap_or_default();
        let _ = writeln!(text, "~ {name}: {} -> {}", json(old), json(new));
    }
}

fn change_of(old: &Move, new: &Move) -> String {
    let mut text = String::new();
    let mut differs = |name: &str, old: String, new: String| {
        if old != new {
            let _ = writeln!(text, "    {name}: {old}\n      -> {new}");
        }
    };
    differs("to", old.to.to_string(), new.to.to_string());
    differs("why", reason(&old.why), reason(&new.why));
    let bundle = |m: &Move| {
        m.bundle
            .as_ref()
            .map_or("none".to_owned(), ToString::to_string)
    };
    differs("bundle", bundle(old), bundle(new));
    differs(
        "size",
        Exactly(old.size).to_string(),
        Exactly(new.size).to_string(),
    );
    differs(
        "modified",
        old.modified.to_string(),
        new.modified.to_string(),
    );
    differs("hash", old.hash.to_string(), new.hash.to_string());
    text
}

/// What differs in the lists beside the moves.
fn lists(old: &RawPlan, new: &RawPlan) -> String {
    let mut text = String::new();
    let needs = merge(&old.needs, &new.needs, |n| &n.path);
    list(&mut text, "needs", needs, |n| n.path.to_string());
    let skipped = merge(&old.skipped, &new.skipped, |s| &s.path);
    list(&mut text, "left out", skipped, |s| {
        format!("{}: {}", s.path, terminal::line(&s.why))
    });
    let units = merge(&old.units, &new.units, |u| &u.unit);
    list(&mut text, "units", units, |u| {
        let json = serde_json::to_string(u).unwrap_or_default();
        terminal::line(&json)
    });
    let old_warnings = old.warnings.iter().filter(|w| !new.warnings.contains(w));
    let new_warnings = new.warnings.iter().filter(|w| !old.warnings.contains(w));
    let pairs = old_warnings
        .map(Pair::Old)
        .chain(new_warnings.map(Pair::New));
    list(&mut text, "warnings", pairs, |w| terminal::line(w));
    text
}

fn list<'p, T: PartialEq + 'p>(
    text: &mut String,
    heading: &str,
    pairs: impl Iterator<Item = Pair<'p, T>>,
    shown: impl Fn(&T) -> String,
) {
    let mut lines = String::new();
    for pair in pairs {
        let _ = match pair {
            Pair::Old(a) => writeln!(lines, "- {}", shown(a)),
            Pair::New(b) => writeln!(lines, "+ {}", shown(b)),
            Pair::Both(a, b) if a != b => writeln!(lines, "~ {}\n    -> {}", shown(a), shown(b)),
            Pair::Both(..) => Ok(()),
        };
    }
    if !lines.is_empty() {
        let parted = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{parted}{heading}\n{lines}");
    }
}

/// An item of two sorted lists: in one of them, or in both.
enum Pair<'p, T> {
    Old(&'p T),
    New(&'p T),
    Both(&'p T, &'p T),
}

fn merge<'p, T, K>(old: &'p [T], new: &'p [T], key: K) -> impl Iterator<Item = Pair<'p, T>>
where
    K: Fn(&T) -> &TreePath<'static>,
{
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) => key(a).cmp(key(b)),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => old.next().map(Pair::Old),
            Ordering::Greater => new.next().map(Pair::New),
            Ordering::Equal => old.next().zip(new.next()).map(|(a, b)| Pair::Both(a, b)),
        }
    })
}

/// A unified diff of the two canonical texts, safe to show.
fn unified(old: &Plan, new: &Plan, old_name: &str, new_name: &str) -> String {
    let text = |plan| String::from_utf8_lossy(&plan_file::text(plan)).into_owned();
    let (before, after) = (text(old), text(new));
    let diff = similar::TextDiff::from_lines(&before, &after);
    let diff = diff.unified_diff().header(old_name, new_name).to_string();
    let mut safe = String::with_capacity(diff.len());
    for line in diff.lines() {
        safe.push_str(&terminal::line(line));
        safe.push('\n');
    }
    safe
}

#[cfg(test)]
mod tests;

//! The report of a crawl, as people read it.

use crate::cli::human::{Bytes, Count, Things};
use crate::cli::table::{Column, table};
use crate::model::path::{Escaped, TreePath};
use crate::model::plan::UnitAction;
use crate::phase::crawl::{Report, UnitReport};
use std::collections::BTreeMap;
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, hashed) = (self.totals(), self.hashed());
        let (files, bytes) = (Things(all.files, "file"), Bytes(all.bytes));
        write!(f, "indexed {files}, {bytes}; ")?;
        let (files, bytes) = (Things(hashed.files, "file"), Bytes(hashed.bytes));
        writeln!(f, "hashed {files}, {bytes}")?;
        if self.taken_over.files > 0 {
            let files = Things(self.taken_over.files, "file");
            writeln!(f, "{files} of those by the crawl that was interrupted")?;
        }
        if let Some(why) = &self.unkept {
            let told = "nothing was kept for the case of an interruption, and nothing taken over";
            writeln!(f, "{told}: {why}; move it away")?;
        }
        if !self.units.is_empty() {
            f.write_str(&units(&self.units))?;
        }
        let named = |f: &mut _, what: &str, paths: &[TreePath<'_>]| {
            let paths = paths.iter().map(|path| (path, None));
            list(f, what, paths.collect())
        };
        let with = |f: &mut _, what: &str, paths: &[(TreePath<'_>, String)]| {
            let paths = paths.iter().map(|(path, why)| (path, Some(why.as_str())));
            list(f, what, paths.collect())
        };
        let being = |f: &mut _, what: &str, paths: &[(TreePath<'_>, &str)]| {
            let paths = paths.iter().map(|(path, why)| (path, Some(*why)));
            list(f, what, paths.collect())
        };
        named(
            f,
            "BIT ROT: the bytes changed, size and modification time did not. Bring back a good \
             copy; or, if you made the change, touch the file and crawl again",
            &self.rot,
        )?;
        named(
            f,
            "gone from the archive as a whole. Bring the unit back; or, if it may go, make an \
             empty directory of its name and crawl again",
            &self.missing,
        )?;
        named(
            f,
            "gone, and their discs do not hold what the index had last, so that nothing of it is \
             believed to be on them. Bring the unit back as it was burned and crawl again; or, if \
             it may go, make an empty directory of its name and crawl again",
            &self.unheld,
        )?;
        being(
            f,
            "not on the disk as on the discs of their volume. Undo this, or burn the volume anew: \
             once it is gone from the disk, only discs count that hold it as the index had it last",
            &self.unlike,
        )?;
        with(f, "could not be read", &self.unread)?;
        with(f, "directories left out", &self.unreadable)?;
        with(f, "sidecar index not written", &self.unwritten)?;
        named(f, "files gone from the archive", &self.gone)?;
        named(
            f,
            "offline: on discs, and gone from the disk",
            &self.offline,
        )?;
        named(f, "gone from media as a whole", &self.vanished)?;
        named(f, "whole again, with the bytes of before", &self.healed)?;
        excluded(f, &self.excluded)?;
        being(f, "left out as a whole, as you asked", &self.left_alone)?;
        being(f, "not indexed, no regular file", &self.special)?;
        being(f, "not indexed, outside any unit", &self.strays)
    }
}

/// What was left out, by pattern.
fn excluded(f: &mut fmt::Formatter<'_>, patterns: &BTreeMap<String, u64>) -> fmt::Result {
    if patterns.is_empty() {
        return Ok(());
    }
    let all: u64 = patterns.values().sum();
    writeln!(f, "\n{}, left out as you asked:", Count(all))?;
    for (pattern, count) in patterns {
        writeln!(f, "  {}: {}", Escaped(pattern.as_bytes()), Count(*count))?;
    }
    Ok(())
}

/// A line for each unit: what was done with it, and why.
fn units(units: &[UnitReport]) -> String {
    let columns = [
        Column::Words("unit"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
        Column::Numbers("hashed"),
        Column::Words("changes"),
        Column::Words("why"),
    ];
    let rows = units.iter().map(|unit| {
        let plan = &unit.plan;
        let action = match plan.action {
            UnitAction::Reindex => "reindexed",
            UnitAction::Keep => "kept",
        };
        vec![
            plan.unit.to_string(),
            Count(plan.files).to_string(),
            Bytes(plan.bytes).to_string(),
            Count(plan.hash_files).to_string(),
            changes(unit),
            format!("{action}: {}", plan.why),
        ]
    });
    table(&columns, rows)
}

/// What is another than before in a unit.
fn changes(unit: &UnitReport) -> String {
    let changes = [
        (unit.new, "new"),
        (unit.changed, "changed"),
        (unit.gone, "gone"),
    ];
    let words: Vec<_> = changes
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", Count(count)))
        .collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    words.join(", ")
}

/// A heading with the number of paths, and the paths, each on a line; nothing where there are none.
fn list(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    paths: Vec<(&TreePath<'_>, Option<&str>)>,
) -> fmt::Result {
    if paths.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{}, {what}:", Count(paths.len() as u64))?;
    for (path, why) in paths {
        match why {
            Some(why) => writeln!(f, "  {path}: {why}")?,
            None => writeln!(f, "  {path}")?,
        }
    }
    Ok(())
}

//! The report of a crawl, as people read it.

use crate::model::path::TreePath;
use crate::model::plan::UnitAction;
use crate::phase::crawl::{Report, UnitReport};
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unit in &self.units {
            writeln!(f, "{unit}")?;
        }
        let (all, hashed) = (self.totals(), self.hashed());
        writeln!(
            f,
            "{} files, {} bytes; hashed {} files, {} bytes",
            all.files, all.bytes, hashed.files, hashed.bytes
        )?;
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
        with(f, "could not be read", &self.unread)?;
        with(f, "directories left out", &self.unreadable)?;
        with(f, "sidecar index not written", &self.unwritten)?;
        named(f, "files gone from the archive", &self.gone)?;
        named(f, "gone from media as a whole", &self.vanished)?;
        named(f, "whole again, with the bytes of before", &self.healed)?;
        being(f, "not indexed, in units", &self.special)?;
        being(f, "not indexed, outside units", &self.strays)
    }
}

impl fmt::Display for UnitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &self.plan;
        let action = match plan.action {
            UnitAction::Reindex => "reindexed",
            UnitAction::Keep => "kept",
        };
        write!(
            f,
            "{} {action}: {}; {} files, {} bytes; hashed {}",
            plan.unit, plan.why, plan.files, plan.bytes, plan.hash_files
        )?;
        let changes = [
            ("new", self.new),
            ("changed", self.changed),
            ("gone", self.gone),
        ];
        for (what, count) in changes.into_iter().filter(|(_, count)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        Ok(())
    }
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
    writeln!(f, "{}, {what}:", paths.len())?;
    for (path, why) in paths {
        match why {
            Some(why) => writeln!(f, "  {path}: {why}")?,
            None => writeln!(f, "  {path}")?,
        }
    }
    Ok(())
}

//! What must hold of the disk and the journal, whatever went wrong before.

use super::Trial;
use mediastruct::model::layout::Layout;
use mediastruct::model::run::Outcome;
use mediastruct::model::tree::Tree;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// All names in the trees: mode, owner, modification time of files, and content of files.
pub type Census = BTreeMap<String, (u32, u32, Option<(i64, i64)>, Vec<u8>)>;

/// Counts everything in the trees.
pub fn census(layout: &Layout) -> Result<Census, String> {
    let mut all = BTreeMap::new();
    for tree in Tree::ALL {
        for entry in walkdir::WalkDir::new(layout.dir(tree)) {
            let entry = entry.map_err(|e| format!("cannot walk: {e}"))?;
            let unreadable = |e: &dyn std::fmt::Display| format!("{:?}: {e}", entry.path());
            let meta = entry.metadata().map_err(|e| unreadable(&e))?;
            let rel = entry.path().strip_prefix(layout.dir(tree)).unwrap();
            let name = format!("{tree}/{}", rel.to_string_lossy());
            let (modified, content) = if meta.is_file() {
                let content = fs::read(entry.path()).map_err(|e| unreadable(&e))?;
                (Some((meta.mtime(), meta.mtime_nsec())), content)
            } else {
                (None, Vec::new())
            };
            all.insert(name, (meta.mode(), meta.uid(), modified, content));
        }
    }
    Ok(all)
}

impl Trial {
    /// Recovers the run on the disk that is mounted now, and says how, none where it was finished,
    /// or which law was broken before or after. `followed` tells whether the indexes followed the
    /// files before the crash.
    pub fn judge(&self, followed: bool) -> Result<Option<Outcome>, String> {
        let before = census(&self.layout)?;
        self.judge_crashed(&before)?;
        let recovered = match self.recover(false, followed, &|_| Ok(())) {
            Some(Ok(outcome)) => Some(outcome),
            Some(Err(error)) => {
                let places = differences(&self.census[0], &before);
                return Err(format!("recover fails: {error:?}; on the disk: {places}"));
            }
            None => None,
        };
        if self.recover(false, followed, &|_| Ok(())).is_some() {
            return Err("the run is unfinished after recover".to_owned());
        }
        let applied = self.last_run().is_some_and(|r| r.is_applied());
        if recovered.is_some_and(|r| (r == Outcome::Applied) != applied) {
            return Err(format!("recover says {recovered:?}, the journal does not"));
        }
        self.judge_settled()?;
        Ok(recovered)
    }

    /// Says where the disk is not as the finished run left it.
    pub fn judge_settled(&self) -> Result<(), String> {
        let run = self.last_run();
        let applied = run.is_some_and(|r| r.is_applied());
        let after = census(&self.layout)?;
        let places = differences(&self.census[usize::from(applied)], &after);
        if places.is_empty() {
            return Ok(());
        }
        let end = if applied { "end" } else { "start" };
        Err(format!("the disk is not as at the {end}: {places}"))
    }

    /// What holds of a disk right after the power failed.
    fn judge_crashed(&self, found: &Census) -> Result<(), String> {
        let run = self.last_run();
        let steps = run.iter().flat_map(|r| &r.progress.steps);
        let steps: Vec<_> = steps.collect();
        let goes_back = run.as_ref().is_some_and(|r| r.progress.back.is_some());
        let applied = run.as_ref().is_some_and(|r| r.is_applied());
        for (number, operation) in self.plan.moves.iter().enumerate() {
            let name = |path: &mediastruct::model::path::TreePath<'_>| {
                format!(
                    "{}/{}",
                    path.tree,
                    String::from_utf8_lossy(path.rel.as_bytes())
                )
            };
            let (from, to) = (name(&operation.from), name(&operation.to));
            let moved = match (found.get(&from), found.get(&to)) {
                (None, None) => return Err(format!("{from:?} is lost")),
                (Some(_), Some(_)) => return Err(format!("{from:?} is there twice")),
                (at_source, at_target) => {
                    if at_source.or(at_target) != self.census[0].get(&from) {
                        return Err(format!("{from:?} is not what it was"));
                    }
                    at_target.is_some()
                }
            };
            match steps.get(number) {
                None if moved => return Err(format!("{from:?} moved, and nobody intended it")),
                Some(mark) if mark.done && !moved && !goes_back => {
                    return Err(format!("{from:?} is recorded as done, and is not"));
                }
                _ if applied && !moved => {
                    return Err(format!("the run is applied, and {from:?} did not move"));
                }
                _ => {}
            }
        }
        let moves = |name: &String| name.starts_with("media/") || name.starts_with("duplicates/");
        let others = |c: &Census| -> Census {
            let others = c.iter().filter(|(name, _)| !moves(name));
            others.map(|(n, f)| (n.clone(), f.clone())).collect()
        };
        let others = differences(&others(&self.census[0]), &others(found));
        if others.is_empty() {
            Ok(())
        } else {
            Err(format!("the run has no business there: {others}"))
        }
    }
}

/// Where two censuses differ, in words; empty where they do not.
fn differences(wanted: &Census, found: &Census) -> String {
    let missing = wanted.keys().filter(|n| !found.contains_key(*n));
    let missing = missing.map(|name| format!("{name:?} is missing"));
    let others = found
        .iter()
        .filter_map(|(name, is)| match wanted.get(name) {
            None => Some(format!("{name:?} is new")),
            Some(was) if was != is => {
                let told = |f: &(u32, u32, Option<(i64, i64)>, Vec<u8>)| {
                    format!("{:o} of {}, from {:?}, {} bytes", f.0, f.1, f.2, f.3.len())
                };
                Some(format!("{name:?} was {} and is {}", told(was), told(is)))
            }
            Some(_) => None,
        });
    missing.chain(others).collect::<Vec<_>>().join(", ")
}

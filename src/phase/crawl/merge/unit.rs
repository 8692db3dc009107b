//! A unit that is on the disk: what was known of its files, and what reading them came to.

use super::super::{GONE_ALONE, believed, decide, is_wanted, unit_plan, with_known};
use super::burned::{CAME, CHANGED, Change, WENT};
use super::gone::unread;
use super::{Merging, borrowed};
use crate::model::digest::Digest;
use crate::model::index::{Entry, Reading, Stamp, Unit, Unread};
use crate::model::path::RelPath;
use crate::model::plan::UnitAction;
use crate::model::state::{Listed, UnitListing};
use crate::model::tree::Tree;
use crate::phase::crawl::UnitReport;

impl<'s> Merging<'_, 's> {
    /// Merges a unit, adding its entries to `entries`.
    pub(super) fn unit(&mut self, unit: &'s UnitListing, entries: &mut Vec<Entry<'s>>) -> Unit {
        let tree = self.listing.tree;
        let (action, _) = decide(self.state, tree, unit);
        let known = self.old.entries_of(&unit.name);
        let start = entries.len();
        let mut found = UnitReport {
            plan: unit_plan(self.state, tree, unit),
            new: 0,
            changed: 0,
            gone: 0,
        };
        let is_burned = self.is_burned(&unit.name);
        let mut changes = Vec::new();
        // As old as the oldest of its hashes: an interrupted crawl may have taken some before.
        let mut dated = self.state.now;
        for (listed, known) in with_known(&unit.files, known) {
            let reading = match is_wanted(action, listed, known) {
                true => self.readings.next(),
                false => None,
            };
            if let Some(Reading::Before(_, begun)) = &reading {
                dated = dated.min(*begun);
            }
            let entry = self.entry(listed, known, reading);
            match known {
                None => {
                    found.new += 1;
                    if is_burned {
                        changes.push((self.path(&listed.path), CAME));
                    }
                }
                Some(known) => {
                    if is_burned && entry.hash.is_ok() && entry.remembered() != known.remembered() {
                        changes.push((self.path(&listed.path), CHANGED));
                    }
                    let (was, is) = (believed(known), believed(&entry));
                    found.changed += u64::from(is.is_some() && was.is_some() && was != is);
                }
            }
            entries.push(entry);
        }
        self.unlisted(unit, known, entries, &mut changes);
        found.gone = changes.iter().filter(|(_, what)| *what == WENT).count() as u64;
        entries[start..].sort_by(|a, b| a.path.cmp(&b.path));
        self.tell(&unit.name, entries, start, changes);
        let entries = &entries[start..];
        let old = self.old.unit(&unit.name);
        let same = entries == known;
        let indexed = match (tree, action, &unit.sidecar, old.and_then(|u| u.indexed)) {
            (Tree::Archive, UnitAction::Keep, Some(Ok(head)), _) => head.timestamp,
            (Tree::Archive, ..) => dated,
            (_, UnitAction::Keep, _, Some(old)) => old,
            (_, UnitAction::Reindex, _, Some(old)) if same => old,
            _ => dated,
        };
        self.report.units.push(found);
        Unit::of(&unit.name, Some(indexed), entries)
    }

    /// The entry of a file that is there; `reading` is what came of hashing it, if that was done.
    fn entry(
        &mut self,
        listed: &'s Listed,
        known: Option<&Entry<'_>>,
        reading: Option<Reading>,
    ) -> Entry<'s> {
        let path = listed.path.borrowed();
        let (hash, stamp) = match reading {
            Some(Reading::Same(digest) | Reading::Before(digest, _)) => (
                self.judge(listed, known, digest, &listed.stamp),
                listed.stamp.remembered(self.state.now),
            ),
            Some(Reading::Changed(changed)) => {
                let (digest, stamp) = *changed;
                let hash = self.judge(listed, known, digest, &stamp);
                (hash, stamp.remembered(self.state.now))
            }
            Some(Reading::Failed(why)) => {
                self.report.unread.push((self.path(&path), why.to_string()));
                (Err(unread(&why, known, &listed.stamp)), listed.stamp)
            }
            None => {
                let hash = known.and_then(believed);
                let unread = || unread("it was not read", known, &listed.stamp);
                (hash.ok_or_else(unread), listed.stamp)
            }
        };
        Entry { path, hash, stamp }
    }

    /// What a hash means for a file of which an older one may be known.
    fn judge(
        &mut self,
        listed: &Listed,
        known: Option<&Entry<'_>>,
        digest: Digest,
        stamp: &Stamp,
    ) -> Result<Digest, Box<Unread>> {
        let Some(known) = known else {
            return Ok(digest);
        };
        let Some(was) = known.remembered() else {
            return Ok(digest);
        };
        if was != digest && known.stamp.same_content_as(stamp) {
            self.report.rot.push(self.path(&listed.path));
            let why = "bit rot: its bytes changed, and its size and modification time did not";
            return Err(Box::new(Unread {
                why: why.to_owned(),
                was: Some(was),
            }));
        }
        if was == digest && believed(known).is_none() {
            self.report.healed.push(self.path(&listed.path));
        }
        Ok(digest)
    }

    /// What becomes of known files that were not listed: those under a directory that cannot be
    /// read are kept without a hash, and so are those of a volume of which there are discs; those
    /// that are to be left out go, and the others are gone.
    fn unlisted(
        &mut self,
        unit: &'s UnitListing,
        known: &'s [Entry<'s>],
        entries: &mut Vec<Entry<'s>>,
        changes: &mut Vec<Change>,
    ) {
        let is_burned = self.is_burned(&unit.name);
        let mut listed = unit.files.iter().peekable();
        for known in known {
            let path = known.path.as_bytes();
            while listed.next_if(|l| l.path.as_bytes() < path).is_some() {}
            if listed.peek().is_some_and(|l| l.path.as_bytes() == path) {
                continue;
            }
            let hidden = |(dir, _): &&(RelPath<'_>, String)| known.path.starts_with(dir);
            if unit.is_excluded(&known.path) {
                continue;
            }
            if let Some((dir, why)) = unit.unreadable.iter().find(hidden) {
                let why = format!("{} cannot be read: {why}", self.path(dir));
                entries.push(Entry {
                    hash: Err(unread(&why, Some(known), &known.stamp)),
                    ..borrowed(known)
                });
                continue;
            }
            if is_burned {
                let hash = Err(unread(GONE_ALONE, Some(known), &known.stamp));
                let is_told = known.hash == hash;
                entries.push(Entry {
                    hash,
                    ..borrowed(known)
                });
                if is_told {
                    continue;
                }
            }
            changes.push((self.path(&known.path), WENT));
        }
    }
}

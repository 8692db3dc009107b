//! From what was known, listed and read to what is known now.

use super::report::{Report, UnitReport};
use super::{
    GONE, GONE_ALONE, believed, decide, gone_units, is_offline, is_on_disc, is_wanted, known_units,
    pattern, unit_path, unit_plan, with_known,
};
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Reading, Stamp, Totals, Unit, UnitState, Unread};
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::UnitAction;
use crate::model::state::{Listed, State, TreeListing, UnitListing};
use crate::model::time::Time;
use crate::model::tree::Tree;

mod burned;

use burned::{CAME, CHANGED, Change, WENT};

/// What becomes of what the index knows of a unit that is left out as a whole.
const FORGOTTEN: &str = "it is in the index no more";
const KNOWN_ON: &str = "what the index knew of it stays as it was";
const UNKNOWN: &str = "it is not in the index";

/// The state of the trees after a crawl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crawled<'s> {
    /// The trees that were looked at.
    pub trees: Vec<CrawledTree<'s>>,
    /// What was found.
    pub report: Report,
}

/// A tree after a crawl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawledTree<'s> {
    /// Its new index.
    pub index: Index<'s>,
    /// Whether that is another than before.
    pub changed: bool,
    /// The names of the units whose sidecar indexes are to be written.
    pub sidecars: Vec<String>,
}

/// The indexes that follow from the `readings` of the files that are wanted, in their order.
///
/// Where nothing changed, the index is the one of before, up to the time in it.
pub fn index<'s>(state: &'s State<'_>, readings: Vec<Reading>) -> Crawled<'s> {
    let mut readings = readings.into_iter();
    // A pattern that leaves nothing out is told, too: it may be misspelt.
    let patterns = state.settings.exclude.iter();
    let mut report = Report {
        excluded: patterns.map(|pattern| (pattern.clone(), 0)).collect(),
        ..Report::default()
    };
    let trees = state.listing.iter().map(|listing| {
        let merging = Merging {
            state,
            listing,
            old: state.index_of(listing.tree),
            readings: &mut readings,
            report: &mut report,
        };
        merging.tree()
    });
    Crawled {
        trees: trees.collect(),
        report,
    }
}

/// The index of the ingest tree, of which only the size is known.
pub fn ingest(old: &Index<'_>, totals: Totals, now: Time) -> Index<'static> {
    let unchanged = old.indexed.filter(|_| old.totals == totals);
    Index {
        indexed: unchanged.or(Some(now)),
        totals,
        ..Index::empty(Tree::Ingest)
    }
}

struct Merging<'m, 's> {
    state: &'s State<'s>,
    listing: &'s TreeListing,
    old: &'s Index<'s>,
    readings: &'m mut std::vec::IntoIter<Reading>,
    report: &'m mut Report,
}

impl<'s> Merging<'_, 's> {
    fn tree(mut self) -> CrawledTree<'s> {
        let mut new = Index::empty(self.listing.tree);
        new.entries.reserve(self.old.entries.len());
        let mut sidecars = Vec::new();
        let gone: Vec<&str> = gone_units(self.state, self.listing).collect();
        for name in self.names() {
            let found = self
                .listing
                .units
                .binary_search_by(|u| u.name.as_str().cmp(name));
            let old = self.old.unit(name);
            let unit = match (found, old) {
                (Ok(at), Some(old)) if self.is_offline(at) => self.gone_unit(old, &mut new.entries),
                (Ok(at), _) => {
                    let listed = &self.listing.units[at];
                    let unit = self.unit(listed, &mut new.entries);
                    if is_outdated(listed, &unit) {
                        sidecars.push(name.to_owned());
                    }
                    Some(unit)
                }
                (Err(_), Some(old)) if gone.contains(&name) => {
                    self.gone_unit(old, &mut new.entries)
                }
                (Err(_), _) if self.is_dropped(name) => None,
                (Err(_), old) => {
                    let entries = self.old.entries_of(name);
                    new.entries.extend(entries.iter().map(borrowed));
                    old.cloned()
                }
            };
            new.units.extend(unit);
        }
        self.list_the_rest();
        new.totals = new.entries.iter().collect();
        let changed = self.old.indexed.is_none()
            || (&new.units, &new.entries) != (&self.old.units, &self.old.entries);
        new.indexed = match changed {
            true => Some(self.state.now),
            false => self.old.indexed,
        };
        CrawledTree {
            index: new,
            changed,
            sidecars,
        }
    }

    /// Whether the index is to forget a unit that is left out as a whole. What it knows of the archive
    /// may be on discs by now, and stays.
    fn is_dropped(&self, unit: &str) -> bool {
        self.listing.tree != Tree::Archive && self.listing.is_excluded(unit)
    }

    /// Whether nothing is left of the listed unit of that number on the disk, and discs hold it.
    fn is_offline(&self, at: usize) -> bool {
        let unit = &self.listing.units[at];
        is_offline(self.state, self.listing.tree, unit)
    }

    /// The names of all units, known or listed, in order.
    fn names(&self) -> Vec<&'s str> {
        let known = known_units(self.old);
        let listed = self.listing.units.iter().map(|u| u.name.as_str());
        let mut names: Vec<&str> = known.chain(listed).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Merges a unit, adding its entries to `entries`.
    fn unit(&mut self, unit: &'s UnitListing, entries: &mut Vec<Entry<'s>>) -> Unit {
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

    /// What becomes of a unit that is gone. The archive's files are known on: where a disc holds them
    /// all as they were known, they keep their hashes, and otherwise those are remembered.
    fn gone_unit(&mut self, unit: &Unit, entries: &mut Vec<Entry<'s>>) -> Option<Unit> {
        let path = unit_path(self.listing.tree, &unit.unit);
        let known = self.old.entries_of(&unit.unit);
        if self.listing.tree != Tree::Archive {
            self.report.vanished.push(path);
            return None;
        }
        if known.is_empty() {
            return None;
        }
        let is_on_disc = is_on_disc(self.state, &unit.unit);
        let (state, told) = match (is_on_disc, self.is_burned(&unit.unit)) {
            (true, _) => (UnitState::Offline, &mut self.report.offline),
            (false, true) => (UnitState::Missing, &mut self.report.unheld),
            (false, false) => (UnitState::Missing, &mut self.report.missing),
        };
        told.push(path);
        let start = entries.len();
        for known in known {
            let hash = match believed(known) {
                Some(digest) if is_on_disc => Ok(digest),
                Some(_) => Err(unread(GONE, Some(known), &known.stamp)),
                None => known.hash.clone(),
            };
            entries.push(Entry {
                hash,
                ..borrowed(known)
            });
        }
        Some(Unit {
            state,
            ..Unit::of(&unit.unit, unit.indexed, &entries[start..])
        })
    }

    /// Reports what is no regular file in a unit.
    fn list_the_rest(&mut self) {
        let tree = self.listing.tree;
        let path = |path: &RelPath<'_>| TreePath::new(tree, path.clone().into_owned());
        for unit in &self.listing.units {
            let unreadable = unit.unreadable.iter();
            let unreadable = unreadable.map(|(dir, why)| (path(dir), why.clone()));
            self.report.unreadable.extend(unreadable);
            let special = unit.special.iter();
            self.report
                .special
                .extend(special.map(|(p, what)| (path(p), *what)));
        }
        let parts = self.listing.units.iter().flat_map(|unit| &unit.excluded);
        let parts = parts.map(|(_, number)| number);
        let wholes = self.listing.excluded.iter().map(|(_, number)| number);
        for number in parts.chain(wholes) {
            let pattern = pattern(self.state, *number).to_owned();
            *self.report.excluded.entry(pattern).or_default() += 1;
        }
        for (unit, _) in &self.listing.excluded {
            let what = match self.old.unit(unit) {
                Some(_) if self.is_dropped(unit) => FORGOTTEN,
                Some(_) => KNOWN_ON,
                None => UNKNOWN,
            };
            self.report.left_alone.push((unit_path(tree, unit), what));
        }
        let strays = self.listing.strays.iter();
        self.report
            .strays
            .extend(strays.map(|(p, what)| (path(p), *what)));
    }

    fn path(&self, path: &RelPath<'_>) -> TreePath<'static> {
        TreePath::new(self.listing.tree, path.clone().into_owned())
    }
}

/// Why a file with this stamp has no hash. The hash of other bytes than these is not remembered.
fn unread(why: &str, known: Option<&Entry<'_>>, stamp: &Stamp) -> Box<Unread> {
    let known = known.filter(|k| k.stamp.same_content_as(stamp));
    Box::new(Unread {
        why: why.to_owned(),
        was: known.and_then(Entry::remembered),
    })
}

fn borrowed<'s>(entry: &'s Entry<'s>) -> Entry<'s> {
    Entry {
        path: entry.path.borrowed(),
        hash: entry.hash.clone(),
        stamp: entry.stamp,
    }
}

/// Whether the sidecar index of a unit does not say what is known of it now.
fn is_outdated(listed: &UnitListing, unit: &Unit) -> bool {
    let Some(Ok(head)) = &listed.sidecar else {
        return true;
    };
    (head.digest, Some(head.timestamp)) != (unit.digest, unit.indexed)
}

//! From what was known, listed and read to what is known now.

use super::report::Report;
use super::{gone_units, is_offline, known_units, pattern, unit_path};
use crate::model::index::{Entry, Index, Reading, Totals, Unit};
use crate::model::path::{RelPath, TreePath};
use crate::model::state::{State, TreeListing, UnitListing};
use crate::model::time::Time;
use crate::model::tree::Tree;

mod burned;
mod gone;
mod unit;

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

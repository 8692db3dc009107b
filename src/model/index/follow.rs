//! How an index follows the files that a run moved.

use super::{Entry, Index, Stamp, Unit};
use crate::model::plan::{Move, Role};
use crate::model::tree::Tree;
use foldhash::HashSet;
use std::collections::BTreeSet;

/// A move that was carried out, and what is known of the file at its destination.
#[derive(Clone, Debug)]
pub struct Moved<'p> {
    /// The move.
    pub operation: &'p Move,
    /// What `stat` said of the file at `operation.to` when it was known to have the planned
    /// content; none where a person accepted whatever is there, of which the next crawl will tell.
    pub stamp: Option<Stamp>,
}

impl<'p> Moved<'p> {
    /// A move that is yet to be carried out, and what its plan tells of the file.
    pub fn planned(operation: &'p Move) -> Moved<'p> {
        Moved {
            operation,
            stamp: Some(Stamp {
                size: operation.size,
                modified: operation.modified,
                ..Stamp::default()
            }),
        }
    }
}

impl<'a> Index<'a> {
    /// This index after `moved` files took their new places: entries follow their files, out of
    /// this tree or into it.
    ///
    /// Doing it twice changes nothing more, so that recovering a run may do it again.
    pub fn after(mut self, moved: &[Moved<'_>]) -> Index<'a> {
        let tree = self.tree;
        let mut touched: BTreeSet<&[u8]> = BTreeSet::new();
        let mut gone: HashSet<&[u8]> = HashSet::default();
        let mut come: Vec<Entry<'a>> = Vec::new();
        for Moved { operation, stamp } in moved {
            if operation.from.tree == tree {
                touched.insert(operation.from.rel.first());
                gone.insert(operation.from.rel.as_bytes());
            }
            if operation.to.tree == tree && Tree::INDEXED.contains(&tree) {
                touched.insert(operation.to.rel.first());
                gone.insert(operation.to.rel.as_bytes());
                // The mark of a volume stands in no index, nor does what is put aside.
                let to = &operation.to;
                let is_ours = to.rel.is_ours() || Role::is_mark(to.tree, &to.rel);
                let stamp = stamp.filter(|_| !is_ours);
                come.extend(stamp.map(|stamp| Entry {
                    path: operation.to.rel.clone(),
                    hash: Ok(operation.hash),
                    stamp,
                }));
            }
        }
        if touched.is_empty() {
            return self;
        }
        self.entries.retain(|e| !gone.contains(e.path.as_bytes()));
        self.entries.append(&mut come);
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        self.recount(touched);
        self
    }

    /// Makes the totals true again, and those of the units whose names are `touched`.
    pub(super) fn recount<'n>(&mut self, touched: impl IntoIterator<Item = &'n [u8]>) {
        for name in touched {
            if !self.tree.is_unit_name(name) {
                continue;
            }
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            let indexed = self.unit(name).and_then(|u| u.indexed);
            let unit = Unit::of(name, indexed, self.entries_of(name));
            match self.units.binary_search_by(|u| u.unit.as_str().cmp(name)) {
                Ok(at) => self.units[at] = unit,
                Err(at) => self.units.insert(at, unit),
            }
        }
        self.totals = self.entries.iter().collect();
    }
}

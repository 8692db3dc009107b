//! Makes what a plan says of itself true again, as far as the plan can tell.

use crate::model::batches::runs;
use crate::model::image_size::{Node, sectors_of};
use crate::model::index::Totals;
use crate::model::path::TreePath;
use crate::model::plan::{Filled, RawPlan, Role, Summary, VolumePlan};
use crate::model::report::{Account, Remain, Remains, WholeDirectory};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// All that a plan says of itself.
type Report = (
    Option<Summary>,
    Vec<Account>,
    Vec<Remain>,
    Vec<WholeDirectory>,
    Vec<VolumePlan>,
);

impl RawPlan {
    /// Makes the report keys true, and says which were not. Moves and skipped files are sorted.
    pub(super) fn recompute(&mut self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.id.is_some_and(|id| id != self.identity()) {
            remarks.push("the plan was changed after it was made: its id is another".to_owned());
        }
        let told = self.report();
        self.recount();
        if self.id.is_some() && told.0.is_some() && told != self.report() {
            remarks.push("the summary did not add up to the plan, and was made anew".to_owned());
        }
        remarks
    }

    fn report(&self) -> Report {
        (
            self.summary.clone(),
            self.accounts.clone(),
            self.remains.clone(),
            self.directories.clone(),
            self.volumes.clone(),
        )
    }

    fn recount(&mut self) {
        let told = self.summary.take().unwrap_or_default();
        let kinds = runs(&self.moves, |a, b| a.why.kind() == b.why.kind());
        let kinds = kinds.iter().fold(BTreeMap::new(), |mut kinds, moves| {
            let kind = moves[0].why.kind().to_owned();
            *kinds.entry(kind).or_insert(0) += moves.len() as u64;
            kinds
        });
        let mut left = BTreeMap::new();
        for skip in &self.skipped {
            *left.entry(skip.kind).or_insert(0) += 1;
        }
        let (moves, skipped) = (self.moves.len() as u64, self.skipped.len() as u64);
        let sizes = self.moves.par_iter().map(|m| m.size);
        let bytes = sizes.reduce(|| 0, u64::saturating_add);
        self.recount_units();
        let seen = match &self.accounts[..] {
            [] => told.seen.max(moves + skipped),
            accounts => sum(accounts.iter().map(|a| a.seen)),
        };
        let kept = seen - moves - skipped;
        self.balance_remains(kept + skipped, told.bytes.saturating_sub(bytes));
        self.recount_directories();
        self.recount_volumes();
        self.summary = Some(Summary {
            seen,
            moves,
            bytes,
            kept,
            skipped,
            kinds,
            left,
        });
    }

    /// Makes the accounts add up, of a plan that has some: how many files were seen is all that is
    /// believed, where it can be.
    fn recount_units(&mut self) {
        if self.accounts.is_empty() {
            return;
        }
        let mut units: BTreeMap<TreePath<'static>, Account> = BTreeMap::new();
        let account = |units: &mut BTreeMap<_, Account>, unit: TreePath<'_>, seen: u64| {
            let unit = unit.into_owned();
            let new = || Account::of(unit.clone());
            let account = units.entry(unit.clone()).or_insert_with(new);
            account.seen = account.seen.max(seen);
        };
        for told in &self.accounts {
            account(&mut units, told.unit.unit(), told.seen);
        }
        for moves in runs(&self.moves, |a, b| a.from.unit() == b.from.unit()) {
            let unit = moves[0].from.unit();
            account(&mut units, unit.borrowed(), 0);
            if let Some(account) = units.get_mut(&unit.into_owned()) {
                account.moves = moves.len() as u64;
                account.bytes = sum(moves.iter().map(|m| m.size));
            }
        }
        for skipped in &self.skipped {
            account(&mut units, skipped.path.unit(), 0);
            if let Some(account) = units.get_mut(&skipped.path.unit().into_owned()) {
                account.skipped += 1;
            }
        }
        for account in units.values_mut() {
            let left = account.moves + account.skipped;
            // Beyond this, no number of files can be meant.
            account.seen = account.seen.clamp(left, left.max(1 << 40));
            account.kept = account.seen - left;
        }
        self.accounts = units.into_values().collect();
    }

    /// Makes what remains add up to `files`: moves that were taken out of the plan, of `bytes`
    /// bytes, remain too. Numbers that cannot be are forgotten.
    fn balance_remains(&mut self, files: u64, bytes: u64) {
        if self.remains.is_empty() {
            return;
        }
        let told = sum(self.remains.iter().map(|r| r.files));
        if told > files {
            self.remains.clear();
        } else if told < files {
            let taken_out = |r: &&mut Remain| r.why == Remains::TakenOut;
            let (files, why) = (files - told, Remains::TakenOut);
            match self.remains.iter_mut().find(taken_out) {
                Some(remain) => {
                    remain.files += files;
                    remain.bytes = remain.bytes.saturating_add(bytes);
                }
                None => self.remains.push(Remain { why, files, bytes }),
            }
        }
        self.remains.sort_by_key(|remain| remain.why);
    }

    /// Counts the files that come to each volume and the sectors that they take, and forgets the volumes
    /// with which nothing is done.
    fn recount_volumes(&mut self) {
        if self.volumes.is_empty() {
            return;
        }
        let mut volumes: BTreeMap<TreePath<'_>, Coming<'_>> = BTreeMap::new();
        for moves in runs(&self.moves, |a, b| a.to.unit() == b.to.unit()) {
            let volume = volumes.entry(moves[0].to.unit()).or_default();
            for operation in moves {
                volume.totals.add(operation.size);
                volume.files.push((&operation.to, operation.size));
            }
        }
        for write in &self.writes {
            let volume = volumes.entry(write.to.unit()).or_default();
            volume.is_new |= write.role == Role::Unburned && volume.totals.files > 0;
            volume.is_sealed |= write.role == Role::Manifest;
            if write.role.is_on_disc() {
                volume.files.push((&write.to, write.max_bytes));
            }
        }
        let capacity = self.settings.capacity();
        let mut told = BTreeSet::new();
        self.volumes.retain(|volume| {
            volumes.contains_key(&volume.volume) && told.insert(volume.volume.clone())
        });
        self.volumes.par_iter_mut().for_each(|told| {
            let Some(coming) = volumes.get(&told.volume) else {
                return;
            };
            (told.files, told.bytes) = (coming.totals.files, coming.totals.bytes);
            told.state = match coming.is_sealed {
                true => Filled::Unburned,
                false => Filled::Open,
            };
            told.capacity_sectors = capacity.unwrap_or(told.capacity_sectors);
            let sectors = coming.sectors();
            told.used_sectors = match coming.is_new && coming.is_sealed {
                true => sectors,
                // It holds something already, or will, of which the plan tells nothing.
                false => sectors.max(told.used_sectors),
            };
        });
    }

    /// A volume that gets fuller than it may be, in words.
    pub(super) fn overfull(&self) -> Option<String> {
        // Where nothing comes to it, sealing it says so.
        let is_over = |v: &&VolumePlan| v.files > 0 && v.used_sectors > v.capacity_sectors;
        let mut over = self.volumes.iter().filter(is_over);
        let VolumePlan {
            volume,
            used_sectors,
            capacity_sectors,
            ..
        } = over.next()?;
        let more = match over.count() {
            0 => String::new(),
            more => format!(", and {more} more are too full"),
        };
        Some(format!(
            "an image of {volume} takes up to {used_sectors} sectors, and the volume is to have \
             {capacity_sectors}{more}"
        ))
    }

    /// Forgets the directories of which some file does not move.
    fn recount_directories(&mut self) {
        self.directories.sort_by(|a, b| a.dir.cmp(&b.dir));
        let moves = &self.moves;
        self.directories.retain_mut(|directory| {
            let dir = &directory.dir;
            let beneath = [dir.rel.as_bytes(), b"/"].concat();
            let is_before = |path: &TreePath<'_>| {
                (path.tree, path.rel.as_bytes()) < (dir.tree, beneath.as_slice())
            };
            let is_in = |path: &TreePath<'_>| {
                path.tree == dir.tree && path.rel.as_bytes().starts_with(&beneath)
            };
            let start = moves.partition_point(|m| is_before(&m.from));
            let end = start + moves[start..].partition_point(|m| is_in(&m.from));
            directory.bytes = sum(moves[start..end].iter().map(|m| m.size));
            start < end && (end - start) as u64 == directory.files
        });
    }
}

/// What comes to a volume.
#[derive(Default)]
struct Coming<'p> {
    totals: Totals,
    /// The files, those of ours that go onto the disc included, and their bytes.
    files: Vec<(&'p TreePath<'static>, u64)>,
    /// Whether the plan opens the volume, so that nothing is in it yet.
    is_new: bool,
    is_sealed: bool,
}

impl<'p> Coming<'p> {
    /// The most sectors of an image of just these files.
    fn sectors(&self) -> u64 {
        let within = |path: &'p TreePath<'static>| {
            let volume = path.rel.ancestors().last()?;
            path.rel.strip_prefix(&volume)
        };
        let files = self.files.iter();
        let files = files.filter_map(|(path, size)| Some((within(path)?, Node::File(*size))));
        let files: Vec<_> = files.collect();
        sectors_of(files.iter().map(|(path, node)| (path, *node)))
    }
}

fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

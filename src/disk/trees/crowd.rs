//! Copying many files: several at once, and small ones made durable together.

use super::Trees;
use super::attributes::Ends;
use crate::disk::disks::{DiskKind, Disks};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{CopyWatch, Copying, Filesystem, Node};
use crate::disk::machine::{open_files, threads};
use crate::disk::unsynced;
use crate::model::tree::Tree;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// What became of a copy; nothing of one that was not begun.
type Made = Option<Result<Node, DiskError>>;

/// Bytes that are made durable together: to do so file by file took 0.6 ms each on ext4, more than all
/// the rest that is done for a small one.
const TOGETHER: u64 = 8 << 20;

/// Bytes of a file that becomes durable by itself where several copy at once: what makes others durable
/// with it waits for what the others are writing. Of 300 files of 3 MB, this took 0.9 of the time.
const ALONE: u64 = 1 << 20;

/// Copies that are open at most: of 5,000 files of 64 kB on ext4, 512 took 0.95 of the time of 192.
const OPEN: usize = 512;

/// Files that may be open besides copies, with their sources and their directories: the directories that
/// are kept open, those that are not durable yet, indexes and journals.
const OTHERS: usize = super::HANDLES + unsynced::HANDLES + 64;

/// Threads that copy, where there are no more cores: of each copy the most is to wait for the disk.
/// Measured on two cores and ext4: of 5,000 files of 64 kB, eight took 0.78 of the time of two.
const COPIERS: usize = 8;

impl Trees {
    /// Makes the copies of [`crate::disk::filesystem::Filesystem::copy_all`]: several at once, so that
    /// one is made while the disk writes another, but where a head would have to move between them.
    pub(super) fn copy_files(&self, copies: &[Copying<'_>], watch: &dyn CopyWatch) -> Vec<Made> {
        let is_failed = AtomicBool::new(false);
        let make = |group: &[Copying<'_>]| {
            if is_failed.load(Ordering::Relaxed) || !watch.wants_more() {
                return group.iter().map(|_| None).collect();
            }
            let made = self.copy_group(group, watch);
            let all_made = made.iter().all(|m| matches!(m, Some(Ok(_))));
            is_failed.fetch_or(!all_made, Ordering::Relaxed);
            made
        };
        let open = (open_files().saturating_sub(OTHERS) / 3).clamp(1, OPEN);
        let (copiers, alone) = match self.has_heads(copies) {
            true => (1, u64::MAX),
            false => (rayon::current_num_threads().max(COPIERS).min(open), ALONE),
        };
        let groups = groups(copies, open / copiers, alone);
        let pool = || {
            ThreadPoolBuilder::new()
                .num_threads(threads(copiers))
                .build()
        };
        let pool = (copiers > 1).then(pool).and_then(Result::ok);
        let made: Vec<Vec<Made>> = match pool {
            Some(pool) => {
                pool.install(|| groups.into_par_iter().with_max_len(1).map(make).collect())
            }
            None => groups.into_iter().map(make).collect(),
        };
        made.into_iter().flatten().collect()
    }

    /// Makes a few copies, which become durable together. Where one fails, those before it are made
    /// nevertheless: of some, the source may be gone by now.
    fn copy_group(&self, group: &[Copying<'_>], watch: &dyn CopyWatch) -> Vec<Made> {
        let mut made: Vec<Made> = group.iter().map(|_| None).collect();
        let mut fresh = Vec::with_capacity(group.len());
        for (copying, made) in group.iter().zip(&mut made) {
            let ends = Ends {
                from: &copying.from,
                to: &copying.to,
            };
            let progress = |bytes| watch.advance(0, bytes);
            match self.begin_copy(ends, copying.hash, copying.owner, &progress) {
                Ok(copy) => fresh.push(copy),
                Err(error) => {
                    *made = Some(Err(error));
                    break;
                }
            }
        }
        let is_together = fresh.len() > 1 && self.sync_together(&group[..fresh.len()]);
        for (copy, made) in fresh.into_iter().zip(&mut made) {
            let settled = match is_together {
                true => copy.draft.forget(),
                false => copy.draft.settle(),
            };
            let copied = settled.and_then(|()| copy.conclude());
            watch.advance(u64::from(copied.is_ok()), 0);
            *made = Some(copied);
        }
        made
    }

    /// Makes copies durable together, and says whether that could be done.
    fn sync_together(&self, group: &[Copying<'_>]) -> bool {
        let trees: BTreeSet<Tree> = group.iter().map(|copying| copying.to.tree).collect();
        if !trees.iter().all(|tree| self.syncs_whole(*tree)) {
            return false;
        }
        let roots = trees.into_iter().filter_map(|t| Some((t, self.handle(t)?)));
        let mut are_synced = true;
        for (tree, root) in roots {
            if let Err(errno) = rustix::fs::syncfs(&*root) {
                // It may have been about any file there, and the kernel tells it once.
                self.lock_unsynced().add_failure(tree, errno);
                are_synced = false;
            }
        }
        are_synced
    }

    /// Whether something is copied from or to a disk that rotates.
    fn has_heads(&self, copies: &[Copying<'_>]) -> bool {
        // All sources in a tree are on its file system, unless they are on a disc within it.
        let first = copies.first();
        let source = first.and_then(|copy| self.look(&copy.from).ok()?);
        let trees = copies.iter().flat_map(|c| [c.from.tree, c.to.tree]);
        let trees: BTreeSet<Tree> = trees.collect();
        let roots = trees.into_iter().filter_map(|tree| self.root(tree));
        let disks = Disks::new(DiskKind::Auto);
        roots.chain(source).any(|node| disks.rotates(&node))
    }
}

/// The copies parted into such as become durable together, no more than so many; one of `alone` bytes or
/// more does by itself.
fn groups<'c, 'p>(copies: &'c [Copying<'p>], most: usize, alone: u64) -> Vec<&'c [Copying<'p>]> {
    let mut groups = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (number, copying) in copies.iter().enumerate() {
        let more = if copying.size < alone {
            copying.size
        } else {
            TOGETHER
        };
        if number > first && (bytes + more > TOGETHER || number - first == most) {
            groups.push(&copies[first..number]);
            (first, bytes) = (number, 0);
        }
        bytes += more;
    }
    if first < copies.len() {
        groups.push(&copies[first..]);
    }
    groups
}

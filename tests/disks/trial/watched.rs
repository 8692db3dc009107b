//! The mover's disk and journal, watched at each step, in the right order or in a wrong one.

use super::{Moment, Order, Witness};
use mediastruct::disk::error::DiskError;
use mediastruct::disk::filesystem::{CopyWatch, Copying, Filesystem, Node, Owner, Room};
use mediastruct::disk::journal::{Journal, Ledger};
use mediastruct::disk::trees::Trees;
use mediastruct::model::digest::Digest;
use mediastruct::model::path::TreePath;
use mediastruct::model::run::{Record, TreeId};
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// The trees, and who watches what the mover does to them.
pub struct Watched<'w> {
    trees: Trees,
    witness: &'w Witness<'w>,
    order: Order,
    /// Whether files were renamed since the journal last said so.
    renamed: AtomicBool,
}

impl<'w> Watched<'w> {
    pub fn new(trees: Trees, witness: &'w Witness<'w>, order: Order) -> Watched<'w> {
        Watched {
            trees,
            witness,
            order,
            renamed: AtomicBool::new(false),
        }
    }

    pub fn identities(&self) -> Vec<TreeId> {
        self.trees.identities()
    }
}

impl Filesystem for Watched<'_> {
    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        (self.witness)(Moment::Renaming)?;
        self.trees.rename(from, to)?;
        self.renamed.store(true, Ordering::Relaxed);
        (self.witness)(Moment::Renamed)
    }

    fn make_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        (self.witness)(Moment::MakingDirectory)?;
        self.trees.make_directory(path, like)
    }

    fn sync(&self) -> Result<(), DiskError> {
        if self.order == Order::DoneBeforeSync && self.renamed.load(Ordering::Relaxed) {
            return Ok(());
        }
        (self.witness)(Moment::Syncing)?;
        self.trees.sync()?;
        (self.witness)(Moment::Synced)
    }

    fn look(&self, path: &TreePath<'_>) -> Result<Option<Node>, DiskError> {
        self.trees.look(path)
    }

    fn root(&self, tree: Tree) -> Option<Node> {
        self.trees.root(tree)
    }

    fn mount(&self, tree: Tree) -> Option<u64> {
        self.trees.mount(tree)
    }

    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError> {
        self.trees.hash(path)
    }

    fn dress_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        self.trees.dress_directory(path, like)
    }

    fn remove_directory(&self, path: &TreePath<'_>) -> Result<bool, DiskError> {
        self.trees.remove_directory(path)
    }

    fn link(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        self.trees.link(from, to)
    }

    fn put_aside(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        self.trees.put_aside(from, to)
    }

    fn copy(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        hash: Digest,
        owner: Owner,
        progress: &dyn Fn(u64),
    ) -> Result<Node, DiskError> {
        self.trees.copy(from, to, hash, owner, progress)
    }

    fn copy_all(
        &self,
        copies: &[Copying<'_>],
        watch: &dyn CopyWatch,
    ) -> Vec<Option<Result<Node, DiskError>>> {
        self.trees.copy_all(copies, watch)
    }

    fn may_give(&self, owner: (u32, u32)) -> bool {
        self.trees.may_give(owner)
    }

    fn write(&self, to: &TreePath<'_>, text: &[u8], modified: Time) -> Result<Node, DiskError> {
        self.trees.write(to, text, modified)
    }

    fn unlink(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        self.trees.unlink(path)
    }

    fn names(&self, path: &TreePath<'_>) -> Result<Vec<TreePath<'static>>, DiskError> {
        self.trees.names(path)
    }

    fn room(&self, path: &TreePath<'_>) -> Result<Room, DiskError> {
        self.trees.room(path)
    }

    fn folds(&self, tree: Tree, path: Option<&TreePath<'_>>) -> Result<bool, DiskError> {
        self.trees.folds(tree, path)
    }

    fn date_directory(&self, path: &TreePath<'_>, modified: Time) -> Result<(), DiskError> {
        self.trees.date_directory(path, modified)
    }

    fn mark(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        self.trees.mark(path)
    }

    fn refresh(&self) {
        self.trees.refresh();
    }
}

/// The journal, and who watches what the mover writes into it.
pub struct WatchedJournal<'w> {
    pub journal: Journal,
    pub path: PathBuf,
    pub trees: &'w Watched<'w>,
    /// Which kind of record came last.
    last: Option<Last>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Intent,
    Done,
    Other,
}

impl<'w> WatchedJournal<'w> {
    pub fn new(journal: Journal, path: PathBuf, trees: &'w Watched<'w>) -> WatchedJournal<'w> {
        WatchedJournal {
            journal,
            path,
            trees,
            last: None,
        }
    }

    fn length(&self) -> usize {
        std::fs::metadata(&self.path).map_or(0, |meta| meta.len() as usize)
    }
}

impl Ledger for WatchedJournal<'_> {
    fn append(&mut self, record: &Record) -> Result<(), DiskError> {
        (self.trees.witness)(Moment::Appending)?;
        self.journal.append(record)?;
        self.last = Some(match record {
            Record::Intent(_) => Last::Intent,
            Record::Done(_) => Last::Done,
            _ => Last::Other,
        });
        (self.trees.witness)(Moment::Appended(self.length()))
    }

    fn text(&mut self, number: usize) -> Result<Vec<u8>, DiskError> {
        self.journal.text(number)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let trees = self.trees;
        if trees.order == Order::JournalUnsynced && self.last == Some(Last::Intent) {
            return Ok(());
        }
        self.journal.sync()?;
        (trees.witness)(Moment::Durable(self.length()))?;
        if self.last == Some(Last::Done) {
            let renamed = trees.renamed.swap(false, Ordering::Relaxed);
            if trees.order == Order::DoneBeforeSync && renamed {
                trees.sync()?;
            }
        }
        Ok(())
    }
}

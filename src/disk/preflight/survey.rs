//! Holding each step of a plan against the disk.

mod destinations;
mod volumes;

use self::volumes::discs;
use super::{Kept, Undone, World};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Filesystem, Kind, Node, Room};
use crate::model::digest::Digest;
use crate::model::index::{Cursor, Reading, Stamp};
use crate::model::layout::Inner;
use crate::model::path::TreePath;
use crate::model::plan::{Directory, Need, Phase, Plan};
use crate::model::problem::{Fault, Problem};
use crate::model::run::{Run, Verify};
use crate::model::schedule::{Hop, Names, Step};
use crate::model::state::Listed;
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use foldhash::{HashMap, HashSet};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A plan that is being held against the disk.
pub(super) struct Survey<'s> {
    undone: Undone<'s>,
    filesystem: &'s dyn Filesystem,
    world: &'s World<'s>,
    verify: Verify,
    inner: [Vec<Inner>; 5],
    placed: HashMap<TreePath<'s>, Stamp>,
    taken_away: HashSet<&'s TreePath<'static>>,
    /// The volumes whose discs the plan leans on, and what tells that those hold them.
    discs: BTreeMap<&'s VolumeName, Option<Witness>>,
}

/// Where a file goes.
pub(super) enum Target {
    /// Nothing has to be copied.
    Near,
    /// It is copied to a file system with so much room.
    Copied(Tree, Room),
    /// It is written there, and takes so many bytes at most.
    Written(Tree, Room, u64),
}

/// What a plan states of a file, and what is known of it besides.
struct Claim<'p> {
    /// Where the file is now.
    path: &'p TreePath<'p>,
    /// Where it was when it was indexed.
    indexed: &'p TreePath<'p>,
    size: u64,
    modified: Time,
    hash: Digest,
}

/// The entries of both indexes, for whoever asks for files in the order of their paths.
pub(super) struct Indexed<'i> {
    archive: Cursor<'i, 'i>,
    media: Cursor<'i, 'i>,
}

impl<'s> Survey<'s> {
    /// A look at a plan, of which nothing has been looked at yet.
    pub(super) fn new(
        undone: Undone<'s>,
        filesystem: &'s dyn Filesystem,
        world: &'s World<'s>,
        verify: Verify,
    ) -> Survey<'s> {
        let (placed, taken_away) = rayon::join(|| placed(world.undone), || taken_away(&undone));
        Survey {
            undone,
            filesystem,
            world,
            verify,
            inner: Tree::ALL.map(|tree| world.layout.inner(tree)),
            placed,
            taken_away,
            discs: discs(undone.plan, world),
        }
    }

    /// Both indexes, to be asked.
    pub(super) fn indexed(&self) -> Indexed<'s> {
        Indexed {
            archive: self.world.archive.cursor(),
            media: self.world.media.cursor(),
        }
    }

    /// What an undo plan takes back and the undone run did not do, or another undo took back.
    pub(super) fn inverses(&self, plan: &Plan) -> Vec<Problem> {
        let run = match (plan.phase, &plan.settings.run) {
            (Phase::Undo, Some(run)) => run,
            _ => return Vec::new(),
        };
        let standing = &self.world.standing;
        let hops: HashMap<_, _> = standing
            .hops
            .iter()
            .map(|h| ((&h.to, &h.from), (h.size, h.modified, h.hash)))
            .collect();
        let moves = plan.moves.par_iter();
        let others = moves
            .filter(|m| hops.get(&(&m.from, &m.to)) != Some(&(m.size, m.modified, m.hash)))
            .map(|m| &m.from);
        let moves: Vec<_> = others.collect();
        let pruned: HashSet<_> = standing.pruned.iter().copied().collect();
        let made: HashSet<_> = standing.made.iter().copied().collect();
        let makes = plan.makes.iter().filter(|d| !pruned.contains(d));
        let prunes = plan.prunes.iter().filter(|d| !made.contains(d));
        let moves = moves.into_iter();
        moves
            .chain(makes.chain(prunes).map(|d| &d.dir))
            .map(|path| Problem::at(path, Fault::NotInJournal(run.clone())))
            .collect()
    }

    fn step(&self, at: usize) -> Step {
        self.undone.schedule.steps()[at]
    }

    /// The path that a problem with the source of a step is about.
    pub(super) fn from(&self, at: usize) -> &'s TreePath<'static> {
        self.step(at).ends(self.undone.plan).0
    }

    /// Where a file is that the plan needs, where it is as the plan says.
    pub(super) fn need(&self, need: &Need, indexed: &mut Indexed<'_>) -> Result<Kept, Fault> {
        if let Some(volume) = &need.offline {
            return self.on_discs(need, volume).map(|()| Kept::OnDiscs);
        }
        let claim = Claim {
            path: &need.path,
            indexed: &need.path,
            size: need.size,
            modified: need.modified,
            hash: need.hash,
        };
        let node = self.file(&claim, indexed);
        node.map(|node| Kept::OnDisk(node.stamp))
    }

    /// What a step takes away, where it is as the plan says.
    pub(super) fn source(
        &self,
        at: usize,
        indexed: &mut Indexed<'_>,
    ) -> Result<Option<Node>, Problem> {
        let step = self.step(at);
        let from = self.from(at);
        if let Step::Prune(number) = step {
            return self.directory(&self.undone.plan.prunes[number]).map(Some);
        }
        // It steps aside first, and that step is looked at too.
        let aside = self.undone.schedule.detour(step).map(|(aside, _)| aside);
        if aside.is_some_and(|a| a != at && self.undone.steps.binary_search(&a).is_ok()) {
            return Ok(None);
        }
        let run = self.undone.run;
        let hop = match (step, run) {
            (Step::Land(_), Some(run)) => step.hop(self.undone.plan, &Names::of(run)),
            (Step::Replace(number), _) => {
                let write = &self.undone.plan.writes[number];
                write.replaces.map(|replaced| Hop {
                    from: write.to.borrowed(),
                    to: write.to.borrowed(),
                    size: replaced.size,
                    modified: replaced.modified,
                    hash: replaced.hash,
                })
            }
            (step, _) => step
                .of_move()
                .map(|n| Hop::from(&self.undone.plan.moves[n])),
        };
        let Some(hop) = hop else {
            return Ok(None);
        };
        let claim = Claim {
            path: &hop.from,
            indexed: from,
            size: hop.size,
            modified: hop.modified,
            hash: hop.hash,
        };
        let found = self.file(&claim, indexed).and_then(|node| {
            // What is only read may be on any mount.
            if !matches!(step, Step::Copy(_)) {
                self.refuse_mount(claim.path, &node)?;
            }
            Ok(Some(node))
        });
        found.map_err(|fault| Problem::at(from, fault))
    }

    /// Refuses to act on what lies on a mount within a tree: `node` is there, at `path` or above.
    fn refuse_mount(&self, path: &TreePath<'_>, node: &Node) -> Result<(), Fault> {
        let root = self.filesystem.root(path.tree);
        match root.filter(|root| root.mount != node.mount) {
            Some(_) => Err(Fault::OnMount),
            None => Ok(()),
        }
    }

    /// The file that a claim is about, where it is as claimed.
    fn file(&self, claim: &Claim<'_>, indexed: &mut Indexed<'_>) -> Result<Node, Fault> {
        let path = claim.path;
        self.innermost(path)?;
        let node = self
            .filesystem
            .look(path)
            .map_err(|e| Fault::Unreachable(e.reason()))?
            .ok_or(Fault::Missing)?;
        if node.kind != Kind::File {
            return Err(Fault::NotAFile(node.kind.words()));
        }
        if let Some(change) = change((claim.size, claim.modified), &node.stamp) {
            return Err(Fault::Changed(change));
        }
        let known = self.known(claim, indexed)?;
        let is_known = known.is_some_and(|known| {
            // The number of a device may be another after a restart.
            known.changed == node.stamp.changed && known.inode == node.stamp.inode
        });
        let is_known = is_known || self.is_hashed(claim, &node);
        if is_known && self.verify == Verify::Stat {
            return Ok(node);
        }
        match self.filesystem.hash(path) {
            Ok(hash) if hash == claim.hash => Ok(node),
            Ok(_) => Err(Fault::OtherContent),
            Err(error) => Err(Fault::Unreachable(error.reason())),
        }
    }

    /// Whether the hash of a file was taken for a plan of ingest, and is that of the claim.
    fn is_hashed(&self, claim: &Claim<'_>, node: &Node) -> bool {
        let Some(notebook) = self.world.hashed else {
            return false;
        };
        let listed = Listed {
            path: claim.path.rel.clone().into_owned(),
            stamp: node.stamp,
        };
        let reading = notebook.reading(claim.path.tree, &listed);
        matches!(reading, Some(Reading::Before(hash, _)) if hash == claim.hash)
    }

    /// What was known of a file when its hash was taken, or when a run left it there.
    fn known(&self, claim: &Claim<'_>, indexed: &mut Indexed<'_>) -> Result<Option<Stamp>, Fault> {
        let path = claim.indexed;
        let entries = match path.tree {
            Tree::Archive => &mut indexed.archive,
            Tree::Media => &mut indexed.media,
            _ => return Ok(self.placed.get(path).copied()),
        };
        let Some(entry) = entries.get(&path.rel) else {
            // Files of ours stand in no index; the run that wrote them knows them.
            let placed = self.placed.get(path).copied();
            let is_write = self.undone.plan.writes.iter().any(|w| w.to == *path);
            return match placed {
                None if !is_write => Err(Fault::NotIndexed),
                placed => Ok(placed),
            };
        };
        if entry.digest() != Some(claim.hash) {
            return Err(Fault::IndexDiffers);
        }
        Ok(Some(entry.stamp))
    }

    /// A directory that is to go, where it is as the plan says, and holds only what goes before it.
    fn directory(&self, prune: &Directory) -> Result<Node, Problem> {
        let dir = &prune.dir;
        let problem = |fault| Problem::at(dir, fault);
        let unreachable = |e: DiskError| problem(Fault::Unreachable(e.reason()));
        self.innermost(dir).map_err(problem)?;
        let node = self.filesystem.look(dir).map_err(unreachable)?;
        let node = node.ok_or_else(|| problem(Fault::Missing))?;
        self.refuse_mount(dir, &node).map_err(problem)?;
        if node.kind != Kind::Directory {
            return Err(problem(Fault::NotADirectory(node.kind.words())));
        }
        if (node.mode, node.stamp.modified) != (prune.mode, prune.modified) && self.is_fresh() {
            let (is, was) = (node.stamp.modified, prune.modified);
            let change = if node.mode == prune.mode {
                format!("modified {is}, and {was} in the plan")
            } else {
                format!(
                    "its mode is {:o}, and {:o} in the plan",
                    node.mode, prune.mode
                )
            };
            return Err(problem(Fault::Changed(change)));
        }
        let names = self.filesystem.names(dir).map_err(unreachable)?;
        match names
            .into_iter()
            .find(|name| !self.taken_away.contains(name))
        {
            Some(name) => Err(problem(Fault::NotEmpty(name))),
            None => Ok(node),
        }
    }

    /// Whether nothing of the plan is done yet, so that directories are as they were.
    fn is_fresh(&self) -> bool {
        self.undone.run.is_none()
    }

    /// Refuses a path that lies in another tree, nested in the one that it names.
    fn innermost(&self, path: &TreePath<'_>) -> Result<(), Fault> {
        let inner = &self.inner[path.tree as usize];
        match inner.iter().find(|i| path.rel.starts_with(&i.prefix)) {
            Some(Inner {
                tree: Some(tree), ..
            }) => Err(Fault::InnerTree(*tree)),
            Some(Inner { tree: None, .. }) => Err(Fault::Ours),
            None => Ok(()),
        }
    }
}

/// Where an undone run left its files, and what `stat` said of them there.
fn placed(run: Option<&Run>) -> HashMap<TreePath<'_>, Stamp> {
    let done = run.into_iter().flat_map(Run::done);
    done.map(|(hop, stamp)| (hop.to, stamp)).collect()
}

/// The names that the plan takes files and directories away from.
fn taken_away<'u>(undone: &Undone<'u>) -> HashSet<&'u TreePath<'static>> {
    let plan = undone.plan;
    let moves = plan.moves.iter().map(|m| &m.from);
    let replaced = plan.writes.iter().filter(|w| w.replaces.is_some());
    let prunes = plan.prunes.iter().map(|p| &p.dir);
    moves.chain(replaced.map(|w| &w.to)).chain(prunes).collect()
}

/// How a file differs from the size and modification time that were claimed of it, in words.
fn change((size, modified): (u64, Time), found: &Stamp) -> Option<String> {
    if size != found.size {
        return Some(format!("{} bytes, and {size} in the plan", found.size));
    }
    if modified != found.modified {
        let is = found.modified;
        return Some(format!("modified {is}, and {modified} in the plan"));
    }
    None
}

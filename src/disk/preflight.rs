//! Whether a plan still fits the disk: all of it is looked at before anything moves.

use super::filesystem::{Filesystem, Kind, Node};
use crate::model::digest::Digest;
use crate::model::index::{Index, Stamp};
use crate::model::layout::{Inner, Layout};
use crate::model::path::TreePath;
use crate::model::plan::{Move, Phase, Plan};
use crate::model::problem::{Fault, Problem};
use crate::model::run::Run;
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::collections::HashMap;

/// What a plan is held against, besides the disk.
pub struct World<'w> {
    /// Where the trees are, and which lie in which.
    pub layout: &'w Layout,
    /// The index of the archive.
    pub archive: &'w Index<'w>,
    /// The index of media.
    pub media: &'w Index<'w>,
    /// For a plan to undo: the run that it takes back.
    pub undone: Option<&'w Run>,
    /// For a plan to undo: the moves of that run that stand; other undos took back the rest.
    pub standing: Vec<&'w Move>,
}

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// By kind, size and times; by content only where the inode changed since the index was made.
    Stat,
    /// By content, always.
    Hash,
}

/// A plan that fits the disk, and which files it was that fitted.
#[derive(Debug)]
pub struct Ready {
    /// What `stat` said of the source of each move that was looked at, in the plan's order.
    pub sources: Vec<Node>,
    /// What `stat` said of each file that the plan needs.
    pub needs: HashMap<TreePath<'static>, Stamp>,
}

/// What a plan states of a file, and what is known of it besides.
struct Claim<'p> {
    path: &'p TreePath<'static>,
    stamp: Stamp,
    hash: Digest,
}

/// Looks at everything that the plan would act on or lean on: the moves of these numbers, in order,
/// and all needs.
///
/// # Errors
/// All problems, in the plan's order.
pub fn preflight(
    plan: &Plan,
    numbers: &[usize],
    filesystem: &dyn Filesystem,
    world: &World<'_>,
    verify: Verify,
) -> Result<Ready, Vec<Problem>> {
    let moves: Vec<_> = numbers.iter().map(|number| &plan.moves[*number]).collect();
    let survey = Survey {
        filesystem,
        world,
        verify,
        inner: Tree::ALL.map(|tree| world.layout.inner(tree)),
        placed: placed(world.undone),
    };
    let mut problems = survey.inverses(plan);
    let mut needs = HashMap::with_capacity(plan.needs.len());
    let looked: Vec<_> = plan
        .needs
        .par_iter()
        .map(|need| {
            let stamp = Stamp {
                size: need.size,
                modified: need.modified,
                ..Stamp::default()
            };
            let path = &need.path;
            let hash = need.hash;
            survey.file(&Claim { path, stamp, hash })
        })
        .collect();
    for (need, looked) in plan.needs.iter().zip(looked) {
        match looked {
            Ok(node) => {
                needs.insert(need.path.clone(), node.stamp);
            }
            Err(fault) => problems.push(Problem::at(&need.path, fault)),
        }
    }
    let looked: Vec<_> = moves.par_iter().map(|m| survey.operation(m)).collect();
    let mut sources = Vec::with_capacity(moves.len());
    for (operation, looked) in moves.iter().zip(looked) {
        match looked {
            Ok(node) => {
                let keeper = operation.why.keeper();
                let link =
                    keeper.filter(|k| needs.get(k).is_some_and(|s| s.same_file_as(&node.stamp)));
                if let Some(keeper) = link {
                    let fault = Fault::SameFile(keeper.clone());
                    problems.push(Problem::at(&operation.from, fault));
                }
                sources.push(node);
            }
            Err(faults) => problems.extend(faults),
        }
    }
    if problems.is_empty() {
        Ok(Ready { sources, needs })
    } else {
        Err(problems)
    }
}

struct Survey<'s> {
    filesystem: &'s dyn Filesystem,
    world: &'s World<'s>,
    verify: Verify,
    inner: [Vec<Inner>; 5],
    placed: HashMap<&'s TreePath<'static>, Stamp>,
}

/// Where an undone run left its files, and what `stat` said of them there.
fn placed(run: Option<&Run>) -> HashMap<&TreePath<'static>, Stamp> {
    let done = run.into_iter().flat_map(Run::done);
    done.filter_map(|moved| Some((&moved.operation.to, moved.stamp?)))
        .collect()
}

impl Survey<'_> {
    /// The moves of an undo plan that no standing move of the undone run is the inverse of.
    fn inverses(&self, plan: &Plan) -> Vec<Problem> {
        let run = match (plan.phase, &plan.settings.run) {
            (Phase::Undo, Some(run)) => run,
            _ => return Vec::new(),
        };
        let standing: HashMap<_, _> = self
            .world
            .standing
            .iter()
            .map(|m| ((&m.to, &m.from), (m.size, m.modified, m.hash)))
            .collect();
        let foreign = plan
            .moves
            .iter()
            .filter(|m| standing.get(&(&m.from, &m.to)) != Some(&(m.size, m.modified, m.hash)));
        foreign
            .map(|m| Problem::at(&m.from, Fault::NotInJournal(run.clone())))
            .collect()
    }

    /// The source of a move, where both of its ends are as they must be.
    fn operation(&self, operation: &Move) -> Result<Node, Vec<Problem>> {
        let Move { from, to, .. } = operation;
        let stamp = Stamp {
            size: operation.size,
            modified: operation.modified,
            ..Stamp::default()
        };
        let claim = Claim {
            path: from,
            stamp,
            hash: operation.hash,
        };
        let source = self.file(&claim);
        let target = self.free(to, source.as_ref().ok());
        match (source, target) {
            (Ok(node), None) => Ok(node),
            (source, target) => {
                let source = source.err().map(|fault| Problem::at(from, fault));
                let target = target.map(|fault| Problem::at(to, fault));
                Err(source.into_iter().chain(target).collect())
            }
        }
    }

    /// The file that a claim is about, where it is as claimed.
    fn file(&self, claim: &Claim<'_>) -> Result<Node, Fault> {
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
        if let Some(change) = change(&claim.stamp, &node.stamp) {
            return Err(Fault::Changed(change));
        }
        let known = self.known(claim)?;
        let is_known = known.is_some_and(|known| {
            // The number of a device may be another after a restart.
            known.changed == node.stamp.changed && known.inode == node.stamp.inode
        });
        if is_known && self.verify == Verify::Stat {
            return Ok(node);
        }
        match self.filesystem.hash(path) {
            Ok(hash) if hash == claim.hash => Ok(node),
            Ok(_) => Err(Fault::OtherContent),
            Err(error) => Err(Fault::Unreachable(error.reason())),
        }
    }

    /// What was known of a file when its hash was taken, or when a run left it there.
    fn known(&self, claim: &Claim<'_>) -> Result<Option<Stamp>, Fault> {
        let index = match claim.path.tree {
            Tree::Archive => self.world.archive,
            Tree::Media => self.world.media,
            _ => return Ok(self.placed.get(claim.path).copied()),
        };
        let entry = index.get(&claim.path.rel).ok_or(Fault::NotIndexed)?;
        if entry.digest() != Some(claim.hash) {
            return Err(Fault::IndexDiffers);
        }
        Ok(Some(entry.stamp))
    }

    /// What stands in the way of a file at `path`, which comes from where `source` is.
    fn free(&self, path: &TreePath<'_>, source: Option<&Node>) -> Option<Fault> {
        if let Err(fault) = self.innermost(path) {
            return Some(fault);
        }
        match self.filesystem.look(path) {
            Ok(None) => {}
            Ok(Some(_)) => return Some(Fault::Occupied),
            Err(error) => return Some(Fault::Unreachable(error.reason())),
        }
        let above = self.directory_above(path).map(|node| node.mount);
        let mount = above.or_else(|| self.filesystem.mount(path.tree))?;
        let other = source.is_some_and(|s| s.mount != mount);
        other.then(|| Fault::OtherFileSystem(path.clone().into_owned()))
    }

    /// The nearest directory above `path` that exists.
    fn directory_above(&self, path: &TreePath<'_>) -> Option<Node> {
        for ancestor in path.rel.ancestors() {
            let ancestor = TreePath::new(path.tree, ancestor);
            if let Ok(Some(node)) = self.filesystem.look(&ancestor) {
                return Some(node);
            }
        }
        self.filesystem.root(path.tree)
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

/// How a file differs from what was claimed of it, in words.
fn change(claimed: &Stamp, found: &Stamp) -> Option<String> {
    if claimed.size != found.size {
        return Some(format!(
            "{} bytes, and {} in the plan",
            found.size, claimed.size
        ));
    }
    if claimed.modified != found.modified {
        let (is, was) = (found.modified, claimed.modified);
        return Some(format!("modified {is}, and {was} in the plan"));
    }
    None
}

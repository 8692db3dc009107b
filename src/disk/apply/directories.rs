//! The directories that a run makes for its files, and removes.

use super::{Mover, Stop};
use crate::disk::filesystem::{Kind, Node};
use crate::model::path::{RelPath, TreePath};
use crate::model::run::Record;
use crate::model::schedule::Step;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ops::Range;

/// Which directories the new ones above a path are to be like.
#[derive(Clone, Copy)]
enum Like<'p> {
    /// Those on the same height above the path where the file comes from.
    Above(&'p TreePath<'p>),
    /// The tree's own.
    Tree,
}

/// The directories above `to`, nearest first, each with the one on the same height above the path
/// that they are to be like, as long as there is one.
fn with_origins<'p>(
    to: &'p TreePath<'_>,
    like: Like<'p>,
) -> impl Iterator<Item = (RelPath<'p>, Option<RelPath<'p>>)> {
    let mut origins = match like {
        Like::Above(from) => Some(from.rel.ancestors()),
        Like::Tree => None,
    };
    let ancestors = to.rel.ancestors();
    ancestors.map(move |ancestor| (ancestor, origins.as_mut().and_then(Iterator::next)))
}

impl<'t> Mover<'t> {
    /// The directories that do not exist and that the files of these steps need, parents first; each
    /// with the directory on the same height above the source, where the file comes from: it is to
    /// have the permissions and the owner of that one.
    pub(super) fn missing_directories(
        &mut self,
        steps: Range<usize>,
    ) -> Result<Vec<(TreePath<'static>, Node)>, Stop> {
        let mut missing = Vec::new();
        for at in steps {
            let Some((to, like)) = self.needs_directories(at) else {
                continue;
            };
            self.add_missing(to, like, &mut missing)?;
            if let Step::Make(number) = self.schedule.steps()[at] {
                let make = &self.plan.makes[number];
                let like = Node {
                    mode: make.mode,
                    ..self.owner_above(&make.dir, &missing)?
                };
                self.there.insert(make.dir.clone());
                missing.push((make.dir.clone(), like));
            }
        }
        Ok(missing)
    }

    /// The directory above `path`, which is there or among the `missing` ones.
    fn owner_above(
        &self,
        path: &TreePath<'static>,
        missing: &[(TreePath<'static>, Node)],
    ) -> Result<Node, Stop> {
        let parent = path.parent();
        let soon = missing
            .iter()
            .rfind(|(dir, _)| Some(dir) == parent.as_ref());
        let above = match soon {
            Some((_, node)) => Some(*node),
            None => self.above(path)?,
        };
        above.ok_or_else(|| Stop::Changed(path.clone()))
    }

    /// The path above which a step needs directories, and what those are to be like.
    fn needs_directories(&self, at: usize) -> Option<(&'t TreePath<'static>, Like<'t>)> {
        let plan = self.plan;
        match self.schedule.steps()[at] {
            Step::Move(number) | Step::Copy(number) | Step::Land(number) => {
                let operation = &plan.moves[number];
                let like = if operation.from.rel.is_ours() {
                    Like::Tree
                } else {
                    Like::Above(&operation.from)
                };
                (!operation.to.rel.is_ours()).then_some((&operation.to, like))
            }
            Step::Write(number) => Some((&plan.writes[number].to, Like::Tree)),
            Step::Make(number) => Some((&plan.makes[number].dir, Like::Tree)),
            Step::Aside(_) | Step::Replace(_) | Step::Prune(_) => None,
        }
    }

    fn add_missing(
        &mut self,
        to: &TreePath<'_>,
        like: Like<'_>,
        missing: &mut Vec<(TreePath<'static>, Node)>,
    ) -> Result<(), Stop> {
        let mut chain = Vec::new();
        for (ancestor, origin) in with_origins(to, like) {
            let ancestor = TreePath::new(to.tree, ancestor.into_owned());
            if self.there.contains(&ancestor) {
                break;
            }
            let exists = self.tools.filesystem.look(&ancestor)?.is_some();
            self.there.insert(ancestor.clone());
            if exists {
                break;
            }
            let node = self.origin(to, like, origin)?;
            let node = node.ok_or_else(|| Stop::Changed(to.clone().into_owned()))?;
            chain.push((ancestor, node));
        }
        missing.extend(chain.into_iter().rev());
        Ok(())
    }

    /// Makes those directories that these steps need, of which the journal knows already.
    pub(in crate::disk) fn make_directories(
        &mut self,
        steps: impl Iterator<Item = usize>,
    ) -> Result<(), Stop> {
        for at in steps {
            let missing = self.missing_directories(at..at + 1)?;
            self.make_intended(missing)?;
        }
        Ok(())
    }

    /// Makes these directories, of which the journal knows already. What somebody else made
    /// meanwhile is not for the way back to remove, nor for an undo: the journal, which is all that
    /// they go by, is told so before anything else happens.
    pub(super) fn make_intended(
        &mut self,
        directories: Vec<(TreePath<'static>, Node)>,
    ) -> Result<(), Stop> {
        for (path, like) in directories {
            match self.tools.filesystem.make_directory(&path, &like) {
                Err(error) if error.is(Errno::EXIST) => self.found(path)?,
                made => made?,
            }
        }
        Ok(())
    }

    fn found(&mut self, directory: TreePath<'static>) -> Result<(), Stop> {
        let before = self.made.len();
        self.made.retain(|made| *made != directory);
        if self.made.len() == before {
            return Ok(());
        }
        let directories = vec![directory];
        self.tools.ledger.append(&Record::Found { directories })?;
        Ok(self.tools.ledger.sync()?)
    }

    /// Makes the directories in which a file at `path` was when the run began, like those above
    /// `like`.
    pub(super) fn make_directories_for(
        &mut self,
        path: &TreePath<'_>,
        like: &TreePath<'_>,
    ) -> Result<(), Stop> {
        if path.rel.is_ours() {
            return self.make_aside(path);
        }
        let mut missing = Vec::new();
        self.add_missing(path, Like::Above(like), &mut missing)?;
        for (path, like) in missing {
            self.tools.filesystem.make_directory(&path, &like)?;
        }
        Ok(())
    }

    /// Gives those directories that the run made, and that a kill left closed to others, the
    /// permissions and the owner that they were to have.
    pub(in crate::disk) fn dress_directories(&mut self) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        let mut nodes = BTreeMap::new();
        for at in 0..self.intended.len() {
            let Some((to, like)) = self.needs_directories(at) else {
                continue;
            };
            for (ancestor, origin) in with_origins(to, like) {
                let ancestor = TreePath::new(to.tree, ancestor);
                nodes.entry(ancestor).or_insert((to, like, origin));
            }
        }
        let makes = self.plan.makes.iter().map(|make| (&make.dir, make.mode));
        let makes: BTreeMap<_, _> = makes.collect();
        for directory in &self.made {
            let found = filesystem.look(directory)?;
            let is_closed = |n: &Node| n.kind == Kind::Directory && n.mode == 0o700;
            let Some(found) = found.filter(is_closed) else {
                continue;
            };
            let like = match (makes.get(directory), nodes.get(directory)) {
                (Some(mode), _) => Some(Node {
                    mode: *mode,
                    ..self.above(directory)?.unwrap_or(found)
                }),
                (None, Some((to, like, origin))) => self.origin(to, *like, origin.clone())?,
                (None, None) => None,
            };
            if let Some(like) = like {
                filesystem.dress_directory(directory, &like)?;
            }
        }
        Ok(())
    }

    /// What a new directory above `to` is to be like: the one `above` the source, or the tree's.
    fn origin(
        &self,
        to: &TreePath<'_>,
        like: Like<'_>,
        above: Option<RelPath<'_>>,
    ) -> Result<Option<Node>, Stop> {
        let filesystem = self.tools.filesystem;
        Ok(match (like, above) {
            (Like::Above(from), Some(rel)) => filesystem.look(&TreePath::new(from.tree, rel))?,
            (Like::Above(from), None) => filesystem.root(from.tree),
            (Like::Tree, _) => filesystem.root(to.tree),
        })
    }

    /// The nearest directory above `path` that exists.
    pub(super) fn above(&self, path: &TreePath<'_>) -> Result<Option<Node>, Stop> {
        let filesystem = self.tools.filesystem;
        for ancestor in path.rel.ancestors() {
            if let Some(node) = filesystem.look(&TreePath::new(path.tree, ancestor))? {
                return Ok(Some(node));
            }
        }
        Ok(filesystem.root(path.tree))
    }

    /// Removes those of the directories that are empty, the last first, and ours. One that is
    /// something else by now stays.
    pub(super) fn remove_directories(&mut self, directories: &[TreePath<'_>]) -> Result<(), Stop> {
        let asides = self.asides();
        for directory in directories.iter().rev().chain(&asides) {
            self.tools.filesystem.remove_directory(directory)?;
            self.there.remove(&directory.clone().into_owned());
        }
        self.sync()
    }
}

//! The directories that a run makes for its files, and removes.

use super::{Mover, Stop};
use crate::disk::filesystem::{Kind, Node};
use crate::model::path::{RelPath, TreePath};
use std::collections::BTreeMap;

/// Where a file goes and where it comes from.
type Ends<'e> = (&'e TreePath<'static>, &'e TreePath<'static>);

impl Mover<'_> {
    /// The directories that do not exist and that files going to the first of these paths need,
    /// parents first; each with the directory on the same height above the second path, where the
    /// file comes from: it is to have the permissions and the owner of that one.
    pub(super) fn missing_directories<'e>(
        &mut self,
        ends: impl Iterator<Item = Ends<'e>>,
    ) -> Result<Vec<(TreePath<'static>, Node)>, Stop> {
        let mut missing = Vec::new();
        for (to, from) in ends {
            let mut chain = Vec::new();
            let mut origins = from.rel.ancestors();
            for ancestor in to.rel.ancestors() {
                let origin = origins.next();
                let ancestor = TreePath::new(to.tree, ancestor.into_owned());
                if self.there.contains(&ancestor) {
                    break;
                }
                let exists = self.tools.filesystem.look(&ancestor)?.is_some();
                self.there.insert(ancestor.clone());
                if exists {
                    break;
                }
                let like = self.origin(from, origin)?;
                let like = like.ok_or_else(|| Stop::Changed(from.clone()))?;
                chain.push((ancestor, like));
            }
            missing.extend(chain.into_iter().rev());
        }
        Ok(missing)
    }

    /// Makes directories of which the journal knows already, or which were there when the run began.
    pub(in crate::disk) fn make_directories<'e>(
        &mut self,
        ends: impl Iterator<Item = Ends<'e>>,
    ) -> Result<(), Stop> {
        for (path, like) in self.missing_directories(ends)? {
            self.tools.filesystem.make_directory(&path, &like)?;
        }
        Ok(())
    }

    /// Gives those directories that the run made, and that a kill left closed to others, the
    /// permissions and the owner that they were to have.
    pub(in crate::disk) fn dress_directories(&mut self) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        let mut origins = BTreeMap::new();
        for operation in &self.plan.moves[..self.intended.len()] {
            let mut above = operation.from.rel.ancestors();
            for ancestor in operation.to.rel.ancestors() {
                let ancestor = TreePath::new(operation.to.tree, ancestor);
                origins
                    .entry(ancestor)
                    .or_insert((&operation.from, above.next()));
            }
        }
        for directory in &self.made {
            let Some((from, origin)) = origins.get(directory) else {
                continue;
            };
            let found = filesystem.look(directory)?;
            let is_closed = |n: &Node| n.kind == Kind::Directory && n.mode == 0o700;
            if !found.is_some_and(|n| is_closed(&n)) {
                continue;
            }
            if let Some(like) = self.origin(from, origin.clone())? {
                filesystem.dress_directory(directory, &like)?;
            }
        }
        Ok(())
    }

    /// The directory `above` the source of a move, or its tree's where that is none.
    fn origin(
        &self,
        from: &TreePath<'_>,
        above: Option<RelPath<'_>>,
    ) -> Result<Option<Node>, Stop> {
        let filesystem = self.tools.filesystem;
        Ok(match above {
            Some(rel) => filesystem.look(&TreePath::new(from.tree, rel))?,
            None => filesystem.root(from.tree),
        })
    }

    /// Removes those of the directories that are empty, the last first. One that is something else
    /// by now, or cannot be removed, stays: no file hangs on it.
    pub(super) fn remove_directories(&mut self, directories: &[TreePath<'_>]) -> Result<(), Stop> {
        for directory in directories.iter().rev() {
            if let Err(error) = self.tools.filesystem.remove_directory(directory) {
                tracing::warn!("{error}");
            }
            self.there.remove(&directory.clone().into_owned());
        }
        self.sync()
    }
}

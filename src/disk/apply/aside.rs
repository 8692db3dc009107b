//! The names and directories of ours in which files are for a while, or for good.

use super::{Mover, Stop, is_file};
use crate::disk::error::DiskError;
use crate::disk::filesystem::Node;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Phase, Plan};
use crate::model::run::FileId;
use crate::model::schedule::{Hop, Step};
use rustix::io::Errno;
use std::collections::BTreeSet;

impl<'t> Mover<'t> {
    /// Where a step brings a file.
    pub(in crate::disk) fn destination(&self, at: usize) -> TreePath<'t> {
        let (_, to) = self.schedule.steps()[at].ends(self.plan);
        self.hop(at).map_or_else(|| to.borrowed(), |hop| hop.to)
    }

    /// Gives what the run made under one of our names its place, which nothing may bear.
    pub(super) fn install(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        let filesystem = self.tools.filesystem;
        match filesystem.rename(from, to) {
            Err(error) if error.cannot_refuse_to_replace() => {
                filesystem.link(from, to)?;
                filesystem.unlink(from)
            }
            renamed => renamed,
        }
    }

    /// Gives its name `to` back to a file that was renamed to `from` and is not the one in question.
    pub(super) fn give_back(&mut self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        match filesystem.rename(from, to) {
            Err(error) if error.cannot_refuse_to_replace() && from.rel.is_ours() => {
                filesystem.link(from, to)?;
                // There is no other copy of it, so both names are to be durable before one goes.
                self.sync()?;
                Ok(filesystem.unlink(from)?)
            }
            renamed => Ok(renamed?),
        }
    }

    /// Takes its old name from the file of a step that is durably at its new place, and says where
    /// it is then. A file that took the name meanwhile keeps it.
    pub(super) fn leave(
        &mut self,
        at: usize,
        hop: &Hop<'_>,
        id: FileId,
    ) -> Result<TreePath<'static>, Stop> {
        let filesystem = self.tools.filesystem;
        let [parked, beside] = self.parked(at);
        self.make_aside(&parked)?;
        let aside = match filesystem.put_aside(&hop.from, &parked) {
            // The tree spans file systems, and this file is not on the one of its root.
            Err(error) if error.is(Errno::XDEV) => {
                filesystem.put_aside(&hop.from, &beside)?;
                beside
            }
            put => put.map(|()| parked)?,
        };
        match filesystem.look(&aside)? {
            Some(node) if is_file(&node, Some(id), hop) => Ok(aside),
            _ => {
                self.give_back(&aside, &hop.from)?;
                Err(Stop::Changed(hop.from.clone().into_owned()))
            }
        }
    }

    /// Removes the name `aside` of a file that also bears the name that it was to get.
    pub(super) fn drop_second_name(&self, aside: &TreePath<'_>, hop: &Hop<'_>) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        match (filesystem.look(aside)?, filesystem.look(&hop.to)?) {
            (Some(one), Some(other)) if one.stamp.same_file_as(&other.stamp) => {
                Ok(filesystem.unlink(aside)?)
            }
            _ => Err(Stop::Changed(hop.to.clone().into_owned())),
        }
    }

    /// The two places where the source of a step may be parked.
    pub(in crate::disk) fn parked(&self, at: usize) -> [TreePath<'static>; 2] {
        match self.schedule.steps()[at].of_move() {
            Some(number) => self.names().parked(&self.plan.moves[number].from, number),
            None => self.names().parked(&self.destination(at), at),
        }
    }

    /// Makes the directory of ours in which `path` is to lie, for us and the owner of the tree.
    pub(super) fn make_aside(&mut self, path: &TreePath<'_>) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        let mut missing = Vec::new();
        for ancestor in path.rel.ancestors() {
            if !ancestor.is_ours() {
                break;
            }
            let ancestor = TreePath::new(path.tree, ancestor.into_owned());
            if self.there.contains(&ancestor) || filesystem.look(&ancestor)?.is_some() {
                break;
            }
            missing.push(ancestor);
        }
        let Some(root) = filesystem.root(path.tree) else {
            return Ok(());
        };
        for dir in missing.into_iter().rev() {
            filesystem.make_directory(
                &dir,
                &Node {
                    mode: 0o700,
                    ..root
                },
            )?;
            self.there.insert(dir);
        }
        Ok(())
    }

    /// The directories of ours in which this run may have put files, innermost first.
    pub(in crate::disk) fn asides(&self) -> Vec<TreePath<'static>> {
        let mut asides = BTreeSet::new();
        let plan = self.plan;
        if plan.phase == Phase::Undo {
            // An undo brings files to where the run that it takes back would have had them.
            for path in ends_of(plan).filter(|path| path.rel.is_aside()) {
                let dirs = path.rel.ancestors().map(RelPath::into_owned);
                asides.extend(dirs.map(|dir| TreePath::new(path.tree, dir)));
            }
        }
        let mut trees: BTreeSet<_> = ends_of(plan).map(|path| path.tree).collect();
        if plan.is_copying() {
            // Where the sources are, nothing is put aside and nothing is changed.
            trees = plan.moves.iter().map(|m| m.to.tree).collect();
        }
        for tree in trees {
            let dirs = self.names().directories();
            asides.extend(dirs.map(|dir| TreePath::new(tree, dir)));
        }
        asides.into_iter().rev().collect()
    }

    /// Removes what steps left under our names: copies that did not take their places or lost them
    /// again, and second names of files. What they are copies of must be durably in its place.
    pub(super) fn remove_traces(&mut self) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        for at in std::mem::take(&mut self.traces) {
            let to = self.destination(at);
            let part = self.names().part(&to, at);
            if let Step::Copy(number) = self.schedule.steps()[at] {
                let is_copy = self.copies.contains_key(&at) && filesystem.look(&part)?.is_some();
                match is_copy && !self.is_source_there(number) {
                    true => self.keep_copy(number, &part)?,
                    false => filesystem.unlink(&part)?,
                }
                continue;
            }
            filesystem.unlink(&part)?;
            let Some(hop) = self.hop(at) else {
                continue;
            };
            let source = self.schedule.steps()[at].of_move();
            let source = source.map(|number| self.plan.moves[number].from.borrowed());
            for parked in self.parked(at) {
                let Some(found) = filesystem.look(&parked)? else {
                    continue;
                };
                for end in [&hop.from, &hop.to].into_iter().chain(&source) {
                    let node = filesystem.look(end)?;
                    if node.is_some_and(|node| node.stamp.same_file_as(&found.stamp)) {
                        filesystem.unlink(&parked)?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The paths from which and to which a plan brings files.
fn ends_of(plan: &Plan) -> impl Iterator<Item = &TreePath<'static>> {
    let moves = plan.moves.iter().flat_map(|m| [&m.from, &m.to]);
    moves.chain(plan.writes.iter().map(|write| &write.to))
}

//! What each step does, going forward.

use super::{Mover, Stop, is_file};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Kind, Look, Node};
use crate::disk::preflight::{Kept, Ready};
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::path::TreePath;
use crate::model::schedule::{Hop, Step};
use rustix::io::Errno;

/// A step whose file has its new name, or is about to get it, and has its old one still.
#[derive(Clone, Debug)]
pub(in crate::disk) struct Pending {
    /// The number of the step.
    pub(in crate::disk) at: usize,
    /// How it is at two places.
    pub(in crate::disk) how: How,
}

/// How a file comes to be at two places, or at none yet.
#[derive(Clone, Copy, Debug)]
pub(in crate::disk) enum How {
    /// It bears both names. What `stat` said of it.
    Linked(Stamp),
    /// There is, or will be, a copy of it, beside the new name or there. What `stat` said of the
    /// source.
    Copied(Stamp),
    /// The same, and it stays where it is.
    Kept(Stamp),
    /// It was written anew, beside its name or there.
    Written,
}

impl Mover<'_> {
    /// Does one step; its file may have its old name still until [`Mover::finish`].
    pub(in crate::disk) fn act(&mut self, at: usize, ready: &Ready) -> Result<(), Stop> {
        if self.is_left(at) {
            return Ok(());
        }
        match self.schedule.steps()[at] {
            // Made with the directories that files need.
            Step::Make(_) => {}
            Step::Write(number) => self.write(at, number)?,
            Step::Prune(number) => self.prune(at, number, ready)?,
            step @ (Step::Move(_)
            | Step::Copy(_)
            | Step::Aside(_)
            | Step::Land(_)
            | Step::Replace(_)) => {
                self.go(at, step, ready)?;
            }
        }
        self.finish_full()
    }

    /// Brings a file to another name.
    fn go(&mut self, at: usize, step: Step, ready: &Ready) -> Result<(), Stop> {
        let Some(hop) = self.hop(at) else {
            return Ok(());
        };
        self.await_name(&hop.to)?;
        let filesystem = self.tools.filesystem;
        let seen = self.ahead.take(at);
        let look =
            |seen: Option<Look>, path: &TreePath<'_>| seen.unwrap_or_else(|| filesystem.look(path));
        let found = match self.schedule.detour(step) {
            Some((aside, land)) if land == at => self.placed[aside],
            _ => ready.node(step).map(|node| node.stamp),
        };
        let found = found.ok_or_else(|| Stop::Changed(hop.from.clone().into_owned()))?;
        match step {
            Step::Copy(_) => self.still_readable(&hop, &found)?,
            _ => self.as_found(&hop.from, look(seen.source, &hop.from)?, &found, hop.hash)?,
        }
        if let Some(number) = step.of_move()
            && let Some(keeper) = self.plan.moves[number].why.keeper()
        {
            match ready.keeper(number) {
                Some(Kept::OnDisk(stamp)) => {
                    self.as_found(keeper, look(seen.keeper, keeper)?, &stamp, hop.hash)?;
                }
                Some(Kept::Brought(step)) => {
                    if let Some(Some(stamp)) = self.placed.get(step) {
                        self.unchanged(keeper, stamp, hop.hash)?;
                    }
                }
                Some(Kept::OnDiscs) => {}
                None => return Err(Stop::Changed(keeper.clone())),
            }
        }
        if let Step::Copy(_) = step {
            return self.copy_later(at, &hop, How::Kept(found));
        }
        let id = Some(found.into());
        let renamed = if hop.to.rel.is_ours() {
            self.make_aside(&hop.to)?;
            filesystem.put_aside(&hop.from, &hop.to)
        } else {
            filesystem.rename(&hop.from, &hop.to)
        };
        match renamed {
            Ok(()) => match filesystem.look(&hop.to)? {
                Some(node) if is_file(&node, id, &hop) => {
                    self.placed[at] = Some(node.stamp);
                    self.tools.monitor.advance(1, hop.size);
                    Ok(())
                }
                // Another file took the name between the look and the rename: it goes back.
                _ => {
                    self.give_back(&hop.to, &hop.from)?;
                    Err(Stop::Changed(hop.from.into_owned()))
                }
            },
            Err(error) if error.is(Errno::XDEV) => self.copy_later(at, &hop, How::Copied(found)),
            Err(error) if error.cannot_refuse_to_replace() => self.link(at, &hop, found),
            Err(error) => Err(error.into()),
        }
    }

    /// Where a name that a step is to take is still being left by another, sees that through.
    fn await_name(&mut self, name: &TreePath<'_>) -> Result<(), Stop> {
        if self.pending.is_empty() || self.schedule.taker(name).is_none() {
            return Ok(());
        }
        self.finish()
    }

    /// Gives a file a second name, on a file system that cannot refuse to replace when it renames.
    fn link(&mut self, at: usize, hop: &Hop<'_>, found: Stamp) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        self.traces.insert(at);
        filesystem.link(&hop.from, &hop.to)?;
        let how = How::Linked(found);
        self.pending.push(Pending { at, how });
        match filesystem.look(&hop.to)? {
            Some(node) if is_file(&node, Some(found.into()), hop) => {
                self.placed[at] = Some(node.stamp);
                self.tools.monitor.advance(1, hop.size);
                Ok(())
            }
            // What has the name now is not ours to remove; the way back tells.
            _ => Err(Stop::Changed(hop.from.clone().into_owned())),
        }
    }

    /// Makes a file of ours beside its place.
    fn write(&mut self, at: usize, number: usize) -> Result<(), Stop> {
        let to = &self.plan.writes[number].to;
        self.await_name(to)?;
        let part = self.fresh_part(at, to)?;
        let text = self.tools.ledger.text(number)?;
        let modified = self.begin.written();
        let written = self.tools.filesystem.write(&part, &text, modified)?;
        self.copies.insert(at, written.stamp.into());
        let how = How::Written;
        self.pending.push(Pending { at, how });
        Ok(())
    }

    /// The name beside `to` for what a step makes, where nothing is any more: what was there is
    /// from a try that was killed.
    pub(super) fn fresh_part(
        &mut self,
        at: usize,
        to: &TreePath<'_>,
    ) -> Result<TreePath<'static>, DiskError> {
        let part = self.names().part(to, at);
        self.copies.remove(&at);
        if self.traces.contains(&at) {
            self.tools.filesystem.unlink(&part)?;
        }
        self.traces.insert(at);
        Ok(part)
    }

    /// Removes a directory that is empty by now.
    fn prune(&mut self, at: usize, number: usize, ready: &Ready) -> Result<(), Stop> {
        self.finish()?;
        let before = at
            .checked_sub(1)
            .map(|before| self.schedule.steps()[before]);
        if !matches!(before, Some(Step::Prune(_))) {
            // What has left the directory is to be durably elsewhere.
            self.sync()?;
        }
        let dir = &self.plan.prunes[number].dir;
        let filesystem = self.tools.filesystem;
        let node = filesystem.look(dir)?;
        let found = ready.node(Step::Prune(number)).map(|node| node.stamp);
        let is_it = |node: &Node| {
            let same = found.is_some_and(|found| found.same_file_as(&node.stamp));
            node.kind == Kind::Directory && same
        };
        self.there.remove(dir);
        if node.is_some_and(|n| is_it(&n)) && filesystem.remove_directory(dir)? {
            return Ok(());
        }
        Err(Stop::Changed(dir.clone()))
    }

    /// Sees the pending steps through: what was copied or written takes its place, all of it is made
    /// durable, and only then do the files lose their old names.
    pub(in crate::disk) fn finish(&mut self) -> Result<(), Stop> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        self.make_copies(&mut pending)?;
        self.take_places(&pending)?;
        self.sync()?;
        for Pending { at, how } in pending {
            let Some(hop) = self.hop(at) else {
                continue;
            };
            match how {
                How::Written => {}
                How::Kept(source) => self.still_readable(&hop, &source)?,
                How::Copied(source) => {
                    self.unchanged(&hop.from, &source, hop.hash)?;
                    self.leave(at, &hop, source.into())?;
                }
                How::Linked(source) => {
                    let aside = self.leave(at, &hop, source.into())?;
                    self.drop_second_name(&aside, &hop)?;
                    self.traces.remove(&at);
                }
            }
        }
        Ok(())
    }

    /// Refuses the source of a copy that is not as it was found before. Memory cards make up the numbers
    /// of their inodes anew now and then, and so, where only these differ, its content tells.
    fn still_readable(&self, hop: &Hop<'_>, found: &Stamp) -> Result<(), Stop> {
        let node = self.tools.filesystem.look(&hop.from)?;
        let same = node.filter(|n| n.kind == Kind::File && n.stamp.same_content_as(found));
        let Some(node) = same else {
            return Err(Stop::Changed(hop.from.clone().into_owned()));
        };
        let known = match node.stamp.same_file_as(found) {
            true => *found,
            false => node.stamp.in_doubt(),
        };
        self.as_found(&hop.from, Some(node), &known, hop.hash)
    }

    /// Looks at a file, and refuses it where it is not as it was found before.
    fn unchanged(&self, path: &TreePath<'_>, found: &Stamp, hash: Digest) -> Result<(), Stop> {
        let node = self.tools.filesystem.look(path)?;
        self.as_found(path, node, found, hash)
    }

    /// Refuses what is at `path` now where it is not the file that was found there before. Where only
    /// the time of its inode's last change differs, as it does when another link of it was moved, its
    /// content tells.
    fn as_found(
        &self,
        path: &TreePath<'_>,
        node: Option<Node>,
        found: &Stamp,
        hash: Digest,
    ) -> Result<(), Stop> {
        let changed = || Stop::Changed(path.clone().into_owned());
        let node = node.ok_or_else(changed)?;
        if node.kind != Kind::File
            || !node.stamp.same_file_as(found)
            || !node.stamp.same_content_as(found)
        {
            return Err(changed());
        }
        if node.stamp.changed != found.changed && self.tools.filesystem.hash(path)? != hash {
            return Err(changed());
        }
        Ok(())
    }
}

//! Taking back what a run has done.

use super::{Mover, Place, Stop, is_file};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Kind, Node};
use crate::model::index::{Moved, Stamp};
use crate::model::path::TreePath;
use crate::model::run::{FileId, Outcome, Record};
use crate::model::schedule::{Hop, Step};

impl Mover<'_> {
    /// Takes everything back that was done, in reverse order, and ends the run.
    ///
    /// # Errors
    /// Where not all of it could be taken back; what could be is.
    pub(in crate::disk) fn roll_back(&mut self, why: &str) -> Result<(), Stop> {
        let why = why.to_owned();
        let ledger = &mut self.tools.ledger;
        let recorded = ledger.append(&Record::Back { why });
        let recorded = recorded.and_then(|()| ledger.sync()).map_err(Stop::from);
        // Even if that could not be recorded the files go back: the intents name both of their ends.
        let mut first_error = recorded.err();
        self.pending.clear();
        self.identities.take();
        self.tools.filesystem.refresh();
        let plan = self.plan;
        let mut returned = Vec::new();
        for at in (0..self.intended.len()).rev() {
            let number = match self.schedule.steps()[at] {
                Step::Move(number) | Step::Copy(number) | Step::Aside(number) => Some(number),
                _ => None,
            };
            let back = if self.is_left(at) {
                Ok(Some(None))
            } else {
                self.take_back(at).map(|stamp| stamp.map(Some))
            };
            match (back, number) {
                // The index knows what is on discs, whether it is on the disk or not.
                (Ok(_), Some(_)) if plan.is_restoring() => {}
                (Ok(Some(stamp)), Some(number)) => returned.push((number, stamp)),
                // Whether its copy is gone already or never was: no index is to have it.
                (Ok(None), Some(number)) if plan.is_copying() => returned.push((number, None)),
                (Ok(_), _) => {}
                (Err(stop), _) => {
                    // What it left may be all that is left of its file.
                    self.traces.remove(&at);
                    first_error = first_error.or(Some(stop));
                }
            }
        }
        let tidied = self.tidy();
        // Indexes that have not followed yet only learn when each inode changed last.
        let back = |number: usize| {
            let hop = Hop::from(&plan.moves[number]);
            let there = if self.followed { &hop.to } else { &hop.from };
            let to = there.clone();
            Hop { to, ..hop.clone() }.inverse(self.run())
        };
        let returned = returned.iter();
        let mut inverses: Vec<_> = returned
            .map(|(number, stamp)| (back(*number), *stamp))
            .collect();
        if self.followed {
            let written = self.written().into_iter();
            let gone = written.map(|(operation, _)| {
                let hop = Hop::from(&operation).into_owned();
                (hop.inverse(self.run()), None)
            });
            inverses.extend(gone);
        }
        let moved = inverses.iter().map(|(operation, stamp)| Moved {
            operation,
            stamp: *stamp,
        });
        let moved: Vec<_> = moved.collect();
        let followed = self.follow(&moved);
        match first_error.or(tidied.err()).or(followed.err()) {
            Some(stop) => Err(stop),
            None if self.unsure => Err(Stop::Unsure),
            None => Ok(self.end(Outcome::RolledBack)?),
        }
    }

    /// Makes the way back durable, and then removes what the run made: copies and directories.
    fn tidy(&mut self) -> Result<(), Stop> {
        let plan = self.plan;
        for pruned in &plan.prunes {
            let filesystem = self.tools.filesystem;
            if filesystem.look(&pruned.dir)?.is_some() {
                filesystem.date_directory(&pruned.dir, pruned.modified)?;
            }
        }
        // Nothing is removed before all that went back is durable.
        self.sync()?;
        self.remove_traces()?;
        let made = std::mem::take(&mut self.made);
        self.remove_directories(&made)
    }

    /// Takes one step back, and says what the file is at its old place, as far as the index is to
    /// know it: nothing where the file never moved and the index still has it.
    ///
    /// Only a file that this run knows from its new place keeps its time of change; any other may
    /// have been edited, and is in doubt until somebody has read it.
    fn take_back(&mut self, at: usize) -> Result<Option<Stamp>, Stop> {
        let place = self.place(at)?;
        let hop = match self.schedule.steps()[at] {
            // The directory goes with the others that the run made.
            Step::Make(_) => return Ok(None),
            Step::Prune(number) => {
                if matches!(place, Place::After(_)) {
                    self.make_again(number)?;
                }
                return Ok(None);
            }
            Step::Write(number) => {
                if let Place::After(Some(node)) = place {
                    let to = &self.plan.writes[number].to;
                    self.vacate(at, to, node)?;
                }
                return Ok(None);
            }
            Step::Copy(number) => {
                let Place::After(Some(node)) = place else {
                    return Ok(None);
                };
                let to = &self.plan.moves[number].to;
                match self.is_source_there(number) {
                    true => self.vacate(at, to, node)?,
                    false => self.keep_copy(number, to)?,
                }
                return Ok(None);
            }
            _ => self.hop(at),
        };
        let (Some(hop), Some(id)) = (hop, self.intended[at]) else {
            return Ok(None);
        };
        match place {
            Place::Before(None) | Place::After(None) => Ok(None),
            Place::Before(Some(node)) => Ok(self.followed.then(|| node.stamp.in_doubt())),
            Place::Linked(node) => {
                self.vacate(at, &hop.to, node)?;
                Ok(Some(node.stamp.in_doubt()))
            }
            Place::Copied(source, copy) => {
                self.vacate(at, &hop.to, copy)?;
                Ok(Some(source.stamp.in_doubt()))
            }
            Place::After(Some(node)) => {
                let known = self.placed[at].is_some_and(|p| p.changed == node.stamp.changed);
                self.make_directories_for(&hop.from, &hop.to)?;
                let back = self.rename_back(at, &hop, node)?;
                self.placed[at] = None;
                Ok(Some(if known { back } else { back.in_doubt() }))
            }
            Place::Parked(copy, parked) => {
                let node = self.tools.filesystem.look(&parked)?;
                let id = node.map_or(id, |node| node.stamp.into());
                self.make_directories_for(&hop.from, &hop.to)?;
                self.bring_back(&parked, &hop.from)?;
                self.traces.insert(at);
                let back = self.known_at(&hop.from, id, &hop)?;
                if let Some(copy) = copy {
                    self.vacate(at, &hop.to, copy)?;
                }
                self.placed[at] = None;
                Ok(Some(back.in_doubt()))
            }
        }
    }

    /// Gives a parked file its old name again. Where that cannot be done by renaming, it keeps the
    /// other one too until all of this is durable.
    fn bring_back(&self, parked: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        let filesystem = self.tools.filesystem;
        match filesystem.rename(parked, to) {
            Err(error) if error.cannot_refuse_to_replace() => filesystem.link(parked, to),
            renamed => renamed,
        }
    }

    /// Gives a file its old name again, and takes its new one.
    fn rename_back(&mut self, at: usize, hop: &Hop<'_>, found: Node) -> Result<Stamp, Stop> {
        let filesystem = self.tools.filesystem;
        let renamed = if hop.from.rel.is_ours() {
            self.make_aside(&hop.from)?;
            filesystem.put_aside(&hop.to, &hop.from)
        } else {
            filesystem.rename(&hop.to, &hop.from)
        };
        match renamed {
            Err(error) if error.cannot_refuse_to_replace() => {
                filesystem.link(&hop.to, &hop.from)?;
                // Both names are to be durable before one of them goes.
                self.sync()?;
                self.vacate(at, &hop.to, found)?;
            }
            renamed => renamed?,
        }
        match filesystem.look(&hop.from)? {
            Some(back) if is_file(&back, Some(found.stamp.into()), hop) => Ok(back.stamp),
            _ => {
                filesystem.rename(&hop.from, &hop.to)?;
                Err(Stop::Changed(hop.to.clone().into_owned()))
            }
        }
    }

    /// Takes the name `to` from what a step brought there, which was `found` there, by giving it the
    /// name that its copy had; that is removed once everything else is durable. A stranger's file
    /// that took the name since keeps it.
    fn vacate(&mut self, at: usize, to: &TreePath<'_>, found: Node) -> Result<(), Stop> {
        let part = self.names().part(to, at);
        let filesystem = self.tools.filesystem;
        if filesystem.look(&part)?.is_some() {
            filesystem.unlink(&part)?;
        }
        filesystem.put_aside(to, &part)?;
        let (was, is) = (found.stamp, filesystem.look(&part)?.map(|node| node.stamp));
        if !is.is_some_and(|is| is.same_file_as(&was) && is.same_content_as(&was)) {
            self.give_back(&part, to)?;
            return Err(Stop::Changed(to.clone().into_owned()));
        }
        self.traces.insert(at);
        Ok(())
    }

    /// Whether the source of a copy is still as it was planned. Where it is not, or out of reach,
    /// the copy may be all that is left of it.
    pub(super) fn is_source_there(&self, number: usize) -> bool {
        let operation = &self.plan.moves[number];
        let found = self.tools.filesystem.look(&operation.from);
        let planned = (operation.size, operation.modified);
        let is_it = |node: Node| {
            node.kind == Kind::File && (node.stamp.size, node.stamp.modified) == planned
        };
        found.ok().flatten().is_some_and(is_it)
    }

    /// Puts the copy at `path` of a source that is gone to the name aside to which undo would bring it.
    pub(super) fn keep_copy(&mut self, number: usize, path: &TreePath<'_>) -> Result<(), Stop> {
        let aside = self.names().copied(&self.plan.moves[number].to, number);
        self.make_aside(&aside)?;
        self.tools.filesystem.put_aside(path, &aside)?;
        tracing::warn!("The source of a copy is gone, and the copy is kept as {aside}");
        Ok(())
    }

    /// Makes a directory again that was removed.
    fn make_again(&mut self, number: usize) -> Result<(), Stop> {
        let pruned = &self.plan.prunes[number];
        let Some(like) = self.above(&pruned.dir)? else {
            return Err(Stop::Changed(pruned.dir.clone()));
        };
        let like = Node {
            mode: pruned.mode,
            ..like
        };
        Ok(self.tools.filesystem.make_directory(&pruned.dir, &like)?)
    }

    fn known_at(&self, path: &TreePath<'_>, id: FileId, hop: &Hop<'_>) -> Result<Stamp, Stop> {
        let node = self.tools.filesystem.look(path)?;
        let node = node.filter(|node| is_file(node, Some(id), hop));
        let node = node.ok_or_else(|| Stop::Changed(path.clone().into_owned()))?;
        Ok(node.stamp)
    }
}

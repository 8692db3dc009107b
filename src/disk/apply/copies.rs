//! Files that go to other file systems: they are copied there, many at once, before any takes its place.

use super::steps::{How, Pending};
use super::{Mover, Stop};
use crate::disk::filesystem::{self, CopyWatch, Owner};
use crate::disk::monitor::Monitor;
use crate::model::run::{Copy, FileId, Record};
use crate::model::schedule::Hop;

/// Bytes that are copied before the copies take their places and their sources are put aside: what
/// a kill may cost at most, but for one file.
const COPIED_AT_ONCE: u64 = 1 << 30;

impl Mover<'_> {
    /// Has a file copied to beside its destination, which lies on another file system or is to hold no
    /// more than a copy, together with others before [`Mover::finish`] is over.
    pub(super) fn copy_later(&mut self, at: usize, hop: &Hop<'_>, how: How) -> Result<(), Stop> {
        self.fresh_part(at, &hop.to)?;
        self.pending.push(Pending { at, how });
        self.pending_bytes += hop.size;
        Ok(())
    }

    /// Sees the pending steps through where enough is to be copied for them.
    pub(super) fn finish_full(&mut self) -> Result<(), Stop> {
        if self.pending_bytes < COPIED_AT_ONCE {
            return Ok(());
        }
        self.finish()
    }

    /// Makes those copies for pending steps that are not made yet.
    pub(super) fn make_copies(&mut self, pending: &mut [Pending]) -> Result<(), Stop> {
        let mut waiting = Vec::new();
        for (number, Pending { at, how }) in pending.iter().enumerate() {
            let is_copy = matches!(how, How::Copied(_) | How::Kept(_));
            if is_copy && !self.copies.contains_key(at) {
                waiting.extend(self.hop(*at).map(|hop| (number, hop)));
            }
        }
        let owner = match self.plan.is_copying() {
            true => Owner::KeptIfAllowed,
            false => Owner::Kept,
        };
        let copies = waiting.iter().map(|(number, hop)| filesystem::Copying {
            from: hop.from.borrowed(),
            to: self.names().part(&hop.to, pending[*number].at),
            size: hop.size,
            hash: hop.hash,
            owner,
        });
        let copies: Vec<_> = copies.collect();
        let watch = Watch {
            monitor: self.tools.monitor,
            interrupted: self.tools.interrupted,
        };
        let made = self.tools.filesystem.copy_all(&copies, &watch);
        let (mut failed, mut is_all) = (None, true);
        for ((number, _), made) in waiting.iter().zip(made) {
            match made {
                Some(Ok(copy)) => {
                    self.copies.insert(pending[*number].at, copy.stamp.into());
                }
                Some(Err(error)) => failed = failed.or(Some(Stop::from(error))),
                None => {
                    // Nothing under that name is of this run.
                    self.traces.remove(&pending[*number].at);
                    is_all = false;
                }
            }
        }
        if let Some(stop) = failed.or((!is_all).then_some(Stop::Interrupted)) {
            return Err(stop);
        }
        for (number, hop) in &waiting {
            let how = &mut pending[*number].how;
            *how = self.after_copying(*how, hop)?;
        }
        Ok(())
    }

    /// How a file is at two places that was copied. Reading it may have changed when its inode changed
    /// last, and nothing else.
    fn after_copying(&self, how: How, hop: &Hop<'_>) -> Result<How, Stop> {
        let source = self.tools.filesystem.look(&hop.from)?;
        let source = source.map(|node| node.stamp);
        match how {
            How::Copied(found) => source
                .filter(|source| source.same_file_as(&found) && source.same_content_as(&found))
                .map(How::Copied)
                .ok_or_else(|| Stop::Changed(hop.from.clone().into_owned())),
            How::Kept(found) => Ok(How::Kept(source.unwrap_or(found))),
            how => Ok(how),
        }
    }

    /// Says durably which files were made, and lets them take their places.
    pub(super) fn take_places(&mut self, pending: &[Pending]) -> Result<(), Stop> {
        let filesystem = self.tools.filesystem;
        let made = pending.iter().filter(|p| !matches!(p.how, How::Linked(_)));
        // Those that are at their places already were recorded before a kill.
        let made: Vec<_> = made.filter(|p| self.placed[p.at].is_none()).collect();
        if made.is_empty() {
            return Ok(());
        }
        let copy = |p: &&Pending| Copy {
            step: p.at as u64,
            file: self.copies[&p.at],
        };
        let copies = made.iter().map(copy).collect();
        self.tools.ledger.append(&Record::Copied { copies })?;
        self.tools.ledger.sync()?;
        for Pending { at, .. } in made {
            let to = self.destination(*at);
            self.install(&self.names().part(&to, *at), &to)?;
            self.traces.remove(at);
            let copy = self.copies.get(at).copied();
            let node = filesystem.look(&to)?;
            let node = node.filter(|n| Some(FileId::from(n.stamp)) == copy);
            let node = node.ok_or_else(|| Stop::Changed(to.clone().into_owned()))?;
            self.placed[*at] = Some(node.stamp);
        }
        Ok(())
    }
}

/// Tells who watches the run of its copies.
struct Watch<'t> {
    monitor: &'t dyn Monitor,
    interrupted: &'t (dyn Fn() -> bool + Sync),
}

impl CopyWatch for Watch<'_> {
    fn wants_more(&self) -> bool {
        !(self.interrupted)()
    }

    fn advance(&self, files: u64, bytes: u64) {
        self.monitor.advance(files, bytes);
    }
}

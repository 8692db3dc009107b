//! The one place where files of people are deleted: sources that a finished run copied to another
//! file system and parked, and copies that went aside because a run was taken back; and files of ours
//! that went aside with those.
//!
//! Before a parked file goes, it is read to its end, and must be what was parked; and a copy of it
//! is read to its end from the disk, which must be another file and hold the same. That copy and its
//! name are made durable, and right before the deletion both are looked at again. What cannot be
//! verified so stays. A file of ours needs no copy, but has to be what the run wrote, to the last byte.
//! Deletion is not journaled, as there is no way back from it; a purge that is
//! interrupted is begun again, with what is left.

use super::error::DiskError;
use super::filesystem::{Filesystem, Kind, Node};
use super::monitor::Monitor;
use crate::model::digest::Digest;
use crate::model::index::{Stamp, Totals};
use crate::model::parked::{Aside, Parked, Trail};
use crate::model::path::TreePath;
use crate::model::plan::Move;
use crate::model::run::RunId;
use crate::model::schedule::Names;
use crate::model::tree::Tree;
use std::collections::BTreeSet;
use std::fmt;

/// Files that are verified before those of them go that may, and bytes that are read for them: what
/// is read once more after a kill, at most, but for one file.
const FILES_AT_ONCE: usize = 1000;
const BYTES_AT_ONCE: u64 = 1 << 30;

/// Something that lies where a run parks a source.
#[derive(Clone, Debug)]
pub struct Found<'r> {
    /// What was parked there.
    pub parked: &'r Parked<'r>,
    /// Which of its places that is.
    pub path: &'r TreePath<'static>,
}

/// What of these lies on the disk.
///
/// # Errors
/// Where that cannot be told of one of them.
pub fn find<'r>(
    filesystem: &dyn Filesystem,
    parked: &'r [Parked<'r>],
) -> Result<Vec<Found<'r>>, DiskError> {
    let mut found = Vec::new();
    for parked in parked {
        for path in &parked.places {
            if filesystem.look(path)?.is_some() {
                found.push(Found { parked, path });
            }
        }
    }
    Ok(found)
}

/// How many files and bytes these are.
pub fn totals(found: &[Found<'_>]) -> Totals {
    let mut totals = Totals::default();
    found
        .iter()
        .for_each(|f| totals.add(f.parked.operation.size));
    totals
}

/// What deletes parked files, or only tells which of them it would.
pub struct Purge<'p> {
    /// Where the files are.
    pub filesystem: &'p dyn Filesystem,
    /// Where copies went after their run.
    pub trail: &'p Trail<'p>,
    /// Whether everything is done but the deletion.
    pub rehearses: bool,
    /// Who watches.
    pub monitor: &'p dyn Monitor,
    /// Whether a person wants it to end; asked between files. Nothing goes any more after that.
    pub interrupted: &'p dyn Fn() -> bool,
}

/// What came of a purge.
#[derive(Debug, Default)]
pub struct Purged<'r> {
    /// What was deleted, or would be.
    pub gone: Totals,
    /// What stays, and why.
    pub stays: Vec<(&'r TreePath<'static>, Reason)>,
    /// Whether it ended before it came to all of them, because a person wanted that.
    pub is_interrupted: bool,
}

/// Why a parked file stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is no regular file.
    #[error("{0} lies there, which no run parked")]
    NotAFile(&'static str),
    /// It is not as large or as old as what was parked.
    #[error("it was changed since it was parked")]
    Changed,
    /// It does not hold what was parked.
    #[error("it does not hold any more what was parked: it was changed, or the disk is bad")]
    OtherContent,
    /// No copy of it could be verified, for these reasons.
    #[error("no copy of it could be verified: {}", InOneLine(.0))]
    NoCopy(Vec<Unproven>),
    /// It cannot be read or deleted.
    #[error("{0}")]
    Refused(String),
    /// It or its copy changed after both were verified.
    #[error("it or its copy changed meanwhile")]
    ChangedMeanwhile,
}

/// A place where a copy could have been, and why nothing there proves to be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {why}")]
pub struct Unproven {
    /// The place.
    pub path: TreePath<'static>,
    /// What is there, as the end of a sentence about it.
    pub why: String,
}

struct InOneLine<'u>(&'u [Unproven]);

impl fmt::Display for InOneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, unproven) in self.0.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{unproven}")?;
        }
        Ok(())
    }
}

/// A parked file that may go, and the copy that stays in its stead; none of a file of ours.
struct Proof<'f, 'r> {
    found: &'f Found<'r>,
    stamp: Stamp,
    copy: Option<(TreePath<'r>, Stamp)>,
}

impl Purge<'_> {
    /// Deletes those of the files of which a copy can be verified.
    ///
    /// # Errors
    /// Where the disk cannot make things durable: nothing goes any more after that.
    pub fn delete<'r>(&self, found: &[Found<'r>]) -> Result<Purged<'r>, DiskError> {
        let mut purged = Purged::default();
        let mut proofs = Vec::new();
        let mut bytes = 0;
        for file in found {
            if (self.interrupted)() {
                purged.is_interrupted = true;
                break;
            }
            match self.prove(file) {
                Ok(Some(proof)) => {
                    bytes += file.parked.operation.size;
                    proofs.push(proof);
                }
                // Somebody else has removed it.
                Ok(None) => {}
                Err(reason) => purged.stays.push((file.path, reason)),
            }
            self.monitor.advance(1, 0);
            if proofs.len() >= FILES_AT_ONCE || bytes >= BYTES_AT_ONCE {
                self.let_go(std::mem::take(&mut proofs), &mut purged)?;
                bytes = 0;
            }
        }
        self.let_go(proofs, &mut purged)?;
        Ok(purged)
    }

    /// Reads a parked file and a copy of it; none where nothing is parked there any more.
    fn prove<'f, 'r>(&self, found: &'f Found<'r>) -> Result<Option<Proof<'f, 'r>>, Reason> {
        let Found { parked, path } = found;
        let planned = &*parked.operation;
        let Some(node) = self.filesystem.look(path).map_err(refused)? else {
            return Ok(None);
        };
        if node.kind != Kind::File {
            return Err(Reason::NotAFile(node.kind.words()));
        }
        if (node.stamp.size, node.stamp.modified) != (planned.size, planned.modified) {
            return Err(Reason::Changed);
        }
        let copy = match parked.what {
            Aside::Text => None,
            Aside::Source | Aside::Copy => Some(self.find_copy(parked, &node)?),
        };
        let (read, hash) = self.read(path).map_err(refused)?;
        if hash != planned.hash {
            return Err(Reason::OtherContent);
        }
        if read.stamp != node.stamp {
            return Err(Reason::ChangedMeanwhile);
        }
        Ok(Some(Proof {
            found,
            stamp: node.stamp,
            copy,
        }))
    }

    /// The first of the places of a copy where one is, and what `stat` says of it.
    fn find_copy<'r>(
        &self,
        parked: &Parked<'r>,
        node: &Node,
    ) -> Result<(TreePath<'r>, Stamp), Reason> {
        let mut unproven = Vec::new();
        for path in parked.copies(self.trail) {
            match self.prove_copy(&path, &parked.operation, node) {
                Ok(stamp) => return Ok((path, stamp)),
                Err(why) => {
                    let path = path.into_owned();
                    unproven.push(Unproven { path, why });
                }
            }
        }
        Err(Reason::NoCopy(unproven))
    }

    /// What `stat` says of the file at `path`, if it holds what `planned` says and is not the parked
    /// file itself under another name; else why it is no copy.
    fn prove_copy(
        &self,
        path: &TreePath<'_>,
        planned: &Move,
        parked: &Node,
    ) -> Result<Stamp, String> {
        let unreachable = |error: DiskError| format!("cannot be read: {}", error.reason());
        let found = self.filesystem.look(path).map_err(unreachable)?;
        let found = found.ok_or("is missing")?;
        if found.kind != Kind::File {
            return Err(format!("is {}", found.kind.words()));
        }
        if found.stamp.size != planned.size {
            return Err("holds something else".to_owned());
        }
        let (read, hash) = self.read(path).map_err(unreachable)?;
        refuse_same(&read, parked)?;
        if hash != planned.hash {
            return Err("holds something else".to_owned());
        }
        Ok(read.stamp)
    }

    fn read(&self, path: &TreePath<'_>) -> Result<(Node, Digest), DiskError> {
        let progress = |bytes| self.monitor.advance(0, bytes);
        self.filesystem.read_back(path, &progress)
    }

    /// Deletes files that were verified, once their copies are durable, and makes that durable.
    fn let_go<'r>(
        &self,
        proofs: Vec<Proof<'_, 'r>>,
        purged: &mut Purged<'r>,
    ) -> Result<(), DiskError> {
        if proofs.is_empty() {
            return Ok(());
        }
        if self.rehearses {
            let sizes = proofs.iter().map(|p| p.stamp.size);
            sizes.for_each(|size| purged.gone.add(size));
            return Ok(());
        }
        let filesystem = self.filesystem;
        for (copy, _) in proofs.iter().filter_map(|proof| proof.copy.as_ref()) {
            filesystem.mark(copy)?;
        }
        filesystem.sync()?;
        for proof in proofs {
            if (self.interrupted)() {
                purged.is_interrupted = true;
                break;
            }
            match self.let_one_go(&proof) {
                Ok(true) => purged.gone.add(proof.stamp.size),
                Ok(false) => {}
                Err(reason) => purged.stays.push((proof.found.path, reason)),
            }
        }
        filesystem.sync()
    }

    /// Deletes one file, if it and its copy are what was verified; false where it is gone already.
    fn let_one_go(&self, proof: &Proof<'_, '_>) -> Result<bool, Reason> {
        let path = proof.found.path;
        let is = |path: &TreePath<'_>, stamp: Stamp| {
            let node = self.filesystem.look(path).map_err(refused)?;
            Ok::<_, Reason>(node.map(|node| node.kind == Kind::File && node.stamp == stamp))
        };
        let copy = match &proof.copy {
            Some((copy, stamp)) => is(copy, *stamp)?,
            None => Some(true),
        };
        match (is(path, proof.stamp)?, copy) {
            (None, _) => return Ok(false),
            (Some(true), Some(true)) => {}
            _ => return Err(Reason::ChangedMeanwhile),
        }
        let size = proof.stamp.size;
        match &proof.copy {
            Some((copy, _)) => {
                tracing::info!("Purge - Deleting {path}, {size} bytes, of which {copy} is a copy");
            }
            None => tracing::info!("Purge - Deleting {path}, {size} bytes, which the run wrote"),
        }
        self.filesystem.unlink(path).map_err(refused)?;
        Ok(true)
    }
}

/// Removes the directories in which `run` parked files, where they are empty, from these trees.
///
/// # Errors
/// Where one cannot be removed, or that cannot be made durable.
pub fn tidy(
    filesystem: &dyn Filesystem,
    run: &RunId,
    trees: &BTreeSet<Tree>,
) -> Result<(), DiskError> {
    for tree in trees {
        for directory in Names::of(run).directories() {
            filesystem.remove_directory(&TreePath::new(*tree, directory))?;
        }
    }
    filesystem.sync()
}

/// Refuses a copy that is the parked file itself: a link of it, or reached by another way.
fn refuse_same(copy: &Node, parked: &Node) -> Result<(), String> {
    if copy.stamp.same_file_as(&parked.stamp) {
        return Err("is the parked file itself, under another name".to_owned());
    }
    Ok(())
}

fn refused(error: DiskError) -> Reason {
    Reason::Refused(error.to_string())
}

#[cfg(test)]
mod tests;

//! Runs in brief, for those who need to know of all of them: of a journal that is long, only its
//! ends are read, and no plan.
//!
//! What is read is checked as ever: who could have written it, and the checksums. A journal whose
//! ends do not say for certain that the run is over is read as a whole. What lies between them is
//! checked when somebody asks what the run moved.

use super::{JOURNAL, PLAN, RunError, Runs};
use crate::disk::error::DiskError;
use crate::disk::trust;
use crate::model::journal_file;
use crate::model::limits::MAX_BYTES;
use crate::model::run::{Brief, Record, RunId};
use rayon::prelude::*;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes that are read at the beginning of a journal: more than its first record takes, unless the
/// run writes many files. A journal that is no longer is read as a whole.
const HEAD: usize = 8 * 1024;

/// Bytes that are read at the end of a journal: more than a record of the end takes.
const TAIL: usize = 4 * 1024;

impl Runs {
    /// All runs of which something was begun, in brief, oldest first.
    ///
    /// # Errors
    /// Where one of them cannot be read or trusted.
    pub fn briefs(&self) -> Result<Vec<Brief>, RunError> {
        let ids = self.ids()?;
        let briefs = ids.par_iter().map(|id| self.brief(id));
        briefs.filter_map(Result::transpose).collect()
    }

    fn brief(&self, id: &RunId) -> Result<Option<Brief>, RunError> {
        let path = self.dir.join(id.as_str());
        let Some(dir) = trust::open_directory(&path)? else {
            return Ok(None);
        };
        if let Some(brief) = by_its_ends(id, &dir, &path)? {
            return Ok(Some(brief));
        }
        Ok(self.load(id)?.as_ref().map(Brief::from))
    }
}

/// The run whose directory this is, if the ends of its journal tell enough.
fn by_its_ends(id: &RunId, dir: &OwnedFd, path: &Path) -> Result<Option<Brief>, RunError> {
    // The plan is not read, but who could have written it is asked all the same.
    if !trust::is_file(dir, PLAN.as_ref(), &path.join(PLAN), MAX_BYTES)? {
        return Ok(None);
    }
    let path = path.join(JOURNAL);
    let Some((file, node)) = trust::open_file(dir, JOURNAL.as_ref(), &path, MAX_BYTES)? else {
        return Ok(None);
    };
    let error = |e| RunError::Disk(DiskError::at("read", &path, e));
    let length = node.stamp.size;
    let head = read_at(&file, 0, length.min(HEAD as u64)).map_err(error)?;
    let (first, last) = if length == head.len() as u64 {
        let Ok((mut records, end)) = journal_file::parse(&head) else {
            return Ok(None);
        };
        let last = records.pop().filter(|_| end == head.len());
        (records.into_iter().next(), last)
    } else {
        let start = length.saturating_sub(TAIL as u64);
        let tail = read_at(&file, start, length - start).map_err(error)?;
        (journal_file::first(&head), journal_file::last(&tail))
    };
    let (Some(Record::Begin(begin)), Some(Record::End(end))) = (first, last) else {
        return Ok(None);
    };
    Ok(Brief::of_ends(&begin, &end).filter(|brief| brief.id == *id))
}

fn read_at(file: &File, start: u64, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

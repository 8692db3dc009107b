//! How a run begins on the disk.

use super::under_way::{remove_texts, staged_as, text_name};
use super::{JOURNAL, Journal, Ledger, PLAN, PlanText, Runs};
use crate::disk::error::DiskError;
use crate::model::run::{Begin, Record};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

impl Runs {
    /// Begins a run: its directory, the text of its plan, what the files say that it writes, and a
    /// journal with its first record, all durable.
    ///
    /// # Errors
    /// Where something cannot be written, or the run exists; nothing of it is left then.
    pub fn begin(
        &self,
        plan: &PlanText,
        texts: &[Arc<[u8]>],
        begin: Begin,
    ) -> Result<Journal, DiskError> {
        let id = &begin.run;
        let dir = self.dir.join(id.as_str());
        for path in [&self.dir, &dir] {
            let error = |e: Errno| DiskError::at("make", path, e);
            match rustix::fs::mkdir(path, Mode::RWXU) {
                Err(Errno::EXIST) if path == &self.dir => {}
                made => made.map_err(error)?,
            }
        }
        let handle = open_directory(&dir)?;
        let count = texts.len();
        let filled = self.fill(&dir, handle, plan, texts, begin);
        filled.map_err(|error| {
            self.clear(&dir, count)
                .map_or_else(|second| second, |()| error)
        })
    }

    /// Fills the new directory of a run.
    fn fill(
        &self,
        dir: &Path,
        handle: OwnedFd,
        plan: &PlanText,
        texts: &[Arc<[u8]>],
        begin: Begin,
    ) -> Result<Journal, DiskError> {
        let staged = (0..texts.len()).filter(|number| staged_as(&begin.texts, *number) == *number);
        for number in staged {
            write_new(&handle, dir, &text_name(number), &texts[number])?;
        }
        plan.place(&handle, dir)?;
        let file = create(&handle, dir, JOURNAL)?;
        let texts = begin.texts.clone();
        let mut journal = Journal::of(file, dir.join(JOURNAL), handle, texts, 0);
        journal.append(&Record::Begin(begin))?;
        journal.sync()?;
        let datadir = self.dir.parent().unwrap_or(&self.dir);
        for path in [dir, &self.dir, datadir] {
            rustix::fs::fsync(open_directory(path)?)
                .map_err(|e| DiskError::at("make durable", path, e))?;
        }
        Ok(journal)
    }

    /// Removes what there is of a run that could not begin. Its journal goes first: without one the
    /// run never began and stands in nobody's way, whatever else of it cannot be removed.
    fn clear(&self, dir: &Path, texts: usize) -> Result<(), DiskError> {
        let handle = open_directory(dir)?;
        match rustix::fs::unlinkat(&handle, JOURNAL, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(DiskError::at("remove", &dir.join(JOURNAL), errno)),
        }
        remove_texts(&handle, texts);
        let _ = rustix::fs::unlinkat(&handle, PLAN, AtFlags::empty());
        let _ = rustix::fs::rmdir(dir);
        Ok(())
    }
}

fn open_directory(path: &Path) -> Result<OwnedFd, DiskError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(|e| DiskError::at("open", path, e))
}

/// Makes a file in a directory, which lies at `path`, that holds `text`, durable but for its name.
pub(super) fn write_new(
    dir: &OwnedFd,
    path: &Path,
    name: &str,
    text: &[u8],
) -> Result<(), DiskError> {
    let mut file = create(dir, path, name)?;
    file.write_all(text)
        .and_then(|()| file.sync_all())
        .map_err(|e| DiskError::at("write", &path.join(name), e))
}

fn create(dir: &OwnedFd, path: &Path, name: &str) -> Result<File, DiskError> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR);
    let file = file.map_err(|e| DiskError::at("make", &path.join(name), e))?;
    Ok(File::from(file))
}

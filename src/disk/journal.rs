//! Runs on the disk: `runs/<run id>/` in the datadir, with `plan.json` and `journal.jsonl`.
//!
//! Both are as untrusted as any plan: they are read through handles that follow no link, and only
//! where nobody but us or root could have written them.

mod begin;
mod brief;
mod plan_text;
mod under_way;

pub use self::plan_text::PlanText;
pub use self::under_way::Journal;

use super::error::DiskError;
use super::trust::{self, TrustError, Untrusted};
use crate::model::digest::Digest;
use crate::model::journal_file;
use crate::model::limits::MAX_BYTES;
use crate::model::plan_file;
use crate::model::problem;
use crate::model::run::{JournalError, Progress, Record, Run, RunId, Work};
use crate::model::schedule::Schedule;
use rayon::prelude::*;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal.jsonl";

/// Where the mover writes what it is about to do and what it has done.
pub trait Ledger {
    /// Adds a record; it is durable only after [`Ledger::sync`].
    ///
    /// # Errors
    /// Where writing fails; nothing may be added after that.
    fn append(&mut self, record: &Record) -> Result<(), DiskError>;

    /// The text of the write of that number, as it was staged when the run began.
    ///
    /// # Errors
    /// Where it cannot be read, or is another.
    fn text(&mut self, number: usize) -> Result<Vec<u8>, DiskError>;

    /// Makes all records durable.
    ///
    /// # Errors
    /// Where that fails; nothing is known to be durable after that.
    fn sync(&mut self) -> Result<(), DiskError>;
}

/// The directory of all runs.
pub struct Runs {
    dir: PathBuf,
}

/// Why a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The journal cannot be trusted.
    #[error("the journal of run {0} cannot be trusted: {1}")]
    Journal(RunId, JournalError),
    /// A file of the run, or a directory on the way to it, could have been written by somebody else.
    #[error(transparent)]
    Foreign(#[from] Untrusted),
}

impl From<TrustError> for RunError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Disk(error) => error.into(),
            TrustError::Untrusted(error) => error.into(),
        }
    }
}

impl Runs {
    /// The runs in that datadir.
    pub fn in_datadir(datadir: &Path) -> Runs {
        Runs {
            dir: datadir.join("runs"),
        }
    }

    /// The names of all runs, oldest first; those of which nothing was begun are among them.
    ///
    /// # Errors
    /// Where the directory cannot be read or trusted.
    pub fn ids(&self) -> Result<Vec<RunId>, RunError> {
        self.trust()?;
        let error = |e: std::io::Error| DiskError::at("read", &self.dir, e);
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(error(e).into()),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(error)?.file_name();
            ids.extend(name.to_str().and_then(|n| n.parse::<RunId>().ok()));
        }
        ids.sort();
        Ok(ids)
    }

    /// What `of` makes of each of these runs of which something was begun, in their order: each is
    /// read, looked at and forgotten.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub fn each<T: Send>(
        &self,
        ids: &[RunId],
        of: impl Fn(&Run) -> T + Sync,
    ) -> Result<Vec<T>, RunError> {
        let looked_at = ids
            .par_iter()
            .map(|id| Ok(self.load(id)?.as_ref().map(&of)));
        looked_at.filter_map(Result::transpose).collect()
    }

    /// The run of that name; none where there is no such run, or its journal is missing or torn in
    /// its first line, which means that nothing began.
    ///
    /// # Errors
    /// Where it cannot be read or trusted.
    pub fn load(&self, id: &RunId) -> Result<Option<Run>, RunError> {
        Ok(self.read(id)?.map(|(run, ..)| run))
    }

    /// Opens the journal of a run to go on with it, without the torn end that it may have.
    ///
    /// # Errors
    /// Where it cannot be read, trusted or written.
    pub fn reopen(&self, id: &RunId) -> Result<Option<(Run, Journal)>, RunError> {
        let Some((run, records, end, dir)) = self.read(id)? else {
            return Ok(None);
        };
        let path = self.dir.join(id.as_str()).join(JOURNAL);
        let error = |e: Errno| DiskError::at("open", &path, e);
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&dir, JOURNAL, flags, Mode::empty()).map_err(error)?;
        rustix::fs::ftruncate(&file, end as u64).map_err(error)?;
        let texts = run.progress.begin.texts.clone();
        let journal = Journal::of(File::from(file), path, dir, texts, records);
        Ok(Some((run, journal)))
    }

    /// Refuses a datadir and a directory of runs in which others could have forged a run.
    fn trust(&self) -> Result<(), TrustError> {
        for path in [self.dir.parent().unwrap_or(&self.dir), &self.dir] {
            trust::open_directory(path)?;
        }
        Ok(())
    }

    /// The run, how many records its journal has, how many bytes they take, and its directory.
    fn read(&self, id: &RunId) -> Result<Option<(Run, u64, usize, OwnedFd)>, RunError> {
        self.trust()?;
        let path = self.dir.join(id.as_str());
        let Some(dir) = trust::open_directory(&path)? else {
            return Ok(None);
        };
        let untrusted = |e| RunError::Journal(id.clone(), e);
        let (journal, plan) = rayon::join(
            || read_ours(&dir, &path, JOURNAL).map(|text| Some(journal_file::parse(&text?))),
            || read_ours(&dir, &path, PLAN).map(|text| text.map(|text| (Digest::of(&text), text))),
        );
        let Some(journal) = journal? else {
            return Ok(None);
        };
        let (records, end) = journal.map_err(untrusted)?;
        let Some(Record::Begin(begin)) = records.first() else {
            return if records.is_empty() {
                Ok(None)
            } else {
                Err(untrusted(JournalError::Headless))
            };
        };
        let other_plan = |why: String| untrusted(JournalError::OtherPlan(why));
        let (digest, text) = plan?.ok_or_else(|| other_plan("it is missing".to_owned()))?;
        if digest != begin.plan || begin.run != *id {
            return Err(other_plan("its hash is another".to_owned()));
        }
        let plan = plan_file::parse(text).map_err(|e| other_plan(e.to_string()))?;
        let plan = plan
            .check()
            .map_err(|problems| other_plan(problem::in_one_line(&problems)))?;
        if begin.work.as_ref().is_some_and(|w| *w != Work::of(&plan)) {
            return Err(other_plan("it holds other work".to_owned()));
        }
        let count = records.len() as u64;
        let schedule = Schedule::of(&plan);
        let progress = Progress::of(&plan, &schedule, records).map_err(untrusted)?;
        let run = Run {
            id: id.clone(),
            plan,
            schedule,
            progress,
        };
        Ok(Some((run, count, end, dir)))
    }
}

/// What a file of a run holds, where nobody but us or root can have written it.
fn read_ours(dir: &OwnedFd, path: &Path, name: &str) -> Result<Option<Vec<u8>>, RunError> {
    let path = path.join(name);
    let Some((mut file, _)) = trust::open_file(dir, name.as_ref(), &path, MAX_BYTES)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|e| DiskError::at("read", &path, e))?;
    Ok(Some(bytes))
}

//! Runs on the disk: `runs/<run id>/` in the datadir, with `plan.json` and `journal.jsonl`.
//!
//! Both are as untrusted as any plan: they are read through handles that follow no link, and only
//! where nobody but us or root could have written them.

mod brief;

use super::error::DiskError;
use super::trust::{self, TrustError, Untrusted};
use crate::model::digest::Digest;
use crate::model::journal_file;
use crate::model::limits::MAX_BYTES;
use crate::model::plan_file;
use crate::model::problem;
use crate::model::run::{Begin, JournalError, Progress, Record, Run, RunId, Text, Work};
use crate::model::schedule::Schedule;
use rayon::prelude::*;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};
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
        let journal = Journal {
            file: File::from(file),
            dir,
            path,
            texts: run.progress.begin.texts.clone(),
            seq: records,
            broken: false,
        };
        Ok(Some((run, journal)))
    }

    /// Begins a run: its directory, the text of its plan, what the files say that it writes, and a
    /// journal with its first record, all durable.
    ///
    /// # Errors
    /// Where something cannot be written, or the run exists; nothing of it is left then.
    pub fn begin(
        &self,
        plan: &[u8],
        texts: &[Vec<u8>],
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
        plan: &[u8],
        texts: &[Vec<u8>],
        begin: Begin,
    ) -> Result<Journal, DiskError> {
        let names = (0..texts.len()).map(text_name);
        let texts = names.zip(texts.iter().map(Vec::as_slice));
        for (name, text) in texts.chain([(PLAN.to_owned(), plan)]) {
            let mut file = create(&handle, dir, &name)?;
            file.write_all(text)
                .and_then(|()| file.sync_all())
                .map_err(|e| DiskError::at("write", &dir.join(name), e))?;
        }
        let mut journal = Journal {
            file: create(&handle, dir, JOURNAL)?,
            dir: handle,
            path: dir.join(JOURNAL),
            texts: begin.texts.clone(),
            seq: 0,
            broken: false,
        };
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
        for name in (0..texts).map(text_name).chain([PLAN.to_owned()]) {
            let _ = rustix::fs::unlinkat(&handle, name, AtFlags::empty());
        }
        let _ = rustix::fs::rmdir(dir);
        Ok(())
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
        let Some(text) = read_ours(&dir, &path, JOURNAL)? else {
            return Ok(None);
        };
        let (records, end) = journal_file::parse(&text).map_err(untrusted)?;
        let Some(Record::Begin(begin)) = records.first() else {
            return if records.is_empty() {
                Ok(None)
            } else {
                Err(untrusted(JournalError::Headless))
            };
        };
        let other_plan = |why: String| untrusted(JournalError::OtherPlan(why));
        let text = read_ours(&dir, &path, PLAN)?;
        let text = text.ok_or_else(|| other_plan("it is missing".to_owned()))?;
        if Digest::of(&text) != begin.plan || begin.run != *id {
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

/// The journal of a run that is under way.
pub struct Journal {
    file: File,
    dir: OwnedFd,
    path: PathBuf,
    texts: Vec<Text>,
    seq: u64,
    broken: bool,
}

impl Ledger for Journal {
    fn append(&mut self, record: &Record) -> Result<(), DiskError> {
        let line = journal_file::line(self.seq + 1, record);
        self.guarded("write", |file| file.write_all(line.as_bytes()))?;
        self.seq += 1;
        Ok(())
    }

    fn text(&mut self, number: usize) -> Result<Vec<u8>, DiskError> {
        let path = self.path.with_file_name(text_name(number));
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let error = |e: std::io::Error| DiskError::at("read", &path, e);
        let file = rustix::fs::openat(&self.dir, text_name(number), flags, Mode::empty());
        let expected = self.texts[number];
        let mut text = Vec::new();
        File::from(file.map_err(|e| error(e.into()))?)
            .take(expected.size + 1)
            .read_to_end(&mut text)
            .map_err(error)?;
        if Digest::of(&text) != expected.hash {
            return Err(error(std::io::Error::other(
                "it is not what the run began with",
            )));
        }
        Ok(text)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.guarded("make durable", |file| file.sync_data())
    }
}

impl Journal {
    /// Does something to the file, and nothing any more after that has failed once: a sync that is
    /// tried again may succeed without its data.
    fn guarded(
        &mut self,
        action: &'static str,
        act: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> Result<(), DiskError> {
        let done = if self.broken {
            Err(std::io::Error::other("an earlier write to it failed"))
        } else {
            act(&mut self.file)
        };
        done.map_err(|source| {
            self.broken = true;
            DiskError::at(action, &self.path, source)
        })
    }
}

/// The name of the file beside the journal that holds the text of a write.
fn text_name(number: usize) -> String {
    format!("text-{number}")
}

fn open_directory(path: &Path) -> Result<OwnedFd, DiskError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(|e| DiskError::at("open", path, e))
}

fn create(dir: &OwnedFd, path: &Path, name: &str) -> Result<File, DiskError> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR);
    let file = file.map_err(|e| DiskError::at("make", &path.join(name), e))?;
    Ok(File::from(file))
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

//! Runs on the disk: `runs/<run id>/` in the datadir, with `plan.json` and `journal.jsonl`.
//!
//! Both are as untrusted as any plan: they are read through handles that follow no link, and only
//! where nobody but us or root could have written them.

use super::error::DiskError;
use super::store::is_ours_or_roots;
use crate::model::digest::Digest;
use crate::model::journal_file;
use crate::model::path::Escaped;
use crate::model::plan_file;
use crate::model::problem;
use crate::model::run::{JournalError, Progress, Record, Run, RunId};
use rayon::prelude::*;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
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
    /// A file of the run could have been written by somebody else.
    #[error("{path} cannot be trusted: {why}")]
    Foreign {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
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
    /// Where the directory cannot be read.
    pub fn ids(&self) -> Result<Vec<RunId>, DiskError> {
        let error = |e: std::io::Error| DiskError::at("read", &self.dir, e);
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(error(e)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(error)?.file_name();
            ids.extend(name.to_str().and_then(|n| n.parse::<RunId>().ok()));
        }
        ids.sort();
        Ok(ids)
    }

    /// All runs of which something was begun, oldest first.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub fn all(&self) -> Result<Vec<Run>, RunError> {
        let ids = self.ids()?;
        let runs = ids.par_iter().map(|id| self.load(id));
        runs.filter_map(Result::transpose).collect()
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
            path,
            seq: records,
            broken: false,
        };
        Ok(Some((run, journal)))
    }

    /// Begins a run: its directory, the text of its plan, and a journal with its first record, all
    /// durable.
    ///
    /// # Errors
    /// Where something cannot be written, or the run exists.
    pub fn begin(&self, id: &RunId, plan: &[u8], begin: &Record) -> Result<Journal, DiskError> {
        let dir = self.dir.join(id.as_str());
        for path in [&self.dir, &dir] {
            let error = |e: Errno| DiskError::at("make", path, e);
            match rustix::fs::mkdir(path, Mode::RWXU) {
                Err(Errno::EXIST) if path == &self.dir => {}
                made => made.map_err(error)?,
            }
        }
        let handle = open_directory(&dir)?;
        let mut text = create(&handle, &dir, PLAN)?;
        text.write_all(plan)
            .and_then(|()| text.sync_all())
            .map_err(|e| DiskError::at("write", &dir.join(PLAN), e))?;
        let mut journal = Journal {
            file: create(&handle, &dir, JOURNAL)?,
            path: dir.join(JOURNAL),
            seq: 0,
            broken: false,
        };
        let datadir = self.dir.parent().unwrap_or(&self.dir);
        let durable = journal.append(begin).and_then(|()| journal.sync());
        let durable = durable.and_then(|()| {
            [dir.as_path(), &self.dir, datadir]
                .into_iter()
                .try_for_each(|path| {
                    rustix::fs::fsync(open_directory(path)?)
                        .map_err(|e| DiskError::at("make durable", path, e))
                })
        });
        if let Err(error) = durable {
            // Without its journal the run never began, and stands in nobody's way.
            let unlinked = rustix::fs::unlinkat(&handle, JOURNAL, AtFlags::empty());
            unlinked.map_err(|e| DiskError::at("remove", &dir.join(JOURNAL), e))?;
            return Err(error);
        }
        Ok(journal)
    }

    /// The run, how many records its journal has, how many bytes they take, and its directory.
    fn read(&self, id: &RunId) -> Result<Option<(Run, u64, usize, OwnedFd)>, RunError> {
        let path = self.dir.join(id.as_str());
        let dir = match open_directory(&path) {
            Ok(dir) => dir,
            Err(error) if error.is(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
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
        let count = records.len() as u64;
        let progress = Progress::of(&plan, records).map_err(untrusted)?;
        let run = Run {
            id: id.clone(),
            plan,
            progress,
        };
        Ok(Some((run, count, end, dir)))
    }
}

/// The journal of a run that is under way.
pub struct Journal {
    file: File,
    path: PathBuf,
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
    let foreign = |why| RunError::Foreign {
        path: Escaped(path.as_os_str().as_encoded_bytes()).to_string(),
        why,
    };
    let error = |e: std::io::Error| DiskError::at("read", &path, e);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(error(errno.into()).into()),
    };
    let stat = rustix::fs::statat(&file, "", AtFlags::EMPTY_PATH).map_err(|e| error(e.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(foreign("it is no regular file"));
    }
    if !is_ours_or_roots(stat.st_uid) {
        return Err(foreign("it belongs to another user"));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(foreign("others may write to it"));
    }
    let mut bytes = Vec::new();
    File::from(file).read_to_end(&mut bytes).map_err(error)?;
    Ok(Some(bytes))
}

//! The file in which hashes are kept that stand in no index yet: of a crawl, for the case that it is
//! interrupted, and of ingest, for the next plan.
//!
//! Each reader adds to it by itself, many files at a time. It is made durable only where its files are
//! counted: what a power cut takes is hashed again. It only saves time, so that one which cannot be used stops nothing.

use super::error::DiskError;
use super::store::{Datadir, write_whole};
use super::trust::{self, TrustError};
use crate::model::digest::Digest;
use crate::model::index::Reading;
use crate::model::limits::MAX_BYTES;
use crate::model::path::TreePath;
use crate::model::progress::{Progress, ProgressHeader};
use crate::model::state::Listed;
use crate::model::time::Time;
use crate::model::tree::Tree;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Bytes of files after which a reader writes down what it has hashed.
const BATCH_BYTES: u64 = 64 << 20;

/// Files after which it does.
const BATCH_FILES: u64 = 256;

/// The longest line that is read, in bytes: a path of PATH_MAX bytes, all of them escaped, and the
/// rest. What is longer is damaged.
const LONGEST_LINE: u64 = 64 << 10;

/// For whom hashes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// For the crawl that goes on with an interrupted one.
    Crawl,
    /// For the next plan of ingest, and for applying it.
    Ingest,
}

/// What was hashed before, and where what is hashed now is kept.
pub struct Notebook {
    purpose: Purpose,
    known: Progress,
    path: PathBuf,
    header: ProgressHeader,
    /// When this work began, which may go on with one that began earlier.
    begun: Time,
    /// Bytes of the file that this work goes on after; none where it begins anew.
    end: Option<u64>,
    /// Why the file cannot be used.
    trouble: Option<String>,
    pen: Mutex<Pen>,
}

/// What is written with.
enum Pen {
    /// Nothing was written yet.
    Unused,
    /// The file, its length, and how many files were written down.
    Writing(File, u64, u64),
    /// It cannot be written any more; so many files were written down.
    Broken(u64),
}

impl Notebook {
    /// Opens a notebook. What one of another kind left is not looked at, and replaced once there is
    /// something to keep. One that cannot be read or trusted is let alone, and says so by
    /// [`Notebook::trouble`].
    pub fn open(datadir: &Datadir, header: ProgressHeader, purpose: Purpose) -> Notebook {
        let mut notebook = Notebook {
            purpose,
            known: Progress::default(),
            path: datadir.path().join(purpose.file_name()),
            begun: header.begun,
            header,
            end: None,
            trouble: None,
            pen: Mutex::new(Pen::Unused),
        };
        if let Err(error) = notebook.read(datadir) {
            (notebook.known, notebook.end) = (Progress::default(), None);
            notebook.trouble = Some(error.to_string());
            notebook.pen = Mutex::new(Pen::Broken(0));
        }
        notebook
    }

    /// Reads what there is, line by line, up to the first that is torn or damaged.
    fn read(&mut self, datadir: &Datadir) -> Result<(), TrustError> {
        let Some(directory) = trust::open_directory(datadir.path())? else {
            return Ok(());
        };
        let name = self.purpose.file_name();
        let Some((file, _)) = trust::open_file(directory, name.as_ref(), &self.path, MAX_BYTES)?
        else {
            return Ok(());
        };
        let mut text = BufReader::new(file);
        let mut line = Vec::new();
        let mut next = |line: &mut Vec<u8>| {
            line.clear();
            let read = text.by_ref().take(LONGEST_LINE).read_until(b'\n', line);
            read.map_err(|error| DiskError::at("read", &self.path, error))
        };
        let mut end = next(&mut line)? as u64;
        let header = ProgressHeader::parse(&line);
        let Some(header) = header.filter(|header| header.is_continued_by(&self.header)) else {
            return Ok(());
        };
        let mut known = Progress::default();
        loop {
            let length = next(&mut line)? as u64;
            if length == 0 || !known.add(&line) {
                break;
            }
            end += length;
        }
        (self.header, self.known, self.end) = (header, known, Some(end));
        Ok(())
    }

    /// Why nothing is known and nothing is kept, where there is a file that cannot be used.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// The hash of a file that was taken before, where nothing says that the file changed since.
    pub fn reading(&self, tree: Tree, file: &Listed) -> Option<Reading> {
        self.known.reading(tree, file, self.header.begun)
    }

    /// Forgets the files of which `is_gone` says so; they are written no more.
    pub fn forget(&mut self, is_gone: impl Fn(&TreePath<'_>) -> bool) {
        if self.known.forget(is_gone) {
            self.end = None;
        }
    }

    /// Pages for one reader.
    pub fn page(&self) -> Page<'_> {
        Page {
            notebook: self,
            text: Vec::new(),
            files: 0,
            bytes: 0,
        }
    }

    /// Makes what was written down durable, and says of how many files that is.
    pub fn kept(&self) -> u64 {
        let mut pen = self.pen();
        // Some file systems tell only then that there was no room for it.
        if let Pen::Writing(file, ..) = &*pen
            && let Err(error) = file.sync_data()
        {
            *pen = self.broken(0, &error);
        }
        match &*pen {
            Pen::Unused => 0,
            Pen::Writing(_, _, kept) | Pen::Broken(kept) => *kept,
        }
    }

    /// Throws the notebook away, as the indexes know what it knew; but for the files of which
    /// `is_done` says that nobody looked at them.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn close(mut self, is_done: impl Fn(&TreePath<'_>) -> bool) -> Result<(), DiskError> {
        if self.trouble.is_some() {
            return Ok(());
        }
        self.known.forget(is_done);
        if self.known.files() > 0 {
            let text = self.known.text(&self.header);
            return write_whole(&self.path, 0o600, |out| out.write_all(&text));
        }
        match rustix::fs::unlink(&self.path) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(DiskError::at("remove", &self.path, errno)),
        }
    }

    fn pen(&self) -> std::sync::MutexGuard<'_, Pen> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds lines at the end. A notebook that cannot be written stops nothing; what a failed write
    /// left of them is cut off.
    fn append(&self, text: &[u8], files: u64) {
        let mut pen = self.pen();
        if let Pen::Unused = *pen {
            *pen = match self.begin() {
                Ok((file, length)) => Pen::Writing(file, length, 0),
                Err(error) => self.broken(0, &error),
            };
        }
        let Pen::Writing(file, length, kept) = &mut *pen else {
            return;
        };
        match file.write_all(text) {
            Ok(()) => {
                *length += text.len() as u64;
                *kept += files;
            }
            Err(error) => {
                // Where even that fails, the torn line is the last, and is not believed.
                let _ = rustix::fs::ftruncate(&*file, *length);
                *pen = self.broken(*kept, &error);
            }
        }
    }

    /// The file, to be added to, and its length: the one of before without its torn end, or a new
    /// one. Another process that writes into it keeps it.
    fn begin(&self) -> io::Result<(File, u64)> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lock = |file: &_| rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive);
        match rustix::fs::open(&self.path, flags, Mode::empty()) {
            Ok(file) => {
                lock(&file)?;
                if let Some(end) = self.end {
                    rustix::fs::ftruncate(&file, end)?;
                    return Ok((file.into(), end));
                }
                rustix::fs::unlink(&self.path)?;
            }
            // It is a symbolic link, which is not followed, and not kept.
            Err(Errno::LOOP) => rustix::fs::unlink(&self.path)?,
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags = flags | OFlags::CREATE | OFlags::EXCL;
        let file = rustix::fs::open(&self.path, flags, Mode::RUSR | Mode::WUSR)?;
        lock(&file)?;
        let mut file = File::from(file);
        let text = self.known.text(&self.header);
        file.write_all(&text)?;
        Ok((file, text.len() as u64))
    }

    fn broken(&self, kept: u64, error: &io::Error) -> Pen {
        let error = DiskError::at("write", &self.path, io::Error::from(error.kind()));
        tracing::warn!("What is hashed from here on may have to be hashed again: {error}");
        Pen::Broken(kept)
    }
}

impl Purpose {
    /// The name of the file in the datadir.
    fn file_name(self) -> &'static str {
        match self {
            Purpose::Crawl => "crawl_progress.jsonl",
            Purpose::Ingest => "ingest_progress.jsonl",
        }
    }
}

/// What one reader has hashed and not written down yet; written down when it is dropped.
pub struct Page<'n> {
    notebook: &'n Notebook,
    text: Vec<u8>,
    files: u64,
    bytes: u64,
}

impl Page<'_> {
    /// Notes the hash of a file, unless a change that comes now could leave its times as they are.
    pub fn note(&mut self, tree: Tree, file: &Listed, hash: Digest) {
        if !file.stamp.is_settled(self.notebook.begun) {
            return;
        }
        Progress::write(&mut self.text, tree, file, hash);
        self.files += 1;
        self.bytes = self.bytes.saturating_add(file.stamp.size);
        if self.files >= BATCH_FILES || self.bytes >= BATCH_BYTES {
            self.turn();
        }
    }

    fn turn(&mut self) {
        if self.files > 0 {
            self.notebook.append(&self.text, self.files);
        }
        self.text.clear();
        (self.files, self.bytes) = (0, 0);
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        self.turn();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::Stamp;
    use crate::model::path::RelPath;
    use std::path::Path;

    const NOW: i64 = 1_000;

    struct Fixture {
        dir: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Fixture {
            let dir = tempfile::tempdir().unwrap();
            Fixture { dir }
        }

        fn open(&self, force: bool) -> Notebook {
            let header = ProgressHeader::new(force, Time::new(NOW, 0).unwrap());
            Notebook::open(&Datadir::at(self.dir.path()), header, Purpose::Crawl)
        }

        fn path(&self) -> PathBuf {
            self.dir.path().join("crawl_progress.jsonl")
        }

        fn text(&self) -> String {
            std::fs::read_to_string(self.path()).unwrap()
        }
    }

    fn listed(name: &str, size: u64) -> Listed {
        Listed {
            path: RelPath::from_text(format!("2024/{name}")).unwrap(),
            stamp: Stamp {
                size,
                ..Stamp::default()
            },
        }
    }

    fn note(notebook: &Notebook, names: &[&str]) {
        let mut page = notebook.page();
        for name in names {
            page.note(Tree::Media, &listed(name, 1), Digest::of(b"a"));
        }
    }

    #[test]
    fn nothing_is_made_before_there_is_something_to_keep() {
        let fixture = Fixture::new();
        let notebook = fixture.open(false);
        drop(notebook.page());
        assert!(!fixture.path().exists());
        let mut page = notebook.page();
        page.note(Tree::Media, &listed("small", 1), Digest::of(b"a"));
        assert!(!fixture.path().exists(), "it is kept with others");
        page.note(Tree::Media, &listed("large", BATCH_BYTES), Digest::of(b"b"));
        assert_eq!((fixture.text().lines().count(), notebook.kept()), (3, 2));
        drop(page);
        notebook.close(|_| true).unwrap();
        assert!(!fixture.path().exists());
    }

    #[test]
    fn a_file_that_changed_just_now_is_not_noted() {
        let fixture = Fixture::new();
        let notebook = fixture.open(false);
        let mut file = listed("a", 1);
        file.stamp.changed = Time::new(NOW - 1, 0).unwrap();
        notebook.page().note(Tree::Media, &file, Digest::of(b"a"));
        assert!(!fixture.path().exists() && notebook.kept() == 0);
        file.stamp.changed = Time::new(NOW - 2, 0).unwrap();
        notebook.page().note(Tree::Media, &file, Digest::of(b"a"));
        assert_eq!((fixture.text().lines().count(), notebook.kept()), (2, 1));
    }

    #[test]
    fn a_torn_end_is_cut_off_before_more_is_added() {
        let fixture = Fixture::new();
        note(&fixture.open(false), &["a", "b"]);
        let text = fixture.text();
        std::fs::write(fixture.path(), &text[..text.len() - 10]).unwrap();
        let notebook = fixture.open(false);
        assert_eq!(notebook.known.files(), 1);
        note(&notebook, &["c"]);
        let again = fixture.open(false);
        assert_eq!(again.known.files(), 2);
        for (name, is_known) in [("a", true), ("b", false), ("c", true)] {
            let reading = again.reading(Tree::Media, &listed(name, 1));
            assert_eq!(reading.is_some(), is_known, "{name}");
        }
        again.close(|path| path.rel.file_name() == b"a").unwrap();
        assert_eq!(
            fixture.open(false).known.files(),
            1,
            "what was not looked at"
        );
    }

    #[test]
    fn one_of_another_kind_is_replaced_and_a_link_is_not_followed() {
        let fixture = Fixture::new();
        note(&fixture.open(false), &["a", "b"]);
        let notebook = fixture.open(true);
        assert_eq!(notebook.known.files(), 0);
        note(&notebook, &["c"]);
        assert_eq!(fixture.text().lines().count(), 2);
        let elsewhere = fixture.dir.path().join("elsewhere");
        std::fs::write(&elsewhere, "precious").unwrap();
        std::fs::remove_file(fixture.path()).unwrap();
        let notebook = fixture.open(true);
        std::os::unix::fs::symlink(&elsewhere, fixture.path()).unwrap();
        note(&notebook, &["d"]);
        assert_eq!(std::fs::read(elsewhere).unwrap(), b"precious");
        assert_eq!(fixture.text().lines().count(), 2);
    }

    #[test]
    fn one_that_cannot_be_used_is_told_and_stops_nothing() {
        for spoil in [
            |path: &Path| std::fs::create_dir(path),
            |path: &Path| {
                let mode = rustix::fs::Mode::RUSR;
                rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)?;
                Ok(())
            },
            |path: &Path| std::os::unix::fs::symlink("/etc/passwd", path),
            |path: &Path| std::fs::File::create(path)?.set_len(MAX_BYTES + 1),
        ] {
            let fixture = Fixture::new();
            spoil(&fixture.path()).unwrap();
            let notebook = fixture.open(false);
            let trouble = notebook.trouble().unwrap();
            assert!(trouble.contains("crawl_progress.jsonl"), "{trouble}");
            note(&notebook, &["a"]);
            assert_eq!(notebook.kept(), 0);
            notebook.close(|_| true).unwrap();
            assert!(fixture.path().symlink_metadata().is_ok(), "it is let alone");
        }
    }

    #[test]
    fn what_a_failed_write_left_is_cut_off_and_nothing_follows_it() {
        let fixture = Fixture::new();
        note(&fixture.open(false), &["a"]);
        let before = fixture.text();
        let notebook = fixture.open(false);
        note(&notebook, &["b"]);
        // From here on, the file may not be written.
        let (mut pen, length) = (notebook.pen(), before.len() as u64);
        let reading = File::open(fixture.path()).unwrap();
        *pen = Pen::Writing(reading, length, 1);
        drop(pen);
        note(&notebook, &["c"]);
        assert_eq!(notebook.kept(), 1);
        note(&notebook, &["d"]);
        assert_eq!(notebook.kept(), 1);
        assert!(!fixture.text().contains("2024/c") && !fixture.text().contains("2024/d"));
    }

    #[test]
    fn what_is_not_durable_does_not_count() {
        let fixture = Fixture::new();
        let notebook = fixture.open(false);
        note(&notebook, &["a"]);
        assert_eq!(notebook.kept(), 1);
        // What is written there cannot be made durable.
        let (_reader, writer) = std::io::pipe().unwrap();
        *notebook.pen() = Pen::Writing(File::from(std::os::fd::OwnedFd::from(writer)), 0, 1);
        note(&notebook, &["b"]);
        assert_eq!(notebook.kept(), 0);
        note(&notebook, &["c"]);
        assert_eq!(notebook.kept(), 0);
    }

    #[test]
    fn of_two_at_work_one_writes_and_both_read() {
        let fixture = Fixture::new();
        note(&fixture.open(false), &["a"]);
        let (first, second) = (fixture.open(false), fixture.open(false));
        note(&first, &["b"]);
        note(&second, &["c"]);
        note(&first, &["d"]);
        assert_eq!((first.kept(), second.kept()), (2, 0));
        assert!(second.reading(Tree::Media, &listed("a", 1)).is_some());
        drop((first, second));
        assert_eq!(fixture.open(false).known.files(), 3);
    }

    #[test]
    fn what_is_forgotten_is_not_written_again() {
        let fixture = Fixture::new();
        note(&fixture.open(false), &["a", "b"]);
        let mut notebook = fixture.open(false);
        notebook.forget(|path| path.rel.file_name() == b"a");
        assert_eq!(
            fixture.text().lines().count(),
            3,
            "nothing is to be kept yet"
        );
        note(&notebook, &["c"]);
        drop(notebook);
        assert!(!fixture.text().contains("2024/a"));
        assert_eq!(fixture.open(false).known.files(), 2);
    }
}

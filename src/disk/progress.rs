//! The file in which a crawl keeps what it has hashed, for the case that it is interrupted.
//!
//! Each reader adds to it by itself, many files at a time, in one write at the end of the file: no
//! reader waits for another. It is not made durable; what a power cut takes is hashed again.

use super::error::DiskError;
use super::store::{Datadir, StoreError, write_whole};
use super::trust;
use crate::model::digest::Digest;
use crate::model::index::Reading;
use crate::model::limits::MAX_BYTES;
use crate::model::path::TreePath;
use crate::model::progress::{Progress, ProgressHeader, is_settled};
use crate::model::state::Listed;
use crate::model::time::Time;
use crate::model::tree::Tree;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of files after which a reader writes down what it has hashed.
const BATCH_BYTES: u64 = 64 << 20;

/// Files after which it does.
const BATCH_FILES: u64 = 256;

/// What an interrupted crawl left, and where this one keeps what it hashes.
pub struct Notebook {
    known: Progress,
    path: PathBuf,
    header: ProgressHeader,
    /// When this crawl began, which may go on with one that began earlier.
    begun: Time,
    /// Bytes of the file that this crawl goes on after; none where it begins anew.
    end: Option<u64>,
    file: OnceLock<Option<File>>,
    kept: AtomicU64,
}

impl Notebook {
    /// Opens the notebook of a crawl; what one of another kind left is not looked at, and replaced
    /// once there is something to keep.
    ///
    /// # Errors
    /// Where there is one that cannot be read or trusted.
    pub fn open(datadir: &Datadir, header: ProgressHeader) -> Result<Notebook, StoreError> {
        let mut notebook = Notebook {
            known: Progress::default(),
            path: datadir.path().join("crawl_progress.jsonl"),
            begun: header.begun,
            header,
            end: None,
            file: OnceLock::new(),
            kept: AtomicU64::new(0),
        };
        let Some(directory) = trust::open_directory(datadir.path())? else {
            return Ok(notebook);
        };
        let path = &notebook.path;
        let name = path.file_name().unwrap_or_default();
        let Some((file, _)) = trust::open_file(directory, name.as_ref(), path, MAX_BYTES)? else {
            return Ok(notebook);
        };
        let mut text = Vec::new();
        let read = file.take(MAX_BYTES).read_to_end(&mut text);
        read.map_err(|e| DiskError::at("read", path, e))?;
        if let Some((header, progress, end)) = Progress::parse(&text)
            && header.is_continued_by(&notebook.header)
        {
            notebook.known = progress;
            notebook.header = header;
            notebook.end = Some(end as u64);
        }
        Ok(notebook)
    }

    /// The hash of a file that was taken before, where nothing says that the file changed since.
    pub fn reading(&self, tree: Tree, file: &Listed) -> Option<Reading> {
        self.known.reading(tree, file, self.header.begun)
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

    /// How many files this crawl wrote down.
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// Throws the notebook away, as the indexes know what it knew; but for the files of which
    /// `is_done` says that this crawl did not look at them.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn close(mut self, is_done: impl Fn(&TreePath<'_>) -> bool) -> Result<(), DiskError> {
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

    /// Adds lines at the end. A notebook that cannot be written stops no crawl.
    fn append(&self, text: &[u8], files: u64) {
        let begin = || match self.begin() {
            Ok(file) => Some(file),
            Err(error) => self.give_up(&error),
        };
        let Some(file) = self.file.get_or_init(begin) else {
            return;
        };
        match (&*file).write_all(text) {
            Ok(()) => {
                self.kept.fetch_add(files, Ordering::Relaxed);
            }
            Err(error) => {
                self.give_up(&error);
            }
        }
    }

    /// The file, to be added to: the one of before without its torn end, or a new one.
    fn begin(&self) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if let Some(end) = self.end {
            let file = rustix::fs::open(&self.path, flags, Mode::empty())?;
            rustix::fs::ftruncate(&file, end)?;
            return Ok(file.into());
        }
        match rustix::fs::unlink(&self.path) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags = flags | OFlags::CREATE | OFlags::EXCL;
        let file = rustix::fs::open(&self.path, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        file.write_all(self.header.line().as_bytes())?;
        Ok(file)
    }

    fn give_up(&self, error: &io::Error) -> Option<File> {
        let error = DiskError::at("write", &self.path, io::Error::from(error.kind()));
        tracing::warn!("Crawl - Were it interrupted, it would begin anew: {error}");
        None
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
        if !is_settled(&file.stamp, self.notebook.begun) {
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
            Notebook::open(&Datadir::at(self.dir.path()), header).unwrap()
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
}

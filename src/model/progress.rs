//! What was hashed and stands in no index yet, so that it need not be hashed again: by a crawl that was
//! interrupted, or for a plan of ingest.
//!
//! It is no index: it is there only until the files are in one, and a hash in it stands for a file only
//! while nothing says that the file changed.

use super::digest::Digest;
use super::index::{Reading, Stamp};
use super::path::TreePath;
use super::state::Listed;
use super::time::Time;
use super::tree::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The `format` of the progress that this version writes.
pub const PROGRESS_FORMAT: &str = "mediastruct/progress/1";

/// For how many seconds a crawl that was interrupted is gone on with, and not begun anew: 30 days.
pub const MAX_AGE: i64 = 30 * 86_400;

/// What a crawl had hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress(HashMap<TreePath<'static>, (Fingerprint, Digest)>);

/// The first line of `crawl_progress.jsonl` and `ingest_progress.jsonl`: what the files were hashed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressHeader {
    /// `mediastruct/progress/1`.
    pub format: String,
    /// Whether it was to hash every unit again.
    pub force: bool,
    /// When it was begun.
    pub begun: Time,
}

/// Any other line: a file that was hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressEntry {
    /// Where the file is.
    pub path: TreePath<'static>,
    /// What `stat` said of it before and after it was read.
    pub stamp: Fingerprint,
    /// The hash of its content.
    pub hash: Digest,
}

/// Size, seconds and nanoseconds of the modification, seconds and nanoseconds of the last change to
/// the inode, and the inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fingerprint(u64, i64, u32, i64, u32, u64);

/// One line of `crawl_progress.jsonl` or `ingest_progress.jsonl`.
#[derive(JsonSchema)]
#[schemars(title = "mediastruct crawl progress line", untagged)]
#[allow(dead_code, reason = "describes the lines in the schema")]
pub enum ProgressLine {
    /// The first line.
    Header(ProgressHeader),
    /// Any other.
    Entry(ProgressEntry),
}

impl ProgressHeader {
    /// That of a crawl which begins now.
    pub fn new(force: bool, begun: Time) -> ProgressHeader {
        ProgressHeader {
            format: PROGRESS_FORMAT.to_owned(),
            force,
            begun,
        }
    }

    /// What a first line tells; none where it is torn, or of no such text.
    pub fn parse(line: &[u8]) -> Option<ProgressHeader> {
        let whole = line.strip_suffix(b"\n")?;
        let header: ProgressHeader = serde_json::from_slice(whole).ok()?;
        (header.format == PROGRESS_FORMAT).then_some(header)
    }

    /// Whether a crawl that begins now goes on with this one.
    pub fn is_continued_by(&self, next: &ProgressHeader) -> bool {
        let age = next.begun.seconds_since(self.begun);
        self.force == next.force && (0..=MAX_AGE).contains(&age)
    }

    /// The line, its newline included.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("headers serialize") + "\n"
    }
}

impl From<&Stamp> for Fingerprint {
    fn from(stamp: &Stamp) -> Self {
        let Stamp {
            size,
            modified,
            changed,
            inode,
            ..
        } = *stamp;
        let ([m, c], [mn, cn]) = (
            [modified, changed].map(Time::seconds),
            [modified, changed].map(Time::nanoseconds),
        );
        Fingerprint(size, m, mn, c, cn, inode)
    }
}

impl Progress {
    /// Adds the line of a file that was hashed to a text.
    pub fn write(text: &mut Vec<u8>, tree: Tree, file: &Listed, hash: Digest) {
        let entry = ProgressEntry {
            path: TreePath::new(tree, file.path.clone()),
            stamp: Fingerprint::from(&file.stamp),
            hash,
        };
        serde_json::to_writer(&mut *text, &entry).expect("entries serialize into memory");
        text.push(b'\n');
    }

    /// Takes over what a line tells that is not the first one; false where it is torn or damaged, and
    /// nothing that follows it is to be believed.
    pub fn add(&mut self, line: &[u8]) -> bool {
        let whole = line.strip_suffix(b"\n");
        let Some(Ok(entry)) = whole.map(serde_json::from_slice::<ProgressEntry>) else {
            return false;
        };
        self.0.insert(entry.path, (entry.stamp, entry.hash));
        true
    }

    /// How many files were hashed.
    pub fn files(&self) -> u64 {
        self.0.len() as u64
    }

    /// The hash of a file that is as it was when it was taken, by a crawl that had `begun` then.
    pub fn reading(&self, tree: Tree, file: &Listed, begun: Time) -> Option<Reading> {
        if self.0.is_empty() {
            return None;
        }
        let path = TreePath::new(tree, file.path.borrowed());
        let (stamp, hash) = self.0.get(&path)?;
        (*stamp == Fingerprint::from(&file.stamp)).then_some(Reading::Before(*hash, begun))
    }

    /// Forgets the files of which `is_done` says so, and says whether there were any.
    pub fn forget(&mut self, is_done: impl Fn(&TreePath<'_>) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|path, _| !is_done(path));
        self.0.len() < before
    }

    /// The text of all that is left, after its header.
    pub fn text(&self, header: &ProgressHeader) -> Vec<u8> {
        let mut text = header.line().into_bytes();
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_unstable_by_key(|(path, _)| *path);
        for (path, (stamp, hash)) in entries {
            let entry = ProgressEntry {
                path: path.clone(),
                stamp: *stamp,
                hash: *hash,
            };
            serde_json::to_writer(&mut text, &entry).expect("entries serialize into memory");
            text.push(b'\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::RelPath;

    fn time(seconds: i64) -> Time {
        Time::new(seconds, 5).unwrap()
    }

    fn listed(name: &str) -> Listed {
        Listed {
            path: RelPath::from_text(format!("2024/{name}")).unwrap(),
            stamp: Stamp {
                size: 3,
                modified: time(-1),
                changed: time(2),
                device: 9,
                inode: 7,
            },
        }
    }

    fn text(names: &[&str]) -> Vec<u8> {
        let mut text = ProgressHeader::new(false, time(1)).line().into_bytes();
        for name in names {
            Progress::write(&mut text, Tree::Media, &listed(name), Digest::of(b"abc"));
        }
        text
    }

    /// What the lines of a text tell, up to the first that is no such line.
    fn read(text: &[u8]) -> Option<(ProgressHeader, Progress)> {
        let mut lines = text.split_inclusive(|b| *b == b'\n');
        let header = ProgressHeader::parse(lines.next()?)?;
        let mut progress = Progress::default();
        let _ = lines.all(|line| progress.add(line));
        Some((header, progress))
    }

    #[test]
    fn a_hash_stands_for_a_file_that_did_not_change() {
        let (header, progress) = read(&text(&["a", "b"])).unwrap();
        assert_eq!(header, ProgressHeader::new(false, time(1)));
        assert_eq!(progress.files(), 2);
        let same = Some(Reading::Before(Digest::of(b"abc"), header.begun));
        let reading = |tree, file: &Listed| progress.reading(tree, file, header.begun);
        assert_eq!(reading(Tree::Media, &listed("a")), same);
        assert_eq!(reading(Tree::Archive, &listed("a")), None);
        assert_eq!(reading(Tree::Media, &listed("c")), None);
        // The number of a device may be another after a restart.
        let mut elsewhere = listed("a");
        elsewhere.stamp.device = 10;
        assert_eq!(reading(Tree::Media, &elsewhere), same);
        let changes: [fn(&mut Stamp); 4] = [
            |stamp| stamp.size = 4,
            |stamp| stamp.modified = time(0),
            |stamp| stamp.changed = time(3),
            |stamp| stamp.inode = 8,
        ];
        for change in changes {
            let mut other = listed("a");
            change(&mut other.stamp);
            assert_eq!(reading(Tree::Media, &other), None);
        }
        assert_eq!(progress.text(&header), text(&["a", "b"]));
    }

    #[test]
    fn what_follows_a_torn_or_damaged_line_is_not_believed() {
        let (one, two) = (text(&["a"]), text(&["a", "b"]));
        for cut in one.len()..two.len() {
            let (_, progress) = read(&two[..cut]).unwrap();
            assert_eq!(progress.files(), 1, "cut at {cut}");
        }
        let damaged = [&one[..], b"\0\0\n", &two[one.len()..]].concat();
        assert_eq!(read(&damaged).unwrap().1.files(), 1);
        assert_eq!(read(b""), None);
        assert_eq!(read(&one[..10]), None);
        let newer = String::from_utf8(one)
            .unwrap()
            .replace("progress/1", "progress/2");
        assert_eq!(read(newer.as_bytes()), None);
    }

    #[test]
    fn only_a_crawl_of_the_same_kind_goes_on_and_not_for_ever() {
        let first = ProgressHeader::new(false, time(100));
        let next = |force, at| ProgressHeader::new(force, time(at));
        assert!(first.is_continued_by(&next(false, 100)));
        assert!(first.is_continued_by(&next(false, 100 + MAX_AGE)));
        assert!(!first.is_continued_by(&next(true, 100)));
        assert!(!first.is_continued_by(&next(false, 101 + MAX_AGE)));
        assert!(!first.is_continued_by(&next(false, 99)));
    }
}

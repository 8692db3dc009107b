//! A file in an index, and what reading one came to.

use crate::model::digest::Digest;
use crate::model::path::RelPath;
use crate::model::time::Time;

/// For how many seconds a file has to be as it is before it is read: the coarsest clock of a file
/// system has ticks of two.
const TICK: i64 = 2;

/// A file in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where the file is, relative to the tree.
    pub path: RelPath<'a>,
    /// The hash of its content, or why there is none; a file without a hash equals no other.
    pub hash: Result<Digest, Box<Unread>>,
    /// What `stat` said when the hash was taken.
    pub stamp: Stamp,
}

/// Why a file has no hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The reason, for people.
    pub why: String,
    /// The hash that the file had before its bytes changed under an unchanged size and mtime.
    pub was: Option<Digest>,
}

/// What tells that a file changed, and which file it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes in the file.
    pub size: u64,
    /// The modification time (mtime).
    pub modified: Time,
    /// The time of the last change to the inode (ctime).
    pub changed: Time,
    /// The device that holds the inode.
    pub device: u64,
    /// The inode; with the device, it tells hard links.
    pub inode: u64,
}

/// What reading a file from a listing to its end came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Its hash; it is the file that was listed, and did not change.
    Same(Digest),
    /// Its hash as a crawl took it that was interrupted, and when that began; nothing says that the
    /// file changed since.
    Before(Digest, Time),
    /// It changed since it was listed: its hash now, and what `stat` said before and after that.
    Changed(Box<(Digest, Stamp)>),
    /// It could not be read, and why.
    Failed(Box<str>),
}

impl Stamp {
    /// The same, but the file may have been changed since: whoever leans on it reads it again.
    pub fn in_doubt(self) -> Stamp {
        Stamp {
            changed: Time::default(),
            ..self
        }
    }

    /// Whether a change to a file that began to be read at `read` is sure to be seen in its times. One
    /// that comes within the same tick of a file system's clock as the change before it leaves no
    /// trace.
    ///
    /// A modification time in the future is none that a clock gave: of such a file, the time of the
    /// last change to the inode tells alone.
    pub fn is_settled(&self, read: Time) -> bool {
        let at = |seconds| Time::new(seconds, read.nanoseconds());
        let before = at(read.seconds().saturating_sub(TICK));
        let after = at(read.seconds().saturating_add(TICK));
        let (Some(before), Some(after)) = (before, after) else {
            return false;
        };
        self.changed <= before && !(self.modified > before && self.modified <= after)
    }

    /// What is to be remembered of a file that began to be read at `read`: it is in doubt unless it is
    /// settled.
    pub fn remembered(self, read: Time) -> Stamp {
        match self.is_settled(read) {
            true => self,
            false => self.in_doubt(),
        }
    }

    /// Whether a file with the stamp `now` is as it was when this one was taken. One in doubt never
    /// is. The number of a device is not asked, for it changes from one start of the machine to the
    /// next.
    pub fn is_still(&self, now: &Stamp) -> bool {
        *self != self.in_doubt()
            && self.same_content_as(now)
            && (self.changed, self.inode) == (now.changed, now.inode)
    }

    /// Whether size and modification time are those of `other`: what a plan states of a file.
    pub fn same_content_as(&self, other: &Stamp) -> bool {
        (self.size, self.modified) == (other.size, other.modified)
    }

    /// Whether both are of one inode.
    pub fn same_file_as(&self, other: &Stamp) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

impl Entry<'_> {
    /// The hash, where there is one.
    pub fn digest(&self) -> Option<Digest> {
        self.hash.as_ref().ok().copied()
    }

    /// The hash that the file had when it could last be read.
    pub fn remembered(&self) -> Option<Digest> {
        match &self.hash {
            Ok(digest) => Some(*digest),
            Err(unread) => unread.was,
        }
    }

    /// Adds to `bytes` what the index says of its content, for a hash over it: path, size,
    /// modification time and hash.
    pub(super) fn write_content(&self, bytes: &mut Vec<u8>) {
        write_bytes(bytes, self.path.as_bytes());
        bytes.extend_from_slice(&self.stamp.size.to_le_bytes());
        write_time(bytes, self.stamp.modified);
        match &self.hash {
            Ok(digest) => {
                bytes.push(1);
                bytes.extend_from_slice(&digest.0);
            }
            Err(unread) => {
                bytes.push(0);
                write_bytes(bytes, unread.why.as_bytes());
                bytes.extend_from_slice(&unread.was.unwrap_or(Digest([0; 32])).0);
            }
        }
    }

    /// Adds to `bytes` which file it is.
    pub(super) fn write_identity(&self, bytes: &mut Vec<u8>) {
        write_time(bytes, self.stamp.changed);
        bytes.extend_from_slice(&self.stamp.device.to_le_bytes());
        bytes.extend_from_slice(&self.stamp.inode.to_le_bytes());
    }

    /// The same entry with these bytes, which are the same, for its path.
    pub(in crate::model) fn at(self, path: &[u8]) -> Entry<'_> {
        Entry {
            path: RelPath::same(path),
            hash: self.hash,
            stamp: self.stamp,
        }
    }

    /// The same entry, owning its path.
    pub fn into_owned(self) -> Entry<'static> {
        Entry {
            path: self.path.into_owned(),
            hash: self.hash,
            stamp: self.stamp,
        }
    }
}

fn write_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    to.extend_from_slice(bytes);
}

fn write_time(to: &mut Vec<u8>, time: Time) {
    to.extend_from_slice(&time.seconds().to_le_bytes());
    to.extend_from_slice(&time.nanoseconds().to_le_bytes());
}

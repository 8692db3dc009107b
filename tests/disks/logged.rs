//! A disk that remembers every write and flush: one file in a FUSE file system, for a loop device.
//!
//! It can be unplugged, and it can have a bad sector. What the test notes meanwhile stands in the
//! same log, so that it is known what was written before and after.

use crate::blocks::Blocks;
use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyWrite, Request, WriteFlags,
};
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

const NAME: &str = "disk";
const FILE: INodeNo = INodeNo(2);
const VALID: Duration = Duration::from_secs(3600);

/// What happened to the disk, or what the test noted meanwhile.
#[derive(Clone, Debug)]
pub enum Entry<N> {
    /// Bytes were written from an offset on.
    Write {
        /// Where.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// All that was written before is durable.
    Flush,
    /// The test noted something.
    Note(N),
}

/// The disk, served until it is dropped; whatever is mounted from it must be unmounted before.
pub struct LoggedDisk<N> {
    state: Arc<Mutex<State<N>>>,
    directory: PathBuf,
    session: Option<BackgroundSession>,
}

struct State<N> {
    now: Blocks,
    flushed: Blocks,
    log: Vec<Entry<N>>,
    bad: Range<u64>,
    unplugged: bool,
}

/// What a disk still holds when it is plugged in again.
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    /// Only what was flushed before.
    Flushed,
    /// All that was written before.
    Written,
}

impl<N: Clone + Send + 'static> LoggedDisk<N> {
    /// Serves a disk with that content as a file in `directory`.
    pub fn serve(content: Blocks, directory: &Path) -> std::io::Result<LoggedDisk<N>> {
        let state = Arc::new(Mutex::new(State {
            flushed: content.clone(),
            now: content,
            log: Vec::new(),
            bad: 0..0,
            unplugged: false,
        }));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("logged".to_owned())];
        let session = fuser::spawn_mount(Served(state.clone()), directory, &config)?;
        Ok(LoggedDisk {
            state,
            directory: directory.to_owned(),
            session: Some(session),
        })
    }

    /// The file that is the disk.
    pub fn file(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// Adds to the log what the test wants to find there.
    pub fn note(&self, note: N) {
        lock(&self.state).log.push(Entry::Note(note));
    }

    /// All that happened so far.
    pub fn log(&self) -> Vec<Entry<N>> {
        lock(&self.state).log.clone()
    }

    /// Makes bytes unreadable, instead of those that were so before.
    pub fn spoil(&self, bytes: Range<u64>) {
        lock(&self.state).bad = bytes;
    }

    /// From now on every request fails.
    pub fn unplug(&self) {
        lock(&self.state).unplugged = true;
    }

    /// Ends what [`LoggedDisk::unplug`] began.
    pub fn plug_in(&self, holds: Holds) {
        let mut state = lock(&self.state);
        state.unplugged = false;
        if matches!(holds, Holds::Flushed) {
            state.now = state.flushed.clone();
        }
    }
}

impl<N> Drop for LoggedDisk<N> {
    fn drop(&mut self) {
        let ended = self.session.take().map(BackgroundSession::umount_and_join);
        if let Some(Err(_)) = ended {
            let mut lazily = std::process::Command::new("umount");
            lazily.arg("-l").arg(&self.directory).status().ok();
        }
    }
}

fn lock<N>(state: &Mutex<State<N>>) -> MutexGuard<'_, State<N>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What answers the kernel.
struct Served<N>(Arc<Mutex<State<N>>>);

impl<N> Served<N> {
    fn attributes(&self, inode: INodeNo) -> FileAttr {
        let is_file = inode == FILE;
        let size = if is_file { lock(&self.0).now.size } else { 0 };
        FileAttr {
            ino: inode,
            size,
            blocks: size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if is_file {
                FileType::RegularFile
            } else {
                FileType::Directory
            },
            perm: if is_file { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl<N: Send + 'static> Filesystem for Served<N> {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if parent == INodeNo::ROOT && name == NAME {
            reply.entry(&VALID, &self.attributes(FILE), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&VALID, &self.attributes(inode));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        // Without a cache in between, the log sees what the loop device does when it does it.
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let state = lock(&self.0);
        let is_bad = offset < state.bad.end && state.bad.start < offset + u64::from(size);
        if state.unplugged || is_bad {
            return reply.error(Errno::EIO);
        }
        reply.data(&state.now.read(offset, size as usize));
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = lock(&self.0);
        if state.unplugged {
            return reply.error(Errno::EIO);
        }
        state.now.write(offset, data);
        let bytes = data.to_vec();
        state.log.push(Entry::Write { offset, bytes });
        reply.written(data.len() as u32);
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let mut state = lock(&self.0);
        if state.unplugged {
            return reply.error(Errno::EIO);
        }
        state.flushed = state.now.clone();
        state.log.push(Entry::Flush);
        reply.ok();
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // This is what closing the file does; it makes nothing durable.
        reply.ok();
    }

    fn fallocate(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: u64,
        _: u64,
        _: i32,
        reply: ReplyEmpty,
    ) {
        reply.error(Errno::EOPNOTSUPP);
    }
}

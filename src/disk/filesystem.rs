//! The few things that the mover does to a file system, behind a trait.
//!
//! The real one is [`super::trees::Trees`]; tests put faults between it and the mover.

use super::error::DiskError;
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::path::TreePath;
use crate::model::time::Time;
use crate::model::tree::Tree;

/// What is at a path, where that can be told; none where nothing is.
pub type Look = Result<Option<Node>, DiskError>;

/// What the mover needs of a file system. Paths lie in trees; no call follows a symbolic link,
/// leaves a tree, or replaces what is there, and on mounts within a tree files are only read.
pub trait Filesystem: Sync {
    /// What is at `path`; none where nothing is, or where a directory on the way is missing.
    fn look(&self, path: &TreePath<'_>) -> Look;

    /// The same for many paths, which may be looked at side by side and while `meanwhile` runs, in
    /// this thread.
    fn look_all(&self, paths: &[&TreePath<'_>], meanwhile: Box<dyn FnOnce() + '_>) -> Vec<Look> {
        meanwhile();
        paths.iter().map(|path| self.look(path)).collect()
    }

    /// The directory of a tree; none where it does not exist.
    fn root(&self, tree: Tree) -> Option<Node>;

    /// The mount on which a tree is, or would be made.
    fn mount(&self, tree: Tree) -> Option<u64>;

    /// The hash of the regular file at `path`, read to its end.
    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError>;

    /// What the regular file at `path` is, and the hash of it as it is on the disk: what was written
    /// to it is durable, and where that can be had, memory is not asked for what it remembers of it.
    /// Fails where the file changes meanwhile. `progress` is told of bytes that are read, as they
    /// are. Where nothing is known of memory and disk, this is [`Filesystem::hash`] between two looks.
    fn read_back(
        &self,
        path: &TreePath<'_>,
        progress: &dyn Fn(u64),
    ) -> Result<(Node, Digest), DiskError> {
        let error = |what| DiskError::in_tree("read", path, std::io::Error::other(what));
        let (before, hash, after) = (self.look(path)?, self.hash(path)?, self.look(path)?);
        match after {
            Some(node) if node.kind != Kind::File => Err(error("it is no regular file")),
            Some(node) if before == after => {
                progress(node.stamp.size);
                Ok((node, hash))
            }
            _ => Err(error("it changed while it was read")),
        }
    }

    /// Gives the file at `from` the name `to`. Fails with `EEXIST` where something is there, with
    /// `EXDEV` where that is another file system, and with `EINVAL` where this one cannot refuse to
    /// replace.
    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError>;

    /// Gives the file at `from` the second name `to`; fails with `EEXIST` where something is there.
    fn link(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError>;

    /// Gives the file at `from` the name `to`, which is one of ours that nothing bears but what a
    /// run put there itself: also on a file system that cannot refuse to replace.
    fn put_aside(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError>;

    /// Copies the file at `from` to `to`, which is one of our names and free: bytes, owner as
    /// `owner` says, permissions, times and extended attributes. The copy is durable, but for its
    /// name; it was read back from the disk, and has this `hash`.
    ///
    /// At no instant may anybody read the copy who may not read the source. Where something fails,
    /// what was made is removed again if that can be done. `progress` is told of bytes that are
    /// copied, as they are.
    fn copy(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        hash: Digest,
        owner: Owner,
        progress: &dyn Fn(u64),
    ) -> Result<Node, DiskError>;

    /// Makes these copies, each as [`Filesystem::copy`] makes one, and says of each what became of it;
    /// nothing of those that were not begun, because another failed or `watch` did not want more.
    fn copy_all(
        &self,
        copies: &[Copying<'_>],
        watch: &dyn CopyWatch,
    ) -> Vec<Option<Result<Node, DiskError>>> {
        let mut go_on = true;
        let made = copies.iter().map(|copying| {
            go_on = go_on && watch.wants_more();
            if !go_on {
                return None;
            }
            let (from, to) = (&copying.from, &copying.to);
            let progress = |bytes| watch.advance(0, bytes);
            let made = self.copy(from, to, copying.hash, copying.owner, &progress);
            go_on = made.is_ok();
            watch.advance(u64::from(go_on), 0);
            Some(made)
        });
        made.collect()
    }

    /// Whether a file may be given to this user and group, so that a copy can have the owner of its
    /// source.
    fn may_give(&self, owner: (u32, u32)) -> bool;

    /// Makes a file of ours at `to`, which is one of our names and free, that holds `text`: durable,
    /// but for its name, for all to read, of the owner of its directory, and modified at `modified`.
    fn write(&self, to: &TreePath<'_>, text: &[u8], modified: Time) -> Result<Node, DiskError>;

    /// Removes the name `path`, which is one of ours, from a regular file.
    fn unlink(&self, path: &TreePath<'_>) -> Result<(), DiskError>;

    /// The names in the directory at `path`, sorted.
    fn names(&self, path: &TreePath<'_>) -> Result<Vec<TreePath<'static>>, DiskError>;

    /// How much may yet be written where `path` is or would be.
    fn room(&self, path: &TreePath<'_>) -> Result<Room, DiskError>;

    /// Whether the directory at `path`, or the tree's where that is none, takes names for one that
    /// differ only in case or composition, as far as can be told without writing.
    fn folds(&self, tree: Tree, path: Option<&TreePath<'_>>) -> Result<bool, DiskError>;

    /// Makes the directory at `path`, with the permissions and the owner of `like`; it is durable
    /// after the next sync.
    fn make_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError>;

    /// Gives the directory at `path` the permissions and the owner of `like`, as
    /// [`Filesystem::make_directory`] does; doing it again changes nothing more.
    fn dress_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError>;

    /// Sets the modification time of the directory at `path`.
    fn date_directory(&self, path: &TreePath<'_>, modified: Time) -> Result<(), DiskError>;

    /// Removes the directory at `path` where it is empty, and says whether it is gone.
    fn remove_directory(&self, path: &TreePath<'_>) -> Result<bool, DiskError>;

    /// Says that what happened at `path` may not be durable, whoever did it.
    fn mark(&self, path: &TreePath<'_>) -> Result<(), DiskError>;

    /// Makes durable all that was done or marked. After an error nothing is known to be.
    fn sync(&self) -> Result<(), DiskError>;

    /// Forgets what was known of directories, which others may have renamed meanwhile.
    fn refresh(&self);
}

/// A copy that is to be made.
pub struct Copying<'c> {
    /// Where the file is.
    pub from: TreePath<'c>,
    /// Where the copy is to be, under a name of ours.
    pub to: TreePath<'c>,
    /// The size of the file in bytes.
    pub size: u64,
    /// The hash of the file.
    pub hash: Digest,
    /// Whose the copy is to be.
    pub owner: Owner,
}

/// Who watches copies being made, in several threads.
pub trait CopyWatch: Sync {
    /// Whether another is to be begun.
    fn wants_more(&self) -> bool;

    /// So many more files and bytes are copied.
    fn advance(&self, files: u64, bytes: u64);
}

/// Whose a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Its source's, which it stands in for.
    Kept,
    /// Its source's where that is allowed, and else ours: the source stays, and is on a card that
    /// belongs to whoever put it in.
    KeptIfAllowed,
}

/// How much may yet be written to a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes, for this user.
    pub bytes: u64,
    /// The size in bytes of the blocks in which they are given out.
    pub block: u64,
    /// Files; none where they are not counted.
    pub files: Option<u64>,
    /// Which file system it is, so that two paths on one are told.
    pub id: u64,
}

/// What `stat` says of what is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its size, times and identity.
    pub stamp: Stamp,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner and group.
    pub owner: (u32, u32),
    /// The mount that it lies on.
    pub mount: u64,
}

/// What can be at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block or character device, or something unknown.
    Device,
}

impl Kind {
    /// What it is, in words with an article.
    pub fn words(self) -> &'static str {
        match self {
            Kind::File => "a regular file",
            Kind::Directory => "a directory",
            Kind::Symlink => "a symbolic link",
            Kind::Fifo => "a named pipe",
            Kind::Socket => "a socket",
            Kind::Device => "a device",
        }
    }
}

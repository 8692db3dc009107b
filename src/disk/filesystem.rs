//! The few things that the mover does to a file system, behind a trait.
//!
//! The real one is [`super::trees::Trees`]; tests put faults between it and the mover.

use super::error::DiskError;
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::path::TreePath;
use crate::model::tree::Tree;

/// What the mover needs of a file system. Paths lie in trees; no call follows a symbolic link,
/// leaves a tree, or replaces what is there.
pub trait Filesystem: Sync {
    /// What is at `path`; none where nothing is, or where a directory on the way is missing.
    fn look(&self, path: &TreePath<'_>) -> Result<Option<Node>, DiskError>;

    /// The directory of a tree; none where it does not exist.
    fn root(&self, tree: Tree) -> Option<Node>;

    /// The mount on which a tree is, or would be made.
    fn mount(&self, tree: Tree) -> Option<u64>;

    /// The hash of the regular file at `path`, read to its end.
    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError>;

    /// Gives the file at `from` the name `to`; fails with `EEXIST` where something is.
    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError>;

    /// Makes the directory at `path`, with the permissions and the owner of `like`.
    fn make_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError>;

    /// Gives the directory at `path` the permissions and the owner of `like`, as
    /// [`Filesystem::make_directory`] does; doing it again changes nothing more.
    fn dress_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError>;

    /// Removes the directory at `path` where it is empty, and says whether it is gone.
    fn remove_directory(&self, path: &TreePath<'_>) -> Result<bool, DiskError>;

    /// Says that what happened at `path` may not be durable, whoever did it.
    fn mark(&self, path: &TreePath<'_>) -> Result<(), DiskError>;

    /// Makes durable all that was done or marked. After an error nothing is known to be.
    fn sync(&self) -> Result<(), DiskError>;

    /// Forgets what was known of directories, which others may have renamed meanwhile.
    fn refresh(&self);
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

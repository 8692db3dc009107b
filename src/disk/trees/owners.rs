//! Who could swap a tree for something else: whoever can write in a directory on the way to it.
//!
//! For a user's own files that user decides. Root's mistakes have no bounds, so for root it must be
//! certain that nobody else turns a path away between two looks at it.

use super::node_of;
use crate::disk::error::DiskError;
use crate::disk::filesystem::Node;
use crate::model::layout::Layout;
use crate::model::tree::Tree;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::CapabilitySet;
use std::fmt;
use std::path::{Path, PathBuf};

/// A directory in which somebody else could write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shared {
    /// The directory.
    pub path: PathBuf,
    /// Who could.
    pub with: Stranger,
}

/// Who could write in a directory, besides us and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stranger {
    /// The user of this number, to whom it belongs.
    Owner(u32),
    /// The members of the group of this number.
    Group(u32),
    /// Those whom its access control list names.
    Listed,
    /// Everybody.
    Everybody,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stranger::Owner(user) => write!(f, "its owner, user {user}"),
            Stranger::Group(group) => write!(f, "group {group}"),
            Stranger::Listed => write!(f, "users of its access control list"),
            Stranger::Everybody => write!(f, "everybody"),
        }
    }
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this process may give a file to that user and group: to anybody where it may for all
/// files, and else to itself and the groups that it is in.
pub fn may_give((user, group): (u32, u32)) -> bool {
    let capable = rustix::thread::capabilities(None);
    if capable.is_ok_and(|sets| sets.effective.contains(CapabilitySet::CHOWN)) {
        return true;
    }
    let groups = rustix::process::getgroups().unwrap_or_default();
    let own = [rustix::process::getegid()];
    let mut ours = own.iter().chain(&groups).map(|group| group.as_raw());
    user == rustix::process::geteuid().as_raw() && ours.any(|ours| ours == group)
}

/// The directories on the way to the trees and to the datadir, the trees included, in which
/// another user could write; of each way the first one, from the root of the system down. What
/// does not exist yet is ours to make. The datadir itself is held to more, whoever runs
/// mediastruct: see [`crate::disk::trust`].
///
/// A directory with the sticky bit, such as `/tmp`, is safe from all but its owner: nobody else
/// can rename or remove what we have in it.
///
/// # Errors
/// Where a directory cannot be looked at.
pub fn shared(layout: &Layout) -> Result<Vec<Shared>, DiskError> {
    let trees = Tree::ALL.into_iter().map(|tree| layout.dir(tree));
    let mut found = Vec::new();
    for dir in trees.chain(layout.datadir.parent()) {
        found.extend(first_on_the_way(dir)?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn first_on_the_way(dir: &Path) -> Result<Option<Shared>, DiskError> {
    let mut way: Vec<_> = dir.ancestors().collect();
    way.reverse();
    for path in way {
        let error = |errno: Errno| DiskError::at("look at", path, errno);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = match rustix::fs::open(path, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            opened => opened.map_err(error)?,
        };
        let node = node_of(&handle, b"").map_err(error)?;
        if let Some(with) = stranger(&node, || has_list(path)) {
            let path = path.to_owned();
            return Ok(Some(Shared { path, with }));
        }
    }
    Ok(None)
}

fn stranger(node: &Node, has_list: impl FnOnce() -> bool) -> Option<Stranger> {
    let (user, group) = node.owner;
    let us = rustix::process::geteuid().as_raw();
    if user != 0 && user != us {
        return Some(Stranger::Owner(user));
    }
    let may = |bits: u32| node.mode & bits != 0;
    if may(0o1000) {
        None
    } else if may(0o002) {
        Some(Stranger::Everybody)
    } else if may(0o020) && group != 0 {
        Some(Stranger::Group(group))
    } else if may(0o020) && has_list() {
        // The bits of the group are then those that the list grants at most.
        Some(Stranger::Listed)
    } else {
        None
    }
}

/// Whether a directory has an access control list besides its permission bits.
fn has_list(path: &Path) -> bool {
    rustix::fs::getxattr_query(path, "system.posix_acl_access").is_ok()
}

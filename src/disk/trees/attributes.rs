//! What a copy takes over from its source besides the bytes: owner, permissions, times and
//! extended attributes.

use super::node_of;
use crate::disk::error::{DiskError, Reason};
use crate::disk::filesystem::{Node, Owner};
use crate::model::path::{Escaped, TreePath};
use crate::model::time::Time;
use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, Gid, Mode, StatxFlags};
use rustix::fs::{Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::AsFd;

/// What is known of a file besides its bytes, and its copy is to have.
pub(super) struct Attributes {
    node: Node,
    accessed: Timespec,
    extended: Extended,
}

/// Names of extended attributes and their values.
type Extended = Vec<(Vec<u8>, Vec<u8>)>;

/// The two ends of a copy, for messages.
#[derive(Clone, Copy)]
pub(super) struct Ends<'p> {
    /// Where the source is.
    pub from: &'p TreePath<'p>,
    /// Where the copy is made.
    pub to: &'p TreePath<'p>,
}

/// The access control list of a file, which widens or narrows what its permission bits say.
const ACL: &[u8] = b"system.posix_acl_access";

/// Attributes that are not of the file but of the place where it lies: the policy or the key of the
/// machine decides what they hold, or they are how XFS shows its access control lists to root.
const OF_THE_PLACE: [&[u8]; 4] = [
    b"security.selinux",
    b"security.evm",
    b"trusted.SGI_ACL_FILE",
    b"trusted.SGI_ACL_DEFAULT",
];

impl Attributes {
    /// Those of the open file, as they are now.
    ///
    /// # Errors
    /// Where some cannot be read: they would be lost.
    pub fn of(file: &File, from: &TreePath<'_>, node: Node) -> Result<Attributes, DiskError> {
        let error = |errno: Errno| DiskError::in_tree("read the attributes of", from, errno);
        Ok(Attributes {
            node,
            accessed: accessed(file).map_err(error)?,
            extended: extended(file).map_err(error)?,
        })
    }

    /// The size of the file, in bytes.
    pub fn size(&self) -> u64 {
        self.node.stamp.size
    }

    /// Gives a file that is for us alone its owner, who gets no right that the source does not give.
    /// One that stays ours loses the bits by which whoever runs it would act as we do.
    ///
    /// # Errors
    /// Where it cannot be given to that owner, and is to be.
    pub fn give_owner(
        &mut self,
        copy: &File,
        owner: Owner,
        ends: Ends<'_>,
    ) -> Result<(), DiskError> {
        let (user, group) = self.node.owner;
        let give = || {
            let ours = node_of(copy, b"")?.owner;
            if ours.0 != user {
                rustix::fs::fchmod(copy, Mode::from_raw_mode(self.node.mode & 0o600))?;
            }
            let given = give_owner(copy, ours, self.node.owner);
            if given == Err(Errno::PERM) && owner == Owner::KeptIfAllowed {
                rustix::fs::fchmod(copy, Mode::RUSR | Mode::WUSR)?;
                return Ok(Some(ours));
            }
            given.map(|()| None)
        };
        let given = give().map_err(|errno| {
            let what = format!(
                "{} cannot be given to user {user} and group {group}",
                ends.to
            );
            refused("keep the owner of", ends, errno, &what)
        })?;
        if let Some(ours) = given {
            self.node.owner = ours;
            self.node.mode &= !0o6000;
        }
        Ok(())
    }

    /// Gives the copy, which has its bytes and its owner, all the rest. At no instant does it give
    /// a right that the source does not.
    ///
    /// # Errors
    /// Where the file system of the copy cannot keep something.
    pub fn give_rest(&self, copy: &File, ends: Ends<'_>) -> Result<(), DiskError> {
        let (list, others): (Vec<_>, Vec<_>) = self.extended.iter().partition(|(n, _)| n == ACL);
        for (name, value) in others {
            give_extended(copy, ends, name, value)?;
        }
        match list.first() {
            // This sets the permission bits too, to those of the source.
            Some((name, value)) => give_extended(copy, ends, name, value)?,
            // One that was inherited from the directory gives nothing to anybody yet, but would as
            // soon as the permission bits are set.
            None => remove_list(copy, ends)?,
        }
        let mode = Mode::from_raw_mode(self.node.mode);
        rustix::fs::fchmod(copy, mode).map_err(|errno| {
            let what = format!("{} cannot have the mode {:o}", ends.to, self.node.mode);
            refused("keep the permissions of", ends, errno, &what)
        })?;
        let times = Timestamps {
            last_access: self.accessed,
            last_modification: timespec(self.node.stamp.modified),
        };
        rustix::fs::futimens(copy, &times).map_err(|errno| {
            let what = format!("{} cannot have it", ends.to);
            refused("keep the time of", ends, errno, &what)
        })
    }

    /// Refuses a copy whose file system took what it was given and kept something else.
    ///
    /// # Errors
    /// What it does not keep.
    pub fn refuse_less(&self, copy: &Node, ends: Ends<'_>) -> Result<(), DiskError> {
        let differing = [
            ("keep the size of", copy.stamp.size != self.node.stamp.size),
            (
                "keep the time of",
                copy.stamp.modified != self.node.stamp.modified,
            ),
            ("keep the permissions of", copy.mode != self.node.mode),
            ("keep the owner of", copy.owner != self.node.owner),
        ];
        let Some((action, _)) = differing.iter().find(|(_, differs)| *differs) else {
            return Ok(());
        };
        let what = format!("the file system of {} keeps another one", ends.to);
        Err(DiskError::in_tree(
            action,
            ends.from,
            std::io::Error::other(what),
        ))
    }
}

/// Gives a file of the owner and group `ours` to others, unless they are the same.
pub(super) fn give_owner(file: &File, ours: (u32, u32), owner: (u32, u32)) -> Result<(), Errno> {
    if ours == owner {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(owner.0), Gid::from_raw(owner.1));
    rustix::fs::fchown(file, Some(user), Some(group))
}

/// When a file was last read.
fn accessed(file: impl AsFd) -> Result<Timespec, Errno> {
    let stat = rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::ATIME)?;
    Ok(Timespec {
        tv_sec: stat.stx_atime.tv_sec,
        tv_nsec: stat.stx_atime.tv_nsec.into(),
    })
}

/// A time as the system takes it.
pub(super) fn timespec(time: Time) -> Timespec {
    Timespec {
        tv_sec: time.seconds(),
        tv_nsec: time.nanoseconds().into(),
    }
}

/// In the place of a time: the one that is there stays.
pub(super) const LEFT_ALONE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: UTIME_OMIT as _,
};

/// The extended attributes that belong to a file, and not to the place where it lies or to its file
/// system; what is in `system.` besides the access control list shows the inner state of one.
fn extended(file: &File) -> Result<Extended, Errno> {
    let mut list = Vec::with_capacity(LIST);
    match rustix::fs::flistxattr(file, spare_capacity(&mut list)) {
        Ok(_) | Err(Errno::OPNOTSUPP) => {}
        Err(errno) => return Err(errno),
    }
    let mut found = Vec::new();
    for name in list.split(|b| *b == 0).filter(|n| !n.is_empty()) {
        let is_carried = [b"user.".as_slice(), b"trusted.", b"security."]
            .iter()
            .any(|space| name.starts_with(space));
        if name != ACL && (!is_carried || OF_THE_PLACE.contains(&name)) {
            continue;
        }
        match value(file.as_fd(), name) {
            // Listed, as some file systems list lists that nobody set, or removed meanwhile.
            Err(Errno::NODATA) => {}
            value => found.push((name.to_vec(), value?)),
        }
    }
    Ok(found)
}

fn value(file: impl AsFd, name: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut value = Vec::with_capacity(VALUE);
    rustix::fs::fgetxattr(file, name, spare_capacity(&mut value))?;
    value.shrink_to_fit();
    Ok(value)
}

/// The longest list of names of attributes, in bytes. Source: XATTR_LIST_MAX in linux/limits.h.
const LIST: usize = 65536;

/// The longest value of an attribute, in bytes. Source: XATTR_SIZE_MAX in linux/limits.h.
const VALUE: usize = 65536;

fn give_extended(copy: &File, ends: Ends<'_>, name: &[u8], value: &[u8]) -> Result<(), DiskError> {
    rustix::fs::fsetxattr(copy, name, value, XattrFlags::empty()).map_err(|errno| {
        let what = format!("{} cannot have {}", ends.to, Escaped(name));
        refused("keep the extended attributes of", ends, errno, &what)
    })
}

/// Removes the access control list of a copy, where it has one.
fn remove_list(copy: &File, ends: Ends<'_>) -> Result<(), DiskError> {
    match rustix::fs::fremovexattr(copy, ACL) {
        // File systems without such lists have many ways to say so.
        Err(errno) if value(copy, ACL).is_ok() => {
            let what = format!("{} has a list of others who may", ends.to);
            Err(refused("keep the permissions of", ends, errno, &what))
        }
        _ => Ok(()),
    }
}

/// The error of something that the copy cannot keep. The answers of a disk that fails or is full
/// stay what they are, for others know what to do about them.
fn refused(action: &'static str, ends: Ends<'_>, errno: Errno, what: &str) -> DiskError {
    let of_the_disk = [Errno::NOSPC, Errno::DQUOT, Errno::IO, Errno::ROFS];
    if of_the_disk.contains(&errno) {
        return DiskError::in_tree(action, ends.from, errno);
    }
    let answer = errno.into();
    let source = std::io::Error::other(format!("{what}: {}", Reason(&answer)));
    DiskError::in_tree(action, ends.from, source)
}

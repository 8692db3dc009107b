//! What is to be kept of a file that is copied, to the nanosecond.

use rustix::fs::{Mode, OFlags, XattrFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Everything of a file but its inode.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    bytes: Vec<u8>,
    pub mode: u32,
    pub owner: (u32, u32),
    pub modified: (i64, i64),
    accessed: (i64, i64),
    pub extended: BTreeMap<String, Vec<u8>>,
}

impl Kept {
    /// Reads a file, which is not an access.
    pub fn of(path: &Path) -> Kept {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NOATIME;
        let file = rustix::fs::open(path, flags, Mode::empty());
        let mut file = File::from(file.unwrap_or_else(|e| panic!("{}: {e}", path.display())));
        let stat = file.metadata().unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let mut names = vec![0; 4096];
        let length = rustix::fs::flistxattr(&file, &mut names[..]).unwrap_or(0);
        let names = names[..length].split(|b| *b == 0);
        // As which XFS shows access control lists once more.
        let is_xfs = rustix::fs::fstatfs(&file).unwrap().f_type == 0x5846_5342;
        let is_shown = |name: &[u8]| is_xfs && name.starts_with(b"trusted.SGI_ACL_");
        let names = names.filter(|name| !name.is_empty() && !is_shown(name));
        let extended = names.map(|name| {
            let mut value = vec![0; 4096];
            let length = rustix::fs::fgetxattr(&file, name, &mut value[..]).unwrap();
            value.truncate(length);
            (String::from_utf8(name.to_vec()).unwrap(), value)
        });
        Kept {
            bytes,
            mode: stat.mode(),
            owner: (stat.uid(), stat.gid()),
            modified: (stat.mtime(), stat.mtime_nsec()),
            accessed: (stat.atime(), stat.atime_nsec()),
            extended: extended.collect(),
        }
    }

    /// Names what differs, if anything does.
    pub fn assert_same(&self, other: &Kept, what: &str) {
        assert!(self.bytes == other.bytes, "{what}: other bytes");
        assert_eq!(self.mode, other.mode, "{what}: the mode");
        assert_eq!(self.owner, other.owner, "{what}: the owner");
        assert_eq!(self.modified, other.modified, "{what}: when modified");
        assert_eq!(self.accessed, other.accessed, "{what}: when accessed");
        assert_eq!(self.extended, other.extended, "{what}: the attributes");
    }
}

/// Gives a file an extended attribute.
pub fn set_extended(path: &Path, name: &str, value: &[u8]) {
    rustix::fs::setxattr(path, name, value, XattrFlags::empty()).unwrap();
}

/// The name of the attribute in which the access control list of a file is.
pub const ACL: &str = "system.posix_acl_access";

/// An access control list: the owner reads and writes, user 1234 and the group read.
/// Source: posix_acl_xattr.h.
pub fn access_list() -> Vec<u8> {
    const NOBODY: u32 = u32::MAX;
    let mut list = 2_u32.to_le_bytes().to_vec();
    let entries: [(u16, u16, u32); 5] = [
        (0x01, 6, NOBODY),
        (0x02, 4, 1234),
        (0x04, 4, NOBODY),
        (0x10, 4, NOBODY),
        (0x20, 0, NOBODY),
    ];
    for (tag, rights, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(rights.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

//! What is known of kinds of file systems.

use super::Trees;
use crate::model::tree::Tree;
use rustix::io::Errno;
use std::os::fd::AsFd;

impl Trees {
    /// The trees that lie, or would be made, on a file system of which it is not known that it
    /// keeps what it made durable, each with the name of its kind.
    pub fn without_promise(&self) -> Vec<(Tree, &'static str)> {
        let kind = |tree| {
            let kind = magic(self.site(tree)?).ok()?;
            (!syncs_whole(kind)).then(|| (tree, name(kind)))
        };
        Tree::ALL.into_iter().filter_map(kind).collect()
    }
}

/// The number by which the kind of a directory's file system is known.
pub(super) fn magic(directory: impl AsFd) -> Result<u32, Errno> {
    // All numbers have 32 bits; where the field has as many, a high one would be negative.
    Ok(rustix::fs::fstatfs(directory)?.f_type as u32)
}

/// Whether `syncfs` makes every rename durable on file systems of this kind: on ext2 to ext4, XFS
/// and btrfs. On others it may answer 0 and do nothing. Source: linux/magic.h.
pub(super) fn syncs_whole(magic: u32) -> bool {
    [EXT, XFS, BTRFS].contains(&magic)
}

/// Whether file systems of this kind take names for one that differ in case or composition,
/// however they are mounted.
pub(super) fn always_folds(magic: u32) -> bool {
    [FAT, EXFAT, HFS, HFS_PLUS].contains(&magic)
}

/// The name by which people know a kind of file systems.
fn name(magic: u32) -> &'static str {
    let found = NAMES.iter().find(|(known, _)| *known == magic);
    found.map_or("an unknown file system", |(_, name)| name)
}

const EXT: u32 = 0xEF53;
const XFS: u32 = 0x5846_5342;
const BTRFS: u32 = 0x9123_683E;
const FAT: u32 = 0x4D44;
const EXFAT: u32 = 0x2011_BAB0;
const HFS: u32 = 0x4244;
const HFS_PLUS: u32 = 0x482B;

/// Sources: linux/magic.h, and the headers of those file systems that it does not name.
const NAMES: [(u32, &str); 32] = [
    (EXT, "ext4"),
    (XFS, "XFS"),
    (BTRFS, "btrfs"),
    (FAT, "FAT"),
    (EXFAT, "exFAT"),
    (HFS, "HFS"),
    (HFS_PLUS, "HFS+"),
    (0x5346_544E, "NTFS"),
    (0x7366_746E, "NTFS"),
    (0x0102_1994, "tmpfs"),
    (0x8584_58F6, "ramfs"),
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0xFF53_4D42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x2FC1_2FC1, "ZFS"),
    (0x794C_7630, "overlayfs"),
    (0xF2F5_2010, "F2FS"),
    (0xCA45_1A4E, "bcachefs"),
    (0x3153_464A, "JFS"),
    (0x5265_4973, "ReiserFS"),
    (0x3434, "NILFS2"),
    (0x1501_3346, "UDF"),
    (0x9660, "ISO 9660"),
    (0x7371_7368, "SquashFS"),
    (0x0102_1997, "9p"),
    (0x00C3_6400, "Ceph"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0xF15F, "eCryptfs"),
    (0x786F_4256, "a shared folder of VirtualBox"),
];

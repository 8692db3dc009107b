//! Which disks rotate, as the system tells it: a head that has to move reads one file after another
//! faster than many at once.

use super::filesystem::Node;
use super::trees::{Trees, node_of};
use crate::model::state::Listed;
use crate::model::tree::Tree;
use rustix::fs::{Mode, OFlags, major, minor};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How the disks are to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskKind {
    /// As the system tells.
    #[default]
    Auto,
    /// As rotating, each of them.
    Rotational,
    /// As such that have no heads to move.
    Ssd,
}

/// Where files are, as far as it matters for reading them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spindle {
    /// Where many may be read at once, in any order.
    None,
    /// On a rotating disk, which has this name.
    On(PathBuf),
}

/// The disks of this machine.
pub struct Disks {
    kind: DiskKind,
    sys: PathBuf,
    mountinfo: PathBuf,
}

/// How many layers of block devices are looked through at most.
const LAYERS: usize = 16;

impl Disks {
    /// The disks of this machine, taken so.
    pub fn new(kind: DiskKind) -> Disks {
        Disks {
            kind,
            sys: PathBuf::from("/sys"),
            mountinfo: PathBuf::from("/proc/self/mountinfo"),
        }
    }

    /// On which spindle a listed file is; so are all others with the same device.
    pub fn spindle(&self, trees: &Trees, tree: Tree, file: &Listed) -> Spindle {
        self.behind(file.stamp.device, || mount_of(trees, tree, file))
    }

    /// Whether what `stat` found somewhere is on a rotating disk.
    pub fn rotates(&self, node: &Node) -> bool {
        self.behind(node.stamp.device, || Some(node.mount)) != Spindle::None
    }

    /// The spindle behind a device, as the disks are to be taken.
    fn behind(&self, device: u64, mount: impl FnOnce() -> Option<u64>) -> Spindle {
        match self.kind {
            DiskKind::Ssd => Spindle::None,
            DiskKind::Rotational => Spindle::On(number(device)),
            DiskKind::Auto => self.rotating(device, mount),
        }
    }

    /// The rotating disk behind a device. Where the system keeps its disks to itself, as for a
    /// network mount, there is none.
    fn rotating(&self, device: u64, mount: impl FnOnce() -> Option<u64>) -> Spindle {
        let block = if major(device) == 0 {
            // Devices without a number of their own: btrfs, overlays, networks.
            mount().and_then(|mount| self.source(mount))
        } else {
            Some(number(device))
        };
        let disks = block.map(|block| self.disks(&block)).unwrap_or_default();
        let found = disks.iter().find(|disk| rotates(disk));
        found.map_or(Spindle::None, |disk| Spindle::On(disk.clone()))
    }

    /// The number of the device that is mounted, where that is one.
    fn source(&self, mount: u64) -> Option<PathBuf> {
        let text = fs::read_to_string(&self.mountinfo).ok()?;
        let id = mount.to_string();
        let line = text
            .lines()
            .find(|line| line.split(' ').next() == Some(&id))?;
        let source = line.split_once(" - ")?.1.split(' ').nth(1)?;
        let found = fs::metadata(source).ok()?;
        (found.rdev() != 0).then(|| number(found.rdev()))
    }

    /// The whole disks that a device, `MAJOR:MINOR`, is on: those of all members, where it is put
    /// together of several.
    fn disks(&self, block: &Path) -> BTreeSet<PathBuf> {
        let mut disks = BTreeSet::new();
        let directory = self.sys.join("dev/block").join(block);
        if let Ok(directory) = fs::canonicalize(directory) {
            let members = self.members(&directory);
            match members.is_empty() {
                true => collect(&directory, LAYERS, &mut disks),
                false => members.iter().for_each(|m| collect(m, LAYERS, &mut disks)),
            }
        }
        disks
    }

    /// The devices of the btrfs that this device belongs to.
    fn members(&self, directory: &Path) -> Vec<PathBuf> {
        let Some(name) = directory.file_name() else {
            return Vec::new();
        };
        let systems = children(&self.sys.join("fs/btrfs"));
        let devices = systems.iter().map(|system| system.join("devices"));
        let of = devices.filter(|devices| devices.join(name).exists());
        of.flat_map(|devices| children(&devices))
            .filter_map(|device| fs::canonicalize(device).ok())
            .collect()
    }
}

/// Whether a whole disk rotates, as far as it knows.
fn rotates(disk: &Path) -> bool {
    let read = |name: &str| fs::read_to_string(disk.join(name)).unwrap_or_default();
    // A disk that a hypervisor or a file plays says that it rotates, whatever is behind it.
    let is_played = disk.components().any(|part| {
        let part = part.as_os_str().as_bytes();
        part == b"virtual" || part.starts_with(b"virtio")
    });
    let name = read("device/vendor") + &read("device/model");
    let makers = ["QEMU", "VMware", "VBOX", "Virtual"];
    let is_played = is_played || makers.iter().any(|maker| name.contains(maker));
    read("queue/rotational").trim() == "1" && !is_played
}

/// Adds the whole disks beneath a block device whose directory in sysfs this is.
fn collect(directory: &Path, layers: usize, disks: &mut BTreeSet<PathBuf>) {
    if layers == 0 {
        return;
    }
    if directory.join("partition").exists() {
        if let Some(whole) = directory.parent() {
            collect(whole, layers - 1, disks);
        }
        return;
    }
    let slaves = children(&directory.join("slaves"));
    if slaves.is_empty() {
        disks.insert(directory.to_owned());
    }
    for slave in slaves {
        if let Ok(slave) = fs::canonicalize(slave) {
            collect(&slave, layers - 1, disks);
        }
    }
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

/// A device as sysfs calls it, e.g. `8:1`.
fn number(device: u64) -> PathBuf {
    PathBuf::from(format!("{}:{}", major(device), minor(device)))
}

/// The mount that a listed file is on.
fn mount_of(trees: &Trees, tree: Tree, file: &Listed) -> Option<u64> {
    let root = trees.handle(tree)?;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let path = file.path.as_bytes();
    let handle = rustix::fs::openat(&*root, path, flags, Mode::empty()).ok()?;
    Some(node_of(&handle, b"").ok()?.mount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::makedev;
    use std::os::unix::fs::symlink;

    struct Sysfs {
        dir: tempfile::TempDir,
    }

    impl Sysfs {
        fn new() -> Sysfs {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("dev/block")).unwrap();
            fs::write(dir.path().join("mountinfo"), "").unwrap();
            Sysfs { dir }
        }

        /// A block device with this number, in a directory of this name.
        fn device(&self, name: &str, number: &str) -> PathBuf {
            let directory = self.dir.path().join("devices").join(name);
            fs::create_dir_all(&directory).unwrap();
            symlink(&directory, self.dir.path().join("dev/block").join(number)).unwrap();
            fs::canonicalize(directory).unwrap()
        }

        fn disk(&self, name: &str, number: &str, rotational: &str) -> PathBuf {
            let directory = self.device(name, number);
            fs::create_dir(directory.join("queue")).unwrap();
            fs::write(directory.join("queue/rotational"), rotational).unwrap();
            directory
        }

        fn partition(&self, name: &str, number: &str) -> PathBuf {
            let directory = self.device(name, number);
            fs::write(directory.join("partition"), "1\n").unwrap();
            directory
        }

        /// A device that is put together of others. What it says of itself may be wrong.
        fn stacked(&self, name: &str, number: &str, slaves: &[&Path]) {
            let directory = self.disk(name, number, "1\n");
            fs::create_dir(directory.join("slaves")).unwrap();
            for slave in slaves {
                let name = slave.file_name().unwrap();
                symlink(slave, directory.join("slaves").join(name)).unwrap();
            }
        }

        fn disks(&self) -> Disks {
            Disks {
                kind: DiskKind::Auto,
                sys: self.dir.path().to_owned(),
                mountinfo: self.dir.path().join("mountinfo"),
            }
        }

        fn rotating(&self, major: u32, minor: u32) -> Option<String> {
            match self.disks().rotating(makedev(major, minor), || Some(36)) {
                Spindle::None => None,
                Spindle::On(disk) => Some(disk.file_name()?.to_str()?.to_owned()),
            }
        }
    }

    #[test]
    fn disks_and_their_partitions_rotate_or_do_not() {
        let sysfs = Sysfs::new();
        sysfs.disk("sda", "8:0", "1\n");
        sysfs.partition("sda/sda1", "8:1");
        sysfs.disk("nvme0n1", "259:0", "0\n");
        sysfs.partition("nvme0n1/nvme0n1p2", "259:2");
        sysfs.device("odd", "7:7");
        assert_eq!(sysfs.rotating(8, 0).as_deref(), Some("sda"));
        assert_eq!(sysfs.rotating(8, 1).as_deref(), Some("sda"));
        assert_eq!(sysfs.rotating(259, 0), None);
        assert_eq!(sysfs.rotating(259, 2), None);
        assert_eq!(sysfs.rotating(7, 7), None, "it does not say");
        assert_eq!(sysfs.rotating(99, 1), None, "there is no such device");
    }

    #[test]
    fn a_disk_that_is_played_does_not_know_whether_it_rotates() {
        let sysfs = Sysfs::new();
        sysfs.disk("pci0/virtio1/block/vda", "254:0", "1\n");
        sysfs.disk("virtual/block/loop0", "7:0", "1\n");
        let played = sysfs.disk("ata1/block/sda", "8:0", "1\n");
        fs::create_dir(played.join("device")).unwrap();
        fs::write(played.join("device/model"), "QEMU HARDDISK   \n").unwrap();
        for (major, minor) in [(254, 0), (7, 0), (8, 0)] {
            assert_eq!(sysfs.rotating(major, minor), None);
        }
        fs::write(played.join("device/model"), "WDC WD80EFAX-68L\n").unwrap();
        assert_eq!(sysfs.rotating(8, 0).as_deref(), Some("sda"));
    }

    #[test]
    fn what_is_put_together_rotates_where_a_member_does() {
        let sysfs = Sysfs::new();
        let sda = sysfs.disk("sda", "8:0", "1\n");
        let sda1 = sysfs.partition("sda/sda1", "8:1");
        let ssd = sysfs.disk("sdb", "8:16", "0\n");
        sysfs.stacked("md0", "9:0", &[&ssd, &sda]);
        sysfs.stacked("dm-0", "253:0", &[&sda1]);
        let fast = sysfs.dir.path().join("devices/dm-1");
        sysfs.stacked("dm-1", "253:1", &[&ssd]);
        sysfs.stacked("dm-2", "253:2", &[&fast]);
        assert_eq!(sysfs.rotating(9, 0).as_deref(), Some("sda"));
        assert_eq!(
            sysfs.rotating(253, 0).as_deref(),
            Some("sda"),
            "one spindle"
        );
        assert_eq!(sysfs.rotating(253, 2), None);
        // A circle, which no kernel makes, comes to an end.
        sysfs.stacked("dm-3", "253:3", &[&sysfs.dir.path().join("devices/dm-3")]);
        assert_eq!(sysfs.rotating(253, 3), None);
    }

    #[test]
    fn a_mount_without_a_number_is_looked_up_by_its_source() {
        let sysfs = Sysfs::new();
        let mounted = |line: &str| fs::write(sysfs.dir.path().join("mountinfo"), line).unwrap();
        mounted("36 35 0:45 / /mnt rw - nfs server:/export rw\n");
        assert_eq!(sysfs.rotating(0, 45), None);
        // Devices of this machine that are there for everybody have numbers of their own, too.
        mounted("35 1 0:1 / / rw - x y z\n36 35 0:45 /sub /mnt rw shared:1 - btrfs /dev/null rw\n");
        sysfs.disk("null", "1:3", "1\n");
        assert_eq!(sysfs.rotating(0, 45).as_deref(), Some("null"));
        let ssd = sysfs.disk("ssd", "8:16", "0\n");
        let slow = sysfs.disk("slow", "8:32", "1\n");
        fs::write(sysfs.dir.path().join("devices/null/queue/rotational"), "0").unwrap();
        assert_eq!(sysfs.rotating(0, 45), None);
        // Of a btrfs on several devices, each counts.
        let devices = sysfs.dir.path().join("fs/btrfs/uuid/devices");
        fs::create_dir_all(&devices).unwrap();
        symlink(sysfs.dir.path().join("devices/null"), devices.join("null")).unwrap();
        symlink(ssd, devices.join("ssd")).unwrap();
        assert_eq!(sysfs.rotating(0, 45), None);
        symlink(slow, devices.join("slow")).unwrap();
        assert_eq!(sysfs.rotating(0, 45).as_deref(), Some("slow"));
    }
}

//! How much memory is in use, and how much may yet be.
//!
//! Asked again and again while files are hashed. The page cache does not count as used: the system
//! takes it back whenever somebody needs the memory.

use rustix::process::{Resource, getrlimit};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use sysinfo::{MemoryRefreshKind, System};

/// What says how much memory may be used: the machine, each control group that holds this process,
/// and the limit of its address space.
pub struct Gauge {
    percent: u8,
    machine: Option<Mutex<System>>,
    groups: Vec<Group>,
}

/// A control group with a directory of its own, in either version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    dir: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// An amount of memory, and how much of it is used, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Memory {
    total: u64,
    used: u64,
}

impl Gauge {
    /// One that leaves `percent` of all memory in use at most.
    pub fn new(percent: u8) -> Gauge {
        Gauge {
            percent,
            machine: System::new().ok().map(Mutex::new),
            groups: groups(Path::new("/proc/self")),
        }
    }

    /// How many bytes may yet be used; less than none where too many are. Where the system tells
    /// nothing, there is no end to it.
    pub fn left(&self) -> i64 {
        let groups = self.groups.iter().filter_map(Group::memory);
        let all = groups.chain(self.machine()).chain(address_space());
        let left = all.map(|memory| memory.left(self.percent));
        left.min().unwrap_or(i64::MAX)
    }

    /// How many bytes of the address space may yet be used, where that has a limit.
    pub fn address_space_left(&self) -> Option<u64> {
        address_space_left(self.percent)
    }

    fn machine(&self) -> Option<Memory> {
        let mut system = self.machine.as_ref()?.try_lock().ok()?;
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        Some(Memory {
            total: system.total_memory(),
            used: system.used_memory(),
        })
    }
}

impl Memory {
    /// Bytes that may still be used when `percent` of all may be.
    fn left(self, percent: u8) -> i64 {
        let most = self.total / 100 * u64::from(percent.min(100));
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        signed(most) - signed(self.used)
    }
}

/// How many bytes of the address space are left when `percent` of it may be used, where it has a
/// limit.
pub(super) fn address_space_left(percent: u8) -> Option<u64> {
    let left = address_space()?.left(percent);
    Some(u64::try_from(left).unwrap_or_default())
}

/// The address space of this process, where that has a limit.
fn address_space() -> Option<Memory> {
    let total = getrlimit(Resource::As).current?;
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().next()?.parse().ok()?;
    let used = pages * rustix::param::page_size() as u64;
    Some(Memory { total, used })
}

impl Group {
    /// What the group may use and uses; none where it has no limit.
    fn memory(&self) -> Option<Memory> {
        let (limits, usage, cache): (&[&str], &str, &[&str]) = match self.version {
            Version::One => (
                &["memory.limit_in_bytes"],
                "memory.usage_in_bytes",
                &["total_inactive_file", "total_active_file"],
            ),
            Version::Two => (
                &["memory.max", "memory.high"],
                "memory.current",
                &["inactive_file", "active_file", "slab_reclaimable"],
            ),
        };
        let number = |name: &str| -> Option<u64> {
            let text = fs::read_to_string(self.dir.join(name)).ok()?;
            text.trim().parse().ok()
        };
        // Version one says "no limit" by a number close to the largest there is.
        let limits = limits.iter().filter_map(|name| number(name));
        let total = limits.filter(|limit| *limit < 1 << 60).min()?;
        let stat = fs::read_to_string(self.dir.join("memory.stat")).unwrap_or_default();
        let cached = stat.lines().filter_map(|line| {
            let (name, bytes) = line.split_once(' ')?;
            let bytes: u64 = bytes.parse().ok()?;
            cache.contains(&name).then_some(bytes)
        });
        let cached = cached.fold(0, u64::saturating_add);
        Some(Memory {
            total,
            used: number(usage)?.saturating_sub(cached),
        })
    }
}

/// The control groups that hold the process whose directory in `/proc` this is, innermost first:
/// each may have a limit of its own.
fn groups(process: &Path) -> Vec<Group> {
    let read = |name: &str| fs::read_to_string(process.join(name)).unwrap_or_default();
    let (mounts, own) = (read("mountinfo"), read("cgroup"));
    let mut groups = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let version = match controllers {
            "" => Version::Two,
            some if some.split(',').any(|c| c == "memory") => Version::One,
            _ => continue,
        };
        let Some((root, mount)) = mounts.lines().find_map(|line| mounted(line, version)) else {
            continue;
        };
        // In a container the path may be one that only the outside knows.
        let inner = Path::new(path).strip_prefix(root).unwrap_or(Path::new(""));
        let mount = Path::new(mount);
        let dirs = inner.ancestors().map(|dir| mount.join(dir));
        groups.extend(dirs.map(|dir| Group { dir, version }));
    }
    groups
}

/// The root and the place of a mount of control groups of that version that know memory. Source:
/// proc(5), mountinfo.
fn mounted(line: &str, version: Version) -> Option<(&str, &str)> {
    let (place, kind) = line.split_once(" - ")?;
    let mut kind = kind.split(' ');
    let is_it = match (version, kind.next()?) {
        (Version::Two, "cgroup2") => true,
        (Version::One, "cgroup") => kind.nth(1)?.split(',').any(|option| option == "memory"),
        _ => false,
    };
    let mut place = place.split(' ').skip(3);
    let (root, mount) = (place.next()?, place.next()?);
    is_it.then_some((root, mount))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process in the group `/a/b`, in both versions, and what the files of the groups say.
    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Group>) {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (name, text) in files {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), text).unwrap();
        }
        let shown = dir.path().display();
        let mounts = format!(
            "31 23 0:28 / /sys rw - tmpfs tmpfs rw\n\
             32 31 0:29 / {shown}/cpu rw - cgroup cgroup rw,cpu\n\
             33 31 0:30 / {shown}/one rw,relatime shared:9 - cgroup cgroup rw,memory\n\
             34 31 0:31 /a {shown}/two rw - cgroup2 cgroup2 rw\n"
        );
        fs::write(at("mountinfo"), mounts).unwrap();
        fs::write(at("cgroup"), "4:cpu:/x\n3:memory,x:/a/b\n0::/a/b\n").unwrap();
        let groups = groups(dir.path());
        (dir, groups)
    }

    fn memories(files: &[(&str, &str)]) -> Vec<(u64, u64)> {
        let (_dir, groups) = machine(files);
        let all = groups.iter().filter_map(Group::memory);
        all.map(|m| (m.total, m.used)).collect()
    }

    #[test]
    fn each_group_above_the_process_counts() {
        let (dir, groups) = machine(&[]);
        let dirs: Vec<_> = groups
            .iter()
            .map(|g| g.dir.strip_prefix(dir.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(dirs, ["one/a/b", "one/a", "one", "two/b", "two"]);
    }

    #[test]
    fn the_page_cache_of_a_group_is_not_in_use() {
        let two = [
            ("two/b/memory.max", "1000\n"),
            ("two/b/memory.high", "max\n"),
            ("two/b/memory.current", "900\n"),
            (
                "two/b/memory.stat",
                "anon 100\ninactive_file 300\nactive_file 400\nslab_reclaimable 50\n",
            ),
            ("two/memory.max", "max\n"),
            ("two/memory.current", "5000\n"),
        ];
        assert_eq!(memories(&two), [(1000, 150)]);
        let one = [
            ("one/a/memory.limit_in_bytes", "2000\n"),
            ("one/a/memory.usage_in_bytes", "1900\n"),
            (
                "one/a/memory.stat",
                "inactive_file 1\ntotal_inactive_file 600\ntotal_active_file 700\n",
            ),
            ("one/memory.limit_in_bytes", "9223372036854771712\n"),
            ("one/memory.usage_in_bytes", "7000\n"),
        ];
        assert_eq!(memories(&one), [(2000, 600)]);
    }

    #[test]
    fn what_is_over_the_share_is_less_than_nothing() {
        let memory = Memory {
            total: 1000,
            used: 750,
        };
        assert_eq!(memory.left(80), 50);
        assert_eq!(memory.left(50), -250);
    }

    #[test]
    fn this_machine_tells_of_its_memory() {
        let gauge = Gauge::new(100);
        assert!(
            gauge
                .machine()
                .is_some_and(|m| m.total > m.used && m.used > 0)
        );
        assert!(gauge.left() < i64::MAX);
    }
}

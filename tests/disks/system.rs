//! File systems on disk images: made, mounted through loop devices, and unmounted whatever happens.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long to wait before something is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// A file system on which the promise holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The fourth extended file system.
    Ext4,
    /// XFS.
    Xfs,
    /// The B-tree file system.
    Btrfs,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Ext4, Kind::Xfs, Kind::Btrfs];

    /// The name that `mount` knows.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Ext4 => "ext4",
            Kind::Xfs => "xfs",
            Kind::Btrfs => "btrfs",
        }
    }

    /// Makes an empty file system in an image file, which is made too and is as small as allowed.
    pub fn make(self, image: &Path) -> Result<(), String> {
        let (mebibytes, options): (u64, &[&str]) = match self {
            Kind::Ext4 => (
                32,
                &["-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
            ),
            Kind::Xfs => (300, &[]),
            Kind::Btrfs => (128, &[]),
        };
        let file = fs::File::create_new(image).map_err(|e| e.to_string())?;
        file.set_len(mebibytes << 20).map_err(|e| e.to_string())?;
        let program = format!("mkfs.{}", self.name());
        let arguments = ["-q"].iter().chain(options).map(OsStr::new);
        run(&program, arguments.chain([image.as_os_str()]))
    }

    fn mount_options(self) -> &'static str {
        match self {
            Kind::Ext4 => "loop",
            // Images of one disk have one name; they are never mounted at the same time.
            Kind::Xfs => "loop,nouuid",
            Kind::Btrfs => "loop,nodiscard",
        }
    }
}

/// A mounted file system, until it is dropped.
pub struct Mounted {
    point: Option<PathBuf>,
}

impl Mounted {
    /// Mounts an image file through a loop device that goes with the mount.
    pub fn new(kind: Kind, image: &Path, point: &Path) -> Result<Mounted, String> {
        let options = ["-t", kind.name(), "-o", kind.mount_options()].map(OsStr::new);
        let paths = [image.as_os_str(), point.as_os_str()];
        let mut tries = 0;
        loop {
            match run("mount", options.into_iter().chain(paths)) {
                // Another test may have taken the free device first.
                Err(why) if why.contains("loop device") && tries < 10 => tries += 1,
                mounted => break mounted?,
            }
            std::thread::sleep(PAUSE);
        }
        let point = Some(point.to_owned());
        Ok(Mounted { point })
    }

    /// Unmounts it, which writes what was not written yet.
    pub fn unmount(mut self) -> Result<(), String> {
        let point = self.point.take();
        point.map_or(Ok(()), |point| unmount(&point))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(point) = self.point.take() {
            unmount(&point).ok();
        }
    }
}

/// Unmounts what is mounted there. A program that another test starts at this moment holds our open
/// files until it runs, so that one that is busy is tried again.
fn unmount(point: &Path) -> Result<(), String> {
    for _ in 0..100 {
        match run("umount", [point]) {
            Err(why) if why.contains("busy") => std::thread::sleep(PAUSE),
            unmounted => return unmounted,
        }
    }
    run("umount", [OsStr::new("-l"), point.as_os_str()])?;
    Err(format!("{} stays busy", point.display()))
}

/// Cuts a mounted file system off its disk, without a last flush; works on ext4 and XFS.
pub fn shut_down(point: &Path) -> Result<(), String> {
    let options = ["-x", "-c", "shutdown"].map(OsStr::new);
    run("xfs_io", options.into_iter().chain([point.as_os_str()]))
}

/// Whether the machine lets the tests do all this; says why they are skipped where it does not.
pub fn is_able(kind: Kind, further: &[&str]) -> bool {
    let lacking = lacking(kind, further);
    if let Some(lacking) = &lacking {
        say(&format!("skipped: {}: {lacking}", kind.name()));
    }
    lacking.is_none()
}

fn lacking(kind: Kind, further: &[&str]) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("mounting needs root".to_owned());
    }
    let mkfs = format!("mkfs.{}", kind.name());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| std::env::split_paths(&path).any(|d| d.join(program).exists());
    // A path from the root, such as that of a device, stands for itself.
    let needed = [mkfs.as_str(), "mount", "umount"];
    if let Some(missing) = needed.iter().chain(further).find(|n| !is_there(n)) {
        return Some(format!("there is no {missing}"));
    }
    let tried = || {
        let dir = workshop().map_err(|e| e.to_string())?;
        let (image, point) = (dir.path().join("image"), dir.path().join("point"));
        fs::create_dir(&point).map_err(|e| e.to_string())?;
        kind.make(&image)?;
        Mounted::new(kind, &image, &point)?.unmount()
    };
    tried().err()
}

/// A directory for images and mount points, in memory where that can be.
pub fn workshop() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// Says something on standard error even where the test succeeds.
pub fn say(what: &str) {
    writeln!(std::io::stderr(), "{what}").ok();
}

/// Runs a program, and says what it said where it failed.
fn run<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program}: {}", said.trim()))
}

//! Tests in a mount name space of their own: nobody else sees what they mount, and it goes with them.

use super::{can, is_root, system};
use std::any::type_name;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set where the tests run in a name space of their own.
const OWN_MOUNTS: &str = "TESTS_HAVE_OWN_MOUNTS";

/// Whether a test may mount what it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mounts {
    /// It may: nobody else sees it.
    Own,
    /// It was run by itself where it may, and has nothing more to do here.
    RunElsewhere,
    /// It may not, and what is skipped was said.
    None,
}

/// Whether what this process mounts is its own affair. Where it is not, the test `_test` is run by
/// itself in a name space in which it is.
pub fn mounts_of<T: Fn()>(_test: T, skipped: &str) -> Mounts {
    if env::var_os(OWN_MOUNTS).is_some() {
        return Mounts::Own;
    }
    let tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    if !is_root(skipped) || !can(&tried, skipped) {
        return Mounts::None;
    }
    let name = type_name::<T>();
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    let mut again = Command::new("unshare");
    again.arg("--mount").arg(env::current_exe().unwrap());
    again.args([name, "--exact", "--nocapture"]);
    let output = again.env(OWN_MOUNTS, "1").output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    println!("{out}");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert!(out.contains("1 passed"), "no test is called {name}");
    Mounts::RunElsewhere
}

/// Whether a test has mounts of its own, and is to go on.
pub fn has_own_mounts<T: Fn()>(test: T, skipped: &str) -> bool {
    mounts_of(test, skipped) == Mounts::Own
}

/// An ext4 in memory in the place of the directory for temporary files: there syncs take no time.
/// Where none can be made, that directory stays what it is. It goes with the name space.
pub fn mount_quick_disk() {
    let dir = env::temp_dir();
    let hides_us = env::current_exe().unwrap().starts_with(&dir);
    if hides_us || !can(&["mkfs.ext4", "-V"], "a quicker disk") {
        return;
    }
    let memory = Mounted::tmpfs("", &dir);
    let disk = Mounted::image(&["mkfs.ext4"], &dir.join("image"), &dir);
    std::mem::forget((memory, disk));
}

/// Something that is mounted, until it is dropped.
pub struct Mounted(PathBuf);

impl Mounted {
    /// Mounts something at a directory, which is made where it does not exist.
    pub fn new(options: &[&str], point: &Path) -> Mounted {
        fs::create_dir_all(point).unwrap();
        system("mount", options.iter().map(Path::new).chain([point]));
        Mounted(point.to_owned())
    }

    /// A file system in memory; the options are those of `mount -o`.
    pub fn tmpfs(options: &str, point: &Path) -> Mounted {
        let options = format!("mode=755,{options}");
        let options = options.trim_end_matches(',');
        Mounted::new(&["-t", "tmpfs", "-o", options, "none"], point)
    }

    /// Another place at which a directory is seen.
    pub fn bind(dir: &Path, point: &Path) -> Mounted {
        fs::create_dir_all(dir).unwrap();
        Mounted::new(&["--bind", dir.to_str().unwrap()], point)
    }

    /// A new file system on an image file, made by `mkfs`, e.g. `mkfs.ext4`, with these options.
    pub fn image(mkfs: &[&str], image: &Path, point: &Path) -> Mounted {
        // The smallest that each of them makes.
        fs::File::create_new(image)
            .unwrap()
            .set_len(300 << 20)
            .unwrap();
        let image = image.to_str().unwrap();
        system(mkfs[0], mkfs[1..].iter().chain(&["-q", image]));
        Mounted::new(&["-o", "loop", image], point)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

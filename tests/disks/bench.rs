//! A disk under test with everything around it: an image, a mount point, a datadir elsewhere.

use crate::blocks::Blocks;
use crate::system::{Kind, Mounted, workshop};
use crate::trial::Trial;
use std::cell::Cell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Where one file system is tried.
pub struct Bench {
    /// Which file system.
    pub kind: Kind,
    /// What the disk holds before the run.
    pub start: Blocks,
    /// The trees on the disk, and the plan.
    pub trial: Trial,
    /// Images that were made so far.
    images: Cell<usize>,
    dir: tempfile::TempDir,
}

impl Bench {
    /// Makes a disk with trees on it, and proves that the plan can be applied to an untouched copy.
    pub fn new(kind: Kind) -> Bench {
        let dir = workshop().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["mount", "served", "data"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let image = root.join("image");
        kind.make(&image).unwrap();
        let mounted = Mounted::new(kind, &image, &root.join("mount")).unwrap();
        let trial = Trial::lay_out(&root.join("mount"), &root.join("data"));
        mounted.unmount().unwrap();
        let mut bench = Bench {
            kind,
            start: Blocks::read_from(&image).unwrap(),
            trial,
            images: Cell::new(0),
            dir,
        };
        fs::remove_file(&image).unwrap();
        let copy = bench.image(&bench.start);
        let mounted = bench.mount(&copy);
        bench.trial.prove().unwrap();
        mounted.unmount().unwrap();
        fs::remove_file(copy).unwrap();
        bench
    }

    /// Where the disk is mounted.
    pub fn point(&self) -> PathBuf {
        self.path("mount")
    }

    /// The number of the device that is mounted.
    pub fn device(&self) -> u64 {
        fs::metadata(self.point()).unwrap().dev()
    }

    /// Where a logged disk is served.
    pub fn served(&self) -> PathBuf {
        self.path("served")
    }

    /// Makes an image file of that content, under a name that no image had before.
    pub fn image(&self, content: &Blocks) -> PathBuf {
        let number = self.images.replace(self.images.get() + 1);
        let image = self.path(&format!("image{number}"));
        content.write_to(&image).unwrap();
        image
    }

    /// Mounts a disk.
    pub fn mount(&self, disk: &std::path::Path) -> Mounted {
        for _ in 0..100 {
            let mounted = Mounted::new(self.kind, disk, &self.point()).unwrap();
            if std::fs::read_dir(self.point()).is_ok() {
                return mounted;
            }
            // Another mount name space holds the one that was shut down.
            mounted.unmount().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{} cannot be read", self.point().display());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }
}

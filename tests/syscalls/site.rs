//! Where a library lies, which decides by which steps its files move.

use crate::library::{Library, Mounted, Said, system};
use std::ops::Deref;
use std::path::Path;

/// On which file systems the trees are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// All on one: files are renamed.
    Near,
    /// Duplicates on another one: files are copied, and their sources parked.
    Across,
    /// All on one that cannot refuse to replace what is there: files are linked and unlinked.
    Unrefusing,
}

/// With which `strace` makes a file system one that cannot refuse to replace.
const UNREFUSING: [&str; 2] = ["-e", "inject=renameat2:error=EINVAL"];

impl Site {
    /// What this site is called in reports.
    pub fn name(self) -> &'static str {
        match self {
            Site::Near => "on one file system",
            Site::Across => "across file systems",
            Site::Unrefusing => "by links",
        }
    }

    /// How many files a small library here is to have: each is struck at more calls than on one
    /// file system.
    pub fn files(self) -> usize {
        match self {
            Site::Near => 4,
            Site::Across | Site::Unrefusing => 3,
        }
    }

    /// What `strace` is told besides what is to be struck.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Site::Near | Site::Across => &[],
            Site::Unrefusing => &UNREFUSING,
        }
    }

    /// Runs a command of which nothing is struck.
    pub fn run(self, library: &Library, arguments: &[&str]) -> Said {
        match self {
            Site::Near | Site::Across => library.run(arguments),
            Site::Unrefusing => {
                let strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"];
                let trace = ["-e", "trace=renameat2"];
                let strace = [&strace[..], &trace, self.options()].concat();
                library.run_within(&strace, arguments)
            }
        }
    }
}

/// A library at its site.
pub struct Sited {
    // Unmounted before the directory is removed.
    _mounted: Option<Mounted>,
    library: Library,
}

impl Sited {
    /// The library, before anything is in its duplicates.
    pub fn new(site: Site, library: Library) -> Sited {
        let is_across = site == Site::Across;
        let mounted = is_across.then(|| Mounted::tmpfs("", &library.path("duplicates")));
        Sited {
            _mounted: mounted,
            library,
        }
    }

    /// The same once more, elsewhere.
    pub fn copy(&self, site: Site) -> Sited {
        let copy = Sited::new(site, self.library.copy());
        if site == Site::Across {
            let ends = [self, &copy].map(|library| library.path("duplicates"));
            system("cp", [Path::new("-aT"), &ends[0], &ends[1]]);
        }
        copy
    }
}

impl Deref for Sited {
    type Target = Library;

    fn deref(&self) -> &Library {
        &self.library
    }
}

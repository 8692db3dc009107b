//! System calls that fail, or before which the program dies.

use crate::library::{Library, Said};
use crate::site::Site;

/// The system calls that change something. What `openat` makes is covered by what is done with it
/// next, and by the calls before.
pub const CHANGING: [&str; 17] = [
    "write",
    "fsync",
    "mkdirat",
    "mkdir",
    "renameat2",
    "renameat",
    "fchmod",
    "fchown",
    "fdatasync",
    "syncfs",
    "unlinkat",
    "linkat",
    "ftruncate",
    "pwrite64",
    "fsetxattr",
    "utimensat",
    "sendfile",
];

/// Those that matter where `renameat2` fails.
const LINKING: [&str; 6] = [
    "linkat",
    "unlinkat",
    "renameat",
    "syncfs",
    "fsync",
    "fdatasync",
];

/// What strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The program dies before the call.
    Kill,
    /// The call fails and does nothing; with the next error at each number.
    Errors,
}

/// What a disk answers that is full, read-only or broken.
const ERRORS: [&str; 4] = ["EIO", "ENOSPC", "EROFS", "EDQUOT"];

/// A fault at the calls of one kind, by their number in each thread.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    pub fault: Fault,
    pub call: &'static str,
    pub number: usize,
}

/// How a command ended that was to be struck.
pub struct Struck {
    pub said: Said,
    /// Whether it was; else it had no such call any more.
    pub struck: bool,
}

impl Strike {
    /// Runs a command that this strikes.
    pub fn at(self, site: Site, library: &Library, arguments: &[&str]) -> Struck {
        let Strike { call, number, .. } = self;
        let what = match self.fault {
            Fault::Kill => "signal=KILL".to_owned(),
            Fault::Errors => format!("error={}", ERRORS[number % ERRORS.len()]),
        };
        let what = format!("{what}:when={number}");
        struck(site, library, arguments, &[call], &what)
    }
}

/// Runs a command that dies when it makes the `number`th call of any kind but `write`, of which it
/// makes too many to try each.
pub fn kill_at_any(site: Site, library: &Library, arguments: &[&str], number: usize) -> Struck {
    let calls: Vec<_> = struck_at(site).filter(|call| *call != "write").collect();
    let what = format!("signal=KILL:when={number}");
    struck(site, library, arguments, &calls, &what)
}

/// The calls that are struck at a site: by links, those by which it differs from one file system.
pub fn struck_at(site: Site) -> impl Iterator<Item = &'static str> {
    let calls: &[&str] = match site {
        Site::Near | Site::Across => &CHANGING,
        Site::Unrefusing => &LINKING,
    };
    calls.iter().copied()
}

fn struck(site: Site, library: &Library, arguments: &[&str], calls: &[&str], what: &str) -> Struck {
    let trace = library.surroundings().join("trace");
    let joined = calls.join(",");
    let traced = format!("trace={joined},renameat2");
    let inject = format!("inject={joined}:{what}");
    let output = trace.to_str().unwrap();
    let mut strace = vec![
        "strace", "-f", "-qq", "-o", output, "-e", &traced, "-e", &inject,
    ];
    strace.extend(site.options());
    // It makes tracing quicker, and lets signals be lost.
    if what.starts_with("error") {
        strace.push("--seccomp-bpf");
    }
    let said = library.run_within(&strace, arguments);
    let trace = std::fs::read_to_string(trace).unwrap_or_default();
    let is_call = |line: &str, call: &&str| {
        line.contains(&format!(" {call}(")) || line.contains(&format!("<... {call} resumed>"))
    };
    let mut injected = trace.lines().filter(|line| line.contains("(INJECTED)"));
    // Who is killed has no exit code.
    let struck =
        said.code == -1 || injected.any(|line| calls.iter().any(|call| is_call(line, call)));
    Struck { said, struck }
}

//! A purge that is struck anywhere loses nothing, and is run again.

use crate::library::can;
use crate::{Mounted, TMPFS};

/// Calls with which purge changes anything, or makes it durable.
const CALLS: [&str; 3] = ["unlinkat", "fsync", "syncfs"];

/// Strikes a purge at each of these calls in turn, and makes sure that after each strike a copy of
/// everything is there, and that a second purge does the rest.
fn strike(how: &str, code: i32) {
    let skipped = "purges that are struck at system calls";
    if !can(&["strace", "-f", "-o", "/dev/null", "true"], skipped) {
        return;
    }
    let mut strikes = 0;
    for call in CALLS {
        for when in 1..20 {
            let Some((library, run)) = Mounted::with_parked(TMPFS, skipped) else {
                return;
            };
            let inject = format!("inject={call}:{how}:when={when}");
            let strace = ["strace", "-f", "-o", "strace.out", "-e", &inject];
            let said = library.run_by(&strace, &["purge", &run, "--yes"]);
            let struck = library.read("strace.out").contains("INJECTED")
                || library.read("strace.out").contains("killed by SIGKILL");
            for copy in ["a.jpg", "b/c.jpg"] {
                let copy = format!("duplicates/2024/{copy}");
                assert_eq!(library.read(&copy), "same", "{inject}");
            }
            library.succeed(&["purge", &run, "--yes"]);
            assert_eq!(library.names("media"), ["2024"], "{inject}");
            if !struck {
                assert_eq!(said.code, 0, "{inject}: {said:?}");
                break;
            }
            strikes += 1;
            let ended = [code, 1, 4, 0].contains(&said.code);
            assert!(ended, "{inject}: {said:?}");
        }
    }
    assert!(strikes > 5, "{strikes}");
}

#[test]
fn a_purge_that_is_killed_is_run_again() {
    strike("signal=KILL", -1);
}

#[test]
fn a_purge_on_a_broken_disk_is_run_again() {
    strike("error=EIO", 1);
}

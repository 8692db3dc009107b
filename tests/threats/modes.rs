//! What is made for files that move is never open to more people than what they came from.

use crate::library::{Library, can};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn threat_modes_of_directories_are_never_wider_than_their_sources() {
    for mode in [0o700, 0o750, 0o711, 0o755, 0o770, 0o1777, 0o2755, 0o4755] {
        let library = Library::with_duplicates();
        let set = |name: &str| {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(library.path(name), mode).unwrap();
        };
        set("media/2024/b");
        set("media/2024");
        // Whatever this process would make by itself is open to all.
        let shell = ["sh", "-c", "umask 0; exec \"$@\"", "sh"];
        let said = library.run_within(&shell, &["apply", "plan.json"]);
        assert_eq!(said.code, 0, "{said:?}");
        for name in ["duplicates/2024", "duplicates/2024/b"] {
            let made = fs::metadata(library.path(name)).unwrap();
            let made = made.permissions().mode() & 0o7777;
            assert_eq!(made, mode, "{name} of {mode:o}");
        }
        let runs = fs::metadata(library.path("data/runs")).unwrap();
        assert_eq!(runs.permissions().mode() & 0o7777, 0o700);
    }
}

#[test]
fn threat_modes_of_directories_are_their_owners_alone_until_they_have_that_owner() {
    let library = Library::with_duplicates();
    let log = library.surroundings().join("calls");
    let strace = ["strace", "-f", "-e", "trace=mkdir,mkdirat", "-o"];
    let strace = [&strace[..], &[log.to_str().unwrap()]].concat();
    if !can(
        &[&strace[..], &["true"]].concat(),
        "the modes at every instant",
    ) {
        return;
    }
    let shell = ["sh", "-c", "umask 0; exec \"$@\"", "sh"];
    let said = library.run_within(&[&shell[..], &strace].concat(), &["apply", "plan.json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let calls = fs::read_to_string(log).unwrap();
    let made: Vec<_> = calls.lines().filter(|l| l.contains(" = 0")).collect();
    assert!(
        made.len() >= 4,
        "two in duplicates, runs, and the run: {calls}"
    );
    assert!(made.iter().all(|call| call.contains(", 0700)")), "{calls}");
}

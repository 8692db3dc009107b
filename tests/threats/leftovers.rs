//! What a kill or a failed start leaves in the datadir, and kernels that are too old.

use crate::library::{Library, can};
use std::fs;
use std::os::unix::fs::symlink;

const DRAFT: &str = "data/.mediastruct.tmp-0123456789abcdef";

#[test]
fn what_a_killed_process_left_half_written_is_removed_under_the_lock() {
    for command in [&["crawl"][..], &["apply", "plan.json"], &["recover"]] {
        let library = Library::with_duplicates();
        library.write(DRAFT, "half an index");
        for reader in [&["plan", "dedupe"][..], &["check", "plan.json"]] {
            library.succeed(reader);
            assert!(library.path(DRAFT).is_file(), "{reader:?} takes no lock");
        }
        library.succeed(command);
        assert!(!library.path(DRAFT).exists(), "{command:?}");
    }
}

#[test]
fn only_drafts_are_removed_and_no_link_is_followed() {
    let library = Library::with_duplicates();
    library.write("photo.jpg", "mine");
    let others = [
        "data/.mediastruct.tmp-",
        "data/.mediastruct.tmp-0123456789ABCDEF",
        "data/.mediastruct.tmp-0123456789abcdef0",
        "data/.mediastruct.tmp-0123456789abcdef.jpg",
        "data/mediastruct.tmp-0123456789abcdef",
        "data/runs/.mediastruct.tmp-0123456789abcdef",
        "media/.mediastruct.tmp-0123456789abcdef",
    ];
    others.iter().for_each(|name| library.write(name, "mine"));
    symlink("../photo.jpg", library.path(DRAFT)).unwrap();
    let directory = "data/.mediastruct.tmp-00000000000000ff";
    fs::create_dir(library.path(directory)).unwrap();
    let before = library.everything();
    library.succeed(&["recover"]);
    before.assert_same(&library.everything(), "recover");
}

#[test]
fn a_run_that_cannot_begin_leaves_nothing_behind() {
    let library = Library::with_duplicates();
    let before = library.everything();
    // No file may grow: the plan of the run cannot be written.
    let shell = ["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"];
    let said = library.run_within(&shell, &["apply", "plan.json"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&["plan.json: file too large"]);
    let runs = library.path("data/runs");
    assert_eq!(fs::read_dir(&runs).unwrap().count(), 0, "no run is left");
    fs::remove_dir(runs).unwrap();
    assert_eq!(
        before.paths(library.root()),
        library.everything().paths(library.root())
    );
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn a_kernel_without_openat2_is_told_with_what_is_needed() {
    let library = Library::with_duplicates();
    let strace = [
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "inject=openat2:error=ENOSYS",
    ];
    if !can(
        &[&strace[..], &["true"]].concat(),
        "kernels without openat2",
    ) {
        return;
    }
    let before = library.everything();
    for command in [
        &["crawl"][..],
        &["apply", "plan.json"],
        &["check", "plan.json"],
    ] {
        let said = library.run_within(&strace, command);
        assert_eq!(said.code, 1, "{said:?}");
        said.tells(&["cannot open the tree", "hint: Linux 5.6 or later is needed"]);
    }
    before.assert_same(&library.everything(), "a kernel without openat2");
}

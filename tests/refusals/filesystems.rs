//! Destinations that are read-only or on another file system. What needs root mounts in a name
//! space of its own, so that nothing stays mounted.

use crate::library::{Library, Mounted, Said, can, has_own_mounts, is_root, said, system};

/// Runs a command where `script` ran before it: mounts that nobody else sees.
fn run_mounted(library: &Library, script: &str, arguments: &[&str]) -> Said {
    let script = format!("set -e; {script}; exec \"$@\"");
    library.run_within(
        &["unshare", "--mount", "sh", "-c", &script, "sh"],
        arguments,
    )
}

fn can_mount(skipped: &str) -> bool {
    let tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    is_root(skipped) && can(&tried, skipped)
}

#[test]
fn a_destination_on_another_file_system_is_copied_to() {
    let skipped = "destinations on another file system";
    if !has_own_mounts(a_destination_on_another_file_system_is_copied_to, skipped) {
        return;
    }
    let library = Library::with_duplicates();
    let before = library.census();
    let mounted = Mounted::tmpfs("", &library.path("duplicates"));
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    assert_eq!(library.read("duplicates/2024/a.jpg"), "same");
    assert!(!library.path("media/2024/a.jpg").exists());
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == before);

    // What is there is never overwritten.
    library.write("duplicates/2024/a.jpg", "mine");
    let told = ["duplicates/2024/a.jpg: something is there already"];
    library.refuse(3, &["apply", "plan.json"], &told);
    drop(mounted);
}

#[test]
fn a_mount_within_a_tree_is_not_entered() {
    let skipped = "mounts within a tree";
    if !has_own_mounts(a_mount_within_a_tree_is_not_entered, skipped) {
        return;
    }
    let library = Library::with_duplicates();
    let _mounted = Mounted::tmpfs("", &library.path("duplicates/2024"));
    let told = ["duplicates/2024/a.jpg: it is on a mount within the tree"];
    library.refuse(3, &["apply", "plan.json"], &told);
}

#[test]
fn a_disc_that_is_mounted_in_the_archive_keeps_what_is_on_it() {
    let skipped = "discs that are mounted in the archive";
    if !has_own_mounts(
        a_disc_that_is_mounted_in_the_archive_keeps_what_is_on_it,
        skipped,
    ) {
        return;
    }
    let library = Library::new();
    let _disc = Mounted::tmpfs("", &library.path("archive/07"));
    library.write("archive/07/2019/a.jpg", "on the disc");
    library.write("media/2024/a.jpg", "on the disc");
    library.write("media/2024/b.jpg", "on this machine alone");
    system(
        "mount",
        [
            "-o",
            "remount,ro",
            library.path("archive/07").to_str().unwrap(),
        ],
    );
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    library.succeed(&["apply", "plan.json", "--verify", "hash"]);
    assert_eq!(library.read("duplicates/2024/a.jpg"), "on the disc");
    library.succeed(&["validate", "--yes"]);
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["undo", "--yes"]);

    // What lies on a mount itself never moves.
    let _other = Mounted::tmpfs("", &library.path("media/2025"));
    library.write("media/2025/c.jpg", "on this machine alone");
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    let told = ["media/2025/c.jpg: it is on a mount within the tree"];
    library.refuse(3, &["apply", "plan.json"], &told);
}

#[test]
fn a_destination_that_is_made_on_another_file_system_is_copied_to() {
    let skipped = "a tree that is to be made on another file system";
    let test = a_destination_that_is_made_on_another_file_system_is_copied_to;
    if !has_own_mounts(test, skipped) {
        return;
    }
    let library = Library::with_duplicates();
    let before = library.census();
    let _mounted = Mounted::tmpfs("", &library.path("mounted"));
    let run = |arguments: &[&str]| {
        let mut command = library.command(arguments);
        command.env("MEDIASTRUCT_DUPLICATES_DIR", library.path("mounted/new"));
        let said = said(&mut command);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
    };
    run(&["apply", "plan.json"]);
    assert_eq!(library.read("mounted/new/2024/a.jpg"), "same");
    assert!(!library.path("media/2024/a.jpg").exists());
    run(&["undo", "--yes"]);
    assert!(library.census() == before);
}

#[test]
fn a_read_only_file_system_is_rolled_back() {
    let library = Library::with_duplicates();
    if !can_mount("read-only file systems") {
        return;
    }
    let before = library.census();
    // The trees are read-only, the datadir is not.
    let script = "mount --bind . /mnt; mount -o remount,bind,ro /mnt; \
                  for tree in archive duplicates ingest media validated; do \
                  tree_dir=MEDIASTRUCT_$(echo $tree | tr a-z A-Z)_DIR; \
                  export $tree_dir=/mnt/$tree; done";
    let said = run_mounted(&library, script, &["apply", "plan.json"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&[
        "read-only file system",
        "everything that was moved is back in its place",
        "hint: the file system is mounted read-only",
    ]);
    assert!(library.census() == before);
    let history = library.succeed(&["history"]).out;
    assert!(history.contains("rolled back"), "{history}");
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn a_datadir_that_cannot_be_written_to_stops_everything() {
    let library = Library::with_duplicates();
    if !can_mount("a read-only datadir") {
        return;
    }
    let before = library.everything();
    let script = "mount --bind data data; mount -o remount,bind,ro data";
    let said = run_mounted(&library, script, &["apply", "plan.json"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&["read-only file system"]);
    before.assert_same(&library.everything(), "a read-only datadir");
}

#[test]
fn a_protected_destination_is_rolled_back() {
    let library = Library::with_duplicates();
    std::fs::create_dir(library.path("duplicates/2024")).unwrap();
    let path = library.path("duplicates/2024");
    let skipped = "destinations that are marked as immutable";
    let protect = ["chattr", "+i", path.to_str().unwrap()];
    if !is_root(skipped) || !can(&protect, skipped) {
        return;
    }
    let before = library.census();
    let said = library.run(&["apply", "plan.json"]);
    system("chattr", ["-i".as_ref(), path.as_os_str()]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&["back in its place", "or the file is protected"]);
    assert!(library.census() == before);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_6_where_the_index_cannot_be_written_files_go_back_and_recover_does_the_rest() {
    let library = Library::with_duplicates();
    std::fs::create_dir(library.path("data/runs")).unwrap();
    let path = library.path("data");
    let skipped = "a datadir that is marked as immutable";
    let protect = ["chattr", "+i", path.to_str().unwrap()];
    if !is_root(skipped) || !can(&protect, skipped) {
        return;
    }
    let before = library.census();
    let said = library.run(&["apply", "plan.json"]);
    system("chattr", ["-i".as_ref(), path.as_os_str()]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&[
        "media_index.json: operation not permitted",
        "mediastruct recover",
    ]);
    assert!(library.census() == before);
    library.refuse(5, &["apply", "plan.json"], &["unfinished"]);
    library.succeed(&["recover"]).tells(&["is taken back"]);
    assert!(library.census() == before);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn a_full_disk_is_rolled_back() {
    let library = Library::with_duplicates();
    if !can_mount("full disks") {
        return;
    }
    // A directory more does not fit: all names of the file system are taken.
    let script = "\
                  mount -t tmpfs -o nr_inodes=40 none /mnt; cp -a archive duplicates media /mnt; \
                  mkdir /mnt/ingest /mnt/validated; export MEDIASTRUCT_ROOT=/mnt; \
                  export MEDIASTRUCT_DATADIR=$PWD/data MEDIASTRUCT_LOGDIR=$PWD/logs; \
                  \"$1\" -q crawl; \"$1\" -q plan dedupe -o full.json; \
                  while touch /mnt/$((n += 1)) 2>/dev/null; do :; done; \
                  find /mnt -type f -o -type d | sort > before";
    let library_script = format!(
        "{script}; \"$@\" || code=$?; \
         find /mnt -type f -o -type d | sort | diff before - || exit 99; exit $code"
    );
    let shell = ["unshare", "--mount", "sh", "-c", &library_script, "sh"];
    let said = library.run_within(&shell, &["apply", "full.json"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&[
        "no space left on device",
        "back in its place",
        "make room on the disk",
    ]);
}

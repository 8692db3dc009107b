//! One file under two names, and two files that look like one.

use crate::library::{Library, can, is_root};
use std::fs;

#[test]
fn threat_same_file_a_hard_link_to_the_keeper_is_told_and_not_moved() {
    let library = Library::new();
    library.write("archive/01/keeper.jpg", "same");
    fs::create_dir_all(library.path("media/2024")).unwrap();
    fs::hard_link(
        library.path("archive/01/keeper.jpg"),
        library.path("media/2024/link.jpg"),
    )
    .unwrap();
    library.write("media/2024/copy.jpg", "same");
    fs::hard_link(
        library.path("media/2024/copy.jpg"),
        library.path("media/2024/copy's link.jpg"),
    )
    .unwrap();
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    let plan = library.plan("plan.json");
    let moves: Vec<_> = plan.moves.iter().map(|m| m.from.to_string()).collect();
    assert_eq!(moves, ["media/2024/copy's link.jpg", "media/2024/copy.jpg"]);
    assert_eq!(plan.skipped.len(), 1);
    let told = "hard link of archive/01/keeper.jpg: moving it would free nothing";
    assert!(plan.skipped[0].why.contains(told), "{:?}", plan.skipped);
    let start = library.census();
    library.succeed(&["apply", "plan.json"]);
    assert!(library.path("media/2024/link.jpg").is_file());
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);
}

#[test]
fn threat_same_file_twins_in_all_but_case_are_two() {
    let library = Library::new();
    library.write("archive/01/keeper.jpg", "same");
    for name in ["IMG.JPG", "img.jpg", "Img.jpg", "caf\u{e9}", "cafe\u{301}"] {
        library.write(&format!("media/2024/{name}"), "same");
    }
    let start = library.census();
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    let moved = fs::read_dir(library.path("duplicates/2024")).unwrap();
    assert_eq!(moved.count(), 5, "each has a place of its own");
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);
}

#[test]
fn threat_same_file_equal_inodes_on_two_mounts_are_two_files() {
    let mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    if !is_root("two mounts") || !can(&mount, "two mounts with equal inode numbers") {
        return;
    }
    let library = Library::new();
    // The archive and the other trees lie on two file systems, and each file of the one has the
    // inode number of one of the other.
    let script = "set -e; \
        mount -t tmpfs none /mnt; mkdir /mnt/one /mnt/two; \
        mount -t tmpfs none /mnt/one; mount -t tmpfs none /mnt/two; \
        mkdir -p /mnt/one/archive/01 /mnt/two/media/2024; \
        echo same > /mnt/one/archive/01/keeper; echo same > /mnt/two/media/2024/copy; \
        echo one > /mnt/one/archive/01/other; echo two > /mnt/two/media/2024/other; \
        for name in 01/keeper:2024/copy 01/other:2024/other; do \
            one=$(stat -c %i /mnt/one/archive/${name%:*}); two=$(stat -c %i /mnt/two/media/${name#*:}); \
            [ $one = $two ] || exit 98; \
        done; \
        mkdir /mnt/two/duplicates /mnt/two/ingest /mnt/two/validated; \
        export MEDIASTRUCT_ROOT=/mnt/two MEDIASTRUCT_ARCHIVE_DIR=/mnt/one/archive; \
        export MEDIASTRUCT_DATADIR=$PWD/data MEDIASTRUCT_LOGDIR=$PWD/logs; \
        \"$@\" crawl; \"$@\" plan dedupe -o plan.json; \"$@\" apply plan.json; \
        [ \"$(cat /mnt/two/duplicates/2024/copy /mnt/one/archive/01/keeper)\" = \"same\nsame\" ]; \
        [ \"$(cat /mnt/one/archive/01/other /mnt/two/media/2024/other)\" = \"one\ntwo\" ]; \
        \"$@\" undo --yes; \"$@\" crawl; \
        [ \"$(cat /mnt/two/media/2024/copy /mnt/one/archive/01/keeper)\" = \"same\nsame\" ]";
    let said = library.run_within(&["unshare", "--mount", "sh", "-c", script, "sh"], &[]);
    if said.code == 98 {
        println!("skipped, as inode numbers differ here: two mounts with equal inode numbers");
        return;
    }
    assert_eq!(said.code, 0, "{said:?}");
    let plan = library.plan("plan.json");
    assert_eq!((plan.moves.len(), plan.skipped.len()), (1, 0));
}

#[test]
fn threat_same_file_equal_inodes_on_two_mounts_within_a_tree_are_two_files() {
    let mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    if !is_root("two mounts") || !can(&mount, "two mounts within a tree") {
        return;
    }
    let library = Library::new();
    fs::create_dir_all(library.path("media/2023")).unwrap();
    fs::create_dir_all(library.path("media/2024")).unwrap();
    // Two roots of file systems, and two directories in them, with equal inode numbers: each is
    // walked, and copies on both are copies and no hard links.
    let script = "set -e; mount -t tmpfs none media/2023; mount -t tmpfs none media/2024; \
        mkdir media/2023/sub media/2024/sub; \
        echo same > media/2023/sub/a; echo same > media/2024/sub/b; \"$@\" crawl; \
        \"$@\" plan dedupe -o plan.json";
    let said = library.run_within(&["unshare", "--mount", "sh", "-c", script, "sh"], &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let index = library.read("data/media_index.json");
    for name in ["2023/sub/a", "2024/sub/b"] {
        assert!(index.contains(&format!("\"{name}\"")), "{index}");
    }
    let plan = library.plan("plan.json");
    assert_eq!((plan.moves.len(), plan.skipped.len()), (1, 0));
}

//! File systems on which there is no room.

use crate::library::{Mounted, can, has_own_mounts};
use crate::world::{COPIES, World, end_of};
use std::fs::{self, File};
use std::io::Write;

/// Slow enough for a test to do something between two calls.
const SLOWLY: [&str; 4] = [
    "-e",
    "trace=sendfile",
    "-e",
    "inject=sendfile:delay_enter=20000",
];

#[test]
fn copies_that_do_not_fit_are_refused_before_anything_moves() {
    let skipped = "file systems that are too small";
    if !has_own_mounts(
        copies_that_do_not_fit_are_refused_before_anything_moves,
        skipped,
    ) {
        return;
    }
    let world = World::with_tmpfs("size=2m");
    world.fill(true);
    let start = world.moment();
    // The bytes of the copies in whole blocks, and a block more for each.
    let need = 4096 * (1 + 1 + 513 + 2 + 2 + COPIES.len() as u64);
    let free = rustix::fs::statvfs(world.library.path("duplicates")).unwrap();
    let free = free.f_bavail * free.f_frsize;
    let told = format!("the copies that go to duplicates take {need} bytes, and {free} are free");
    for command in [["check", "plan.json"], ["apply", "plan.json"]] {
        let said = world.library.end_with(3, &command);
        said.tells(&["the plan does not fit the disk: 1 problem", &told]);
    }
    world.assert_untouched(&start);
    assert!(!world.library.path("data/runs").exists(), "a run began");
}

#[test]
fn copies_for_which_there_are_no_inodes_are_refused_before_anything_moves() {
    let skipped = "file systems with too few inodes";
    if !has_own_mounts(
        copies_for_which_there_are_no_inodes_are_refused_before_anything_moves,
        skipped,
    ) {
        return;
    }
    let world = World::with_tmpfs("nr_inodes=4");
    world.fill(true);
    let start = world.moment();
    let free = rustix::fs::statvfs(world.library.path("duplicates")).unwrap();
    let told = format!(
        "{} files are copied to duplicates, and its file system has room for {} more",
        COPIES.len(),
        free.f_favail
    );
    for command in [["check", "plan.json"], ["apply", "plan.json"]] {
        world.library.end_with(3, &command).tells(&[&told]);
    }
    world.assert_untouched(&start);
}

#[test]
fn what_is_written_is_refused_beforehand_where_it_does_not_fit() {
    let skipped = "file systems that are too small for files of ours";
    if !has_own_mounts(
        what_is_written_is_refused_beforehand_where_it_does_not_fit,
        skipped,
    ) {
        return;
    }
    for (tree, place) in [("archive", "archive"), ("data", "the datadir")] {
        let world = World::mounted(|root, _| vec![Mounted::tmpfs("size=256k", &root.join(tree))]);
        let library = &world.library;
        library.write("archive/07/2019/a.jpg", "one");
        library.succeed(&["crawl"]);
        let filler = format!("{tree}/07/filler");
        library.write(&filler, "");
        let mut file = File::create(library.path(&filler)).unwrap();
        while file.write_all(&[0; 1024]).is_ok() {}
        // Some blocks are free, and they are too few for all of it.
        file.set_len(240_000 & !4095).unwrap();
        drop(file);
        let start = world.moment();
        let seal = ["volumes", "seal", "07", "--yes"];
        let filler = library.path(&filler);
        let aside = library.surroundings().join("filler");
        if tree == "archive" {
            library.succeed(&["crawl"]);
        }
        let said = library.end_with(3, &seal);
        let told = format!("on the file system of {place}, and");
        said.tells(&["what is written and copied takes up to", &told]);
        world.assert_untouched(&start);
        assert!(!library.path("data/runs").exists(), "a run began");
        fs::copy(&filler, &aside).unwrap();
        fs::remove_file(&filler).unwrap();
        library.succeed(&["crawl"]);
        library.succeed(&seal);
    }
}

#[test]
fn law_6_a_disk_that_gets_full_is_rolled_back() {
    let skipped = "disks that get full";
    if !has_own_mounts(law_6_a_disk_that_gets_full_is_rolled_back, skipped)
        || !can(&["strace", "-o", "/dev/null", "true"], skipped)
    {
        return;
    }
    let world = World::with_tmpfs("size=16m");
    world.fill(true);
    let start = world.moment();
    let (child, _) = world.apply_slowly(&SLOWLY);
    // Somebody else takes the room that was there when the plan was held against the disk.
    let filler = world.library.path("duplicates/filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let said = end_of(child);
    fs::remove_file(filler).unwrap();
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&[
        "no space left on device",
        "everything that was moved is back in its place",
        "make room on the disk",
    ]);
    world.assert_start(&start);
    world.library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_6_a_disk_that_runs_out_of_inodes_is_rolled_back() {
    let skipped = "disks that run out of inodes";
    if !has_own_mounts(law_6_a_disk_that_runs_out_of_inodes_is_rolled_back, skipped)
        || !can(&["strace", "-o", "/dev/null", "true"], skipped)
    {
        return;
    }
    let world = World::with_tmpfs("nr_inodes=60");
    world.fill(true);
    let start = world.moment();
    let (child, _) = world.apply_slowly(&SLOWLY);
    let fillers = (0..).map(|number| world.library.path(&format!("duplicates/filler-{number}")));
    let fillers: Vec<_> = fillers
        .take_while(|path| File::create(path).is_ok())
        .collect();
    let said = end_of(child);
    for filler in fillers {
        fs::remove_file(filler).unwrap();
    }
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&["no space left on device", "is back in its place"]);
    world.assert_start(&start);
    world.library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_6_full_at_any_write_it_is_rolled_back() {
    let skipped = "disks that are full at any write";
    if !has_own_mounts(law_6_full_at_any_write_it_is_rolled_back, skipped)
        || !can(&["strace", "-o", "/dev/null", "true"], skipped)
    {
        return;
    }
    let world = World::with_tmpfs("");
    world.fill(true);
    let start = world.moment();
    // Only copies are written by sendfile: the large one in four calls, the other four in two each, the
    // last of which finds the end. Where few files may be open, one is copied at a time. The calls of
    // each thread are counted by themselves: of several, at least the one with the large copy gets to four.
    for (open, least) in [("64", 12), ("4096", 4)] {
        let limit = format!("ulimit -n {open}; exec \"$@\"");
        let mut copies = 0;
        for number in 1.. {
            let inject = format!("inject=sendfile:error=ENOSPC:when={number}");
            let trace = world.library.surroundings().join("trace");
            let strace = [
                "sh",
                "-c",
                &limit,
                "sh",
                "strace",
                "-f",
                "-qq",
                "-y",
                "-o",
                trace.to_str().unwrap(),
                "-e",
                "trace=sendfile",
                "-e",
                &inject,
            ];
            let said = world.library.run_within(&strace, &["apply", "plan.json"]);
            if !world.trace().contains("(INJECTED)") {
                break;
            }
            copies += 1;
            assert_eq!(said.code, 1, "{number}: {said:?}");
            said.tells(&["no space left on device", "is back in its place"]);
            world.moment().assert_same(&start, "the start");
        }
        assert!(
            copies >= least,
            "only {copies} writes of copies were struck"
        );
        println!("{copies} writes of copies were struck");
        world.library.succeed(&["undo", "--yes"]);
        world.moment().assert_same(&start, "undo");
    }
}

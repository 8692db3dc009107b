//! Each pair of file systems: files go there with all that is theirs, and come back.

use crate::kept::Kept;
use crate::library::{Mounted, can, has_own_mounts, system};
use crate::world::{COPIES, World};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

#[test]
fn law_1_to_memory_and_back() {
    if has_own_mounts(law_1_to_memory_and_back, "a tmpfs") {
        there_and_back(&World::with_tmpfs(""));
    }
}

#[test]
fn law_1_between_two_mounts_of_one_file_system() {
    let skipped = "bind mounts";
    if !has_own_mounts(law_1_between_two_mounts_of_one_file_system, skipped) {
        return;
    }
    there_and_back(&World::mounted(|root, aside| {
        ["media", "duplicates"]
            .map(|tree| Mounted::bind(&aside.join(tree), &root.join(tree)))
            .into()
    }));
}

#[test]
fn law_1_between_ext4_xfs_and_btrfs() {
    let skipped = "file systems on images";
    if !has_own_mounts(law_1_between_ext4_xfs_and_btrfs, skipped) {
        return;
    }
    for (from, to) in [("ext4", "xfs"), ("xfs", "btrfs"), ("btrfs", "ext4")] {
        let make = [from, to].map(|kind| format!("mkfs.{kind}"));
        let skipped = format!("from {from} to {to}");
        if !make.iter().all(|mkfs| can(&[mkfs, "-V"], &skipped)) {
            continue;
        }
        let world = World::mounted(|root, aside| {
            fs::create_dir(aside).unwrap();
            let mount = |mkfs: &String, tree: &str| {
                Mounted::image(&[mkfs], &aside.join(tree), &root.join(tree))
            };
            vec![mount(&make[0], "media"), mount(&make[1], "duplicates")]
        });
        println!("from {from} to {to}");
        there_and_back(&world);
    }
}

#[test]
fn law_1_between_subvolumes_of_btrfs() {
    let skipped = "subvolumes of btrfs";
    if !has_own_mounts(law_1_between_subvolumes_of_btrfs, skipped)
        || !can(&["btrfs", "--version"], skipped)
    {
        return;
    }
    // Under mounts of their own.
    let world = World::mounted(|root, aside| {
        let pool = on_btrfs(aside);
        let tree = |tree: &str| {
            subvolume(&aside.join("pool").join(tree));
            Mounted::bind(&aside.join("pool").join(tree), &root.join(tree))
        };
        vec![tree("media"), tree("duplicates"), pool]
    });
    there_and_back(&world);
}

#[test]
fn law_1_from_a_subvolume_within_a_tree() {
    let skipped = "subvolumes within a tree";
    if !has_own_mounts(law_1_from_a_subvolume_within_a_tree, skipped)
        || !can(&["btrfs", "--version"], skipped)
    {
        return;
    }
    // No mount tells of it: the whole library is one, and media/2024 is a file system more.
    let world = World::mounted(|root, aside| {
        fs::create_dir(aside).unwrap();
        vec![Mounted::image(&["mkfs.btrfs"], &aside.join("image"), root)]
    });
    let library = &world.library;
    library.succeed(&["init", "."]);
    subvolume(&library.path("media/2024"));
    world.fill(true);
    let start = world.moment();
    library.succeed(&["apply", "plan.json"]);
    let moved = world.moment();
    moved.assert_moved(&start);
    let run = world.newest_run();
    let beside = |number| format!("media/2024/.mediastruct-{run}-{number}.parked");
    // The first one was renamed.
    let expected: Vec<_> = (1..COPIES.len()).map(beside).collect();
    let parked: Vec<_> = world.ours().into_keys().collect();
    assert_eq!(parked, expected);

    library.succeed(&["undo", "--yes"]);
    world.moment().assert_same(&start, "undone");
    let undo = world.newest_run();
    library.succeed(&["undo", &undo, "--yes"]);
    world.moment().assert_same(&moved, "done again");
    assert_eq!(
        world.ours().len(),
        3 * expected.len(),
        "{:#?}",
        world.ours()
    );
}

fn on_btrfs(aside: &Path) -> Mounted {
    fs::create_dir(aside).unwrap();
    Mounted::image(&["mkfs.btrfs"], &aside.join("image"), &aside.join("pool"))
}

fn subvolume(path: &Path) {
    let arguments = ["subvolume", "create"].map(Path::new);
    system("btrfs", arguments.into_iter().chain([path]));
}

/// Applies, undoes and does again; at each end everything is there, and nothing else.
fn there_and_back(world: &World) {
    world.fill(true);
    let library = &world.library;
    let start = world.moment();
    let inode = |name: &str| {
        fs::metadata(library.path(&format!("media/{name}")))
            .unwrap()
            .ino()
    };
    let inodes = COPIES.map(|(name, _)| inode(name));

    library.succeed(&["apply", "plan.json"]);
    let moved = world.moment();
    moved.assert_moved(&start);
    let run = world.newest_run();
    let parked = world.ours();
    assert_eq!(parked.len(), COPIES.len(), "{parked:?}");
    for (number, (name, _)) in COPIES.iter().enumerate() {
        let file = name.rsplit('/').next().unwrap();
        let place = format!("media/.mediastruct.d/parked/{run}/{number}-{file}");
        assert_eq!(parked.get(&place), Some(&inodes[number]), "{place}");
        let kept = Kept::of(&library.path(&place));
        kept.assert_same(
            &Kept::of(&library.path(&format!("duplicates/{name}"))),
            &place,
        );
        assert!(!library.path(&format!("media/{name}")).exists(), "{name}");
    }

    library.succeed(&["undo", "--yes"]);
    world.moment().assert_same(&start, "undone");
    let undo = world.newest_run();
    assert_aside(world, &[(&run, "media"), (&undo, "duplicates")]);

    library.succeed(&["undo", &undo, "--yes"]);
    world.moment().assert_same(&moved, "done again");
    let redo = world.newest_run();
    assert_aside(
        world,
        &[(&run, "media"), (&undo, "duplicates"), (&redo, "media")],
    );
    library.succeed(&["recover"]).tells(&["nothing to recover"]);
    library.succeed(&["crawl"]);
}

/// Makes sure that nothing of ours is in the trees but what each of these runs parked.
fn assert_aside(world: &World, runs: &[(&str, &str)]) {
    let ours = world.ours();
    assert_eq!(ours.len(), runs.len() * COPIES.len(), "{ours:#?}");
    for (run, tree) in runs {
        let place = format!("{tree}/.mediastruct.d/parked/{run}/");
        let parked = ours.keys().filter(|path| path.starts_with(&place));
        assert_eq!(parked.count(), COPIES.len(), "{place}: {ours:#?}");
    }
}

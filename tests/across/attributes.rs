//! File systems that cannot keep what a file has.

use crate::library::{Mounted, can, has_own_mounts};
use crate::world::World;

/// Applies, which is refused so; everything is as it was.
fn refuse(world: &World, extended: bool, told: &[&str]) {
    world.fill(extended);
    let start = world.moment();
    let said = world.library.end_with(1, &["apply", "plan.json"]);
    said.tells(told);
    said.tells(&["everything that was moved is back in its place"]);
    world.assert_start(&start);
}

#[test]
fn law_5_where_extended_attributes_cannot_be_kept_nothing_moves() {
    let skipped = "file systems without extended attributes";
    if !has_own_mounts(
        law_5_where_extended_attributes_cannot_be_kept_nothing_moves,
        skipped,
    ) {
        return;
    }
    let ramfs = || {
        World::mounted(|root, _| {
            let options = ["-t", "ramfs", "-o", "mode=755", "none"];
            vec![Mounted::new(&options, &root.join("duplicates"))]
        })
    };
    let told =
        "cannot keep the extended attributes of media/2023/deep/er/b: duplicates/2023/deep/er/";
    refuse(&ramfs(), true, &[told, "cannot have user."]);
    // It keeps files that have none.
    let world = ramfs();
    world.fill(false);
    let start = world.moment();
    world.library.succeed(&["apply", "plan.json"]);
    world.moment().assert_moved(&start);
    world.library.succeed(&["undo", "--yes"]);
    world.moment().assert_same(&start, "undone");
}

#[test]
fn law_5_where_times_cannot_be_kept_nothing_moves() {
    let skipped = "file systems with whole seconds only";
    if !has_own_mounts(law_5_where_times_cannot_be_kept_nothing_moves, skipped)
        || !can(&["mkfs.ext4", "-V"], skipped)
    {
        return;
    }
    let world = World::mounted(|root, aside| {
        std::fs::create_dir(aside).unwrap();
        // Small inodes have no room for parts of a second.
        let mkfs = ["mkfs.ext4", "-I", "128"];
        let point = root.join("duplicates");
        vec![Mounted::image(&mkfs, &aside.join("image"), &point)]
    });
    let told = [
        "cannot keep the time of media/2023/deep/er/b",
        "the file system of duplicates/2023/deep/er/",
    ];
    refuse(&world, true, &told);
}

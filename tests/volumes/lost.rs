//! `volumes lost`.

use super::archived;
use std::fs;

#[test]
fn a_lost_disc_is_told_with_what_nothing_else_holds() {
    let library = archived();
    library.write("media/2019/again.jpg", "one");
    library.succeed(&["volumes", "burned", "07"]);
    library.succeed(&["volumes", "burned", "07"]);
    fs::remove_dir_all(library.path("archive/07")).unwrap();
    library.succeed(&["crawl"]);
    let lost = ["volumes", "lost", "07"];
    library.refuse(64, &lost, &["volume 07 has several copies: 1, 2", "--copy"]);
    library.refuse(
        64,
        &["volumes", "lost", "08"],
        &["no disc of volume 08 is known"],
    );
    let third = ["volumes", "lost", "07", "--copy", "3"];
    library.refuse(64, &third, &["volume 07 has no copy 3, but 1, 2"]);
    library
        .succeed(&["volumes", "lost", "07", "--copy", "1"])
        .tells(&[
            "copy 1 is lost",
            "all that it held is known to be elsewhere",
        ]);
    let said = library.end_with(4, &lost);
    said.tells(&[
        "nothing else is known to hold 2 files",
        "archive/07/2019/05/b.jpg",
    ]);
    assert!(!said.err.contains("a.jpg"), "{}", said.err);
    library.refuse(64, &lost, &["no disc of volume 07 is known"]);
    let list = library.succeed(&["volumes"]).out;
    assert!(list.contains("discs lost"), "{list}");
}

#[test]
fn the_disc_of_a_volume_that_is_on_the_disk_takes_nothing_with_it() {
    let library = archived();
    library.succeed(&["volumes", "burned", "07"]);
    library
        .succeed(&["volumes", "lost", "07"])
        .tells(&["all that it held is known to be elsewhere"]);
}

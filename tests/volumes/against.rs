//! `volumes verify --against`.

use super::{archived, recorded, text};
use crate::library::{Mounted, has_own_mounts};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn an_old_disc_is_proven_to_be_in_the_library_by_content() {
    let library = archived();
    library.write("media/2020/new.jpg", "only in media");
    library.succeed(&["crawl"]);
    let old = library.surroundings().join("old");
    fs::create_dir_all(old.join("DCIM")).unwrap();
    for (name, content) in [
        ("DCIM/1.jpg", "one"),
        ("DCIM/2.jpg", "only in media"),
        ("empty", ""),
        ("DCIM/.mediastruct", "a sidecar"),
    ] {
        fs::write(old.join(name), content).unwrap();
    }
    let verify = ["volumes", "verify", "--against", text(&old)];
    let before = library.everything();
    library.succeed(&verify).tells(&[
        "is in media or the archive: 3 files",
        "as they only tell of volumes: 1 file",
    ]);
    before.assert_same(&library.everything(), "verify --against");
    let only = ["volumes", "verify", "07", "--against", text(&old)];
    let said = library.end_with(1, &only);
    said.tells(&["DCIM/2.jpg is nowhere", "is in volume 07: 1 thing"]);

    fs::write(old.join("DCIM/3\n.jpg"), "nowhere").unwrap();
    symlink("1.jpg", old.join("link")).unwrap();
    let said = library.end_with(1, &verify);
    said.tells(&[
        "DCIM/3\\n.jpg is nowhere",
        "link is nowhere: it is a symbolic link",
    ]);
    assert!(!said.err.contains("DCIM/1.jpg"), "{}", said.err);
}

#[test]
fn what_only_the_index_has_proves_nothing() {
    let library = archived();
    let old = library.surroundings().join("old");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("a"), "one").unwrap();
    let verify = ["volumes", "verify", "--against", text(&old)];
    library.succeed(&verify);
    fs::write(library.path("archive/07/2019/a.jpg"), "changed").unwrap();
    library
        .end_with(1, &verify)
        .tells(&["a is nowhere any more: archive/07/2019/a.jpg is gone, or changed"]);
}

#[test]
fn a_volume_on_discs_alone_counts_where_a_disc_is_known_to_hold_it() {
    let library = archived();
    let old = library.surroundings().join("old");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("a"), "one").unwrap();
    let verify = ["volumes", "verify", "--against", text(&old)];
    library.succeed(&["volumes", "burned", "07"]);
    fs::remove_dir_all(library.path("archive/07")).unwrap();
    library.succeed(&["crawl"]);
    library
        .succeed(&verify)
        .tells(&["other discs than this one: 1 file, 0 of which were read"]);
    library.end_with(4, &["volumes", "lost", "07"]);
    library
        .end_with(1, &verify)
        .tells(&["a is nowhere for sure: no disc is known to hold archive/07/2019/a.jpg"]);
}

#[test]
fn law_4_a_part_of_the_library_does_not_prove_itself() {
    let library = archived();
    let media = library.path("media");
    library.refuse(
        64,
        &["volumes", "verify", "--against", text(&media)],
        &["media tree"],
    );
    let root = library.root().to_owned();
    library.refuse(
        64,
        &["volumes", "verify", "--against", text(&root)],
        &["is no disc"],
    );
    library.refuse(64, &["volumes", "verify"], &["NN"]);
}

#[test]
fn law_4_the_library_on_another_mount_does_not_prove_itself() {
    let skipped = "the library on another mount";
    if !has_own_mounts(
        law_4_the_library_on_another_mount_does_not_prove_itself,
        skipped,
    ) {
        return;
    }
    let library = archived();
    library.write("media/2020/new.jpg", "only in media");
    library.succeed(&["crawl"]);
    let seen = library.surroundings().join("seen");
    for (part, name) in [
        ("archive", "the archive tree"),
        ("archive/07", "archive/07"),
        ("media/2020", "media/2020"),
        ("", "the archive tree"),
    ] {
        let _mounted = Mounted::bind(&library.path(part), &seen);
        let told =
            format!("is no disc: it is {name} of this library that is there, reached another way");
        for command in [
            &["volumes", "verify", "--against", text(&seen)][..],
            &["volumes", "import", "12", "--at", text(&seen)],
        ] {
            // The log is seen there, too, and so not all is as it was.
            library.end_with(64, command).tells(&[&told]);
        }
    }
    // A directory within a unit is told by its files.
    let mounted = Mounted::bind(&library.path("archive/07/2019"), &seen);
    let said = library.end_with(1, &["volumes", "verify", "--against", text(&seen)]);
    said.tells(&["05/b.jpg is nowhere else: archive/07/2019/05/b.jpg is this very file"]);
    drop(mounted);

    library.succeed(&["volumes", "burned", "07"]);
    let _mounted = Mounted::bind(&library.path("archive/07"), &seen);
    let before = recorded(&library);
    let verify = [
        "volumes",
        "verify",
        "07",
        "--at",
        text(&seen),
        "--copy",
        "1",
    ];
    let said = library.succeed(&verify);
    said.tells(&["nothing is recorded, as this is archive/07 of the library"]);
    assert_eq!(recorded(&library), before);
}

#[test]
fn a_hard_link_of_a_file_in_the_library_is_no_proof_of_it() {
    let library = archived();
    let old = library.surroundings().join("old");
    fs::create_dir(&old).unwrap();
    fs::hard_link(library.path("archive/07/2019/a.jpg"), old.join("a")).unwrap();
    library.succeed(&["crawl"]);
    let verify = ["volumes", "verify", "--against", text(&old)];
    let said = library.end_with(1, &verify);
    said.tells(&["a is nowhere else: archive/07/2019/a.jpg is this very file, under another name"]);
    library.write("media/2019/copy.jpg", "one");
    library.succeed(&["crawl"]);
    library.succeed(&verify);
}

//! `volumes import`.

use super::image::{has_xorriso, imaged};
use super::{archived, disc_of, recorded, text};
use crate::library::{Library, can, system};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Removes volumes from the disk, and all that was ever known of anything.
fn lose(library: &Library, volumes: &[&str]) {
    for volume in volumes {
        fs::remove_dir_all(library.path(&format!("archive/{volume}"))).unwrap();
    }
    fs::remove_dir_all(library.path("data")).unwrap();
}

#[test]
fn a_lost_datadir_is_rebuilt_from_the_discs_alone() {
    let library = archived();
    library.write("archive/08/2020/c.jpg", "three");
    library.write("media/2019/again.jpg", "one");
    library.write("media/2020/again.jpg", "three");
    library.write("media/2021/new.jpg", "nowhere else");
    library.succeed(&["crawl"]);
    let discs = ["07", "08"].map(|volume| disc_of(&library, volume));
    let label = r#"{"format":"mediastruct/disc/1","volume":"08","label":"MEDIA_0008"}"#;
    fs::write(discs[1].join("disc.json"), label).unwrap();
    lose(&library, &["07", "08"]);

    library
        .succeed(&[
            "volumes",
            "import",
            "07",
            "--at",
            text(&discs[0]),
            "--location",
            "shelf",
        ])
        .tells(&[
            "volume 07: copy 1 is known, 3 files",
            "on discs alone",
            "it counts as burned, and not as read",
        ]);
    // A directory proves nothing, unless a person says that it is the disc.
    let eighth = ["volumes", "import", "--copy", "1", "--at", text(&discs[1])];
    library
        .succeed(&eighth)
        .tells(&["volume 08: copy 1 is known"]);
    library.succeed(&["crawl"]);
    let found = library.succeed(&["find", "--name", "c.jpg"]).out;
    assert!(
        found.contains("in volume 08, which is on discs alone, disc 1"),
        "{found}"
    );
    library.succeed(&["dedupe", "--yes"]);
    assert_eq!(library.read("duplicates/2019/again.jpg"), "one");
    assert_eq!(library.read("duplicates/2020/again.jpg"), "three");
    assert!(library.path("media/2021/new.jpg").exists());
    // What was read of the disc is proof enough, as it is of a burned one.
    library.end_with(4, &["validate", "--yes"]);
    assert!(library.path("validated/2020/again.jpg").exists());
    assert!(library.path("duplicates/2019/again.jpg").exists());
    let list = library.succeed(&["volumes"]).out;
    assert!(list.contains("copy 1, shelf, burned"), "{list}");
    library.succeed(&["volumes", "verify", "07", "--at", text(&discs[0])]);
}

#[test]
fn an_image_is_taken_in_without_mounting_it() {
    if !has_xorriso("taking in an image") {
        return;
    }
    let library = archived();
    library.write("media/2019/again.jpg", "two");
    let image = imaged(&library);
    lose(&library, &["07"]);
    library
        .succeed(&["volumes", "import", "--at", text(&image)])
        .tells(&["volume 07: copy 1 is known"]);
    library.succeed(&["crawl"]);
    library.succeed(&["dedupe", "--yes"]);
    assert_eq!(library.read("duplicates/2019/again.jpg"), "two");
}

#[test]
fn a_disc_of_another_program_gets_its_number_from_a_person() {
    if !has_xorriso("taking in an image of another program") {
        return;
    }
    let library = archived();
    let image = library.surroundings().join("old.iso");
    // Without Rock Ridge, as other systems burn.
    let files = library.path("archive/07/2019");
    let drive = format!("stdio:{}", image.display());
    let make = [
        "-no_rc",
        "-rockridge",
        "off",
        "-joliet",
        "on",
        "-volid",
        "OLD_DISC",
    ];
    let write = ["-outdev", &drive, "-map", text(&files), "/", "-end"];
    assert!(can(
        &[&["xorriso"], &make[..], &write].concat(),
        "it is made"
    ));
    library.refuse(
        64,
        &["volumes", "import", "--at", text(&image)],
        &["does not say which volume it is; its name is OLD_DISC"],
    );
    library.succeed(&["volumes", "import", "33", "--at", text(&image)]);
    library.succeed(&["volumes", "verify", "33", "--at", text(&image)]);
}

#[test]
fn a_number_that_is_known_with_other_files_is_refused() {
    let library = archived();
    let disc = disc_of(&library, "07");
    let import = ["volumes", "import", "07", "--at", text(&disc)];
    fs::write(disc.join("2019/a.jpg"), "other").unwrap();
    let told = [
        "a volume 07 is known already that holds other files",
        "verify 07",
    ];
    library.refuse(3, &import, &told);
    library.write("archive/09/x", "not crawled yet");
    let ninth = ["volumes", "import", "09", "--at", text(&disc)];
    library.refuse(3, &ninth, &["archive/09 is on the disk", "crawl"]);
    fs::write(disc.join("2019/a.jpg"), "one").unwrap();
    library.succeed(&import).tells(&["it is on the disk, too"]);
    // Of the volume itself nothing changed: it is not offline.
    library.succeed(&["volumes", "verify", "07"]);
    library.succeed(&import).tells(&["copy 1 is known"]);
    let second = [&import[..], &["--copy", "2"]].concat();
    library.succeed(&second).tells(&["copy 2 is known"]);
    assert_eq!(recorded(&library).matches("\"sealed\"").count(), 1);
    let label = r#"{"format":"mediastruct/disc/1","volume":"08"}"#;
    fs::write(disc.join("disc.json"), label).unwrap();
    library.refuse(
        3,
        &import,
        &["the disc says that it is volume 08, and not 07"],
    );
}

#[test]
fn a_disc_of_another_set_is_taken_in_under_another_number_where_that_is_meant() {
    let other = archived();
    other.write("archive/07/2019/a.jpg", "of another set");
    other.succeed(&["crawl"]);
    other.succeed(&["volumes", "seal", "07", "--yes"]);
    let disc = disc_of(&other, "07");
    let library = archived();
    let at = text(&disc).to_owned();
    let import = |arguments: &[&'static str]| -> Vec<&str> {
        let mut all = vec!["volumes", "import", "--at", &at];
        all.extend(arguments);
        all
    };
    let told = [
        "a volume 07 is known already",
        "volumes import NN --renumber",
    ];
    library.refuse(3, &import(&[]), &told);
    let told = [
        "says that it is volume 07, and not 12",
        "as volume 12 with --renumber",
    ];
    library.refuse(3, &import(&["12"]), &told);
    library.refuse(64, &import(&["--renumber"]), &["<NN>"]);
    library.refuse(
        3,
        &import(&["7", "--renumber"]),
        &["volume 07 has the number 7"],
    );
    let said = library.succeed(&import(&["12", "--renumber"]));
    said.tells(&[
        "volume 12: copy 1 is known, 8 files",
        "it is on discs alone",
    ]);
    let verify = [
        "volumes",
        "verify",
        "12",
        "--at",
        text(&disc),
        "--copy",
        "1",
    ];
    library
        .succeed(&verify)
        .tells(&["copy 1 of volume 12 is verified"]);
    library.end_with(1, &["volumes", "verify", "07", "--at", text(&disc)]);
    let told = ["holds just what volume 12 does", "volumes import 12"];
    library.refuse(3, &import(&["13", "--renumber"]), &told);
    let restore = ["volumes", "restore", "12", "--at", text(&disc), "--yes"];
    library.succeed(&restore);
    assert_eq!(library.read("archive/12/2019/a.jpg"), "of another set");
    library.succeed(&["volumes", "verify", "12"]);
    let another = archived();
    let verify = ["volumes", "verify", "07", "--at", text(&disc)];
    another
        .end_with(1, &verify)
        .tells(&["2019/a.jpg is damaged"]);
}

#[test]
fn where_else_a_volume_is_that_was_taken_in_is_looked_at() {
    let library = archived();
    let disc = disc_of(&library, "07");
    let import = ["volumes", "import", "07", "--at", text(&disc)];
    library.succeed(&import).tells(&["it is on the disk, too"]);
    let file = library.path("archive/07/2019/a.jpg");
    fs::remove_file(&file).unwrap();
    let said = library.succeed(&import);
    said.tells(&[
        "on the disk it is not as the index has it: 1 problem, which `mediastruct volumes",
    ]);
    fs::rename(
        library.path("archive/07"),
        library.surroundings().join("away"),
    )
    .unwrap();
    library
        .succeed(&import)
        .tells(&["its files are gone from the disk", "crawl"]);
    library.succeed(&["crawl"]);
    library.succeed(&import).tells(&["it is on discs alone"]);
}

#[test]
fn law_4_what_lies_in_the_library_and_what_it_lies_in_are_no_discs() {
    let library = archived();
    for place in ["archive/07", "media"] {
        let place = library.path(place);
        let import = ["volumes", "import", "12", "--at", text(&place)];
        library.refuse(64, &import, &["tree"]);
    }
    let root = library.root().to_owned();
    let import = ["volumes", "import", "12", "--at", text(&root)];
    library.refuse(64, &import, &["is no disc: the archive tree lies in it"]);
}

#[test]
fn law_4_files_of_the_library_under_other_names_are_no_disc() {
    let library = archived();
    // Not indexed yet, so that only the disk tells.
    library.write("media/2018/trip/new.jpg", "only here");
    let linked = library.surroundings().join("linked");
    let link = |from: &str, to: &Path| system("cp", [Path::new("-al"), &library.path(from), to]);
    link("media/2018", &linked);
    let import = [
        "volumes",
        "import",
        "30",
        "--copy",
        "1",
        "--at",
        text(&linked),
    ];
    let told = [
        "is no disc: it is",
        "media/2018/trip/new.jpg of this library",
    ];
    library.refuse(64, &import, &told);

    library.succeed(&["volumes", "burned", "07"]);
    let seventh = library.surroundings().join("seventh");
    link("archive/07", &seventh);
    let before = recorded(&library);
    let verify = [
        "volumes",
        "verify",
        "07",
        "--copy",
        "1",
        "--at",
        text(&seventh),
    ];
    library
        .run(&verify)
        .tells(&["nothing is recorded, as this is"]);
    assert_eq!(recorded(&library), before);
}

#[test]
fn a_disc_of_a_volume_that_is_sealed_takes_no_other_number() {
    let library = archived();
    library.succeed(&["volumes", "seal", "07", "--yes"]);
    let disc = disc_of(&library, "07");
    let import = ["volumes", "import", "77", "--renumber", "--at", text(&disc)];
    library.refuse(3, &import, &["the disc is one of volume 07", "import 07"]);
}

#[test]
fn links_on_a_disc_are_left_out_and_an_empty_disc_is_none() {
    let library = archived();
    let disc = library.surroundings().join("disc");
    fs::create_dir(&disc).unwrap();
    symlink("/etc/passwd", disc.join("link")).unwrap();
    fs::write(disc.join(".unburned"), "").unwrap();
    let import = ["volumes", "import", "12", "--at", text(&disc)];
    library.refuse(1, &import, &["holds no files"]);
    fs::write(disc.join("a"), "a").unwrap();
    library
        .succeed(&import)
        .tells(&["link is left out: it is a symbolic link", "known, 1 file,"]);
    let find = library.run(&["find", "--name", "link"]);
    assert_eq!(find.code, 1, "{}", find.out);
}

#[test]
fn a_disc_that_lost_something_is_not_taken_for_what_was_sealed() {
    let library = archived();
    library.succeed(&["volumes", "seal", "07", "--yes"]);
    let disc = disc_of(&library, "07");
    lose(&library, &["07"]);
    fs::write(disc.join("2019/a.jpg"), "ONE").unwrap();
    let import = ["volumes", "import", "--at", text(&disc)];
    let told = ["does not hold what was sealed on it", "sha256sum -c"];
    library.refuse(3, &import, &told);
    fs::write(disc.join("2019/a.jpg"), "one").unwrap();
    let alike = ["volumes", "import", "007", "--at", text(&disc)];
    library.refuse(3, &alike, &["the disc says that it is volume 07"]);
    library.succeed(&import);
    assert!(!recorded(&library).contains("verified"));
    // Nothing proves itself.
    let against = ["volumes", "verify", "--against", text(&disc)];
    library
        .end_with(1, &against)
        .tells(&["is on this very disc, as far as is known"]);
    library.succeed(&["crawl"]);
}

//! `volumes verify` of directories: mounted discs, and volumes on the disk.

use super::{archived, disc_of, recorded, text};
use crate::library::{AS_NOBODY, belongs_to_nobody};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_disc_that_is_whole_is_recorded_and_frees_the_disk() {
    let library = archived();
    let disc = disc_of(&library, "07");
    library.succeed(&["volumes", "burned", "07"]);
    let verify = ["volumes", "verify", "07", "--at", text(&disc)];
    let nothing = "nothing is recorded, as this is no disc in a drive";
    library
        .succeed(&verify)
        .tells(&["is whole: 3 files", nothing]);
    let said = library.succeed(&[&verify[..], &["--copy", "1"]].concat());
    said.tells(&["is whole: 3 files", "copy 1 of volume 07 is verified"]);
    fs::remove_dir_all(library.path("archive/07")).unwrap();
    library.succeed(&["crawl"]);
    let status = library.succeed(&["status"]).out;
    assert!(status.contains("verified"), "{status}");
    // The entries stay, and the disc is still held against them.
    library.succeed(&["volumes", "verify", "07", "--at", text(&disc)]);
    library
        .end_with(1, &["volumes", "verify", "07"])
        .tells(&["archive/07 is not on the disk", "--at"]);
}

#[test]
fn law_8_to_verify_what_is_on_the_disk_changes_nothing() {
    let library = archived();
    library.succeed(&["volumes", "burned", "07"]);
    let before = library.everything();
    let said = library.succeed(&["volumes", "verify", "07"]);
    said.tells(&["volume 07 in the archive is whole: 3 files"]);
    let inside = library.path("archive/07");
    library
        .succeed(&["volumes", "verify", "07", "--at", text(&inside)])
        .tells(&["nothing is recorded, as what lies in a tree"]);
    before.assert_same(&library.everything(), "verify");
}

#[test]
fn one_byte_that_changed_is_named_and_nothing_is_recorded() {
    let library = archived();
    let disc = disc_of(&library, "07");
    library.succeed(&["volumes", "burned", "07"]);
    let before = recorded(&library);
    fs::write(disc.join("2019/a.jpg"), "onf").unwrap();
    let said = library.end_with(1, &["volumes", "verify", "07", "--at", text(&disc)]);
    said.tells(&[
        "2019/a.jpg is damaged: its bytes are not those that were indexed",
        "is not whole: 1 problem; as indexed are 2 files",
    ]);
    assert_eq!(recorded(&library), before);
}

#[test]
fn what_is_missing_extra_or_special_is_named() {
    let library = archived();
    let disc = disc_of(&library, "07");
    fs::remove_file(disc.join("2019/a.jpg")).unwrap();
    symlink("/etc/passwd", disc.join("2019/a.jpg")).unwrap();
    fs::rename(disc.join("2019/05/b.jpg"), disc.join("b\n.jpg")).unwrap();
    let said = library.end_with(1, &["volumes", "verify", "07", "--at", text(&disc)]);
    said.tells(&[
        "2019/a.jpg is missing",
        "2019/a.jpg is extra: a symbolic link",
        "2019/05/b.jpg is missing",
        "b\\n.jpg is extra",
    ]);
}

#[test]
fn a_disc_of_another_volume_is_recognised() {
    let library = archived();
    let disc = disc_of(&library, "07");
    let label = r#"{"format":"mediastruct/disc/1","volume":"08","label":"MEDIA_0008"}"#;
    fs::write(disc.join("disc.json"), label).unwrap();
    let said = library.end_with(1, &["volumes", "verify", "07", "--at", text(&disc)]);
    said.tells(&["this is volume 08 (MEDIA_0008), and not 07"]);
    for hostile in [
        "{",
        "[[[[",
        "{\"format\":\"mediastruct/disc/1\",\"volume\":7}",
    ] {
        fs::write(disc.join("disc.json"), hostile).unwrap();
        let said = library.end_with(1, &["volumes", "verify", "07", "--at", text(&disc)]);
        said.tells(&["disc.json is extra"]);
    }
}

#[test]
fn a_disc_of_another_set_is_recognised() {
    let library = archived();
    let disc = library.surroundings().join("disc");
    fs::create_dir(&disc).unwrap();
    let label = r#"{"format":"mediastruct/disc/1","volume":"07","label":"OTHER_0007"}"#;
    fs::write(disc.join("disc.json"), label).unwrap();
    fs::write(disc.join("x"), "x").unwrap();
    library
        .end_with(1, &["volumes", "verify", "07", "--at", text(&disc)])
        .tells(&["x is extra", "is it a disc of another set (OTHER_0007)?"]);
}

#[test]
fn with_several_copies_it_must_be_said_which_one_it_is() {
    let library = archived();
    let disc = disc_of(&library, "07");
    library.succeed(&["volumes", "burned", "07"]);
    library.succeed(&["volumes", "burned", "07"]);
    let verify = ["volumes", "verify", "07", "--at", text(&disc)];
    library.refuse(64, &verify, &["there are several copies of it: 1, 2"]);
    library.refuse(
        64,
        &[&verify[..], &["--copy", "3"]].concat(),
        &["no copy 3"],
    );
    library.succeed(&[&verify[..], &["--copy", "2"]].concat());
    let last = recorded(&library).lines().last().unwrap().to_owned();
    assert!(last.contains("\"verified\",\"copy\":2"), "{last}");
}

#[test]
fn what_is_no_disc_is_an_error_and_not_a_missing_file() {
    let library = archived();
    let nowhere = library.surroundings().join("nowhere");
    let said = library.refuse(1, &["volumes", "verify", "07", "--at", text(&nowhere)], &[]);
    said.tells(&["cannot read"]);
    library.refuse(
        64,
        &["volumes", "verify", "07", "--at", "/dev/null"],
        &["is no directory"],
    );
}

#[test]
fn what_cannot_be_read_is_named_and_never_whole() {
    let library = archived();
    let disc = disc_of(&library, "07");
    library.succeed(&["volumes", "burned", "07"]);
    fs::set_permissions(disc.join("2019/a.jpg"), Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(disc.join("2019/05"), Permissions::from_mode(0o000)).unwrap();
    if !belongs_to_nobody(&library, "files that cannot be read") {
        return;
    }
    let before = recorded(&library);
    let verify = ["volumes", "verify", "07", "--at", text(&disc)];
    let said = library.run_within(&AS_NOBODY, &verify);
    assert_eq!(said.code, 1);
    said.tells(&[
        "2019/05 cannot be read: permission denied",
        "2019/05/b.jpg is missing",
        "2019/a.jpg cannot be read: permission denied",
    ]);
    let import = ["volumes", "import", "12", "--at", text(&disc)];
    let said = library.run_within(&AS_NOBODY, &import);
    assert_eq!(said.code, 1);
    said.tells(&[
        "is not taken in",
        "2019/a.jpg cannot be read: permission denied",
    ]);
    assert_eq!(recorded(&library), before);
}

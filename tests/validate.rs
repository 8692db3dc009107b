//! Validate through the program: what is proven moves, and what is not stays and is named.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{AS_NOBODY, Library, belongs_to_nobody};
use std::fs::{Permissions, set_permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

/// A library in which duplicates holds copies of a file of archive and of one of media.
fn library() -> Library {
    let library = Library::new();
    library.write("archive/03/2019/a.jpg", "archived");
    library.write("media/2024/b.jpg", "in media");
    library.write("media/2024/a.jpg", "archived");
    library.write("media/2024/b2.jpg", "in media");
    library.succeed(&["crawl"]);
    library.succeed(&["dedupe", "--yes"]);
    library
}

#[test]
fn validate_moves_what_it_has_read_and_undo_brings_it_back() {
    let library = library();
    let start = library.census();
    library.succeed(&["plan", "validate", "-o", "plan.json"]);
    assert!(library.census() == start, "planning changes nothing");
    let plan = library.plan("plan.json");
    assert_eq!(plan.moves.len(), 2);
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    assert_eq!(library.read("validated/2024/a.jpg"), "archived");
    assert_eq!(library.read("validated/2024/b2.jpg"), "in media");
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start, "undone");
    let said = library.succeed(&["validate", "--yes"]);
    said.tells(&["yours to delete"]);
    assert_eq!(library.read("validated/2024/a.jpg"), "archived");
    library
        .succeed(&["validate", "--yes"])
        .tells(&["nothing to do"]);
}

#[test]
fn law_7_and_8_a_plan_of_validate_is_the_same_with_any_threads_and_changes_nothing() {
    let library = library();
    for number in 0..40 {
        let content = format!("content {}", number % 20);
        library.write(&format!("media/2023/{number}.jpg"), &content);
        library.write(&format!("duplicates/more/{number}.jpg"), &content);
    }
    library.succeed(&["crawl"]);
    let before = library.everything();
    let plan = library.succeed(&["plan", "validate"]).out;
    for jobs in ["1", "2", "16"] {
        let again = library.succeed(&["--jobs", jobs, "plan", "validate"]).out;
        assert!(again == plan, "{jobs} threads");
    }
    before.assert_same(&library.everything(), "plan validate");
    let other = library.copy();
    assert!(other.succeed(&["plan", "validate"]).out == plan);
}

#[test]
fn law_5_a_twin_that_rotted_since_the_plan_stops_everything() {
    let library = library();
    library.succeed(&["plan", "validate", "-o", "plan.json"]);
    let twin = library.path("archive/03/2019/a.jpg");
    let modified = std::fs::metadata(&twin).unwrap().modified().unwrap();
    std::fs::write(&twin, "ARCHIVED").unwrap();
    let file = std::fs::File::options().write(true).open(&twin).unwrap();
    file.set_modified(modified).unwrap();
    let start = library.census();
    let told = ["archive/03/2019/a.jpg", "its content changed"];
    library.refuse(3, &["apply", "plan.json"], &told);
    assert!(library.census() == start);
    // A new plan finds no proof, names the file, and moves the other.
    let said = library.end_with(4, &["validate", "--yes"]);
    said.tells(&[
        "duplicates/2024/a.jpg",
        "archive/03/2019/a.jpg was its twin, and holds other bytes now",
    ]);
    assert_eq!(library.read("validated/2024/b2.jpg"), "in media");
    assert_eq!(library.read("duplicates/2024/a.jpg"), "archived");
}

#[test]
fn law_9_what_is_not_proven_stays_and_is_named() {
    let library = library();
    library.write("duplicates/only.jpg", "nobody else has this");
    library.write("duplicates/same size", "ARCHIVED");
    library.write("duplicates/empty", "");
    symlink("/etc/passwd", library.path("duplicates/link")).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"duplicates/odd\xff\n.jpg");
    std::fs::write(library.root().join(odd), "archived").unwrap();
    let said = library.end_with(4, &["validate", "--yes"]);
    said.tells(&[
        "duplicates/only.jpg: no file of media or archive has its content",
        "duplicates/same size: no file of media or archive has its content",
        "duplicates/empty: it is empty",
        "duplicates/link: it is a symbolic link",
    ]);
    let odd = std::ffi::OsStr::from_bytes(b"validated/odd\xff\n.jpg");
    assert!(library.root().join(odd).exists());
    for name in ["only.jpg", "same size", "empty", "link"] {
        let stays = library.path(&format!("duplicates/{name}"));
        assert!(stays.symlink_metadata().is_ok(), "{name}");
    }
    // 4 goes before 2.
    for more in [&[][..], &["--detailed-exitcode"]] {
        let plan = [&["plan", "validate", "-o", "plan.json"], more].concat();
        library.end_with(4, &plan);
    }
    let summary = library.plan("plan.json").summary.clone().unwrap();
    let parts = (summary.moves, summary.kept, summary.skipped);
    assert_eq!((summary.seen, parts), (4, (0, 0, 4)));
}

#[test]
fn an_unreadable_duplicate_and_an_unreadable_twin_prove_nothing() {
    let library = library();
    if !belongs_to_nobody(&library, "files that may not be read") {
        return;
    }
    for path in ["duplicates/2024/a.jpg", "media/2024/b.jpg"] {
        set_permissions(library.path(path), Permissions::from_mode(0o000)).unwrap();
    }
    let said = library.run_within(&AS_NOBODY, &["validate", "--yes"]);
    assert_eq!(said.code, 4, "{said:?}");
    said.tells(&[
        "duplicates/2024/a.jpg: unreadable: permission denied",
        "media/2024/b.jpg should be its twin, and is unreadable",
    ]);
}

#[test]
fn a_missing_duplicates_tree_is_as_an_empty_one_and_a_missing_index_is_told() {
    let library = Library::new();
    library.refuse(
        3,
        &["plan", "validate"],
        &["was never indexed", "`mediastruct crawl`"],
    );
    library.write("media/2024/b.jpg", "in media");
    library.succeed(&["crawl"]);
    std::fs::remove_dir_all(library.path("duplicates")).ok();
    library
        .succeed(&["validate", "--yes"])
        .tells(&["nothing to do"]);
    library.refuse(64, &["validate"], &["--yes"]);
}

#[test]
fn a_plan_that_claims_what_it_did_not_prove_is_held_against_the_disk() {
    let library = library();
    library.succeed(&["plan", "validate", "-o", "plan.json"]);
    library.write("duplicates/2024/a.jpg", "Archived");
    library.refuse(3, &["apply", "plan.json"], &["duplicates/2024/a.jpg"]);
    // Nothing moves from anywhere but duplicates by such a plan.
    let text = library.read("plan.json");
    let forged = text.replace(r#""from":"duplicates/2024/"#, r#""from":"media/2024/"#);
    library.write("forged.json", &forged);
    library.refuse(3, &["apply", "forged.json"], &["media"]);
}

//! Trees that are missing, unreadable, or not what they should be.

use crate::library::{AS_NOBODY, Library, belongs_to_nobody};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// The commands that read media and the archive.
const READERS: [&[&str]; 7] = [
    &["crawl"],
    &["plan", "crawl"],
    &["plan", "dedupe"],
    &["dedupe", "--yes"],
    &["check", "plan.json"],
    &["apply", "plan.json"],
    &["apply", "--dry-run", "plan.json"],
];

#[test]
fn a_missing_tree_is_named_by_its_key() {
    for tree in ["media", "archive"] {
        let library = Library::with_duplicates();
        fs::remove_dir_all(library.path(tree)).unwrap();
        let key = format!("{tree}_dir: ");
        for reader in READERS {
            library.refuse(1, reader, &[&key, "is missing", "mkdir"]);
        }
    }
}

#[test]
fn a_tree_that_is_a_file_is_named_by_its_key() {
    for tree in ["media", "archive"] {
        let library = Library::with_duplicates();
        fs::remove_dir_all(library.path(tree)).unwrap();
        library.write(tree, "a file");
        let key = format!("{tree}_dir: ");
        for reader in READERS {
            library.refuse(3, reader, &[&key, "is no directory"]);
        }
    }
}

#[test]
fn a_tree_for_destinations_that_is_a_file_is_refused() {
    let library = Library::with_duplicates();
    fs::remove_dir(library.path("duplicates")).unwrap();
    library.write("duplicates", "a file");
    for command in [&["apply", "plan.json"], &["check", "plan.json"]] {
        library.refuse(1, command, &["duplicates", "not a directory"]);
    }
}

#[test]
fn a_tree_that_is_a_symbolic_link_is_refused() {
    for tree in ["ingest", "media", "archive", "duplicates", "validated"] {
        let library = Library::with_duplicates();
        let real = library.surroundings().join("elsewhere");
        fs::rename(library.path(tree), &real).unwrap();
        symlink(&real, library.path(tree)).unwrap();
        let key = format!("{tree}_dir: ");
        for reader in READERS {
            library.refuse(3, reader, &[&key, "is a symbolic link"]);
        }
    }
}

#[test]
fn trees_for_destinations_are_made_when_they_are_needed() {
    let library = Library::with_duplicates();
    fs::remove_dir(library.path("duplicates")).unwrap();
    fs::remove_dir(library.path("validated")).unwrap();
    fs::remove_dir(library.path("ingest")).unwrap();
    library.succeed(&["apply", "plan.json"]);
    assert!(library.path("duplicates/2024/b/c.jpg").is_file());
    assert!(!library.path("validated").exists());
}

fn set_mode(library: &Library, name: &str, mode: u32) {
    fs::set_permissions(library.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_unreadable_tree_stops_everything() {
    let library = Library::with_duplicates();
    if !belongs_to_nobody(&library, "trees that may not be read") {
        return;
    }
    for tree in ["media", "archive"] {
        set_mode(&library, tree, 0);
        let before = library.everything();
        for reader in READERS {
            let said = library.run_within(&AS_NOBODY, reader);
            let index_alone = reader.ends_with(&["dedupe"]);
            assert!(said.code == 1 || index_alone, "{reader:?} {said:?}");
            if !index_alone {
                said.tells(&[tree, "permission denied"]);
            }
        }
        before.assert_same(&library.everything(), "a tree that may not be read");
        set_mode(&library, tree, 0o755);
    }
}

#[test]
fn law_9_what_cannot_be_read_is_left_out_and_named() {
    let library = Library::with_duplicates();
    if !belongs_to_nobody(&library, "files that may not be read") {
        return;
    }
    set_mode(&library, "media/2024/a.jpg", 0);
    set_mode(&library, "media/2024/b", 0);
    let said = library.run_within(&AS_NOBODY, &["crawl"]);
    assert_eq!(said.code, 4, "{said:?}");
    said.tells(&["media/2024/a.jpg: permission denied"]);
    said.tells(&["media/2024/b: permission denied"]);
    let said = library.run_within(&AS_NOBODY, &["plan", "dedupe"]);
    assert_eq!(said.code, 4, "{said:?}");
    said.tells(&["moves     0 files"]);
    assert!(said.out.contains("permission denied"), "{said:?}");
}

#[test]
fn a_destination_that_may_not_be_written_to_is_rolled_back() {
    let library = Library::with_duplicates();
    if !belongs_to_nobody(&library, "a destination that may not be written to") {
        return;
    }
    set_mode(&library, "duplicates", 0o555);
    let before = library.census();
    let said = library.run_within(&AS_NOBODY, &["apply", "plan.json"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&["permission denied", "back in its place", "hint: "]);
    assert!(library.census() == before);
}

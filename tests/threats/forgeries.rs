//! Journals, indexes and sidecar indexes that somebody else could have written.

use crate::library::{Library, is_root};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// The commands that lean on the runs.
const READERS: [&[&str]; 7] = [
    &["history"],
    &["check", "plan.json"],
    &["plan", "undo"],
    &["apply", "plan.json"],
    &["undo", "--yes"],
    &["recover"],
    &["crawl"],
];

fn applied() -> Library {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    library
}

fn run_of(library: &Library) -> PathBuf {
    let run = fs::read_dir(library.path("data/runs")).unwrap().next();
    run.unwrap().unwrap().path()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn refused(library: &Library, readers: &[&[&str]], told: &[&str]) {
    for reader in readers {
        library.refuse(1, reader, told);
    }
}

#[test]
fn threat_forged_run_a_directory_that_others_may_write_to_is_not_trusted() {
    for place in ["data", "data/runs", "the run"] {
        let library = applied();
        let dir = match place {
            "the run" => run_of(&library),
            place => library.path(place),
        };
        let shown = dir.to_str().unwrap().to_owned() + " cannot be trusted: others may write to it";
        // The sticky bit keeps nobody from adding what is missing.
        for mode in [0o720, 0o702, 0o777, 0o1777] {
            set_mode(&dir, mode);
            refused(&library, &READERS, &[&shown, "chmod go-w"]);
        }
        set_mode(&dir, 0o755);
        library.succeed(&["undo", "--yes"]);
    }
}

#[test]
fn threat_forged_index_a_datadir_that_others_may_write_to_is_not_trusted() {
    let library = Library::with_duplicates();
    set_mode(&library.path("data"), 0o770);
    let readers: [&[&str]; 5] = [
        &["crawl"],
        &["plan", "crawl"],
        &["plan", "dedupe"],
        &["dedupe", "--yes"],
        &["apply", "plan.json"],
    ];
    let told = [
        "/data cannot be trusted: others may write to it",
        "chmod go-w",
    ];
    refused(&library, &readers, &told);
}

#[test]
fn threat_foreign_files_of_another_user_are_not_trusted() {
    if !is_root("files of another user") {
        return;
    }
    let other = Some(65_534);
    for name in ["data", "data/runs", "the run", "journal.jsonl", "plan.json"] {
        let library = applied();
        let path = match name {
            "the run" => run_of(&library),
            name if name.starts_with("data") => library.path(name),
            name => run_of(&library).join(name),
        };
        chown(&path, other, None).unwrap();
        refused(
            &library,
            &READERS,
            &["cannot be trusted: it belongs to another user"],
        );
        chown(&path, Some(0), None).unwrap();
        library.succeed(&["undo", "--yes"]);
    }
    let library = Library::with_duplicates();
    chown(library.path("data/media_index.json"), other, None).unwrap();
    let told = ["media_index.json cannot be trusted: it belongs to another user"];
    refused(&library, &[&["crawl"], &["plan", "dedupe"]], &told);

    // A sidecar index of another user is told, not believed, and replaced.
    let library = Library::with_duplicates();
    chown(library.path("archive/01/.mediastruct"), other, None).unwrap();
    fs::remove_dir_all(library.path("data")).unwrap();
    library
        .succeed(&["crawl"])
        .tells(&["belongs to another user"]);
}

//! Plans that remove empty directories, written by hand.

use crate::kills::kill_everywhere;
use crate::library::{Library, can};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// A library with empty directories in ingest, and the plan to remove them.
fn library() -> Library {
    let library = Library::new();
    fs::create_dir_all(library.path("ingest/DCIM/100CANON")).unwrap();
    date(&library.path("ingest/DCIM/100CANON"), 0o700, 1);
    date(&library.path("ingest/DCIM"), 0o755, 2);
    library.write(
        "plan.json",
        r#"{"format":"mediastruct/plan/1","phase":"ingest","prunes":[
           {"dir":"ingest/DCIM","mode":493,"modified":"2001-09-09T01:46:42.123456789Z"},
           {"dir":"ingest/DCIM/100CANON","mode":448,"modified":"2001-09-09T01:46:41.123456789Z"}]}"#,
    );
    library
}

fn date(dir: &Path, mode: u32, second: u64) {
    fs::set_permissions(dir, Permissions::from_mode(mode)).unwrap();
    let past = UNIX_EPOCH + Duration::new(1_000_000_000 + second, 123_456_789);
    File::open(dir).unwrap().set_modified(past).unwrap();
}

/// Modes and times of the two directories; none where they are gone.
fn seen(library: &Library) -> Option<[(u32, Duration); 2]> {
    let seen = |name| {
        let stat = fs::metadata(library.path(name)).ok()?;
        let modified = stat.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
        Some((stat.permissions().mode() & 0o7777, modified))
    };
    Some([seen("ingest/DCIM")?, seen("ingest/DCIM/100CANON")?])
}

#[test]
fn law_5_directories_are_removed_and_made_again() {
    let library = library();
    let start = seen(&library);
    assert!(start.is_some());
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    assert!(!library.path("ingest/DCIM").exists());
    library.succeed(&["undo", "--yes"]);
    assert_eq!(seen(&library), start);
    library.succeed(&["apply", "plan.json"]);
    assert!(!library.path("ingest/DCIM").exists());
    library.succeed(&["undo", "--yes"]);
    assert_eq!(seen(&library), start);
}

#[test]
fn a_directory_that_is_not_empty_is_refused_by_name() {
    let library = library();
    library.write("ingest/DCIM/100CANON/IMG_0001.JPG", "a");
    date(&library.path("ingest/DCIM/100CANON"), 0o700, 1);
    let told = "ingest/DCIM/100CANON: the directory holds ingest/DCIM/100CANON/IMG_0001.JPG";
    library.refuse(3, &["apply", "plan.json"], &[told]);
}

#[test]
fn a_directory_that_changed_is_refused_by_name() {
    let library = library();
    date(&library.path("ingest/DCIM"), 0o755, 3);
    library.refuse(
        3,
        &["apply", "plan.json"],
        &["ingest/DCIM: it changed: modified"],
    );
    date(&library.path("ingest/DCIM"), 0o711, 2);
    let told = "ingest/DCIM: it changed: its mode is 711, and 755 in the plan";
    library.refuse(3, &["apply", "plan.json"], &[told]);
}

#[test]
fn law_6_killed_while_it_removes_directories_it_is_recovered() {
    if !can(
        &["strace", "-o", "/dev/null", "true"],
        "kills while directories are removed",
    ) {
        return;
    }
    let before = library();
    let start = seen(&before);
    let after = before.copy();
    after.succeed(&["apply", "plan.json"]);
    let mut kills = 0;
    for (origin, command) in [
        (&before, &["apply", "plan.json"]),
        (&after, &["undo", "--yes"]),
    ] {
        kills += kill_everywhere(origin, command, &CALLS, |trial, what| {
            let now = seen(trial);
            if trial.path("ingest/DCIM").exists() {
                assert_eq!(now, start, "{what}");
            } else {
                trial.succeed(&["undo", "--yes"]);
                assert_eq!(seen(trial), start, "{what}");
            }
        });
    }
    println!("{kills} kill points");
}

const CALLS: [&str; 6] = [
    "unlinkat",
    "mkdirat",
    "fdatasync",
    "syncfs",
    "fchmod",
    "utimensat",
];

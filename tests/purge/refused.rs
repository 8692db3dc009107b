//! Runs of which nothing is purged.

use crate::library::Library;
use crate::{Mounted, TMPFS};
use std::fs;

const UNKNOWN: &str = "20200101T000000.000Z-000000";

/// A library whose plan was applied on one file system, and the name of the run.
fn applied() -> (Library, String) {
    let library = Library::with_duplicates();
    let run = crate::run_in(&library.succeed(&["apply", "plan.json"]));
    (library, run)
}

#[test]
fn a_run_that_is_none_or_unknown_is_a_usage_error() {
    let (library, _) = applied();
    for command in [
        &["purge", UNKNOWN, "--yes"],
        &["purge", UNKNOWN, "--dry-run"],
    ] {
        let told = [
            "there is no run 2020",
            "`mediastruct history` lists the runs",
        ];
        library.refuse(64, command, &told);
    }
    library.refuse(64, &["purge", "yesterday", "--yes"], &["is no run such as"]);
    library.refuse(64, &["purge", "--yes"], &["<RUN>"]);
}

#[test]
fn without_a_terminal_a_purge_needs_a_yes() {
    let (library, run) = applied();
    let told = [
        "this deletes files, and there is no terminal to ask on; nothing was done",
        "--dry-run` says what it would delete",
        "--yes` asks nothing",
    ];
    library.refuse(64, &["purge", &run], &told);
    let Some((mounted, run)) = Mounted::with_parked(TMPFS, "purging without a terminal") else {
        return;
    };
    mounted.end_with(64, &["purge", &run]).tells(&told);
    assert_eq!(mounted.parked(&run).len(), 2);
}

#[test]
fn a_run_on_one_file_system_has_nothing_to_purge() {
    let (library, run) = applied();
    let census = library.census();
    for command in [&["purge", &run, "--dry-run"], &["purge", &run, "--yes"]] {
        let said = library.succeed(command);
        said.tells(&["nothing of run ", "is parked: nothing to purge"]);
    }
    assert!(library.census() == census);
    let history = library.succeed(&["history"]).out;
    assert!(!history.contains("parked"), "{history}");
}

#[test]
fn an_unfinished_run_stands_in_the_way() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "purging an unfinished run") else {
        return;
    };
    let journal = library.path(&format!("data/runs/{run}/journal.jsonl"));
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&journal, lines[..lines.len() - 1].concat()).unwrap();
    for command in [&["purge", &run, "--yes"], &["purge", &run, "--dry-run"]] {
        let told = ["was interrupted and is unfinished", "`mediastruct recover`"];
        library.end_with(5, command).tells(&told);
    }
    assert_eq!(library.parked(&run).len(), 2);

    // Taken back, it has nothing parked.
    library.succeed(&["recover", "--rollback"]);
    assert_eq!(library.read("media/2024/a.jpg"), "same");
    let said = library.succeed(&["purge", &run, "--yes"]);
    said.tells(&["nothing to purge"]);

    // Whatever lies there nevertheless is not touched.
    let parked = format!("media/.mediastruct.d/parked/{run}");
    fs::create_dir_all(library.path(&parked)).unwrap();
    fs::copy(
        library.path("media/2024/a.jpg"),
        library.path(&format!("{parked}/0-a.jpg")),
    )
    .unwrap();
    let said = library.end_with(4, &["purge", &run, "--yes"]);
    said.tells(&[
        "stays: run ",
        "was rolled back, and this may be all there is",
    ]);
    assert_eq!(library.parked(&run), ["0-a.jpg"]);
}

#[test]
fn a_tree_that_is_not_there_is_named() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "purging a tree that is away") else {
        return;
    };
    fs::rename(library.path("media"), library.path("away")).unwrap();
    let said = library.end_with(1, &["purge", &run, "--yes"]);
    said.tells(&["media_dir: ", "is missing"]);
    fs::rename(library.path("away"), library.path("media")).unwrap();
    library.succeed(&["purge", &run, "--yes"]);
}

#[test]
fn only_one_process_works_on_a_library() {
    use rustix::fs::{FlockOperation, flock};
    let (library, run) = applied();
    let lock = fs::File::open(library.path("data")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let told = ["another mediastruct is at work on"];
    library.refuse(6, &["purge", &run, "--yes"], &told);
    library.succeed(&["purge", &run, "--dry-run"]);
}

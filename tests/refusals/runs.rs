//! Runs that are under way, unfinished, or whose journals are in doubt.

use crate::library::Library;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

/// The commands that write to the library.
const WRITERS: [&[&str]; 5] = [
    &["crawl"],
    &["apply", "plan.json"],
    &["dedupe", "--yes"],
    &["undo", "--yes"],
    &["recover"],
];

/// A library whose plan was applied, by its only run.
fn applied() -> Library {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    library
}

fn run_of(library: &Library) -> PathBuf {
    let mut runs = fs::read_dir(library.path("data/runs")).unwrap();
    let run = runs.next().unwrap().unwrap().path();
    assert!(runs.next().is_none(), "there is one run");
    run
}

/// Cuts the last `lines` lines off the journal of the only run.
fn forget_last(library: &Library, lines: usize) {
    let journal = run_of(library).join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&journal, all[..all.len() - lines].concat()).unwrap();
}

#[test]
fn only_one_process_works_on_a_library() {
    let library = applied();
    library.write("media/2024/again.jpg", "other");
    library.succeed(&["crawl"]);
    for held in [
        "data",
        "media",
        "archive",
        "duplicates",
        "ingest",
        "validated",
    ] {
        let lock = File::open(library.path(held)).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        for writer in WRITERS {
            let told = ["another mediastruct is at work on", held, "try again"];
            library.refuse(6, writer, &told);
        }
    }
}

#[test]
fn law_8_reading_commands_change_nothing_and_wait_for_nobody() {
    let library = applied();
    library.write("media/2024/again.jpg", "other");
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "next.json"]);
    let run = run_of(&library);
    let run = run.file_name().unwrap().to_str().unwrap();
    let lock = File::open(library.path("data")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let before = library.everything();
    for reader in [
        &["plan", "crawl"][..],
        &["plan", "crawl", "--force"],
        &["plan", "crawl", "--incremental"],
        &["plan", "dedupe"],
        &["plan", "undo"],
        &["plan", "undo", run],
        &["show", "plan.json"],
        &["show", run],
        &["check", "next.json"],
        &["apply", "--dry-run", "next.json"],
        &["diff", "plan.json", "next.json"],
        &["diff", "--text", "plan.json", "next.json"],
        &["history"],
        &["history", "--json"],
        &["status"],
        &["status", "--json"],
        &["find", "jpg"],
        &["find", "--json", "media/2024/a.jpg"],
        &["show", "--json", run],
    ] {
        library.succeed(reader);
        before.assert_same(&library.everything(), &format!("{reader:?}"));
    }
}

#[test]
fn law_8_reading_commands_make_no_datadir() {
    let library = Library::with_duplicates();
    fs::remove_dir_all(library.path("data")).unwrap();
    library.refuse(3, &["plan", "dedupe"], &["never indexed"]);
    let before = library.everything();
    library.succeed(&["plan", "crawl"]);
    library.succeed(&["history"]);
    library.succeed(&["status"]);
    library.end_with(1, &["find", "jpg"]);
    library.succeed(&["show", "plan.json"]);
    before.assert_same(&library.everything(), "reading");
}

#[test]
fn law_6_an_unfinished_run_stands_in_the_way_of_all_but_recover() {
    // Its end is missing, or what it did and its end.
    for lines in [1, 2] {
        let library = applied();
        let after = library.census();
        forget_last(&library, lines);
        let told = ["was interrupted and is unfinished", "`mediastruct recover`"];
        for command in [
            &["crawl"][..],
            &["apply", "plan.json"],
            &["apply", "--dry-run", "plan.json"],
            &["check", "plan.json"],
            &["dedupe", "--yes"],
            &["undo", "--yes"],
        ] {
            library.refuse(5, command, &told);
        }
        let run = run_of(&library);
        let run = run.file_name().unwrap().to_str().unwrap();
        let told = ["is unfinished", "`mediastruct recover`"];
        library.refuse(5, &["undo", "--yes", run], &told);
        let history = library.succeed(&["history"]).out;
        assert!(history.contains("unfinished"), "{history}");
        let shown = library.succeed(&["show", run]).out;
        assert!(shown.contains("unfinished"), "{shown}");

        library.succeed(&["recover"]).tells(&["is finished"]);
        assert!(library.census() == after, "{lines}");
        library.succeed(&["recover"]).tells(&["nothing to recover"]);
        library.succeed(&["crawl"]);
        library.succeed(&["undo", "--yes"]);
        library.succeed(&["check", "plan.json"]);
    }
}

#[test]
fn law_6_an_unfinished_run_is_taken_back_on_demand() {
    let library = Library::with_duplicates();
    let start = library.census();
    library.succeed(&["apply", "plan.json"]);
    forget_last(&library, 2);
    library
        .succeed(&["recover", "--rollback"])
        .tells(&["is taken back"]);
    assert!(library.census() == start);
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_6_a_run_of_which_nothing_was_intended_yet_is_taken_back() {
    let library = applied();
    let kept = fs::read(run_of(&library).join("journal.jsonl")).unwrap();
    library.succeed(&["undo", "--yes"]);
    let start = library.census();
    let undo = library.succeed(&["history"]).out;
    let undo = undo.split_whitespace().next().unwrap().to_owned();
    fs::remove_dir_all(library.path("data/runs").join(undo)).unwrap();
    let begin = kept.iter().position(|b| *b == b'\n').unwrap() + 1;
    fs::write(run_of(&library).join("journal.jsonl"), &kept[..begin]).unwrap();
    library.refuse(5, &["crawl"], &["unfinished"]);
    library.succeed(&["recover"]).tells(&["is taken back"]);
    assert!(library.census() == start);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_6_a_disk_that_is_not_mounted_is_not_taken_for_an_empty_one() {
    let library = applied();
    forget_last(&library, 2);
    let (tree, away) = (library.path("duplicates"), library.path("away"));
    fs::rename(&tree, &away).unwrap();
    let told = [
        "duplicates is not the directory that it was when the run began",
        "is its disk mounted?",
    ];
    for is_empty in [false, true] {
        if is_empty {
            fs::create_dir(&tree).unwrap();
        }
        let journal = run_of(&library).join("journal.jsonl");
        let found = || {
            (
                library.everything().paths(library.root()),
                fs::read(&journal),
            )
        };
        let (before, written) = found();
        for command in [&["recover"][..], &["recover", "--rollback"]] {
            library.end_with(1, command).tells(&told);
        }
        let (after, now) = found();
        assert_eq!((after, now.unwrap()), (before, written.unwrap()));
    }
    fs::remove_dir(&tree).unwrap();
    fs::rename(&away, &tree).unwrap();
    library.succeed(&["recover"]).tells(&["is finished"]);
}

#[test]
fn law_6_files_in_doubt_are_named_and_nothing_is_touched() {
    let library = applied();
    forget_last(&library, 2);
    library.write("duplicates/2024/a.jpg", "edited");
    let told = [
        "media/2024/a.jpg -> duplicates/2024/a.jpg",
        "the source is missing, and the destination is something else",
        "nothing was touched",
        "recover --leave PATH",
    ];
    let journal = run_of(&library).join("journal.jsonl");
    let (before, written) = (library.census(), fs::read(&journal).unwrap());
    library.end_with(1, &["recover"]).tells(&told);
    let other = ["recover", "--leave", "media/2024/other.jpg"];
    library
        .end_with(64, &other)
        .tells(&["is no place that this run takes files from or brings files to"]);
    assert!(library.census() == before);
    assert_eq!(fs::read(&journal).unwrap(), written);
    library.succeed(&["recover", "--leave", "duplicates/2024/a.jpg"]);
    assert_eq!(library.read("duplicates/2024/a.jpg"), "edited");
    assert_eq!(library.read("duplicates/2024/b/c.jpg"), "same");
    library.succeed(&["recover"]).tells(&["nothing to recover"]);
}

#[test]
fn a_torn_last_line_is_normal() {
    let library = applied();
    let journal = run_of(&library).join("journal.jsonl");
    let text = fs::read(&journal).unwrap();
    let last = text[..text.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;
    for end in [last + 1, (last + text.len()) / 2, text.len() - 1] {
        fs::write(&journal, &text[..end]).unwrap();
        library.refuse(5, &["crawl"], &["unfinished"]);
        library.succeed(&["recover"]).tells(&["is finished"]);
        library.succeed(&["crawl"]);
    }
}

#[test]
fn a_journal_whose_first_line_is_torn_or_missing_means_that_nothing_began() {
    let library = Library::with_duplicates();
    let run = library.path("data/runs/20240101T000000.000Z-000000");
    fs::create_dir_all(&run).unwrap();
    library.succeed(&["check", "plan.json"]);
    fs::write(run.join("journal.jsonl"), "{\"seq\":1,\"su").unwrap();
    library.succeed(&["history"]).tells(&["no runs yet"]);
    library.succeed(&["recover"]).tells(&["nothing to recover"]);
    library.succeed(&["apply", "plan.json"]);
    library.succeed(&["undo", "--yes"]);
}

/// Every command that leans on the runs stops and says so.
fn journal_in_doubt(library: &Library, told: &[&str]) {
    let run = run_of(library);
    let run = run.file_name().unwrap().to_str().unwrap();
    let readers = [
        &["history"][..],
        &["show", run],
        &["check", "plan.json"],
        &["plan", "undo"],
    ];
    for command in WRITERS.iter().chain(&readers) {
        library.refuse(1, command, told);
    }
}

/// Every command that leans on what the run moved stops and says so.
fn plan_in_doubt(library: &Library, told: &[&str]) {
    let run = run_of(library);
    let run = run.file_name().unwrap().to_str().unwrap();
    for command in [
        &["show", run][..],
        &["check", "plan.json"],
        &["apply", "plan.json"],
        &["plan", "undo"],
        &["undo", "--yes"],
    ] {
        library.refuse(1, command, told);
    }
}

#[test]
fn a_damaged_line_within_a_journal_stops_everything() {
    let library = applied();
    let journal = run_of(&library).join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    assert_eq!(text.lines().count(), 4, "begin, intent, done, end: {text}");
    for (from, to, why) in [
        (
            "\"files\":[[",
            "\"files\":[[9",
            "line 2 is damaged: its checksum is wrong",
        ),
        (
            "{\"seq\":3",
            "{\"seq\":4",
            "line 3 is damaged: its number is 4, not 3",
        ),
        ("{\"seq\":1", "\0\0\0\0\0\0\0\0", "line 1 is damaged"),
    ] {
        fs::write(&journal, text.replacen(from, to, 1)).unwrap();
        journal_in_doubt(
            &library,
            &["the journal of run ", why, "nothing is done while"],
        );
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&journal, [lines[0], lines[2], lines[3]].concat()).unwrap();
    journal_in_doubt(&library, &["line 2 is damaged: its number is 3, not 2"]);
    fs::write(&journal, text).unwrap();
    library.succeed(&["undo", "--yes"]);
}

#[test]
fn a_run_that_others_could_have_written_is_not_trusted() {
    for name in ["journal.jsonl", "plan.json"] {
        let library = applied();
        let file = run_of(&library).join(name);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o622)).unwrap();
        journal_in_doubt(
            &library,
            &[name, "cannot be trusted: others may write to it"],
        );
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        journal_in_doubt(&library, &[name, "cannot be trusted: it is a directory"]);
        fs::remove_dir(&file).unwrap();
        symlink(library.path("plan.json"), &file).unwrap();
        journal_in_doubt(&library, &[name]);
    }
}

#[test]
fn the_plan_of_a_run_is_the_one_that_it_began_with() {
    let library = applied();
    let plan = run_of(&library).join("plan.json");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("2024/a.jpg", "2024/z.jpg")).unwrap();
    let told = ["the plan beside it is not the one", "its hash is another"];
    plan_in_doubt(&library, &told);
    fs::remove_file(&plan).unwrap();
    journal_in_doubt(&library, &["it is missing"]);
}

#[test]
fn what_is_no_run_is_no_concern() {
    let library = applied();
    fs::write(library.path("data/runs/notes.txt"), "mine").unwrap();
    fs::create_dir(library.path("data/runs/lost+found")).unwrap();
    library.succeed(&["undo", "--yes"]);
}

//! What purge does and says where all is well.

use crate::{Mounted, TMPFS, logged, run_in};

macro_rules! snapshot {
    ($name:literal, $value:expr) => {
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!($name, $value);
        });
    };
}

#[test]
fn law_1_purge_deletes_what_is_parked_and_verified_and_nothing_else() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "purging") else {
        return;
    };
    let named = |text: &str| text.replace(&run, "RUN");
    let mut story = String::new();
    for arguments in [
        &["history"][..],
        &["show", &run],
        &["purge", &run, "--dry-run"],
        &["purge", &run, "--yes"],
        &["purge", &run, "--yes"],
        &["purge", &run, "--dry-run"],
        &["history"],
    ] {
        let said = library.succeed(arguments);
        let shown = said.out.lines().filter(|line| !is_dated(line));
        let shown: String = shown.map(|line| format!("{line}\n")).collect();
        story += &named(&format!("$ {}\n{shown}{}\n", arguments.join(" "), said.err));
        if arguments.contains(&"--dry-run") && story.matches("purge RUN --yes").count() == 0 {
            assert_eq!(library.parked(&run).len(), 2, "a rehearsal deletes nothing");
        }
    }
    snapshot!("purge", story);

    assert_eq!(library.names("media"), ["2024"]);
    assert_eq!(
        library.names("media/2024"),
        [".mediastruct", "b", "other.jpg"]
    );
    assert_eq!(library.read("duplicates/2024/a.jpg"), "same");
    assert_eq!(library.read("duplicates/2024/b/c.jpg"), "same");
    let logged = logged(&library).join("\n");
    for (parked, copy) in [("0-a.jpg", "a.jpg"), ("1-c.jpg", "b/c.jpg")] {
        let line = format!(
            "Deleting media/.mediastruct.d/parked/{run}/{parked}, 4 bytes, of which \
             duplicates/2024/{copy} is a copy"
        );
        assert!(logged.contains(&line), "{line} is not in: {logged}");
    }
}

/// Whether a line of what `show` says differs from run to run.
fn is_dated(line: &str) -> bool {
    ["begun", "ended", "dedupe plan"]
        .iter()
        .any(|word| line.trim_start().starts_with(word))
}

#[test]
fn apply_and_undo_tell_what_they_parked() {
    let Some(library) = Mounted::by(TMPFS, "what apply says of parked files") else {
        return;
    };
    let said = library.succeed(&["apply", "plan.json"]);
    let told = "2 sources, 8 bytes, parked in media/.mediastruct.d until `mediastruct purge ";
    said.tells(&[told]);
    let said = library.succeed(&["undo", "--yes"]);
    said.tells(&["parked in duplicates/.mediastruct.d until"]);
    library.succeed(&["purge", &run_in(&said), "--yes"]);
    assert_eq!(library.names("duplicates"), [""; 0]);
}

#[test]
fn a_purge_on_a_terminal_asks_and_takes_no_for_an_answer() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "purging on a terminal") else {
        return;
    };
    if !crate::library::can(&["script", "--version"], "purging on a terminal") {
        return;
    }
    let ask = |answer: &str| {
        let typed = format!("echo {answer} | script -qec \"$*\" /dev/null");
        library.run_by(&["sh", "-c", &typed, "sh"], &["purge", &run])
    };
    let said = ask("n");
    assert_eq!(said.code, 0, "{said:?}");
    let question = "Delete 2 files, 8 bytes for good, after verifying the copies again? [y/N]";
    assert!(said.out.contains(question), "{said:?}");
    assert!(said.out.contains("nothing was done"), "{said:?}");
    assert_eq!(library.parked(&run).len(), 2);
    let said = ask("y");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("deleted 2 files"), "{said:?}");
    assert!(library.parked(&run).is_empty());
}

#[test]
fn law_10_undoing_a_purged_run_gives_the_files_back() {
    let Some(library) = Mounted::by(TMPFS, "undoing a purged run") else {
        return;
    };
    let start = library.read("data/media_index.json");
    let run = run_in(&library.succeed(&["apply", "plan.json"]));
    library.succeed(&["purge", &run, "--yes"]);
    assert_eq!(library.names("duplicates/2024"), ["a.jpg", "b"]);
    let undo = run_in(&library.succeed(&["undo", &run, "--yes"]));
    assert_eq!(library.read("media/2024/a.jpg"), "same");
    assert_eq!(library.read("media/2024/b/c.jpg"), "same");
    let hashes = |text: &str| text.matches("\"hash\"").count();
    assert_eq!(
        hashes(&library.read("data/media_index.json")),
        hashes(&start)
    );

    // The undo is purged, redone and purged again, each time from the other side.
    library.succeed(&["purge", &undo, "--yes"]);
    let redo = run_in(&library.succeed(&["undo", &undo, "--yes"]));
    assert_eq!(library.parked(&redo), ["0-a.jpg", "1-c.jpg"]);
    library.succeed(&["purge", &redo, "--yes"]);
    library.succeed(&["purge", &undo, "--yes"]);
    assert_eq!(library.read("duplicates/2024/a.jpg"), "same");
    assert_eq!(
        library.names("media/2024"),
        [".mediastruct", "b", "other.jpg"]
    );
    library.succeed(&["undo", &redo, "--yes"]);
    assert_eq!(library.read("media/2024/a.jpg"), "same");
}

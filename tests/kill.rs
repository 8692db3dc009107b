//! The program killed at any moment of an apply, an undo and a recovery.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::Library;

/// Files that are copies of one, enough that moving them takes a while.
const FILES: usize = 800;

/// One more kill for each so many files that are moved.
const STRIDE: usize = 160;

#[test]
fn law_6_killed_at_any_moment_recover_reaches_the_end_or_the_start() {
    let library = Library::new();
    library.write("media/2023/keeper", "a");
    let names: Vec<_> = (0..FILES)
        .map(|number| format!("2024/{:02}/{number:05}", number * 40 / FILES))
        .collect();
    for name in &names {
        library.write(&format!("media/{name}"), "a");
    }
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    let start = library.census();
    library.succeed(&["apply", "plan.json"]);
    let applied = library.census();
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start, "undone");

    let mut unfinished = 0;
    for (kill, number) in (0..FILES).step_by(STRIDE).enumerate() {
        let moved = library.path(&format!("duplicates/{}", names[number]));
        library.kill_when_there(&["apply", "plan.json"], &moved);
        unfinished += usize::from(library.run(&["check", "plan.json"]).code == 5);
        let further = library.path(&format!("duplicates/{}", names[number + STRIDE / 2]));
        library.kill_when_there(&["recover"], &further);
        match kill % 3 {
            2 => library.succeed(&["recover", "--rollback"]),
            _ => library.succeed(&["recover"]),
        };
        let now = library.census();
        assert!(
            now == start || now == applied,
            "kill {kill}: neither start nor end"
        );
        if now == applied {
            let back = library.path(&format!("media/{}", names[number]));
            library.kill_when_there(&["undo", "--yes"], &back);
            library.succeed(&["recover"]);
            if library.census() == applied {
                library.succeed(&["undo", "--yes"]);
            }
            assert!(library.census() == start, "kill {kill} of undo");
        }
        // The indexes followed every time, so that no crawl is needed.
        library.succeed(&["check", "plan.json"]);
    }
    assert!(unfinished > 0, "no kill came within an apply");
}

#[test]
fn law_6_a_run_that_copies_is_finished_or_taken_back_wherever_it_is_killed() {
    const COPIES: usize = 300;
    let library = Library::new();
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_500_000_000);
    for number in 0..COPIES {
        let name = format!("ingest/{:02}/{number:05}.jpg", number * 10 / COPIES);
        library.write(&name, &format!("content {number}"));
        let file = std::fs::File::open(library.path(&name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "ingest", "--copy", "-o", "plan.json"]);
    let plan = library.plan("plan.json");
    let start = library.census();
    library.succeed(&["apply", "plan.json"]);
    let applied = library.census();
    assert_eq!(
        applied
            .keys()
            .filter(|path| start.contains_key(path))
            .count(),
        start.len()
    );
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start, "undone");
    let mut unfinished = 0;
    for (kill, number) in [0, 30, 90, 150, 210, 299].into_iter().enumerate() {
        let copied = library.path(&plan.moves[number].to.to_string());
        library.kill_when_there(&["apply", "plan.json"], &copied);
        unfinished += usize::from(library.run(&["check", "plan.json"]).code == 5);
        let further = library.path(&plan.moves[(number + 60) % COPIES].to.to_string());
        library.kill_when_there(&["recover"], &further);
        // For the way back, the card may be out of its slot by then.
        let away = library.path("away");
        let is_away = kill % 2 == 1 && kill > 2;
        if is_away {
            std::fs::rename(library.path("ingest"), &away).unwrap();
        }
        match kill % 2 {
            0 => library.succeed(&["recover"]),
            _ => library.succeed(&["recover", "--rollback"]),
        };
        if is_away {
            let _ = std::fs::remove_dir(library.path("ingest"));
            std::fs::rename(&away, library.path("ingest")).unwrap();
        }
        let now = library.census();
        assert!(
            now == start || now == applied,
            "kill {kill}: neither start nor end"
        );
        if now == applied {
            library.succeed(&["undo", "--yes"]);
        }
        assert!(library.census() == start, "kill {kill}: undone");
        library.succeed(&["check", "plan.json"]);
    }
    assert!(unfinished > 0, "no kill came within an apply");
}

#[test]
fn law_1_copies_whose_sources_are_gone_are_kept_when_a_run_is_taken_back() {
    const COPIES: usize = 60;
    let library = Library::new();
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_500_000_000);
    for number in 0..COPIES {
        let name = format!("ingest/{number:02}.jpg");
        library.write(&name, &format!("content {number}"));
        let file = std::fs::File::open(library.path(&name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "ingest", "--copy", "-o", "plan.json"]);
    let plan = library.plan("plan.json");
    let copied = library.path(&plan.moves[COPIES / 2].to.to_string());
    library.kill_when_there(&["apply", "plan.json"], &copied);
    if library.run(&["check", "plan.json"]).code != 5 {
        println!("skipped: no kill came within the apply");
        return;
    }
    let held = |dir: &str| -> std::collections::BTreeSet<Vec<u8>> {
        let files = walkdir::WalkDir::new(library.path(dir)).into_iter();
        let files = files
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file());
        files
            .map(|file| std::fs::read(file.path()).unwrap())
            .collect()
    };
    let before = held("media");
    // The card is formatted before anybody recovers.
    std::fs::remove_dir_all(library.path("ingest")).unwrap();
    library.succeed(&["recover", "--rollback"]);
    let users = |content: &&Vec<u8>| content.starts_with(b"content");
    let (before, now) = (before, held("media"));
    let lost: Vec<_> = before
        .iter()
        .filter(users)
        .filter(|c| !now.contains(*c))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(before.iter().filter(users).count() > 0);
    assert!(!copied.exists());
}

#[test]
fn the_journal_says_how_closely_recover_is_to_look() {
    let library = Library::new();
    library.write("media/2023/keeper", "a");
    library.write("media/2024/copy", "a");
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    for (verify, told) in [("stat", false), ("hash", true)] {
        library.succeed(&["apply", "plan.json", "--verify", verify]);
        let run = newest_run(&library);
        let journal = library.read(&format!("data/runs/{run}/journal.jsonl"));
        assert_eq!(journal.contains(r#""verify":"hash""#), told, "{journal}");
        library.succeed(&["undo", "--yes"]);
    }
}

fn newest_run(library: &Library) -> String {
    let runs = std::fs::read_dir(library.path("data/runs")).unwrap();
    let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
    names.max().expect("there is a run")
}

//! The wall that the kernel holds around the trees while files move.

use crate::can_trace;
use crate::library::Library;

const RAISED: &str = "From here on only trees, datadir and logdir are written";

/// Runs a command that must succeed, and gives the system calls with which it makes, moves or
/// confines anything, in their order.
fn traced(library: &Library, arguments: &[&str]) -> Vec<String> {
    let trace = library.surroundings().join("trace");
    let calls = "--trace=landlock_restrict_self,/^mkdir,/^rename,/^unlink";
    let strace = ["strace", "-f", "-qq", calls, "-o", trace.to_str().unwrap()];
    let said = library.run_within(&strace, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    let text = std::fs::read_to_string(&trace).unwrap();
    let names = text.lines().filter_map(|line| {
        let call = line.split_once(' ')?.1.trim_start();
        Some(call.split_once('(')?.0.to_owned())
    });
    names.collect()
}

fn is_raised(calls: &[String]) -> bool {
    calls.iter().any(|call| call == "landlock_restrict_self")
}

#[test]
fn law_4_whatever_moves_files_raises_the_wall_first() {
    if !can_trace("the wall around the trees") {
        return;
    }
    let library = Library::with_duplicates();
    let start = library.census();
    let calls = traced(&library, &["apply", "plan.json"]);
    if !library.read("logs/mediastruct.log").contains(RAISED) {
        println!("skipped, as this kernel has no Landlock: the wall around the trees");
        return;
    }
    // The log and the datadir are made before it.
    let first = calls.iter().find(|call| *call != "mkdir");
    assert_eq!(first.unwrap(), "landlock_restrict_self", "{calls:?}");
    assert!(is_raised(&traced(&library, &["undo", "--yes"])));
    assert!(library.census() == start);

    // Turned off, nothing else is different.
    let calls = traced(&library, &["apply", "plan.json", "--no-landlock"]);
    assert!(!is_raised(&calls), "{calls:?}");
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);

    library.kill_when_there(
        &["apply", "plan.json"],
        &library.path("duplicates/2024/a.jpg"),
    );
    if library.run(&["check", "plan.json"]).code == 5 {
        assert!(is_raised(&traced(&library, &["recover", "--rollback"])));
    }
    for reader in [&["crawl"][..], &["plan", "dedupe"], &["history"]] {
        assert!(!is_raised(&traced(&library, reader)), "{reader:?}");
    }
}

#[test]
fn behind_the_wall_the_log_is_rotated() {
    let library = Library::with_duplicates();
    let mut command = library.command(&["apply", "plan.json"]);
    command.env("MEDIASTRUCT_LOG_MAX_SIZE", "100");
    assert!(command.output().unwrap().status.success());
    let log = library.read("logs/mediastruct.log");
    assert!(log.contains("is done"), "{log}");
    let older = library.read("logs/mediastruct.log.1");
    assert!(older.contains("Keeping"), "{older}");
}

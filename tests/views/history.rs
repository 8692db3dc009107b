//! `history` and `show RUN`.

use crate::json;
use crate::library::{Library, bury};
use mediastruct::model::digest::Digest;
use mediastruct::model::path::TreePath;
use mediastruct::model::plan::{Directory, Move, Need, Phase, Plan, RawPlan, Role, Why, Write};
use mediastruct::model::run::RunId;
use mediastruct::model::time::Time;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

/// A plan that moves files of these names and sizes.
pub fn moves(files: &[(&str, u64)]) -> Plan {
    let modified = Time::default();
    let mut plan = RawPlan::of(Phase::Dedupe);
    for (name, size) in files {
        let hash = Digest::of(name.as_bytes());
        let keeper = path(&format!("media/2001/k/{name}"));
        plan.needs.push(Need {
            path: keeper.clone(),
            offline: None,
            size: *size,
            modified,
            hash,
        });
        plan.moves.push(Move {
            from: path(&format!("media/2001/{name}")),
            to: path(&format!("duplicates/2001/{name}")),
            size: *size,
            modified,
            hash,
            why: Why::Duplicate {
                of: keeper,
                dated: None,
            },
            bundle: None,
        });
    }
    plan.check().unwrap()
}

/// A plan that takes the moves of `plan` of these numbers back.
pub fn undo(plan: &Plan, run: &str, numbers: &[usize]) -> Plan {
    let run: RunId = run.parse().unwrap();
    let mut undo = RawPlan::of(Phase::Undo);
    undo.settings.run = Some(run.clone());
    undo.moves = numbers
        .iter()
        .map(|number| Move {
            from: plan.moves[*number].to.clone(),
            to: plan.moves[*number].from.clone(),
            why: Why::Undo { run: run.clone() },
            ..plan.moves[*number].clone()
        })
        .collect();
    undo.check().unwrap()
}

/// A plan that only writes two files.
fn writes() -> Plan {
    let mut plan = RawPlan::of(Phase::Archive);
    for volume in ["archive/01", "archive/02"] {
        plan.writes.push(Write {
            to: path(&format!("{volume}/.unburned")),
            role: Role::Unburned,
            max_bytes: 4096,
            replaces: None,
        });
    }
    plan.check().unwrap()
}

/// A plan that only removes three directories.
fn prunes() -> Plan {
    let mut plan = RawPlan::of(Phase::Ingest);
    for dir in ["ingest/a", "ingest/b", "ingest/c"] {
        plan.prunes.push(Directory {
            dir: path(dir),
            mode: 0o755,
            modified: Time::default(),
        });
    }
    plan.check().unwrap()
}

fn name(run: &Path) -> String {
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

/// A library with runs of long ago: one that stands, one undone in part and one undone, their
/// undos, and two that moved nothing.
fn library() -> (Library, Vec<String>) {
    let library = Library::new();
    let some = moves(&[("a.jpg", 2_000_000), ("b\u{1b}[2J.jpg", 5_340_032)]);
    let one = moves(&[("c.jpg", 3)]);
    let mut runs = Vec::new();
    let mut add = |plan: &Plan| {
        let second = 3600 * runs.len() as u32;
        runs.push(name(&bury(&library, plan, second, true)));
        runs.last().unwrap().clone()
    };
    let first = add(&some);
    let second = add(&one);
    add(&undo(&some, &first, &[1]));
    add(&undo(&one, &second, &[0]));
    add(&writes());
    add(&prunes());
    (library, runs)
}

#[test]
fn history_tells_what_was_done_and_what_of_it_stands() {
    let (library, runs) = library();
    snapshot!("history", library.succeed(&["history"]).out);
    let newest = library.succeed(&["history", "-n", "2"]);
    assert_eq!(newest.out.lines().count(), 2);
    assert!(newest.out.starts_with(&runs[5]), "{newest:?}");
    newest.tells(&["and 4 older runs"]);
    assert_eq!(library.succeed(&["history", "--limit", "6"]).err, "");

    let history = json(&library, "history", &["history", "--json"]);
    let listed = history["runs"].as_array().unwrap();
    let states: Vec<_> = listed
        .iter()
        .map(|r| r["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        [
            "applied",
            "applied",
            "applied",
            "applied",
            "undone",
            "partly_undone"
        ]
    );
    assert_eq!(listed[5]["taken_back_by"][0], runs[2].as_str());
    assert_eq!(listed[5]["work"]["bytes"], 7_340_032);
    assert_eq!(listed[2]["work"]["undoes"], runs[1].as_str());
}

#[test]
fn a_run_that_moved_nothing_does_not_say_that_it_moved_no_files() {
    let (library, runs) = library();
    let wrote = library.succeed(&["show", &runs[4]]).out;
    assert!(wrote.contains("  wrote     2 of 2 files\n"), "{wrote}");
    let removed = library.succeed(&["show", &runs[5]]).out;
    let told = "  removed   3 of 3 empty directories\n";
    assert!(removed.contains(told), "{removed}");
    for shown in [wrote, removed] {
        assert!(!shown.contains("  moved  "), "{shown}");
    }
}

#[test]
fn what_a_plan_without_moves_does_is_told_before_and_after() {
    let library = Library::with_duplicates();
    fs::create_dir_all(library.path("ingest/empty")).unwrap();
    let found = fs::metadata(library.path("ingest/empty")).unwrap();
    let modified: jiff::Timestamp = found.modified().unwrap().try_into().unwrap();
    let mode = found.permissions().mode() & 0o7777;
    let write = r#"{"to":"archive/01/.unburned","role":"unburned","max_bytes":4096}"#;
    let prune = format!(r#"{{"dir":"ingest/empty","mode":{mode},"modified":"{modified}"}}"#);
    for (plan, would, did) in [
        (
            format!(r#""phase":"archive","writes":[{write}]"#),
            "would write 1 file",
            "wrote 1 file, as run ",
        ),
        (
            format!(r#""phase":"ingest","prunes":[{prune}]"#),
            "would remove 1 empty directory",
            "removed 1 empty directory, as run ",
        ),
    ] {
        let plan = format!(r#"{{"format":"mediastruct/plan/1",{plan}}}"#);
        library.write("chores.json", &plan);
        library.succeed(&["check", "chores.json"]).tells(&[would]);
        let dry = library.succeed(&["apply", "chores.json", "--dry-run"]);
        dry.tells(&[would, "nothing was done"]);
        let done = library.succeed(&["apply", "chores.json"]);
        done.tells(&[did]);
        assert!(!done.err.contains("moved 0"), "{}", done.err);
    }
}

#[test]
fn a_run_is_shown_as_json() {
    let (library, runs) = library();
    let shown = json(&library, "run", &["show", "--json", &runs[0]]);
    assert_eq!(shown["entry"]["state"], "partly_undone");
    assert_eq!(shown["entry"]["taken_back"], 1);
    let done = shown["done"].as_array().unwrap();
    assert_eq!(done.len(), 2);
    assert_eq!(done[0]["to"], "duplicates/2001/a.jpg");
    let shown = json(&library, "run", &["show", "--json", &runs[5]]);
    assert_eq!(shown["pruned"].as_array().unwrap().len(), 3);
    // The report of a plan is the plan itself.
    let plan = library.succeed(&[
        "show",
        "--json",
        &format!("data/runs/{}/plan.json", runs[0]),
    ]);
    let kept = library.read(&format!("data/runs/{}/plan.json", runs[0]));
    assert_eq!(plan.out, kept);
    library.end_with(64, &["show", "--json", "--all", &runs[0]]);
}

#[test]
fn a_library_without_runs_has_an_empty_history() {
    let library = Library::new();
    let said = library.succeed(&["history"]);
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("", "there are no runs yet\n")
    );
    let history = json(&library, "history", &["history", "--json"]);
    assert_eq!(history["runs"].as_array().unwrap().len(), 0);
}

//! Plans that break a law by themselves, whatever is on the disk.

use crate::library::Library;
use serde_json::{Value, json};

/// The commands that a plan is handed to.
const READERS: [&[&str]; 3] = [
    &["check", "edited.json"],
    &["apply", "edited.json"],
    &["apply", "--dry-run", "edited.json"],
];

/// A library, and its plan to be edited.
struct Editor {
    library: Library,
    plan: Value,
}

impl Editor {
    fn new() -> Editor {
        let library = Library::with_duplicates();
        let plan = serde_json::from_str(&library.read("plan.json")).unwrap();
        Editor { library, plan }
    }

    /// Every reader refuses the plan as `edit` leaves it.
    fn refused(&self, code: i32, told: &[&str], edit: impl FnOnce(&mut Value)) {
        let mut plan = self.plan.clone();
        edit(&mut plan);
        assert_ne!(plan, self.plan, "the plan was edited");
        self.refused_text(code, told, &plan.to_string());
    }

    fn refused_text(&self, code: i32, told: &[&str], text: &str) {
        self.library.write("edited.json", text);
        let told = [&["edited.json"], told].concat();
        for reader in READERS {
            self.library.refuse(code, reader, &told);
        }
    }
}

#[test]
fn law_4_paths_in_a_plan_stay_in_the_trees() {
    let editor = Editor::new();
    for (path, why) in [
        ("media/../../outside", "'.' or '..' component"),
        ("../media/2024/a.jpg", "'.' or '..' component"),
        ("media/./2024/a.jpg", "'.' or '..' component"),
        ("/etc/passwd", "absolute"),
        ("media//a.jpg", "empty component"),
        ("media/2024/", "empty component"),
        ("media/2024/a\u{0}.jpg", "NUL"),
        ("", "empty"),
        ("media", "names a whole tree"),
        ("photos/2024/a.jpg", "'photos' is not one of the trees"),
        ("Media/2024/a.jpg", "'Media' is not one of the trees"),
        ("bytes://media/%61", "escaped form"),
        ("bytes://media/%2E%2E/%FF", "escaped form"),
        ("bytes://media/../%FF", "'.' or '..' component"),
    ] {
        for pointer in [
            "/moves/0/from",
            "/moves/0/to",
            "/moves/0/why/of",
            "/needs/0/path",
        ] {
            let edit = |plan: &mut Value| *plan.pointer_mut(pointer).unwrap() = path.into();
            editor.refused(3, &["bad path", why, "schema plan"], edit);
        }
    }
}

#[test]
fn keys_that_no_plan_has_are_refused() {
    let editor = Editor::new();
    for pointer in ["", "/moves/0", "/moves/0/why", "/needs/0", "/settings"] {
        let edit = |plan: &mut Value| plan.pointer_mut(pointer).unwrap()["shell"] = "rm".into();
        editor.refused(3, &["it is no plan", "`shell`"], edit);
    }
}

#[test]
fn keys_that_stand_twice_are_refused() {
    let editor = Editor::new();
    let text = editor.library.read("plan.json");
    for key in ["\"phase\":", "\"from\":", "\"hash\":", "\"kind\":"] {
        let at = text.find(key).unwrap();
        let mut value =
            serde_json::Deserializer::from_str(&text[at + key.len()..]).into_iter::<Value>();
        let value = value.next().unwrap().unwrap();
        let twice = format!("{}{key}{value},{}", &text[..at], &text[at..]);
        editor.refused_text(3, &["it is no plan", "duplicate field"], &twice);
    }
}

#[test]
fn texts_that_are_no_plan_are_refused() {
    let editor = Editor::new();
    let text = editor.library.read("plan.json");
    for (bad, why) in [
        ("", "it is no plan"),
        ("not JSON", "it is no plan"),
        ("[]", "it is no plan"),
        (&text[..text.len() / 2], "it is no plan"),
        (&"[".repeat(1_000_000), "it is no plan"),
        (&text.replace("plan/1", "plan/2"), "mediastruct/plan/2"),
        (&text.replace("\"size\":4", "\"size\":-4"), "it is no plan"),
        (
            &text.replace("\"size\":4", "\"size\":1e99"),
            "it is no plan",
        ),
        (&text.replace("dedupe", "burn"), "it is no plan"),
    ] {
        editor.refused_text(3, &[why], bad);
    }
}

#[test]
fn one_destination_for_two_moves_is_refused() {
    let editor = Editor::new();
    editor.refused(3, &["duplicates/2024/a.jpg: two moves go here"], |plan| {
        plan["moves"][1]["to"] = plan["moves"][0]["to"].clone();
    });
}

#[test]
fn one_source_for_two_moves_is_refused() {
    let editor = Editor::new();
    let told = ["media/2024/a.jpg: two moves take this file"];
    editor.refused(3, &told, |plan| {
        plan["moves"][1]["from"] = plan["moves"][0]["from"].clone();
    });
}

#[test]
fn law_3_nothing_leaves_the_archive() {
    let editor = Editor::new();
    let told = ["archive/01/keeper.jpg: nothing leaves the archive"];
    for to in ["duplicates/x", "media/2024/x", "archive/02/x"] {
        editor.refused(3, &told, |plan| {
            plan["moves"][0]["from"] = "archive/01/keeper.jpg".into();
            plan["moves"][0]["to"] = to.into();
        });
    }
    // Nor does a plan that calls itself an undo take anything out.
    let run = "20240101T000000.000Z-000000";
    let told = ["made no move that this one takes back"];
    editor.library.write("edited.json", "");
    let mut plan = editor.plan.clone();
    plan["phase"] = "undo".into();
    plan["settings"]["run"] = run.into();
    plan["moves"][0]["from"] = "archive/01/keeper.jpg".into();
    for at in 0..2 {
        plan["moves"][at]["why"] = json!({"kind": "undo", "run": run});
    }
    editor.library.write("edited.json", &plan.to_string());
    for reader in READERS {
        editor.library.refuse(3, reader, &told);
    }
}

#[test]
fn a_phase_moves_only_between_its_trees_and_for_its_reasons() {
    let editor = Editor::new();
    for tree in ["ingest", "media", "archive", "validated"] {
        let told = format!("dedupe moves nothing from media to {tree}");
        editor.refused(3, &[&told], |plan| {
            plan["moves"][0]["to"] = format!("{tree}/2024/x").into();
        });
    }
    for tree in ["ingest", "duplicates", "validated"] {
        let told = format!("dedupe moves nothing from {tree} to duplicates");
        editor.refused(3, &[&told], |plan| {
            plan["moves"][0]["from"] = format!("{tree}/2024/x").into();
        });
    }
    editor.refused(3, &["its reason 'undo' is none of dedupe's"], |plan| {
        let run = "20240101T000000.000Z-000000";
        plan["moves"][0]["why"] = json!({"kind": "undo", "run": run});
    });
    editor.refused(3, &["a crawl plan holds no moves"], |plan| {
        plan["phase"] = "crawl".into();
    });
    editor.refused(3, &["an undo plan names the run"], |plan| {
        plan["phase"] = "undo".into();
    });
}

#[test]
fn a_file_does_not_move_to_where_it_is() {
    let editor = Editor::new();
    editor.refused(3, &["it is to move to where it is"], |plan| {
        plan["moves"][0]["to"] = plan["moves"][0]["from"].clone();
    });
}

#[test]
fn a_file_is_no_directory_of_another_move() {
    let editor = Editor::new();
    let told = ["duplicates/x/y: one move makes a file of duplicates/x"];
    editor.refused(3, &told, |plan| {
        plan["moves"][0]["to"] = "duplicates/x".into();
        plan["moves"][1]["to"] = "duplicates/x/y".into();
    });
}

#[test]
fn every_duplicate_has_a_keeper_that_stays() {
    let editor = Editor::new();
    let told = ["its keeper archive/01/keeper.jpg is not among the plan's needs"];
    editor.refused(3, &told, |plan| plan["needs"] = json!([]));
    let told = ["its keeper media/2024/b/c.jpg is moved by this plan"];
    editor.refused(3, &told, |plan| {
        plan["moves"][0]["why"]["of"] = plan["moves"][1]["from"].clone();
    });
    let told = ["its keeper media/2024/a.jpg is moved by this plan"];
    editor.refused(3, &told, |plan| {
        plan["moves"][0]["why"]["of"] = plan["moves"][0]["from"].clone();
    });
    let told = ["its keeper duplicates/x is neither in media nor in archive"];
    editor.refused(3, &told, |plan| {
        plan["moves"][0]["why"]["of"] = "duplicates/x".into();
    });
    let told = ["archive/01/keeper.jpg: it stands among the needs twice"];
    editor.refused(3, &told, |plan| {
        plan["needs"] = json!([plan["needs"][0], plan["needs"][0]]);
    });
    let told = ["its keeper archive/01/keeper.jpg has another size or hash"];
    editor.refused(3, &told, |plan| plan["needs"][0]["size"] = 5.into());
    editor.refused(3, &told, |plan| {
        plan["needs"][0]["hash"] = "0".repeat(64).into();
    });
}

#[test]
fn an_empty_file_is_no_duplicate() {
    let editor = Editor::new();
    editor.refused(3, &["an empty file is not a duplicate"], |plan| {
        plan["moves"][0]["size"] = 0.into();
    });
}

#[test]
fn files_of_mediastruct_itself_are_not_moved() {
    let editor = Editor::new();
    for name in ["2024/.mediastruct", "2024/.mediastruct.d/parked/x"] {
        editor.refused(3, &["a file of mediastruct's own"], |plan| {
            plan["moves"][0]["from"] = format!("media/{name}").into();
        });
        editor.refused(3, &["a file of mediastruct's own"], |plan| {
            plan["moves"][0]["to"] = format!("duplicates/{name}").into();
        });
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let editor = Editor::new();
    let told = [
        "is refused: 3 problems",
        "dedupe moves nothing from media to validated",
        "an empty file is not a duplicate",
        "has another size or hash",
    ];
    editor.refused(3, &told, |plan| {
        plan["moves"][0]["to"] = "validated/x".into();
        plan["moves"][0]["size"] = 0.into();
    });
}

#[test]
fn a_plan_may_be_edited_within_the_laws() {
    let editor = Editor::new();
    let library = &editor.library;
    let mut lines: Vec<String> = library.read("plan.json").lines().map(Into::into).collect();
    lines.retain(|line| !line.contains("\"from\":\"media/2024/b/c.jpg\""));
    let text = lines
        .join("\n")
        .replace("duplicates/2024/a.jpg", "duplicates/mine/1");
    library.write("edited.json", &text);
    let said = library.succeed(&["apply", "edited.json"]);
    said.tells(&["note: the plan was changed after it was made"]);
    assert_eq!(library.read("duplicates/mine/1"), "same");
    assert_eq!(library.read("media/2024/b/c.jpg"), "same");
}

#[test]
fn a_plan_is_taken_from_the_standard_input() {
    let library = Library::with_duplicates();
    let plan = std::fs::File::open(library.path("plan.json")).unwrap();
    let output = library
        .command(&["apply", "-"])
        .stdin(plan)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(library.read("duplicates/2024/a.jpg"), "same");
}

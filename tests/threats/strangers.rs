//! Plans that a stranger wrote, or that were made on another machine.

use crate::library::Library;
use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The commands that a plan is handed to.
const READERS: [&[&str]; 4] = [
    &["show", "strange.json"],
    &["check", "strange.json"],
    &["apply", "strange.json"],
    &["diff", "plan.json", "strange.json"],
];

#[test]
fn threat_strange_plan_a_larger_one_than_any_is_refused_unread() {
    let library = Library::with_duplicates();
    let plan = File::create(library.path("strange.json")).unwrap();
    plan.set_len(5 << 30).unwrap();
    let begin = Instant::now();
    for reader in READERS {
        let said = library.end_with(1, reader);
        said.tells(&["strange.json: larger than 4 GiB, so it is no plan"]);
    }
    assert!(begin.elapsed() < Duration::from_secs(5), "it was read");
    fs::remove_file(library.path("strange.json")).unwrap();
}

#[test]
fn threat_strange_plan_lists_without_end_are_refused() {
    let library = Library::with_duplicates();
    let mut text =
        b"{\"format\":\"mediastruct/plan/1\",\"phase\":\"dedupe\",\"warnings\":[".to_vec();
    text.extend(b"\"\",".repeat(16_000_000));
    text.extend(b"\"\"]}");
    fs::write(library.path("strange.json"), text).unwrap();
    let told = ["a list of more than 16000000 items"];
    library.end_with(3, &["apply", "strange.json"]).tells(&told);
    fs::remove_file(library.path("strange.json")).unwrap();
}

#[test]
fn threat_strange_plan_a_stream_that_is_none_ends_with_its_writer() {
    let library = Library::with_duplicates();
    let before = library.everything();
    for garbage in [" ", "{", "[[", "\u{0}", "{\"a\":"] {
        let mut command = library.command(&["apply", "-"]);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(garbage.repeat(1 << 20).as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains("it is no plan"), "{err}");
        assert!(err.len() < 1000, "{err}");
    }
    before.assert_same(&library.everything(), "garbage");
}

#[test]
fn threat_strange_plan_the_trees_are_those_of_the_configuration() {
    let library = Library::with_duplicates();
    let elsewhere = library.surroundings().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let text = library.read("plan.json");
    for key in [
        "\"trees\": {\"duplicates\": \"ELSEWHERE\"}",
        "\"root\": \"ELSEWHERE\"",
        "\"duplicates_dir\": \"ELSEWHERE\"",
    ] {
        let key = key.replace("ELSEWHERE", elsewhere.to_str().unwrap());
        for place in ["{\n", "\"settings\": {"] {
            let sep = if place == "{\n" { "," } else { "" };
            let strange = text.replacen(place, &format!("{place}{key}{sep}"), 1);
            assert_ne!(strange, text);
            library.write("strange.json", &strange);
            for reader in &READERS[..3] {
                library.refuse(3, reader, &["it is no plan: unknown field"]);
            }
        }
    }
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

/// Another library with files of the same names, which hold `content`.
fn with_same_names(content: &str) -> Library {
    let library = Library::new();
    for name in [
        "archive/01/keeper.jpg",
        "media/2024/a.jpg",
        "media/2024/b/c.jpg",
    ] {
        library.write(name, content);
    }
    library.succeed(&["crawl"]);
    library
}

#[test]
fn threat_plan_from_another_machine_moves_nothing_but_what_it_names() {
    let one = Library::with_duplicates();
    // Names alone make no file the one that is meant: nor does a size, nor a size and a time.
    for (content, why) in [
        ("longer", "it changed: 6 bytes"),
        ("SAME", "it changed: modified"),
    ] {
        let other = with_same_names(content);
        other.write("strange.json", &one.read("plan.json"));
        let told = ["media/2024/a.jpg: ", why];
        for reader in &READERS[1..3] {
            other.refuse(3, reader, &told);
        }
    }
    let other = Library::new();
    for name in [
        "archive/01/keeper.jpg",
        "media/2024/a.jpg",
        "media/2024/b/c.jpg",
    ] {
        other.write(name, "SAME");
        let modified = fs::metadata(one.path(name)).unwrap().modified().unwrap();
        let file = File::options().write(true).open(other.path(name)).unwrap();
        file.set_modified(modified).unwrap();
    }
    other.succeed(&["crawl"]);
    other.write("strange.json", &one.read("plan.json"));
    let told = [
        "archive/01/keeper.jpg: the index holds another hash",
        "media/2024/a.jpg: the index holds another hash",
    ];
    for reader in &READERS[1..3] {
        other.refuse(3, reader, &told);
    }
}

#[test]
fn threat_plan_from_another_machine_cannot_undo_what_was_not_done_here() {
    let one = Library::with_duplicates();
    one.succeed(&["apply", "plan.json"]);
    one.succeed(&["plan", "undo", "-o", "undo.json"]);
    let other = Library::with_duplicates();
    other.succeed(&["apply", "plan.json"]);
    other.write("strange.json", &one.read("undo.json"));
    let told = [
        "duplicates/2024/a.jpg: run ",
        "made no move that this one takes back",
    ];
    for reader in &READERS[1..3] {
        other.refuse(3, reader, &told);
    }
}

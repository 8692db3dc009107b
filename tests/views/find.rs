//! `find`.

use crate::history::{moves, undo};
use crate::library::{Library, burn, bury, record};
use crate::{checked, json};
use mediastruct::model::digest::Digest;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// The places that a JSON tells, with what is there.
fn places(found: &Value) -> Vec<(String, String)> {
    let contents = found["answers"].as_array().unwrap().iter();
    let contents = contents.flat_map(|a| a["contents"].as_array().unwrap());
    let places = contents.flat_map(|c| c["places"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    places
        .map(|p| (text(&p["path"]), text(&p["presence"])))
        .collect()
}

fn found(library: &Library, what: &[&str]) -> Vec<(String, String)> {
    places(&json(
        library,
        "find",
        &[&["find", "--json"], what].concat(),
    ))
}

fn there(paths: &[&str]) -> Vec<(String, String)> {
    paths
        .iter()
        .map(|p| (p.to_string(), "there".into()))
        .collect()
}

/// The name of the newest run.
fn newest(library: &Library) -> String {
    let history = library.succeed(&["history", "-n1"]).out;
    history.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_file_is_found_by_name_by_hash_and_in_hand_wherever_it_went() {
    let library = Library::with_duplicates();
    let hash = Digest::of(b"same").to_string();
    let all = [
        "archive/01/keeper.jpg",
        "media/2024/a.jpg",
        "media/2024/b/c.jpg",
    ];
    library.write("in hand.jpg", "same");
    let absolute = library.path("media/2024/b/c.jpg");
    for what in [
        &["--name", "keeper"][..],
        &["KEEPER.jpg"],
        &["keep*.jpg"],
        &["media/2024/b/*"],
        &[&hash],
        &[&hash[..8]],
        &[&hash[..13].to_uppercase()],
        &["--hash", &hash[..10]],
        &["in hand.jpg"],
        &["--file", "in hand.jpg"],
        &["--name", absolute.to_str().unwrap()],
    ] {
        assert_eq!(found(&library, what), there(&all), "{what:?}");
    }

    library.succeed(&["apply", "plan.json"]);
    let run = newest(&library);
    let told = library.succeed(&["find", "media/2024/a.jpg", "--name"]).out;
    for line in [
        "  archive/01/keeper.jpg  there, in volume 01\n",
        "  duplicates/2024/a.jpg  there, as the journals know\n",
        "  media/2024/a.jpg  was there\n",
        &format!("dedupe: media/2024/a.jpg -> duplicates/2024/a.jpg, run {run}\n"),
    ] {
        assert!(told.contains(line), "{line} is not in: {told}");
    }
    library.succeed(&["undo", "--yes"]);
    let undo = newest(&library);
    assert_eq!(found(&library, &[&hash]), there(&all));
    let told = library.succeed(&["find", &hash]).out;
    for line in [
        format!("-> duplicates/2024/a.jpg, run {run}, undone by {undo}\n"),
        format!("undo: duplicates/2024/a.jpg -> media/2024/a.jpg, run {undo}\n"),
        "  duplicates/2024/a.jpg  was there\n".to_owned(),
    ] {
        assert!(told.contains(&line), "{line} is not in: {told}");
    }
}

#[test]
fn the_places_and_moves_of_a_content_are_told() {
    let library = Library::new();
    library.write("archive/07/2001/a.jpg", "a.jpg");
    library.write("duplicates/2001/a.jpg", "a.jpg");
    let moved = library.path("duplicates/2001/a.jpg");
    let moved = fs::File::options().write(true).open(moved).unwrap();
    moved.set_modified(std::time::UNIX_EPOCH).unwrap();
    library.succeed(&["crawl"]);
    let plan = moves(&[("a.jpg", 5), ("b.jpg", 3)]);
    let run = bury(&library, &plan, 0, true);
    let run = run.file_name().unwrap().to_str().unwrap().to_owned();
    bury(&library, &undo(&plan, &run, &[1]), 3600, true);
    let told = library.succeed(&["find", "2001/a.jpg", "2001/b.jpg"]).out;
    snapshot!("find", told);
}

#[test]
fn what_is_gone_or_changed_is_said_to_be() {
    let library = Library::with_duplicates();
    fs::remove_file(library.path("media/2024/a.jpg")).unwrap();
    library.write("media/2024/b/c.jpg", "edited");
    library.succeed(&["find", "keeper"]);
    let found = found(&library, &["keeper"]);
    let presences: Vec<_> = found.iter().map(|(_, p)| p.as_str()).collect();
    assert_eq!(presences, ["there", "gone", "changed"]);
    let text = library.succeed(&["find", "keeper"]).out;
    assert!(text.contains("media/2024/a.jpg  gone\n"), "{text}");
    assert!(text.contains("c.jpg  something else is there\n"), "{text}");
    // A link that took a file's place is not followed.
    fs::remove_file(library.path("media/2024/b/c.jpg")).unwrap();
    let target = library.path("archive/01/keeper.jpg");
    std::os::unix::fs::symlink(target, library.path("media/2024/b/c.jpg")).unwrap();
    let text = library.succeed(&["find", "keeper"]).out;
    assert!(text.contains("c.jpg  something else is there\n"), "{text}");
}

#[test]
fn the_discs_that_hold_a_file_are_told() {
    let library = Library::with_duplicates();
    burn(&library, "01", 1);
    let events = library.read("data/volumes.jsonl");
    let located = "\"copy\":1,\"location\":\"shelf A\\u001b\"";
    library.write("data/volumes.jsonl", &events.replace("\"copy\":1", located));
    let told = library.succeed(&["find", "keeper"]).out;
    let line = "keeper.jpg  there, in volume 01, disc 1 (shelf A\\u{1b})\n";
    assert!(told.contains(line), "{told}");
    fs::remove_dir_all(library.path("archive/01")).unwrap();
    library.succeed(&["crawl"]);
    let told = library.succeed(&["find", "keeper"]).out;
    let line = "keeper.jpg  gone, in volume 01, which is on discs alone, disc 1 (shelf A\\u{1b})\n";
    assert!(told.contains(line), "{told}");
    json(&library, "find", &["find", "keeper", "--json"]);
    let status = json(&library, "status", &["status", "--json"]);
    assert_eq!(status["volumes"][0]["state"], "offline");
    assert_eq!(status["media"]["archived"]["files"], 2, "{status}");
    let told = library.succeed(&["status"]).out;
    assert!(told.contains("on discs alone, burned"), "{told}");
}

#[test]
fn a_disc_that_holds_something_else_is_not_told_to_hold_a_file() {
    let library = Library::with_duplicates();
    burn(&library, "01", 1);
    library.write("archive/01/more.jpg", "came later");
    library.end_with(4, &["crawl"]);
    record(&library, &["01 \"burned\",\"copy\":2"]);
    let told = library.succeed(&["find", "keeper"]).out;
    let line = "keeper.jpg  there, in volume 01, disc 1 of other contents than the index has, \
                disc 2 of which nothing tells what it holds\n";
    assert!(told.contains(line), "{told}");
    let found = json(&library, "find", &["find", "keeper", "--json"]);
    let discs = &found["answers"][0]["contents"][0]["places"][0]["volume"]["discs"];
    let holds = [0, 1].map(|disc| discs[disc]["holds"].as_str().unwrap());
    assert_eq!(holds, ["other", "untold"]);
    let status = library.succeed(&["status"]).out;
    let line = "on the disk, burned, but of other contents than the index has";
    assert!(status.contains(line), "{status}");
}

#[test]
fn a_volume_that_no_disc_holds_as_it_was_is_not_told_to_be_on_discs() {
    let library = Library::with_duplicates();
    burn(&library, "01", 1);
    fs::remove_dir_all(library.path("archive/01")).unwrap();
    library.succeed(&["crawl"]);
    record(&library, &["01 \"lost\",\"copy\":1", "09 \"opened\""]);
    let told = library.succeed(&["find", "keeper"]).out;
    let line = "keeper.jpg  gone, in volume 01, which no disc is known to hold\n";
    assert!(told.contains(line), "{told}");
    let status = library.succeed(&["status"]).out;
    for line in ["gone from the disk, its discs lost", "in no index, open"] {
        assert!(status.contains(line), "{status}");
    }
    let status = json(&library, "status", &["status", "--json"]);
    assert_eq!(status["media"]["archived"]["files"], 0, "{status}");
    assert_eq!(status["volumes"][1]["volume"], "09");
    assert!(status["volumes"][1]["state"].is_null());
}

#[test]
fn each_that_is_not_found_is_named_and_the_exit_code_is_1() {
    let library = Library::with_duplicates();
    library.write("new.jpg", "nobody has this");
    let said = library.end_with(1, &["find", "a.jpg", "new.jpg", "nowhere", "--json"]);
    said.tells(&["new.jpg: nothing is known of such a content"]);
    said.tells(&["nowhere: nothing is known of such a name"]);
    let found = checked("find", &said);
    let answers = found["answers"].as_array().unwrap().iter();
    let contents = answers.map(|answer| answer["contents"].as_array().unwrap());
    let counts: Vec<_> = contents.map(Vec::len).collect();
    assert_eq!(counts, [1, 0, 0]);
    let unknown = "0".repeat(64);
    let said = library.end_with(1, &["find", &unknown]);
    said.tells(&["nothing is known of such a hash"]);
    assert_eq!(said.out, "");
    library
        .end_with(1, &["find", "--file", "missing.jpg"])
        .tells(&["missing.jpg: there is no such file"]);
    for what in ["short", "5c1a", &"g".repeat(64), &"0".repeat(65)] {
        library.refuse(64, &["find", "--hash", what], &["is no hash"]);
    }
    library.end_with(64, &["find"]);
    library.end_with(64, &["find", "--file", "--name", "x"]);

    let empty = Library::new();
    empty
        .end_with(1, &["find", "x"])
        .tells(&["`mediastruct crawl`"]);
}

#[test]
fn a_name_that_is_also_a_file_at_hand_is_read_as_asked() {
    let library = Library::with_duplicates();
    library.write("other.jpg", "same");
    assert_eq!(found(&library, &["other.jpg"]).len(), 3, "its content");
    let named = there(&["media/2024/other.jpg"]);
    assert_eq!(found(&library, &["--name", "other.jpg"]), named);
}

#[test]
fn threat_hostile_names_are_escaped_where_they_are_found_and_where_not() {
    let library = Library::new();
    let names: [&[u8]; 3] = [
        b"\x1b[2J\n.jpg",
        b"caf\xe9.jpg",
        "\u{202e}gpj.jpg".as_bytes(),
    ];
    for (name, number) in names.iter().zip(0..) {
        let path = library.path("media/2024").join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [number; 3]).unwrap();
    }
    library.succeed(&["crawl"]);
    let said = library.succeed(&["find", "jpg"]);
    let hash = |line: &&str| line.len() > 64 && !line.starts_with(' ');
    let shown: Vec<_> = said.out.lines().filter(|line| !hash(line)).collect();
    snapshot!("find_odd_names", shown.join("\n"));
    assert!(!said.out.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    let said = library.end_with(1, &["find", "\u{1b}[31m\u{202e}"]);
    assert!(!said.err.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    // A name is found by its text in files, and by its bytes.
    assert_eq!(found(&library, &["bytes://media/2024/caf%E9.jpg"]).len(), 1);
    let mut command = library.command(&["find", "--json"]);
    let said = crate::library::said(command.arg(OsStr::from_bytes(b"CAF\xe9")));
    assert_eq!(places(&checked("find", &said)).len(), 1);
}

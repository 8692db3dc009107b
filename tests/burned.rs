//! Volumes that are on discs: nothing leaves them, whatever asks for it.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

mod library;

use library::Library;
use mediastruct::model::index_file;
use mediastruct::model::path::{RelPath, TreePath};
use mediastruct::model::plan::{Move, Phase, RawPlan, Why};
use mediastruct::model::plan_file;
use mediastruct::model::tree::Tree;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Records that these things happened to volumes, one line each.
fn record(library: &Library, events: &[&str]) {
    let path = library.path("data/volumes.jsonl");
    let header = "{\"format\":\"mediastruct/volumes/1\"}\n";
    let mut text = fs::read_to_string(&path).unwrap_or(header.to_owned());
    for event in events {
        let (volume, rest) = event.split_once(' ').unwrap();
        let at = "2026-01-10T09:00:00Z";
        text += &format!("{{\"volume\":\"{volume}\",\"at\":\"{at}\",\"event\":{rest}}}\n");
    }
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

const BURNED: &str = "07 \"burned\",\"copy\":1";

/// A library of which a run brought `2019/a.jpg` and `2019/b.jpg` from media to volume 07.
fn archived() -> Library {
    let library = Library::new();
    library.write("media/2019/a.jpg", "one");
    library.write("media/2019/b.jpg", "two");
    library.succeed(&["crawl"]);
    let text = fs::read(library.path("data/media_index.json")).unwrap();
    let index = index_file::parse(Tree::Media, &text).unwrap();
    let mut plan = RawPlan::of(Phase::Archive);
    plan.moves = (index.entries.iter())
        .map(|entry| Move {
            from: TreePath::new(Tree::Media, entry.path.clone().into_owned()),
            to: TreePath::new(
                Tree::Archive,
                RelPath::from_text(format!("07/{}", entry.path.to_text())).unwrap(),
            ),
            size: entry.stamp.size,
            modified: entry.stamp.modified,
            hash: entry.digest().unwrap(),
            why: Why::Volume { number: 7 },
        })
        .collect();
    let plan = plan_file::text(&plan.check().unwrap());
    fs::write(library.path("archive.json"), plan).unwrap();
    library.succeed(&["apply", "archive.json"]);
    library
}

#[test]
fn law_3_nothing_leaves_a_volume_that_is_burned_not_even_by_undo() {
    let library = archived();
    library.succeed(&["plan", "undo", "-o", "undo.json"]);
    library.succeed(&["check", "undo.json"]);
    let why = "archive/07/2019/a.jpg: volume 07 is burned, and nothing leaves it any more";
    for events in [
        [BURNED],
        ["07 \"verified\",\"copy\":1"],
        ["07 \"lost\",\"copy\":1"],
    ] {
        record(&library, &events);
        library.refuse(3, &["check", "undo.json"], &[why]);
        library.refuse(3, &["apply", "--dry-run", "undo.json"], &[why]);
        library.refuse(3, &["apply", "undo.json"], &[why]);
        library.refuse(3, &["undo", "--yes"], &[why, "b.jpg"]);
    }
}

#[test]
fn law_3_a_volume_that_is_on_no_disc_is_given_back_by_undo() {
    let library = archived();
    record(&library, &["08 \"burned\",\"copy\":1", "07 \"sealed\""]);
    library.succeed(&["undo", "--yes"]);
    assert_eq!(library.read("media/2019/a.jpg"), "one");
}

#[test]
fn law_3_nothing_is_added_to_a_volume_that_is_burned() {
    let library = archived();
    library.succeed(&["undo", "--yes"]);
    record(&library, &[BURNED]);
    let history = library.succeed(&["history"]).out;
    let undo = history.lines().find(|l| l.contains("undo")).unwrap();
    let undo = undo.split_whitespace().next().unwrap();
    let why = "archive/07/2019/a.jpg: volume 07 is burned, and its discs would not hold this";
    library.refuse(3, &["undo", undo, "--yes"], &[why]);
}

#[test]
fn while_it_is_in_doubt_what_is_burned_nothing_moves() {
    let library = archived();
    library.succeed(&["plan", "undo", "-o", "undo.json"]);
    record(&library, &[BURNED]);
    let path = library.path("data/volumes.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    let damaged = good.replace("\"event\"", "\"evant\"") + &good[good.find("{\"vol").unwrap()..];
    let newer = good.replace("volumes/1", "volumes/2");
    for (bad, why) in [
        (
            damaged.as_str(),
            "volumes.jsonl cannot be used: line 2 is damaged",
        ),
        (
            newer.as_str(),
            "its format is 'mediastruct/volumes/2', and this version",
        ),
    ] {
        fs::write(&path, bad).unwrap();
        library.refuse(1, &["apply", "undo.json"], &[why]);
    }
    fs::write(&path, &good).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let why = "volumes.jsonl cannot be trusted: others may write to it";
    library.refuse(1, &["apply", "undo.json"], &[why]);
    // A line that was being added when the machine went down tells of nothing.
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    library.succeed(&["apply", "undo.json"]);
}

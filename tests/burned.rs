//! Volumes that are on discs: nothing leaves them, whatever asks for it.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

mod library;

use library::{Library, burn, record, verify};
use mediastruct::model::index_file;
use mediastruct::model::path::{RelPath, TreePath};
use mediastruct::model::plan::{Move, Phase, RawPlan, Why};
use mediastruct::model::plan_file;
use mediastruct::model::tree::Tree;
use std::fs;
use std::os::unix::fs::PermissionsExt;

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
            bundle: None,
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
fn law_3_no_file_of_ours_is_written_into_a_volume_that_is_burned() {
    let library = archived();
    let plan = r#"{"format":"mediastruct/plan/1","phase":"archive",
        "writes":[{"to":"archive/07/.unburned","role":"unburned","max_bytes":100}]}"#;
    library.write("mark.json", plan);
    library.succeed(&["check", "mark.json"]);
    record(&library, &[BURNED]);
    let why = "archive/07/.unburned: volume 07 is burned, and its discs would not hold this";
    library.refuse(3, &["check", "mark.json"], &[why]);
    library.refuse(3, &["apply", "mark.json"], &[why]);
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
    // A line that was being added when the machine went down tells of nothing, unless all of it but
    // its end is there.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    library.refuse(3, &["apply", "undo.json"], &["volume 07 is burned"]);
    fs::write(&path, &good[..good.len() - 2]).unwrap();
    let said = library.succeed(&["apply", "undo.json"]);
    said.tells(&["volumes.jsonl: its last line is torn"]);
}

/// A crawled library whose volume 07 is on a disc and gone from the disk, with a copy in media of
/// one of its files.
fn offline() -> Library {
    let library = Library::new();
    library.write("archive/07/2019/a.jpg", "one");
    library.write("archive/07/2019/b.jpg", "two");
    library.write("media/2024/copy.jpg", "one");
    library.write("media/2024/other.jpg", "other");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    fs::rename(library.path("archive/07"), library.path("disc")).unwrap();
    library
        .succeed(&["crawl"])
        .tells(&["offline: on discs, and gone from the disk:\n  archive/07"]);
    library
}

#[test]
fn a_burned_volume_that_is_gone_is_deduplicated_against() {
    let library = offline();
    assert!(
        library
            .read("data/archive_index.json")
            .contains("\"offline\"")
    );
    let start = library.census();
    library
        .succeed(&["plan", "dedupe", "-o", "plan.json"])
        .tells(&["of what stays, 1 file on discs alone, of volume 07"]);
    let need = "{\"path\":\"archive/07/2019/a.jpg\",\"offline\":\"07\",";
    let text = library.read("plan.json");
    assert!(text.contains(need), "{text}");
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "--verify", "hash", "plan.json"]);
    assert_eq!(library.read("duplicates/2024/copy.jpg"), "one");
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_5_a_plan_that_leans_on_a_disc_holds_only_while_the_disc_is_known() {
    let library = offline();
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    let copy = library.copy();
    record(&copy, &["07 \"lost\",\"copy\":1"]);
    let why = "archive/07/2019/a.jpg: no disc is known that holds volume 07";
    copy.refuse(3, &["apply", "plan.json"], &[why]);
    let plan = copy.succeed(&["plan", "dedupe"]).out;
    assert!(plan.contains("\"moves\": [\n]"), "{plan}");

    let copy = library.copy();
    let index = copy.read("data/archive_index.json");
    let hash = index.split("\"hash\":\"").nth(1).unwrap();
    fs::write(
        copy.path("data/archive_index.json"),
        index.replace(&hash[..64], &"0".repeat(64)),
    )
    .unwrap();
    let why = "archive/07/2019/a.jpg: the index holds another hash for it";
    copy.refuse(3, &["apply", "plan.json"], &[why]);

    let text = library.read("plan.json").replace("\"07\",", "\"08\",");
    library.write("forged.json", &text);
    let why = "it is said to be offline with volume 08, and is not in that volume";
    library.refuse(3, &["apply", "forged.json"], &[why]);

    // Once it is on the disk again, it is looked at there.
    fs::rename(library.path("disc"), library.path("archive/07")).unwrap();
    library.succeed(&["crawl"]);
    let why = "volume 07 is not offline any more; make a new plan";
    library.refuse(3, &["apply", "plan.json"], &[why]);
    let plan = library.succeed(&["plan", "dedupe"]).out;
    assert!(!plan.contains("offline"), "{plan}");
}

#[test]
fn a_volume_that_is_gone_and_on_no_disc_is_an_error() {
    let library = offline();
    let alone = "07 \"lost\",\"copy\":1";
    record(&library, &[alone]);
    let said = library.end_with(4, &["crawl"]);
    said.tells(&["gone from the archive as a whole", "archive/07"]);
    let plan = library.end_with(4, &["plan", "dedupe"]).out;
    assert!(plan.contains("\"moves\": [\n]"), "{plan}");
    // One of which nobody tells what is on it changes nothing.
    record(&library, &[BURNED]);
    let said = library.end_with(4, &["crawl"]);
    said.tells(&["do not hold what the index had last", "archive/07"]);
    // A new disc of it was burned elsewhere: it is offline again.
    fs::rename(library.path("disc"), library.path("archive/07")).unwrap();
    burn(&library, "07", 2);
    fs::rename(library.path("archive/07"), library.path("disc")).unwrap();
    library.succeed(&["crawl"]);
    let plan = library.succeed(&["plan", "dedupe"]).out;
    assert!(plan.contains("\"offline\":\"07\""), "{plan}");
}

/// Whether nothing that is in media moves, for no copy of it is known elsewhere, and nothing of
/// duplicates is proven.
fn nothing_moves(library: &Library) {
    let start = library.census();
    for phase in ["dedupe", "validate"] {
        let ended = library.run(&[phase, "--yes"]).code;
        assert!([0, 4].contains(&ended), "{phase}: {ended}");
    }
    assert!(library.census() == start);
}

/// Takes volume 07 off the disk; what the index had of it is on no disc.
fn take_off_what_is_on_no_disc(library: &Library) {
    fs::rename(library.path("archive/07"), library.path("off")).unwrap();
    for _ in 0..2 {
        let said = library.end_with(4, &["crawl"]);
        said.tells(&["do not hold what the index had last", "archive/07"]);
    }
    let index = library.read("data/archive_index.json");
    assert!(
        index.contains("\"missing\"") && !index.contains("\"hash\":\""),
        "{index}"
    );
}

#[test]
fn law_5_what_was_moved_to_a_burned_volume_is_on_no_disc() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.write("media/2019/trip/late.jpg", "late");
    library.write("media/2024/late.jpg", "late");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    verify(&library, "07", 1);
    // The times of the inode within do not change.
    let trip = library.path("media/2019/trip");
    fs::rename(&trip, library.path("archive/07/trip")).unwrap();
    let said = library.end_with(4, &["crawl"]);
    said.tells(&[
        "archive/07/trip/late.jpg: it is new",
        "archive/07: no disc is known",
    ]);
    take_off_what_is_on_no_disc(&library);
    nothing_moves(&library);
    // Without it, the disc holds the volume.
    fs::rename(library.path("off"), library.path("archive/07")).unwrap();
    fs::rename(library.path("archive/07/trip"), trip).unwrap();
    library.succeed(&["crawl"]);
    fs::rename(library.path("archive/07"), library.path("off")).unwrap();
    library.succeed(&["crawl"]).tells(&["offline: on discs"]);
}

#[test]
fn law_5_what_went_before_the_burn_is_on_no_disc() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.write("archive/07/x.jpg", "gone early");
    library.write("media/2024/x.jpg", "gone early");
    library.succeed(&["crawl"]);
    fs::remove_file(library.path("archive/07/x.jpg")).unwrap();
    burn(&library, "07", 1);
    verify(&library, "07", 1);
    library.succeed(&["crawl"]).tells(&["archive/07/x.jpg"]);
    fs::rename(library.path("archive/07"), library.path("off")).unwrap();
    library.succeed(&["crawl"]).tells(&["offline: on discs"]);
    nothing_moves(&library);
}

#[test]
fn law_5_a_disc_that_was_read_proves_nothing_of_what_was_edited_since() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.write("duplicates/2024/a.jpg", "edited");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    verify(&library, "07", 1);
    library.write("archive/07/a.jpg", "edited");
    library
        .end_with(4, &["crawl"])
        .tells(&["archive/07/a.jpg: it changed"]);
    burn(&library, "07", 2);
    library.succeed(&["crawl"]);
    fs::rename(library.path("archive/07"), library.path("off")).unwrap();
    library.succeed(&["crawl"]).tells(&["offline: on discs"]);
    let said = library.end_with(4, &["validate", "--yes"]);
    said.tells(&["of which no disc was read and found whole"]);
    assert_eq!(library.read("duplicates/2024/a.jpg"), "edited");
    // Made while the second disc was believed to be read, a plan does not hold once it is lost.
    fs::rename(library.path("off"), library.path("archive/07")).unwrap();
    verify(&library, "07", 2);
    fs::rename(library.path("archive/07"), library.path("off")).unwrap();
    library.succeed(&["plan", "validate", "-o", "plan.json"]);
    record(&library, &["07 \"lost\",\"copy\":2"]);
    let why = "no disc is known that holds volume 07 as the index has it";
    library.refuse(3, &["apply", "plan.json"], &[why]);
}

#[test]
fn law_5_other_content_in_the_place_of_a_volume_is_on_no_disc() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.write("media/2024/wrong.jpg", "wrong");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    verify(&library, "07", 1);
    fs::rename(library.path("archive/07"), library.path("disc")).unwrap();
    library.succeed(&["crawl"]);
    library.write("archive/07/wrong.jpg", "wrong");
    let said = library.end_with(4, &["crawl"]);
    said.tells(&[
        "archive/07/wrong.jpg: it is new",
        "archive/07/a.jpg: it is gone",
    ]);
    take_off_what_is_on_no_disc(&library);
    nothing_moves(&library);
    // The loss of what was there by mistake can be accepted.
    fs::create_dir(library.path("archive/07")).unwrap();
    let said = library.end_with(4, &["crawl"]);
    said.tells(&["archive/07/wrong.jpg: it is gone"]);
    library.succeed(&["crawl"]);
}

#[test]
fn law_5_a_volume_that_is_left_out_is_not_offline() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    for pattern in ["archive/07/**", "archive/07"] {
        library.run(&["crawl", "--exclude", pattern]);
        let index = library.read("data/archive_index.json");
        assert!(!index.contains("\"offline\""), "{pattern}: {index}");
        library.succeed(&["crawl", "--force"]);
    }
}

#[test]
fn law_5_a_pattern_forgets_nothing_that_is_on_discs_alone() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    fs::remove_file(library.path("archive/07/a.jpg")).unwrap();
    library.succeed(&["crawl"]);
    let known = library.read("data/archive_index.json");
    assert!(known.contains("\"offline\""), "{known}");
    for pattern in [
        "archive/07",
        "archive/*",
        "archive/**",
        "archive/07/**",
        "a.jpg",
    ] {
        library.run(&["crawl", "--exclude", pattern]);
        assert_eq!(library.read("data/archive_index.json"), known, "{pattern}");
    }
}

#[test]
fn the_mark_of_an_unburned_volume_is_no_file_of_the_users() {
    let library = Library::new();
    library.write("archive/07/a.jpg", "one");
    library.write("archive/07/.unburned", "not on a disc yet");
    library.write("archive/07/2019/.unburned", "the user's own");
    library.write("media/2024/.unburned", "the user's own");
    library.succeed(&["crawl"]);
    let index = library.read("data/archive_index.json");
    assert!(!index.contains("\"07/.unburned\""), "{index}");
    assert!(index.contains("\"07/2019/.unburned\""), "{index}");
    let index = library.read("data/media_index.json");
    assert!(index.contains("\"2024/.unburned\""), "{index}");
}

//! Ingest through the program: from a messy drop directory to dated files that belong together.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{AS_NOBODY, Library, belongs_to_nobody};
use mediastruct::disk::mediagen::Truth;
use mediastruct::model::path::TreePath;
use mediastruct::model::plan::{Plan, SkipKind};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

/// When the files of these tests were changed last: 2017-07-14T02:40:00Z.
const CHANGED: u64 = 1_500_000_000;

/// A crawled library in which media and the archive hold a file each.
fn library() -> Library {
    let library = Library::new();
    library.write("archive/03/2019/a.jpg", "archived");
    library.write("media/2024/b.jpg", "in media");
    library.succeed(&["crawl"]);
    library
}

/// Writes a file into the drop directory that has been there for long.
fn put(library: &Library, name: &str, content: &str) {
    library.write(&format!("ingest/{name}"), content);
    settle(&library.path("ingest").join(name));
}

fn settle(path: &Path) {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(CHANGED);
    let file = fs::File::open(path).unwrap();
    file.set_modified(changed).unwrap();
}

fn hex(content: &str) -> String {
    blake3::hash(content.as_bytes()).to_hex()[..16].to_owned()
}

/// The place of a file of which nothing but its last change is known.
fn guessed(content: &str, ending: &str) -> String {
    format!("media/2017/20170714_024000_{}{ending}", hex(content))
}

fn planned(library: &Library, code: i32, options: &[&str]) -> Plan {
    let arguments = [
        &["plan", "ingest", "--time-zone", "UTC", "-o", "plan.json"],
        options,
    ]
    .concat();
    library.end_with(code, &arguments);
    library.plan("plan.json")
}

/// The files that a plan leaves out, by path.
fn left_out(plan: &Plan) -> BTreeMap<String, SkipKind> {
    let skipped = plan.skipped.iter();
    skipped
        .map(|skip| (skip.path.to_string(), skip.kind))
        .collect()
}

fn ingest(library: &Library) -> library::Said {
    library.run(&["ingest", "--yes", "--time-zone", "UTC"])
}

#[test]
fn ingest_sorts_what_it_finds_and_undo_brings_it_back() {
    let library = library();
    put(&library, "card/new.jpg", "new");
    put(&library, "card/again.jpg", "new");
    put(&library, "card/old.jpg", "archived");
    put(&library, "phone/b.jpg", "in media");
    let start = library.census();
    let plan = planned(&library, 0, &[]);
    assert!(library.census() == start, "planning changes nothing");
    let kinds = &plan.summary.as_ref().unwrap().kinds;
    let kinds: Vec<_> = kinds.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    assert_eq!(
        kinds,
        [("already_archived", 1), ("date", 1), ("duplicate", 2)]
    );
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    assert_eq!(library.read(&guessed("new", ".jpg")), "new");
    for (name, content) in [
        ("card/new.jpg", "new"),
        ("card/old.jpg", "archived"),
        ("phone/b.jpg", "in media"),
    ] {
        let twin = library.read(&format!("duplicates/ingest/{name}"));
        assert_eq!(twin, content);
    }
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start, "undone");
    let said = ingest(&library);
    assert_eq!(said.code, 0, "{}", said.err);
    // What was taken in stands in the index, and can be found under its old name.
    let found = library.succeed(&["find", "card/again.jpg"]).out;
    assert!(found.contains("media/2017/20170714_024000_"), "{found}");
    library
        .succeed(&["dedupe", "--yes"])
        .tells(&["nothing to do"]);
    library.succeed(&["crawl"]);
    library
        .succeed(&["dedupe", "--yes"])
        .tells(&["nothing to do"]);
    // What went to duplicates is proven by what was taken in.
    library.succeed(&["validate", "--yes"]);
    assert_eq!(library.read("validated/ingest/card/new.jpg"), "new");
}

#[test]
fn a_card_that_is_taken_in_twice_changes_nothing_in_media() {
    let library = Library::with_dataset(&["--files", "300", "--size", "3000"]);
    library.succeed(&["crawl"]);
    let card = library.surroundings().join("card");
    let copy = |from: &Path, to: &Path| {
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([from, to])
            .status();
        assert!(copied.unwrap().success());
    };
    copy(&library.path("ingest"), &card);
    library.succeed(&["ingest", "--yes"]);
    let media = |library: &Library| {
        let mut census = library.census();
        census.retain(|path, counted| path.tree.name() == "media" && counted.content.is_some());
        census
    };
    let first = media(&library);
    fs::remove_dir_all(library.path("ingest")).unwrap();
    copy(&card, &library.path("ingest"));
    library.succeed(&["ingest", "--yes"]);
    assert!(media(&library) == first);
    let said = library.succeed(&["plan", "ingest"]);
    said.tells(&["moves     0 files"]);
}

#[test]
fn dates_and_bundles_are_those_of_the_truth() {
    for seed in ["0", "7", "23"] {
        let options = ["--files", "700", "--size", "2000", "--seed", seed];
        let truth = [&options[..], &["--truth", "truth.json"]].concat();
        let library = Library::with_dataset(&truth);
        library.succeed(&["crawl"]);
        let truth: Truth = serde_json::from_str(&library.read("truth.json")).unwrap();
        let plan = planned(&library, 0, &[]);
        let moves: BTreeMap<_, _> = plan.moves.iter().map(|m| (m.from.clone(), m)).collect();
        let (mut dated, mut bundled) = (0, 0);
        for file in truth.files.iter().filter(|f| f.path.contains("ingest/")) {
            let path = TreePath::from_text(&file.path).unwrap();
            let Some(operation) = moves.get(&path) else {
                continue;
            };
            let bundle = file.bundle.as_ref();
            let bundle = bundle.map(|main| TreePath::from_text(main).unwrap());
            assert_eq!(operation.bundle, bundle, "{path}");
            bundled += usize::from(bundle.is_some());
            let is_main = bundle.is_none_or(|main| main == path);
            let taken = &operation.why.dated().unwrap().taken;
            let instant = file
                .instant
                .as_ref()
                .map(|at| at.trim_end_matches('Z').to_owned());
            if let Some(expected) = file.taken.clone().or(instant).filter(|_| is_main) {
                let found = taken.taken.strftime("%Y-%m-%dT%H:%M:%S").to_string();
                assert_eq!(
                    (found, taken.source.to_string()),
                    (expected, file.source.clone().unwrap()),
                    "{path}"
                );
                dated += 1;
            }
        }
        assert!(dated > 20 && bundled > 8, "{dated} {bundled}");
    }
}

#[test]
fn law_9_what_is_no_file_or_not_whole_is_named_and_stays() {
    let library = library();
    put(&library, "a.jpg", "a");
    put(&library, "empty.jpg", "");
    put(&library, "Thumbs.db", "thumbs");
    library.write("ingest/late.jpg", "still being copied");
    let drop = library.path("ingest");
    symlink("/etc/passwd", drop.join("link.jpg")).unwrap();
    symlink("nowhere", drop.join("dangling.jpg")).unwrap();
    let fifo = std::process::Command::new("mkfifo")
        .arg(drop.join("fifo.jpg"))
        .status();
    assert!(fifo.unwrap().success());
    let _socket = UnixListener::bind(drop.join("socket.jpg")).unwrap();
    fs::create_dir(drop.join("directory.jpg")).unwrap();
    put(&library, "directory.jpg/b.jpg", "b");
    let plan = planned(&library, 4, &[]);
    let left = left_out(&plan);
    let kinds: Vec<_> = left
        .iter()
        .map(|(path, kind)| (path.as_str(), *kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("ingest/Thumbs.db", SkipKind::System),
            ("ingest/dangling.jpg", SkipKind::Special),
            ("ingest/empty.jpg", SkipKind::Empty),
            ("ingest/fifo.jpg", SkipKind::Special),
            ("ingest/late.jpg", SkipKind::Changing),
            ("ingest/link.jpg", SkipKind::Special),
            ("ingest/socket.jpg", SkipKind::Special),
        ]
    );
    let said = ingest(&library);
    assert_eq!(said.code, 4, "{}", said.err);
    said.tells(&[
        "left out  7 files: 1 still changing, 4 no regular files, 1 empty, 1 of operating systems",
        "ingest/late.jpg: it was written within the last minute",
        "ingest/fifo.jpg: it is a named pipe",
    ]);
    assert_eq!(library.read(&guessed("b", ".jpg")), "b");
    assert!(drop.join("link.jpg").symlink_metadata().is_ok());
    settle(&drop.join("late.jpg"));
    assert_eq!(ingest(&library).code, 0);
    assert!(!drop.join("late.jpg").exists());
}

#[test]
fn law_9_what_cannot_be_read_is_named_and_its_bundle_stays() {
    let library = library();
    put(&library, "a.CR2", "raw");
    put(&library, "a.JPG", "picture");
    put(&library, "closed/x.jpg", "x");
    put(&library, "b.jpg", "b");
    if !belongs_to_nobody(&library, "files that may not be read") {
        return;
    }
    for (path, mode) in [("a.JPG", 0), ("closed", 0)] {
        let path = library.path("ingest").join(path);
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let said = library.run_within(&AS_NOBODY, &["ingest", "--yes", "--time-zone", "UTC"]);
    assert_eq!(said.code, 4, "{}", said.err);
    said.tells(&[
        "ingest/a.JPG: unreadable: permission denied",
        "ingest/a.CR2: it stays with ingest/a.JPG, which is left out",
        "ingest/closed: unreadable: permission denied",
    ]);
    assert_eq!(library.read(&guessed("b", ".jpg")), "b");
    assert!(library.path("ingest/a.CR2").exists());
}

#[test]
fn a_directory_of_duplicates_that_cannot_be_read_has_no_free_names() {
    let library = library();
    put(&library, "closed/x.jpg", "archived");
    put(&library, "open/x.jpg", "in media");
    library.write("duplicates/2019/a.jpg", "any");
    library.write("duplicates/ingest/closed/x.jpg", "any");
    if !belongs_to_nobody(&library, "directories that may not be read") {
        return;
    }
    for dir in ["2019", "ingest/closed"] {
        let path = library.path("duplicates").join(dir);
        fs::set_permissions(path, Permissions::from_mode(0o0)).unwrap();
    }
    let said = library.run_within(&AS_NOBODY, &["ingest", "--yes", "--time-zone", "UTC"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(library.read("duplicates/ingest/closed~2/x.jpg"), "archived");
    assert_eq!(library.read("duplicates/ingest/open/x.jpg"), "in media");
    // Where nothing of it can be read, somebody has to look into it.
    fs::set_permissions(library.path("duplicates"), Permissions::from_mode(0o0)).unwrap();
    let said = library.run_within(&AS_NOBODY, &["plan", "ingest"]);
    assert_eq!(said.code, 1, "{}", said.err);
    said.tells(&["duplicates: permission denied", "hint: run it as the user"]);
}

#[test]
fn names_of_any_bytes_and_lengths_are_taken_in() {
    let library = library();
    let long = format!("{}.jpg", "x".repeat(251));
    let no_extension = format!("a.{}", "y".repeat(253));
    let names = [
        long.as_bytes(),
        no_extension.as_bytes(),
        b"\xff\xfe\n\x1b[2J.jp\xffg",
        b"-rf",
        b" ",
        b"a\tb.JPEG",
        "\u{202e}gpj.exe".as_bytes(),
    ];
    for (number, name) in names.iter().enumerate() {
        let path = library
            .path("ingest")
            .join(std::ffi::OsStr::from_bytes(name));
        fs::write(&path, number.to_string()).unwrap();
        settle(&path);
    }
    let said = ingest(&library);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(library.read(&guessed("0", ".jpg")), "0");
    assert_eq!(library.read(&guessed("1", "")), "1");
    assert_eq!(library.read(&guessed("5", ".JPEG")), "5");
    let odd = [guessed("2", ".jp").as_bytes(), b"\xffg"].concat();
    let odd = library.root().join(std::ffi::OsStr::from_bytes(&odd));
    assert_eq!(fs::read(odd).unwrap(), b"2");
    let before = library.census();
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["undo", "--yes", &newest(&library)]);
    assert!(library.census() == before, "redone");
}

/// The name of the newest run.
fn newest(library: &Library) -> String {
    let text = library.succeed(&["history", "--json"]).out;
    let history: serde_json::Value = serde_json::from_str(&text).unwrap();
    history["runs"][0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn law_2_a_destination_that_exists_is_not_overwritten() {
    let library = library();
    put(&library, "a.jpg", "a");
    put(&library, "b.jpg", "b");
    let taken = guessed("a", ".jpg");
    library.write(&taken, "a stranger's");
    let plan = planned(&library, 4, &[]);
    assert_eq!(left_out(&plan)["ingest/a.jpg"], SkipKind::Occupied);
    assert_eq!(plan.moves.len(), 1);
    let said = ingest(&library);
    assert_eq!(said.code, 4);
    said.tells(&["is taken by a file that no index lists: crawl"]);
    library.succeed(&["crawl"]);
    // It is known now, and holds something else.
    assert_eq!(ingest(&library).code, 0);
    assert_eq!(library.read(&guessed("a", "~2.jpg")), "a");
    assert_eq!(library.read(&taken), "a stranger's");
}

#[test]
fn a_directory_in_the_place_of_a_file_is_told_as_one() {
    let library = library();
    put(&library, "a.jpg", "a");
    put(&library, "b.jpg", "b");
    let taken = guessed("a", ".jpg");
    library.write(&format!("{taken}/any.jpg"), "any");
    let said = ingest(&library);
    assert_eq!(said.code, 4, "{}", said.err);
    said.tells(&[&format!(
        "ingest/a.jpg: {taken} is taken by a directory: rename that"
    )]);
    assert_eq!(library.read("ingest/a.jpg"), "a");
    assert_eq!(library.read(&guessed("b", ".jpg")), "b");
}

#[test]
fn of_names_of_one_file_in_ingest_the_later_is_told_and_stays() {
    let library = library();
    put(&library, "a.jpg", "a");
    fs::hard_link(library.path("ingest/a.jpg"), library.path("ingest/b.jpg")).unwrap();
    let said = ingest(&library);
    assert_eq!(said.code, 0, "{}", said.err);
    said.tells(&["1 hard link"]);
    assert_eq!(library.read(&guessed("a", ".jpg")), "a");
    let plan = planned(&library, 0, &[]);
    assert_eq!(left_out(&plan)["ingest/b.jpg"], SkipKind::HardLink);
    assert!(plan.moves.is_empty());
}

#[test]
fn law_2_a_destination_that_came_after_the_plan_refuses_it() {
    let library = library();
    put(&library, "a.jpg", "a");
    planned(&library, 0, &[]);
    library.write(&guessed("a", ".jpg"), "a stranger's");
    library.refuse(3, &["apply", "plan.json"], &["something is there already"]);
}

#[test]
fn law_5_a_file_that_changed_since_the_plan_refuses_it() {
    let library = library();
    put(&library, "a.jpg", "a");
    put(&library, "b.jpg", "b");
    planned(&library, 0, &[]);
    // Neither size nor time tell.
    put(&library, "a.jpg", "A");
    library.refuse(
        3,
        &["apply", "plan.json"],
        &["ingest/a.jpg: its content changed"],
    );
    put(&library, "a.jpg", "longer");
    library.refuse(
        3,
        &["apply", "plan.json"],
        &["ingest/a.jpg: it changed: 6 bytes"],
    );
}

#[test]
fn law_5_the_copy_that_is_named_as_the_keeper_has_to_be_there() {
    let library = library();
    put(&library, "old.jpg", "archived");
    planned(&library, 0, &[]);
    fs::write(library.path("archive/03/2019/a.jpg"), "ARCHIVED").unwrap();
    library.refuse(3, &["apply", "plan.json"], &["archive/03/2019/a.jpg"]);
    // Nor does a plan stand in which a twin's file was taken out.
    put(&library, "x.jpg", "x");
    put(&library, "y.jpg", "x");
    library.succeed(&["crawl", "--force"]);
    planned(&library, 0, &[]);
    let text = library.read("plan.json");
    let lines = text
        .lines()
        .filter(|line| !line.contains("\"from\":\"ingest/x.jpg\""));
    let edited: Vec<_> = lines.collect();
    library.write("edited.json", &edited.join("\n"));
    library.refuse(
        3,
        &["check", "edited.json"],
        &["ingest/y.jpg: its keeper media/2017/"],
    );
}

#[test]
fn law_7_and_8_a_plan_of_ingest_is_the_same_with_any_threads_and_moves_nothing() {
    let library = Library::with_dataset(&["--files", "400", "--size", "3000"]);
    library.succeed(&["crawl"]);
    let before = library.census();
    let plan = library.succeed(&["plan", "ingest"]).out;
    for jobs in ["1", "2", "16"] {
        let again = library.succeed(&["--jobs", jobs, "plan", "ingest"]).out;
        assert!(again == plan, "{jobs} threads");
    }
    assert!(library.census() == before);
}

#[test]
fn a_plan_that_is_made_again_hashes_nothing_again() {
    let library = library();
    for number in 0..20 {
        put(
            &library,
            &format!("{number}.jpg"),
            &format!("content {number}"),
        );
        // What was changed a moment ago may change again without its times telling.
        let path = library.path(&format!("ingest/{number}.jpg"));
        let touched = std::process::Command::new("touch")
            .args(["-d", "@1500000000"])
            .arg(&path)
            .status();
        assert!(touched.unwrap().success());
    }
    std::thread::sleep(Duration::from_millis(2100));
    let plan = library.succeed(&["plan", "ingest"]).out;
    let kept = library.read("data/ingest_progress.jsonl");
    assert_eq!(kept.lines().count(), 21);
    // Whoever forged that is believed: so it is known that the file was not read.
    let forged = kept.replace(
        &blake3::hash(b"content 7").to_hex().to_string(),
        &"7".repeat(64),
    );
    fs::write(library.path("data/ingest_progress.jsonl"), forged).unwrap();
    let again = library.succeed(&["plan", "ingest"]).out;
    assert!(again.contains("_7777777777777777.jpg"), "{again}");
    // A file that is another now is read.
    put(&library, "7.jpg", "content 7");
    assert_eq!(library.succeed(&["plan", "ingest"]).out, plan);
    // One that cannot be used is told, and stops nothing.
    fs::remove_file(library.path("data/ingest_progress.jsonl")).unwrap();
    fs::create_dir(library.path("data/ingest_progress.jsonl")).unwrap();
    let said = library.succeed(&["plan", "ingest"]);
    assert_eq!(said.out, plan);
    said.tells(&["every file is read, and no hash is kept", "move it away"]);
}

#[test]
fn a_persons_dates_and_directories_are_kept() {
    let library = library();
    put(&library, "scans/album 1/a.jpg", "a");
    put(&library, "scans/b.jpg", "b");
    put(&library, "c.jpg", "c");
    library.write("dates.txt", "# by hand\n1987-07-14 scans/album 1\n");
    planned(
        &library,
        0,
        &[
            "--date-map",
            "dates.txt",
            "--undated",
            "media/2024/undated",
            "--prune-empty",
        ],
    );
    library.succeed(&["apply", "plan.json"]);
    let scan = format!("media/1987/19870714_000000_{}.jpg", hex("a"));
    assert_eq!(library.read(&scan), "a");
    assert_eq!(library.read("media/2024/undated/scans/b.jpg"), "b");
    assert_eq!(library.read("media/2024/undated/c.jpg"), "c");
    assert!(!library.path("ingest/scans").exists());
    library.succeed(&["undo", "--yes"]);
    assert_eq!(library.read("ingest/scans/album 1/a.jpg"), "a");
    // Only what is in a directory; the rest stays.
    let only = library.path("ingest/scans").to_str().unwrap().to_owned();
    let plan = planned(&library, 0, &["--date", "1990-01-01T12:00:00+02:00", &only]);
    let to: Vec<_> = plan.moves.iter().map(|m| m.to.to_string()).collect();
    assert_eq!(to.len(), 2);
    assert!(
        to.iter()
            .all(|to| to.starts_with("media/1990/19900101_120000_")),
        "{to:?}"
    );
}

#[test]
fn a_directory_that_is_in_no_tree_stands_in_for_ingest() {
    let library = library();
    put(&library, "stays.jpg", "stays");
    let card = library.surroundings().join("card");
    fs::create_dir(&card).unwrap();
    fs::write(card.join("a.jpg"), "a").unwrap();
    settle(&card.join("a.jpg"));
    let dir = card.to_str().unwrap();
    let said = library.succeed(&["ingest", "--yes", "--time-zone", "UTC", dir]);
    let again = format!("`MEDIASTRUCT_INGEST_DIR={dir} mediastruct undo 2");
    said.tells(&[&again]);
    assert_eq!(library.read(&guessed("a", ".jpg")), "a");
    assert!(library.path("ingest/stays.jpg").exists());
    assert!(!card.join("a.jpg").exists());
    // Law 10: it comes back to where it was, or not at all.
    let told = ["ingest is another directory than the one that the run used"];
    library.refuse(3, &["undo", "--yes"], &told);
    let mut undo = library.command(&["undo", "--yes"]);
    let undone = library::said(undo.env("MEDIASTRUCT_INGEST_DIR", &card));
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(fs::read(card.join("a.jpg")).unwrap(), b"a");
    let other = library.surroundings().to_str().unwrap();
    library
        .end_with(64, &["ingest", "--yes", dir, other])
        .tells(&["is to be named alone"]);
    // Nor is the library itself new.
    for dir in [library.root(), library.surroundings()] {
        let dir = dir.to_str().unwrap();
        let said = library.end_with(64, &["plan", "ingest", dir]);
        said.tells(&["which is the library's own"]);
    }
}

/// A card with these files, which has to be left as it is.
fn card(library: &Library, files: &[(&str, &str)]) -> std::path::PathBuf {
    let card = library.surroundings().join("card");
    fs::create_dir(&card).unwrap();
    for (name, content) in files {
        fs::write(card.join(name), content).unwrap();
        settle(&card.join(name));
    }
    card
}

#[test]
fn law_1_a_card_that_is_copied_is_left_as_it_is() {
    let library = library();
    let files = [("a.jpg", "a"), ("a.CR2", "raw"), ("old.jpg", "archived")];
    let card = card(&library, &files);
    let before = library::everything(&card, &[]);
    let dir = card.to_str().unwrap();
    let copy = ["ingest", "--copy", "--yes", "--time-zone", "UTC", dir];
    let said = library.succeed(&copy);
    said.tells(&["copies    2 files", "1 known", "copied 2 files"]);
    let raw = guessed("raw", ".CR2");
    assert_eq!(library.read(&raw), "raw");
    assert_eq!(library.read(&raw.replace(".CR2", ".jpg")), "a");
    before.assert_same(&library::everything(&card, &[]), "the card");
    let find = || {
        let mut command = library.command(&["find", "ingest/a.CR2"]);
        library::said(command.env("MEDIASTRUCT_INGEST_DIR", &card)).out
    };
    let found = find();
    assert!(found.contains(&format!("  {raw}  there\n")), "{found}");
    assert!(
        found.contains("  ingest/a.CR2  there, as the journals know\n"),
        "{found}"
    );
    // A card that is taken in again gives nothing.
    library.succeed(&copy).tells(&["3 known", "nothing to do"]);
    // Undo and redo do without the card.
    let copied = library.census();
    fs::rename(&card, library.surroundings().join("away")).unwrap();
    let run = newest(&library);
    let purge = ["purge", &run, "--yes"];
    library.succeed(&purge).tells(&["nothing to purge"]);
    let undone = library.succeed(&["undo", "--yes"]);
    let freed = format!(
        "2 files, 4 bytes, put aside in media/.mediastruct.d until `mediastruct purge {run}`"
    );
    undone.tells(&[&freed]);
    assert!(!library.path(&raw).exists());
    // Without the card, they may be all that there is.
    library
        .end_with(4, &purge)
        .tells(&["no copy of it could be verified"]);
    let history = library.succeed(&["history", "--json"]).out;
    assert!(history.contains("\"files\": 2,"), "{history}");
    let found = find();
    assert!(found.contains("  ingest/a.CR2  was there\n"), "{found}");
    assert!(found.contains(&format!("  {raw}  was there\n")), "{found}");
    let aside = format!("  media/.mediastruct.d/parked/{run}/c");
    assert!(found.contains(&aside), "{found}");
    assert!(found.contains(&format!("run {run}, undone by ")), "{found}");
    library.succeed(&["undo", "--yes", &newest(&library)]);
    let found = find();
    assert!(found.contains(&format!("  {raw}  there\n")), "{found}");
    assert!(
        !found.contains(&format!("run {run}, undone by ")),
        "{found}"
    );
    assert!(library.census() == copied, "redone");
    library
        .succeed(&["dedupe", "--yes"])
        .tells(&["nothing to do"]);
    assert!(
        library
            .read("data/media_index.json")
            .contains(&raw["media/".len()..])
    );
    // Once the card is back, its files are copies of the copies.
    library.succeed(&["undo", "--yes", &run]);
    fs::rename(library.surroundings().join("away"), &card).unwrap();
    let mut command = library.command(&purge);
    let purged = library::said(command.env("MEDIASTRUCT_INGEST_DIR", &card));
    assert_eq!(purged.code, 0, "{}", purged.err);
    purged.tells(&["deleted 2 files, 4 bytes"]);
    assert!(!library.path("media/.mediastruct.d").exists());
    before.assert_same(&library::everything(&card, &[]), "the card");
}

#[test]
fn law_2_and_6_a_copy_that_finds_its_name_taken_leaves_nothing_behind() {
    let library = library();
    put(&library, "a.jpg", "a");
    put(&library, "b.jpg", "b");
    planned(&library, 0, &["--copy"]);
    library.write(&guessed("b", ".jpg"), "a stranger's");
    library.refuse(3, &["apply", "plan.json"], &["something is there already"]);
    assert!(!library.path(&guessed("a", ".jpg")).exists());
    library.end_with(64, &["ingest", "--copy", "--prune-empty"]);
}

#[test]
fn a_zone_of_the_machine_that_is_but_a_guess_is_told() {
    let library = library();
    put(&library, "a.txt", "a");
    for (zone, arguments, name, told) in [
        ("Mars/Olympus", &[][..], "UTC", "UTC is taken"),
        (
            "CET-1CEST-1,M3.5.0,M10.5.0",
            &[],
            "+01:00",
            "+01:00, is taken",
        ),
        ("Europe/Berlin", &[], "Europe/Berlin", ""),
        ("Mars/Olympus", &["--time-zone", "utc"], "UTC", ""),
    ] {
        let arguments = [&["plan", "ingest", "-o", "plan.json"], arguments].concat();
        let mut command = library.command(&arguments);
        let said = library::said(command.env("TZ", zone));
        let plan = library.plan("plan.json");
        assert_eq!(plan.settings.time_zone.as_deref(), Some(name), "{zone}");
        let is_told = said.err.contains("time_zone in the configuration");
        assert_eq!(is_told, !told.is_empty(), "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
    }
}

#[test]
fn zones_are_known_where_the_machine_has_no_list_of_them() {
    let skipped = "machines without time zones";
    if !library::has_own_mounts(
        zones_are_known_where_the_machine_has_no_list_of_them,
        skipped,
    ) {
        return;
    }
    let library = library();
    put(&library, "PXL_20190301_230000.jpg", "a");
    let zones = Path::new("/usr/share/zoneinfo");
    let _hidden = zones.exists().then(|| library::Mounted::tmpfs("", zones));
    let mut command = library.command(&["plan", "ingest", "--time-zone", "Asia/Tokyo"]);
    let said = library::said(command.env("TZ", "UTC"));
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("media/2019/20190302_080000_"),
        "{}",
        said.out
    );
}

#[test]
fn what_cannot_be_understood_is_told() {
    let library = library();
    library.write("dates.txt", "1987-07-14 a\nsoon b\n");
    for (options, told) in [
        (
            &["--date", "soon"][..],
            "'soon' is no date such as 1987-07-14",
        ),
        (
            &["--date", "9019-03-01"],
            "the date 9019-03-01 00:00:00 lies in the future",
        ),
        (
            &["--date-map", "dates.txt"],
            "dates.txt: line 2: 'soon' is no date",
        ),
        (
            &["--undated", "media/undated"],
            "media/undated is in no unit of media",
        ),
        (&["--undated", "ingest/x"], "ingest/x is not in media"),
        (&["--time-zone", "Middle-earth/Shire"], "Middle-earth/Shire"),
        (&["--undated", ""], "an empty path names nothing"),
        (&["media/2024"], "is not in ingest"),
        (&["media"], "media is the tree media, and not in ingest"),
        (&["nowhere"], "nowhere: there is no such directory"),
        (&["link"], "link is a symbolic link, and is not followed"),
        (&["link/"], "link/ is a symbolic link, and is not followed"),
        (&["dates.txt"], "dates.txt is no directory"),
        (
            &["ingest/.mediastruct.d/parked"],
            "where mediastruct keeps its own files",
        ),
    ] {
        library.write("ingest/.mediastruct.d/parked/any", "any");
        let _ = symlink("ingest", library.path("link"));
        let said = library.run(&[&["plan", "ingest"], options].concat());
        assert_eq!(said.code, 64, "{options:?}: {}", said.err);
        said.tells(&[told]);
    }
    let said = library.run(&["plan", "ingest", "--date-map", "missing.txt"]);
    assert_eq!(said.code, 1, "{}", said.err);
    said.tells(&[
        "missing.txt: cannot be read",
        "hint: --date-map takes a file",
    ]);
    // Nor are files gathered where no index would list them.
    let mut command = library.command(&["plan", "ingest", "--undated", "media/2024/raw/undated"]);
    command.env("MEDIASTRUCT_CRAWL_EXCLUDE", "media/2024/raw");
    let said = library::said(&mut command);
    assert_eq!(said.code, 64, "{}", said.err);
    said.tells(&["crawl leaves media/2024/raw/undated out, by the pattern 'media/2024/raw'"]);
    let bare = Library::new();
    let said = bare.end_with(3, &["plan", "ingest"]);
    said.tells(&[
        "archive was never indexed",
        "`mediastruct crawl` indexes it",
    ]);
    fs::remove_dir(bare.path("ingest")).unwrap();
    bare.end_with(1, &["plan", "ingest"])
        .tells(&["ingest_dir: ", "is missing"]);
}

#[test]
fn exiftool_is_asked_about_what_is_not_dated_otherwise() {
    let skipped = "asking ExifTool";
    if !library::can(&["exiftool", "-ver"], skipped) {
        return;
    }
    let library = library();
    let drawing = r#"<svg xmlns="http://www.w3.org/2000/svg"><metadata><x:xmpmeta
        xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmp:CreateDate="2019-03-01T12:00:05"/></rdf:RDF></x:xmpmeta></metadata></svg>"#;
    put(&library, "drawing.svg", drawing);
    put(&library, "notes.txt", "no date");
    let arguments = ["plan", "ingest", "--time-zone", "UTC", "-o", "plan.json"];
    let planned = |metadata: &str| {
        let mut command = library.command(&arguments);
        command.env("MEDIASTRUCT_INGEST_METADATA", metadata);
        let said = library::said(&mut command);
        assert_eq!(said.code, 0, "{}", said.err);
        let plan = library.plan("plan.json");
        let to = plan.moves.iter().map(|m| m.to.to_string());
        to.collect::<Vec<_>>()
    };
    let notes = guessed("no date", ".txt");
    let guessed = guessed(drawing, ".svg");
    assert_eq!(planned("builtin"), [guessed, notes.clone()]);
    let dated = format!("media/2019/20190301_120005_{}.svg", hex(drawing));
    assert_eq!(planned("exiftool"), [dated, notes]);
}

#[test]
fn exiftool_ends_when_mediastruct_was_killed() {
    if !library::can(&["exiftool", "-ver"], "killing what has ExifTool asked") {
        return;
    }
    let library = library();
    for number in 0..2000 {
        put(&library, &format!("{number}.txt"), "no date");
    }
    let mut command = library.command(&["plan", "ingest", "-o", "plan.json"]);
    command.env("MEDIASTRUCT_INGEST_METADATA", "exiftool");
    let mut running = command.stderr(Stdio::piped()).spawn().unwrap();
    let exiftool = loop {
        assert!(running.try_wait().unwrap().is_none(), "it ended before");
        if let Some(child) = child_of(running.id()) {
            break child;
        }
    };
    // Once it is read that far, it serves files.
    let log = library.path("logs/mediastruct.log");
    while !fs::read_to_string(&log)
        .unwrap_or_default()
        .contains("ExifTool")
    {
        assert!(running.try_wait().unwrap().is_none(), "it ended before");
    }
    running.kill().unwrap();
    running.wait().unwrap();
    while stat(exiftool).is_some_and(|(state, _)| state != "Z") {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A process that this one started.
fn child_of(parent: u32) -> Option<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let mut processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.find(|process| stat(*process).is_some_and(|(_, of)| of == parent))
}

/// The state of a process, and who started it; none once it is gone.
fn stat(process: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

#[test]
fn an_exiftool_that_is_not_there_is_told_with_the_key_that_asks_for_it() {
    let library = library();
    put(&library, "a.jpg", "a");
    let mut command = library.command(&["plan", "ingest"]);
    command.env("MEDIASTRUCT_INGEST_METADATA", "exiftool");
    command.env("PATH", library.surroundings());
    let said = library::said(&mut command);
    assert_eq!(said.code, 1, "{}", said.err);
    said.tells(&[
        "[Ingest] metadata = exiftool, and no exiftool is on PATH",
        "libimage-exiftool-perl",
    ]);
}

//! Archive through the program: years become volumes that fit, each readable by itself.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Library, Said, record};
use mediastruct::disk::census::Census;
use mediastruct::model::plan::{Filled, Plan, SkipKind};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Sectors of the smallest volumes of these tests: room for some hundred kilobytes.
const SMALL: &str = "1200";

/// Writes a file of so many bytes that ingest could have named.
fn put(library: &Library, day: &str, number: usize, size: usize) -> String {
    let year = &day[..4];
    let name = format!("media/{year}/{day}_120000_{number:016x}.jpg");
    library.write(&name, &format!("{number:07}\n").repeat(size / 8));
    name
}

/// A crawled library with twelve months of 2019, four files of 60 kB each, and one file of this year.
fn year() -> Library {
    let library = Library::new();
    for month in 1..=12 {
        for number in 0..4 {
            let day = format!("2019{month:02}{:02}", number + 1);
            put(&library, &day, month * 10 + number, 60_000);
        }
    }
    let now = jiff::Zoned::now().year();
    put(&library, &format!("{now}0101"), 1, 800);
    library.succeed(&["crawl"]);
    library
}

fn planned(library: &Library, options: &[&str]) -> Plan {
    planned_with(library, 0, options)
}

fn planned_with(library: &Library, code: i32, options: &[&str]) -> Plan {
    let arguments = [&["plan", "archive", "-o", "plan.json"], options].concat();
    library.end_with(code, &arguments);
    library.plan("plan.json")
}

/// How many files go to each volume, and how far it comes.
fn volumes(plan: &Plan) -> Vec<(String, u64, Filled)> {
    let volumes = plan.volumes.iter();
    volumes
        .map(|v| (v.volume.to_string(), v.files, v.state))
        .collect()
}

fn archive(library: &Library, options: &[&str]) -> Said {
    library.succeed(&[&["archive", "--yes"], options].concat())
}

/// The plan of the newest run.
fn last_plan(library: &Library) -> Plan {
    let last = runs(library).pop().unwrap();
    library.plan(&format!("data/runs/{last}/plan.json"))
}

/// The files that are indexed in the archive, without what only this disk knows.
fn indexed(library: &Library) -> Vec<String> {
    let index = library.read("data/archive_index.json");
    let files = index.lines().filter(|line| line.starts_with("{\"path\""));
    let known = files.map(|line| line.split(",\"changed\"").next().unwrap().to_owned());
    known.collect()
}

#[test]
fn years_become_volumes_that_fit_and_undo_brings_them_back() {
    let library = year();
    let start = library.census();
    let plan = planned(&library, &["--sectors", SMALL]);
    assert!(plan.volumes.len() > 2, "{:?}", volumes(&plan));
    let (last, others) = plan.volumes.split_last().unwrap();
    assert!(others.iter().all(|v| v.state == Filled::Unburned));
    assert_eq!(last.state, Filled::Open);
    assert_eq!(plan.moves.len(), 48, "this year is not due");
    assert_eq!(plan.volumes[0].first.as_deref(), Some("2019-01-01"));
    for volume in &plan.volumes {
        assert!(volume.used_sectors <= volume.capacity_sectors);
    }
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    for operation in &plan.moves {
        let place = library.path(&operation.to.to_string());
        assert!(place.exists(), "{}", operation.to);
        let from = operation.from.rel.to_string();
        assert!(operation.to.to_string().ends_with(&from), "dates stay");
    }
    for volume in ["01", "02"] {
        let marked = library.read(&format!("archive/{volume}/.unburned"));
        assert_eq!(
            marked,
            "This volume is on no disc yet.\nmedium: sectors:1200\n"
        );
    }
    let applied = library.census();
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);
    assert!(indexed(&library).is_empty());
    library.succeed(&["undo", "--yes", &newest_undo(&library)]);
    assert!(library.census() == applied, "an undo can be undone");
}

fn newest_undo(library: &Library) -> String {
    let history = library.succeed(&["history"]).out;
    let undo = history
        .lines()
        .find(|line| line.contains(" undo "))
        .unwrap();
    undo.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn the_index_is_complete_afterwards() {
    let library = year();
    archive(&library, &["--sectors", SMALL]);
    let after = indexed(&library);
    assert!(after.iter().any(|line| line.contains("01/MANIFEST.sha256")));
    assert!(!after.iter().any(|line| line.contains(".unburned")));
    library.succeed(&["crawl", "--force"]);
    assert_eq!(indexed(&library), after);
    library.succeed(&["undo", "--yes"]);
    assert!(indexed(&library).is_empty());
}

#[test]
fn sha256sum_accepts_the_manifest_and_finds_one_changed_byte() {
    if !library::can(&["sha256sum", "--version"], "manifests") {
        return;
    }
    let library = Library::new();
    let names = [
        "plain.jpg",
        "back\\slash.jpg",
        "new\nline.jpg",
        "\rreturn.jpg",
        "-dash *.jpg",
        "ü.jpg",
    ];
    for name in names {
        library.write(&format!("media/2019/{name}"), name);
    }
    library.succeed(&["crawl"]);
    archive(&library, &["--seal"]);
    let check = || {
        let mut check = Command::new("sha256sum");
        check.args(["--check", "--strict", "MANIFEST.sha256"]);
        check
            .current_dir(library.path("archive/01"))
            .output()
            .unwrap()
    };
    let checked = check();
    let out = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(out.matches(": OK").count(), names.len() + 4, "{out}");
    let path = library.path("archive/01/2019/plain.jpg");
    fs::write(path, "plaim.jpg").unwrap();
    assert!(!check().status.success());
}

#[test]
fn a_sealed_volume_is_readable_alone() {
    let library = year();
    let plan = planned(&library, &["--sectors", SMALL]);
    library.succeed(&["apply", "plan.json"]);
    let readme = library.read("archive/01/00_README.txt");
    assert!(readme.starts_with("MEDIA_0001\r\n"), "{readme}");
    assert!(readme.contains("sha256sum -c"), "{readme}");
    let disc: serde_json::Value =
        serde_json::from_str(&library.read("archive/01/disc.json")).unwrap();
    assert_eq!(disc["label"], "MEDIA_0001");
    assert_eq!(disc["files"], plan.volumes[0].files);
    assert_eq!(disc["bytes"], plan.volumes[0].bytes);
    let page = library.read("archive/01/index.html");
    assert_eq!(
        page.matches("<a href").count() as u64,
        plan.volumes[0].files
    );
    assert!(!page.contains("<script"), "{page}");
    let packed = fs::File::open(library.path("archive/01/archive_index.json.gz")).unwrap();
    let mut catalogue = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut catalogue)
        .unwrap();
    for operation in &plan.moves {
        let path = operation.to.rel.to_string();
        assert!(catalogue.contains(&path), "{path} is not in the catalogue");
    }
}

#[test]
fn the_last_volume_is_gone_on_with_and_sealed_ones_are_not_touched() {
    let library = year();
    archive(&library, &["--sectors", SMALL]);
    let volumes_then = volumes(&last_plan(&library));
    let (open, ..) = volumes_then.last().unwrap().clone();
    put(&library, "20180101", 999, 40_000);
    library.succeed(&["crawl"]);
    let sealed = tree(&library, "archive/01");
    let plan = planned(&library, &["--sectors", SMALL]);
    assert_eq!(volumes(&plan), [(open.clone(), 1, Filled::Open)]);
    assert!(plan.writes.is_empty());
    library.succeed(&["apply", "plan.json"]);
    for number in 0..6 {
        put(&library, "20170101", 2000 + number, 300_000);
    }
    library.succeed(&["crawl"]);
    let plan = planned(&library, &["--sectors", SMALL]);
    assert!(plan.volumes.len() > 1, "{:?}", volumes(&plan));
    assert_eq!(plan.volumes[0].volume.to_string(), open);
    assert_eq!(
        plan.volumes[0].state,
        Filled::Unburned,
        "the next one is opened"
    );
    library.succeed(&["apply", "plan.json"]);
    assert!(library.path(&format!("{open}/MANIFEST.sha256")).exists());
    assert!(tree(&library, "archive/01") == sealed);
}

/// What is in a directory, but for the sidecar index.
fn tree(library: &Library, dir: &str) -> BTreeMap<String, Vec<u8>> {
    let walk = walkdir::WalkDir::new(library.path(dir));
    let files = walk.into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    files
        .filter(|entry| entry.file_name() != ".mediastruct")
        .map(|entry| {
            let bytes = fs::read(entry.path()).unwrap();
            (entry.path().display().to_string(), bytes)
        })
        .collect()
}

#[test]
fn numbers_go_on_from_the_highest_that_was_ever_used() {
    let library = year();
    record(
        &library,
        &["11 \"burned\",\"copy\":1", "11 \"lost\",\"copy\":1"],
    );
    assert_eq!(
        planned(&library, &[]).volumes[0].volume.to_string(),
        "archive/12"
    );
    fs::create_dir(library.path("archive/099")).unwrap();
    assert_eq!(
        planned(&library, &[]).volumes[0].volume.to_string(),
        "archive/100"
    );
}

#[test]
fn the_number_of_a_volume_that_was_taken_back_is_free_again() {
    let library = year();
    archive(&library, &[]);
    library.succeed(&["undo", "--yes"]);
    library
        .end_with(64, &["volumes", "seal", "01", "--yes"])
        .tells(&["the index has no file of volume 01"]);
    let plan = planned(&library, &[]);
    assert_eq!(plan.volumes[0].volume.to_string(), "archive/01");
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn a_volume_is_sealed_by_its_name_and_opened_again_by_undo() {
    let library = year();
    archive(&library, &[]);
    let open = tree(&library, "archive/01");
    library.end_with(64, &["volumes", "seal", "02", "--yes"]);
    library.end_with(64, &["volumes", "seal", "x", "--yes"]);
    library.succeed(&["volumes", "seal", "01", "--yes"]);
    assert!(library.path("archive/01/MANIFEST.sha256").exists());
    let again = library.succeed(&["volumes", "seal", "01", "--yes"]);
    again.tells(&["nothing to do"]);
    library.succeed(&["undo", "--yes"]);
    assert!(tree(&library, "archive/01") == open);
    let plan = planned(&library, &["--seal"]);
    let sealed = ("archive/01".to_owned(), 0, Filled::Unburned);
    assert_eq!(volumes(&plan), [sealed], "or by the next plan");
    library.succeed(&["apply", "plan.json"]);
    record(&library, &["01 \"burned\",\"copy\":1"]);
    library.succeed(&["volumes", "seal", "01", "--yes"]);
}

#[test]
fn a_volume_without_its_mark_is_not_added_to() {
    let library = Library::new();
    library.write("archive/03/2018/a.jpg", "of the time before");
    library.write("media/2019/b.jpg", "new");
    library.succeed(&["crawl"]);
    let plan = planned(&library, &[]);
    assert_eq!(volumes(&plan), [("archive/04".to_owned(), 1, Filled::Open)]);
    library.write("archive/03/.unburned", "");
    let plan = planned(&library, &[]);
    assert_eq!(volumes(&plan), [("archive/03".to_owned(), 1, Filled::Open)]);
    record(&library, &["03 \"burned\",\"copy\":1"]);
    let plan = planned(&library, &[]);
    assert_eq!(volumes(&plan), [("archive/04".to_owned(), 1, Filled::Open)]);
}

#[test]
fn only_what_is_due_and_not_archived_goes() {
    let library = Library::new();
    let now = jiff::Zoned::now().year();
    library.write("archive/03/2018/known.jpg", "known");
    library.write("media/2018/copy of known.jpg", "known");
    library.write("media/2018/new.jpg", "new");
    library.write(&format!("media/{now}/now.jpg"), "now");
    library.write("media/2019/later.jpg", "later");
    library.succeed(&["crawl"]);
    let going = |options: &[&str]| -> Vec<String> {
        let plan = planned(&library, options);
        plan.moves.iter().map(|m| m.from.to_string()).collect()
    };
    assert_eq!(going(&["--through", "2018"]), ["media/2018/new.jpg"]);
    assert_eq!(going(&[]), ["media/2018/new.jpg", "media/2019/later.jpg"]);
    assert_eq!(going(&["--through", &now.to_string()]).len(), 3);
    library.end_with(64, &["plan", "archive", "--through", "next"]);
    archive(&library, &["--through", &now.to_string()]);
    let text = library.succeed(&["plan", "archive"]).err;
    assert!(text.contains("moves     0 files"), "{text}");
}

#[test]
fn a_file_that_is_larger_than_the_medium_is_named_and_the_rest_is_planned() {
    let library = year();
    put(&library, "20190601", 777, 3_000_000);
    library.write(
        "media/2019/20190601_120000_0000000000000309.xmp",
        "beside it",
    );
    library.succeed(&["crawl"]);
    let plan = planned_with(&library, 4, &["--sectors", SMALL]);
    assert_eq!(plan.moves.len(), 48);
    let left: Vec<_> = plan.skipped.iter().map(|s| s.path.to_string()).collect();
    assert_eq!(
        left,
        [
            "media/2019/20190601_120000_0000000000000309.jpg",
            "media/2019/20190601_120000_0000000000000309.xmp"
        ],
        "with what belongs to it"
    );
    library
        .end_with(4, &["archive", "--yes", "--sectors", SMALL])
        .tells(&[
            "20190601_120000_0000000000000309.jpg: it is too large for a volume of 1200 sectors",
        ]);
}

#[test]
fn files_that_belong_together_are_in_one_volume() {
    let library = Library::new();
    for number in 0..40 {
        let name = put(&library, "20190301", number, 30_000);
        let raw = name.replace(".jpg", ".cr2");
        library.write(&raw, &format!("{number} raw").repeat(5000));
    }
    library.succeed(&["crawl"]);
    let plan = planned(&library, &["--sectors", SMALL]);
    assert!(plan.volumes.len() > 1);
    let mut volumes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for operation in &plan.moves {
        let main = operation.bundle.clone().expect("each is in a bundle");
        volumes
            .entry(main)
            .or_default()
            .push(operation.to.unit().into_owned());
    }
    assert_eq!(volumes.len(), 40);
    assert!(volumes.values().all(|v| v.len() == 2 && v[0] == v[1]));
}

#[test]
fn law_7_the_same_plan_with_any_number_of_jobs() {
    let library = year();
    for pack in ["chronological", "compact"] {
        let plan = |jobs| {
            let options = [
                "plan",
                "archive",
                "--sectors",
                SMALL,
                "--pack",
                pack,
                "--jobs",
                jobs,
            ];
            library.succeed(&options).out
        };
        assert_eq!(plan("1"), plan("7"));
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let library = year();
    library
        .end_with(64, &["plan", "archive", "--medium", "bd26"])
        .tells(&["bd26", "did you mean bd25?"]);
    library
        .end_with(64, &["plan", "archive", "--sectors", "100"])
        .tells(&["volumes of 100 sectors are too small", "larger --medium"]);
    library.end_with(64, &["plan", "archive", "--parity", "100%"]);
    library.end_with(64, &["plan", "archive", "--pack", "tight"]);
    library.end_with(64, &["plan", "archive", "--sectors", "0"]);
    let new = Library::new();
    new.write("media/2019/a.jpg", "a");
    new.refuse(
        3,
        &["plan", "archive"],
        &["archive was never indexed", "mediastruct crawl"],
    );
}

#[test]
fn law_5_a_file_that_rotted_is_found_before_its_volume_is_sealed() {
    let library = year();
    let plan = planned(&library, &["--sectors", SMALL]);
    let start = library.census();
    let path = library.path("media/2019/20190101_120000_000000000000000a.jpg");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    fs::write(&path, bytes).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    let rotted = library.census();
    assert!(rotted != start && !plan.moves.is_empty());
    let why = "media/2019/20190101_120000_000000000000000a.jpg: its content changed";
    library.refuse(3, &["apply", "plan.json"], &[why]);
    assert!(library.census() == rotted, "nothing moved");
}

#[test]
fn law_6_killed_while_volumes_are_filled_it_is_recovered() {
    let library = year();
    let start: Census = library.census();
    planned(&library, &["--sectors", SMALL]);
    for path in [
        "archive/01/.unburned",
        "archive/02/MANIFEST.sha256",
        "archive/03",
    ] {
        let copy = library.copy();
        copy.kill_when_there(&["apply", "plan.json"], &copy.path(path));
        let said = copy.run(&["recover"]);
        assert_eq!(said.code, 0, "{said:?}");
        let history = copy.succeed(&["history"]).out;
        if history.contains("rolled back") {
            assert!(copy.census() == start);
            continue;
        }
        copy.succeed(&["undo", "--yes"]);
        assert!(copy.census() == start);
    }
}

#[test]
fn what_a_run_is_to_write_waits_once_beside_its_journal_and_goes_with_its_end() {
    let library = year();
    planned(&library, &["--sectors", SMALL]);
    let waiting = |library: &Library| {
        let run = library.path("data/runs").join(runs(library).pop().unwrap());
        let files = fs::read_dir(run).unwrap().map(|file| file.unwrap().path());
        let texts = files.filter(|path| path.to_string_lossy().contains("text"));
        texts
            .map(|path| fs::read(path).unwrap())
            .collect::<Vec<_>>()
    };
    let killed = library.copy();
    let manifest = killed.path("archive/02/MANIFEST.sha256");
    killed.kill_when_there(&["apply", "plan.json"], &manifest);
    let mut texts = waiting(&killed);
    texts.sort();
    assert!(
        texts.windows(2).all(|pair| pair[0] != pair[1]),
        "a text waits twice"
    );
    killed.succeed(&["recover"]);
    assert_eq!(waiting(&killed).len(), 0);

    library.succeed(&["apply", "plan.json"]);
    assert_eq!(waiting(&library).len(), 0);
    let sealed = library.census();
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["undo", &runs(&library).pop().unwrap(), "--yes"]);
    assert!(
        library.census() == sealed,
        "done again without what had waited"
    );
}

#[test]
fn a_volume_edited_by_hand_is_not_sealed_over() {
    let library = year();
    archive(&library, &["--sectors", SMALL]);
    let open = volumes(&last_plan(&library)).pop().unwrap().0;
    library.write(&format!("{open}/index.html"), "the user's own");
    put(&library, "20180101", 999, 40_000);
    library.succeed(&["crawl"]);
    let plan = planned(&library, &["--sectors", SMALL]);
    assert_ne!(plan.volumes[0].volume.to_string(), open);
    let warning = format!("{open}/index.html is there already");
    assert!(
        plan.warnings.iter().any(|w| w.contains(&warning)),
        "{:?}",
        plan.warnings
    );
    fs::remove_file(library.path(&format!("{open}/index.html"))).unwrap();
    let gone = planned(&library, &["--sectors", SMALL]);
    assert_eq!(
        gone.volumes, plan.volumes,
        "the index is believed until the next crawl"
    );
    library.succeed(&["crawl"]);
    assert_eq!(
        planned(&library, &["--sectors", SMALL]).volumes[0]
            .volume
            .to_string(),
        open
    );
}

#[test]
fn unread_files_stay_and_are_named() {
    let library = year();
    let name = put(&library, "20190701", 555, 800);
    let path = library.path(&name);
    fs::remove_file(&path).unwrap();
    library.write(&name, "x");
    library.succeed(&["crawl"]);
    let bytes = fs::read(&path).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
    let set = || {
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(modified).unwrap();
    };
    set();
    library.succeed(&["crawl"]);
    fs::write(&path, bytes.iter().map(|b| b ^ 1).collect::<Vec<_>>()).unwrap();
    set();
    library.end_with(4, &["crawl", "--force"]);
    let plan = planned_with(&library, 4, &[]);
    assert_eq!(plan.skipped.len(), 1);
    assert_eq!(plan.skipped[0].path.to_string(), name);
    assert_eq!(plan.skipped[0].kind, SkipKind::Unread);
}

/// A crawled library with `2018/a.jpg` in the open volume 01.
fn opened() -> Library {
    let library = Library::new();
    library.write("media/2018/a.jpg", "one");
    library.succeed(&["crawl"]);
    archive(&library, &[]);
    library
}

#[test]
fn nothing_joins_or_leaves_a_volume_that_was_sealed_meanwhile() {
    let library = opened();
    let first = runs(&library).pop().unwrap();
    library.write("media/2019/b.jpg", "two");
    library.succeed(&["crawl"]);
    planned(&library, &[]);
    let copy = library.copy();
    copy.succeed(&["apply", "plan.json"]);
    copy.succeed(&["undo", "--yes"]);
    let undo = runs(&copy).pop().unwrap();
    let why = "volume 01 is sealed: undo the run that sealed it first";
    for library in [&library, &copy] {
        library.succeed(&["volumes", "seal", "01", "--yes"]);
        library.refuse(3, &["check", "plan.json"], &[why]);
        library.refuse(3, &["apply", "plan.json"], &[why]);
        library.refuse(3, &["undo", &first, "--yes"], &[why]);
    }
    copy.refuse(3, &["undo", &undo, "--yes"], &[why]);
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["apply", "plan.json"]);
    let why = "archive/01/.unburned: its volume holds files of other runs";
    library.refuse(3, &["undo", &first, "--yes"], &[why]);
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["undo", &first, "--yes"]);
}

#[test]
fn a_seal_does_not_come_back_to_a_volume_that_changed_since_it_was_taken_back() {
    let library = opened();
    library.succeed(&["volumes", "seal", "01", "--yes"]);
    library.succeed(&["undo", "--yes"]);
    let undo = runs(&library).pop().unwrap();
    let redo = ["undo", &undo, "--yes"];
    library.copy().succeed(&redo);
    let why = "archive/01/MANIFEST.sha256: volume 01 holds other files by now";
    let by_hand = library.copy();
    by_hand.write("archive/01/2018/b.jpg", "two");
    let not_crawled = "archive/01/2018/b.jpg is extra: a file, not in the index";
    by_hand.refuse(3, &redo, &[not_crawled, "mediastruct crawl"]);
    by_hand.succeed(&["crawl"]);
    by_hand.refuse(3, &redo, &[why, "mediastruct volumes seal 01"]);
    by_hand.succeed(&["plan", "undo", &undo, "-o", "redo.json"]);
    by_hand.refuse(3, &["check", "redo.json"], &[why]);
    let without = by_hand.read("redo.json");
    let without = without.lines().filter(|line| !line.contains("disc.json"));
    by_hand.write("redo.json", &without.collect::<Vec<_>>().join("\n"));
    by_hand.refuse(3, &["apply", "redo.json"], &["disc.json is missing"]);
    by_hand.succeed(&["volumes", "seal", "01", "--yes"]);

    library.write("media/2018/c.jpg", "three");
    library.succeed(&["crawl"]);
    archive(&library, &[]);
    library.refuse(3, &redo, &[why]);
    library.succeed(&["undo", "--yes"]);
    library.succeed(&redo);
    library.succeed(&["volumes", "verify", "01"]);
}

/// The names of all runs.
fn runs(library: &Library) -> Vec<String> {
    let runs = fs::read_dir(library.path("data/runs")).unwrap();
    let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn edited_plans_can_take_no_name_of_ours_and_seal_by_no_half() {
    let library = year();
    planned(&library, &["--sectors", SMALL]);
    let text = library.read("plan.json");
    let edited = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        library.write("edited.json", &text.replacen(from, to, 1));
    };
    let picture = "archive/01/2019/20190101_120000_000000000000000a.jpg";
    for name in [".unburned", "MANIFEST.sha256", "index.html"] {
        edited(picture, &format!("archive/01/{name}"));
        library.refuse(3, &["check", "edited.json"], &["mediastruct's own"]);
    }
    for name in ["1", "001"] {
        let library = opened();
        library.write("media/2019/b.jpg", "two");
        library.succeed(&["crawl"]);
        planned(&library, &[]);
        let text = library
            .read("plan.json")
            .replace("archive/01/", &format!("archive/{name}/"));
        library.write("edited.json", &text);
        let why = "volume 01 has this number already";
        library.refuse(3, &["check", "edited.json"], &[why]);
    }
    let without = |what: &str| {
        let lines = text.lines().filter(|line| !line.contains(what));
        let lines: Vec<_> = lines.collect();
        library.write("edited.json", &lines.join("\n"));
    };
    for role in ["\"manifest\"", "\"readme\"", "\"disc\"", "\"page\""] {
        without(role);
        library.refuse(
            3,
            &["check", "edited.json"],
            &["sealed by README, manifest"],
        );
    }
    without("\"from\":\"media/2019/20190");
    library.refuse(
        3,
        &["check", "edited.json"],
        &["holds no file, and cannot be sealed"],
    );
    edited("\"settings\": {", "\"settings\": {\"set\":\"<script>\",");
    library.refuse(3, &["check", "edited.json"], &["at most 11 of A to Z"]);
    let mut in_second = 0;
    let all_but_one = text.lines().map(|line| {
        in_second += usize::from(line.contains("archive/02/2019"));
        match in_second {
            ..=1 => line.to_owned(),
            _ => line
                .replace("archive/02/2019", "archive/01/2019")
                .replace("\"number\":2", "\"number\":1"),
        }
    });
    let all_but_one = all_but_one.collect::<Vec<_>>().join("\n");
    library.write("edited.json", &all_but_one);
    let said = library.end_with(3, &["check", "edited.json"]);
    said.tells(&["archive/01/MANIFEST.sha256: its text takes"]);
    let open = text.replace("\"state\":\"unburned\"", "\"state\":\"open\"");
    library.write("edited.json", &open);
    let shown = library.succeed(&["show", "edited.json"]).out;
    assert!(shown.contains("is sealed"), "{shown}");
}

#[test]
fn a_bundle_goes_whole_or_not_at_all() {
    let library = Library::new();
    for name in ["a.heic", "a.mov"] {
        library.write(&format!("media/2018/{name}"), name);
    }
    library.succeed(&["crawl"]);
    archive(&library, &["--seal"]);
    for (name, content) in [("b.heic", "a.heic"), ("b.mov", "new"), ("b.aae", "new too")] {
        library.write(&format!("media/2018/{name}"), content);
    }
    library.succeed(&["crawl"]);
    let plan = planned(&library, &[]);
    assert_eq!(plan.moves.len(), 3, "with what the archive has of it");
    library.succeed(&["apply", "plan.json"]);
    library.write("media/2018/c.cr2", "raw");
    library.write("media/2018/c.jpg", "jpeg");
    library.write("archive/02/2018/c.jpg", "another one");
    library.succeed(&["crawl"]);
    let plan = planned_with(&library, 4, &[]);
    assert!(plan.moves.is_empty(), "{:?}", plan.moves);
    let left: Vec<_> = plan.skipped.iter().map(|s| s.why.as_str()).collect();
    assert_eq!(
        left,
        [
            "it stays with media/2018/c.jpg, which cannot go",
            "archive/02/2018/c.jpg is there already, or what is in its way"
        ]
    );
}

#[test]
fn what_is_in_the_way_in_the_open_volume_is_planned_around() {
    let library = opened();
    library.write("archive/01/2018/file", "a file");
    library.succeed(&["crawl"]);
    library.write("archive/01/2018/unknown.jpg", "not indexed");
    library.write("media/2018/file/b.jpg", "below a file");
    library.write("media/2018/unknown.jpg", "of that name");
    library.write("media/2018/free.jpg", "free");
    library.write("media/2018/a.jpg", "");
    library.succeed(&["crawl", library.path("media").to_str().unwrap()]);
    let plan = planned_with(&library, 4, &[]);
    let going: Vec<_> = plan.moves.iter().map(|m| m.from.to_string()).collect();
    assert_eq!(going, ["media/2018/free.jpg"]);
    assert!(plan.skipped.iter().all(|s| s.kind == SkipKind::Occupied));
    assert_eq!(plan.skipped.len(), 3);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn a_volume_is_sealed_only_as_the_index_has_it() {
    let library = opened();
    library.write("archive/01/2018/by hand.jpg", "new");
    let why = [
        "volume 01 is not as the index has it",
        "by hand.jpg",
        "crawl",
    ];
    library.refuse(3, &["volumes", "seal", "01", "--yes"], &why);
    library.succeed(&["crawl"]);
    library.succeed(&["volumes", "seal", "01", "--yes"]);
    assert!(
        library
            .read("archive/01/MANIFEST.sha256")
            .contains("by hand.jpg")
    );
    assert!(library.succeed(&["status"]).out.contains("unburned"));
}

#[test]
fn nothing_joins_a_volume_that_is_gone_from_the_disk() {
    let library = opened();
    library.write("media/2019/b.jpg", "two");
    library.succeed(&["crawl"]);
    planned(&library, &[]);
    fs::rename(library.path("archive/01"), library.path("elsewhere")).unwrap();
    let why = "volume 01 is gone from the disk, and nothing can join it";
    library.refuse(3, &["apply", "plan.json"], &[why]);
    library.run(&["crawl"]);
    library.refuse(3, &["apply", "plan.json"], &[why]);
}

#[test]
fn discs_of_other_contents_have_other_numbers() {
    let number = |content: &str| {
        let library = Library::new();
        library.write("media/2018/a.jpg", content);
        library.succeed(&["crawl"]);
        archive(&library, &["--seal"]);
        let disc: serde_json::Value =
            serde_json::from_str(&library.read("archive/01/disc.json")).unwrap();
        disc["uuid"].as_str().unwrap().to_owned()
    };
    assert_eq!(number("one"), number("one"));
    assert_ne!(number("one"), number("two"));
}

#[test]
fn a_volume_that_was_changed_after_it_was_sealed_gets_no_image() {
    if !library::can(&["xorriso", "-version"], "images of changed volumes") {
        return;
    }
    let library = opened();
    library.succeed(&["volumes", "seal", "01", "--yes"]);
    library.write("archive/01/2018/a.jpg", "another");
    library.succeed(&["crawl"]);
    let image = library.surroundings().join("01.iso");
    let arguments = ["volumes", "image", "01", "-o", image.to_str().unwrap()];
    let why = "volume 01 holds other files than when it was sealed";
    library.refuse(3, &arguments, &[why]);
    assert!(!image.exists());
}

#[test]
fn a_volume_is_sealed_for_what_it_was_opened_for() {
    let library = year();
    archive(&library, &["--medium", "dvd+r"]);
    library.succeed(&["volumes", "seal", "01", "--yes"]);
    let disc: serde_json::Value =
        serde_json::from_str(&library.read("archive/01/disc.json")).unwrap();
    assert_eq!(disc["medium"], "dvd+r");
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["volumes", "seal", "01", "--medium", "bd50", "--yes"]);
    assert!(library.read("archive/01/disc.json").contains("bd50"));
}

#[test]
fn sealing_takes_what_planning_does_and_warns_of_what_it_does() {
    let library = opened();
    library.write("archive/01/2018/A.jpg", "two");
    library.write("archive/01/2018/b?.jpg", "three");
    library.succeed(&["crawl"]);
    let seal = ["volumes", "seal", "01"];
    for (options, told) in [
        (
            &["--sectors", "5"][..],
            "volume 01 is fuller than the 5 sectors of its medium allow",
        ),
        (
            &["--medium", "sectors:1000", "--parity", "99%"],
            "volume 01 is fuller than the 10 sectors",
        ),
    ] {
        let copy = library.copy();
        let said = copy.succeed(&[&seal[..], options, &["--yes"]].concat());
        said.tells(&[told]);
    }
    let both = [&seal[..], &["--sectors", "5", "--medium", "bd25", "--yes"]].concat();
    library.refuse(64, &both, &["cannot be used with"]);
    let said = library.succeed(&["volumes", "seal", "01", "--raw-capacity", "--yes"]);
    said.tells(&[
        "sees others: archive/01/2018/b?.jpg",
        "and another of its directory for one: archive/01/2018/a.jpg",
    ]);
}

#[test]
fn twins_of_what_is_in_the_open_volume_are_told() {
    let library = opened();
    library.write("media/2018/A.JPG", "two");
    library.succeed(&["crawl"]);
    let plan = planned(&library, &[]);
    let told = "and another of its directory for one: media/2018/A.JPG";
    assert!(
        plan.warnings.iter().any(|w| w.ends_with(told)),
        "{:?}",
        plan.warnings
    );
    assert_eq!(plan.moves.len(), 1);
}

#[test]
fn a_directory_with_a_number_beyond_all_is_named_with_what_to_do() {
    let library = year();
    fs::create_dir(library.path("archive/99999999999")).unwrap();
    let told = [
        "archive/99999999999 is beyond all",
        "move it out of the archive",
    ];
    library.refuse(3, &["plan", "archive"], &told);
    library.write("archive/99999999999/a.jpg", "one");
    library.succeed(&["crawl"]);
    library.refuse(3, &["plan", "archive"], &told);
    let beyond = library.path("archive/99999999999");
    fs::rename(&beyond, library.path("archive/03")).unwrap();
    library
        .end_with(4, &["crawl"])
        .tells(&["make an empty directory of its name"]);
    fs::create_dir(&beyond).unwrap();
    library.succeed(&["crawl"]);
    fs::remove_dir_all(&beyond).unwrap();
    let plan = planned(&library, &[]);
    assert_eq!(plan.volumes[0].volume.to_string(), "archive/04");
}

#[test]
fn what_a_plan_says_of_its_volumes_is_made_anew_where_it_is_not_so() {
    let library = year();
    let plan = planned(&library, &["--sectors", SMALL]);
    assert!(plan.remarks().is_empty(), "{:?}", plan.remarks());
    let text = library.read("plan.json");
    let [first, second] = [&plan.volumes[0], &plan.volumes[1]];
    let used = format!("\"used_sectors\":{}", first.used_sectors);
    let capacity = format!("\"capacity_sectors\":{SMALL}");
    assert!(text.contains(&used) && text.contains(&capacity), "{text}");
    for (from, to) in [
        (&used, "\"used_sectors\":5"),
        (&capacity, "\"capacity_sectors\":7"),
    ] {
        library.write("edited.json", &text.replacen(from, to, 1));
        let edited = library.plan("edited.json");
        assert_eq!(edited.volumes[0], *first);
        assert_eq!(edited.remarks().len(), 1, "{:?}", edited.remarks());
        library
            .succeed(&["check", "edited.json"])
            .tells(&["did not add up"]);
    }
    let (one, two) = (&first.volume, &second.volume);
    let moved = text.lines().map(|line| match line.contains("\"from\"") {
        true => line
            .replace(&format!("{two}/"), &format!("{one}/"))
            .replace("\"number\":2", "\"number\":1"),
        false => line.to_owned(),
    });
    let moved: Vec<_> = moved
        .filter(|line| !line.contains(&format!("{two}/")))
        .collect();
    library.write("edited.json", &moved.join("\n"));
    let edited = library.plan("edited.json");
    assert!(
        edited.volumes[0].used_sectors > 1200,
        "{:?}",
        edited.volumes
    );
    let told = format!("an image of {one} takes up to");
    assert!(
        edited.remarks().iter().any(|r| r.contains(&told)),
        "{:?}",
        edited.remarks()
    );
}

//! The files that mediastruct writes: each fits its schema, and an example of each released format
//! stays readable.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

mod library;

use jsonschema::Validator;
use library::Library;
use mediastruct::model::index_file;
use mediastruct::model::last_crawls::LastCrawls;
use mediastruct::model::plan::{Phase, Plan};
use mediastruct::model::plan_file;
use mediastruct::model::progress::{Progress, ProgressHeader};
use mediastruct::model::sidecar::Sidecar;
use mediastruct::model::tree::Tree;
use mediastruct::model::volume::{VolumeRecord, VolumeState};
use mediastruct::model::volumes_file;
use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The schema of that name as the repository has it.
fn schema(name: &str) -> Validator {
    let text = fs::read(repository(&format!("schemas/{name}.json"))).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap()
}

fn assert_fits(schema: &Validator, value: &Value, what: &str) {
    let errors: Vec<_> = schema.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A YAML file as JSON, which is how its schema sees it.
fn yaml(path: &Path) -> Value {
    serde_yaml::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn assert_journal_fits(schema: &Validator, path: &Path) {
    for (line, number) in fs::read_to_string(path).unwrap().lines().zip(1..) {
        let line = serde_json::from_str(line).unwrap();
        assert_fits(schema, &line, &format!("{}:{number}", path.display()));
    }
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|e| e.unwrap().path());
    entries.filter(|p| p.is_dir()).collect()
}

#[test]
fn every_file_that_is_written_fits_its_schema() {
    let options = ["--files", "120", "--size", "2000", "--truth", "truth.json"];
    let library = Library::with_dataset(&options);
    let names = ["plan", "index", "sidecar", "journal"];
    let [plan, index, sidecar, journal] = names.map(schema);
    let plan_of = |code, arguments: &[&str]| {
        let said = library.end_with(code, arguments).out;
        assert_fits(&plan, &serde_json::from_str(&said).unwrap(), "a plan");
    };
    plan_of(0, &["plan", "crawl"]);
    // Some files cannot be hashed well: one changed its bytes under an unchanged date.
    library.succeed(&["crawl"]);
    let rotten = library.path("archive/01");
    let rotten = walkdir::WalkDir::new(rotten)
        .into_iter()
        .map(Result::unwrap);
    let is_media = |e: &walkdir::DirEntry| {
        e.file_type().is_file()
            && e.file_name() != ".mediastruct"
            && e.metadata().unwrap().len() > 0
    };
    let rotten = rotten.into_iter().find(is_media).unwrap().into_path();
    let modified = fs::metadata(&rotten).unwrap().modified().unwrap();
    let mut bytes = fs::read(&rotten).unwrap();
    bytes[0] ^= 1;
    fs::write(&rotten, bytes).unwrap();
    let file = fs::File::options().write(true).open(&rotten).unwrap();
    file.set_modified(modified).unwrap();
    library
        .end_with(4, &["crawl", "--force"])
        .tells(&["BIT ROT"]);

    plan_of(0, &["plan", "crawl", "--incremental"]);
    plan_of(0, &["plan", "ingest"]);
    plan_of(4, &["plan", "dedupe"]);
    library.end_with(4, &["dedupe", "--yes"]);
    plan_of(0, &["plan", "undo"]);
    library.succeed(&["undo", "--yes"]);
    for tree in ["archive", "media", "ingest"] {
        let name = format!("data/{tree}_index.json");
        assert_fits(&index, &json(&library.path(&name)), &name);
    }
    let crawls = json(&library.path("data/last_crawls.json"));
    assert_fits(&schema("last-crawls"), &crawls, "when the last crawls were");
    let units = ["media", "archive"].map(|tree| directories(&library.path(tree)));
    let sidecars: Vec<_> = units
        .iter()
        .flatten()
        .map(|u| u.join(".mediastruct"))
        .collect();
    let sidecars: Vec<_> = sidecars.iter().filter(|s| s.exists()).collect();
    assert!(sidecars.len() > 3, "{sidecars:?}");
    for path in sidecars {
        assert_fits(&sidecar, &yaml(path), &path.display().to_string());
    }
    let runs = directories(&library.path("data/runs"));
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_fits(&plan, &json(&run.join("plan.json")), "the plan of a run");
        assert_journal_fits(&journal, &run.join("journal.jsonl"));
    }
    let truth = schemars::schema_for!(mediastruct::disk::mediagen::Truth);
    let truth = jsonschema::validator_for(truth.as_value()).unwrap();
    assert_fits(&truth, &json(&library.path("truth.json")), "the truth");
}

#[test]
fn what_is_private_is_for_its_owner_alone() {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    let run = directories(&library.path("data/runs")).remove(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&library.path("data")), 0o700);
    assert_eq!(mode(&run), 0o700);
    assert_eq!(mode(&run.join("plan.json")), 0o600);
    assert_eq!(mode(&run.join("journal.jsonl")), 0o600);
    assert_eq!(mode(&library.path("data/media_index.json")), 0o600);
}

/// What `examples/` holds of plans, and what each of them does.
const PLANS: [(&str, Phase, usize); 6] = [
    ("plan-crawl.json", Phase::Crawl, 0),
    ("plan-ingest.json", Phase::Ingest, 5),
    ("plan-dedupe.json", Phase::Dedupe, 2),
    ("plan-archive.json", Phase::Archive, 1),
    ("plan-undo.json", Phase::Undo, 2),
    ("run-archive/plan.json", Phase::Archive, 2),
];

fn example(name: &str) -> PathBuf {
    repository("examples").join(name)
}

#[test]
fn example_plans_stay_readable() {
    let library = Library::new();
    for (name, phase, moves) in PLANS {
        let path = example(name);
        assert_fits(&schema("plan"), &json(&path), name);
        let text = fs::read(&path).unwrap();
        let plan: Plan = plan_file::parse(text.clone()).unwrap().check().unwrap();
        assert_eq!((plan.phase, plan.moves.len()), (phase, moves), "{name}");
        assert_eq!(plan.remarks(), [""; 0], "{name} is as it was written");
        let mut again = Vec::new();
        plan_file::write(&plan, &mut again).unwrap();
        assert_eq!(again, text, "{name} is written as it was");
        library.succeed(&["show", path.to_str().unwrap()]);
    }
}

/// The library of which the examples tell.
fn example_library() -> Library {
    let library = Library::new();
    for (name, modified, content) in [
        (
            &b"archive/01/2019/a.jpg"[..],
            "2019-07-14T12:00:00Z",
            "harbor",
        ),
        (
            b"media/2024/a.jpg",
            "2024-03-01T10:00:00.123456789Z",
            "harbor",
        ),
        (
            b"media/2024/b/copy of a.jpg",
            "2024-03-02T10:00:00Z",
            "harbor",
        ),
        (
            b"media/2024/not only \xe9.jpg",
            "2024-03-03T10:00:00Z",
            "garden",
        ),
        (
            b"ingest/card/IMG_20240304_100000.CR2",
            "2024-03-04T10:00:00Z",
            "river",
        ),
        (
            b"ingest/card/IMG_20240304_100000.JPG",
            "2024-03-04T10:00:00Z",
            "river, smaller",
        ),
        (b"ingest/card/a.jpg", "2024-03-05T10:00:00Z", "harbor"),
        (b"ingest/letter \xe9.txt", "2024-03-06T10:00:00Z", "cat"),
        (b"ingest/z.txt", "2024-03-06T10:00:00Z", "cat"),
        (b"ingest/.DS_Store", "2024-03-06T10:00:00Z", "folder"),
    ] {
        let path = library.path("").join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("a picture of a {content}")).unwrap();
        let modified: jiff::Timestamp = modified.parse().unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(modified.into()).unwrap();
    }
    library
}

/// A value of which the texts and numbers do not count, but which there are.
fn shape(value: Value) -> Value {
    match value {
        Value::Number(_) => 0.into(),
        Value::String(_) => "".into(),
        Value::Array(values) => values.into_iter().map(shape).collect(),
        Value::Object(keys) => keys.into_iter().map(|(k, v)| (k, shape(v))).collect(),
        other => other,
    }
}

#[test]
fn the_examples_are_what_is_written_today() {
    let library = example_library();
    let read = |name: &str| fs::read_to_string(example(name)).unwrap();
    let crawl = library.succeed(&["plan", "crawl"]).out;
    assert_eq!(crawl, read("plan-crawl.json"));
    library.succeed(&["crawl"]);
    let ingest = library
        .succeed(&["plan", "ingest", "--time-zone", "UTC"])
        .out;
    assert_eq!(ingest, read("plan-ingest.json"));
    let dedupe = library.succeed(&["plan", "dedupe"]).out;
    assert_eq!(dedupe, read("plan-dedupe.json"));
    assert_eq!(dedupe, read("run/plan.json"));
    let archive = ["plan", "archive", "--through", "2024", "--seal"];
    let archive = library.succeed(&archive).out;
    assert_eq!(archive, read("plan-archive.json"));
    let index = json(&library.path("data/media_index.json"));
    assert_eq!(shape(index), shape(json(&example("media_index.json"))));
    let sidecar = yaml(&library.path("media/2024/.mediastruct"));
    assert_eq!(shape(sidecar), shape(yaml(&example("mediastruct.yaml"))));
    library.succeed(&["dedupe", "--yes"]);
    let run = directories(&library.path("data/runs")).remove(0);
    let records = |text: String| {
        let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
        records.map(shape).collect::<Vec<_>>()
    };
    let journal = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    assert_eq!(records(journal), records(read("run/journal.jsonl")));
}

#[test]
fn the_example_index_stays_readable() {
    let path = example("media_index.json");
    assert_fits(&schema("index"), &json(&path), "the example");
    let text = fs::read(&path).unwrap();
    let index = index_file::parse(Tree::Media, &text).unwrap();
    assert_eq!(index.entries.len(), 3);
    let mut again = Vec::new();
    index_file::write(&index, &mut again).unwrap();
    assert_eq!(again, text, "it is written as it was");
}

#[test]
fn the_example_sidecar_index_stays_readable() {
    let path = example("mediastruct.yaml");
    assert_fits(&schema("sidecar"), &yaml(&path), "the example");
    let sidecar = Sidecar::from_yaml(&fs::read(path).unwrap()).unwrap();
    let paths: Vec<_> = sidecar.files.keys().map(ToString::to_string).collect();
    assert_eq!(paths, ["a.jpg", "b/copy of a.jpg", "not only \\xe9.jpg"]);
    assert!(sidecar.files.values().all(Option::is_some));
}

#[test]
fn the_example_of_volumes_stays_readable() {
    let path = example("volumes.jsonl");
    assert_journal_fits(&schema("volumes"), &path);
    let text = fs::read_to_string(path).unwrap();
    let (volumes, end) = volumes_file::parse(text.as_bytes()).unwrap();
    assert_eq!(end, text.len());
    let states: Vec<_> = volumes.iter().map(|(_, volume)| volume.state()).collect();
    assert_eq!(states, [VolumeState::Verified, VolumeState::Open]);
    let events = text.lines().skip(1).map(|event| {
        let record: VolumeRecord = serde_json::from_str(event).unwrap();
        volumes_file::line(&record)
    });
    let again: String = std::iter::once(volumes_file::header())
        .chain(events)
        .collect();
    assert_eq!(again, text, "it is written as it was");
}

#[test]
fn the_example_of_last_crawls_stays_readable() {
    let path = example("last_crawls.json");
    assert_fits(&schema("last-crawls"), &json(&path), "the example");
    let text = fs::read_to_string(path).unwrap();
    let crawls = LastCrawls::parse(text.as_bytes());
    assert_eq!(crawls.trees.len(), 3);
    assert_eq!(crawls.text(), text, "it is written as it was");
}

#[test]
fn the_example_of_an_interrupted_crawl_stays_readable() {
    let path = example("crawl_progress.jsonl");
    assert_journal_fits(&schema("progress"), &path);
    let text = fs::read(path).unwrap();
    let mut lines = text.split_inclusive(|b| *b == b'\n');
    let header = ProgressHeader::parse(lines.next().unwrap()).unwrap();
    let mut progress = Progress::default();
    assert!(lines.all(|line| progress.add(line)));
    assert_eq!(progress.files(), 2);
    let again = String::from_utf8(progress.text(&header)).unwrap();
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let written = String::from_utf8(text).unwrap();
    assert_eq!(sorted(&again), sorted(&written), "it is written as it was");
}

/// A library whose datadir holds an example of a run, and the name of that run.
fn library_with(run: &Path) -> (Library, String) {
    assert_fits(&schema("plan"), &json(&run.join("plan.json")), "its plan");
    let journal = run.join("journal.jsonl");
    assert_journal_fits(&schema("journal"), &journal);
    let begin = fs::read_to_string(&journal).unwrap();
    let begin: Value = serde_json::from_str(begin.lines().next().unwrap()).unwrap();
    let id = begin["record"]["begin"]["run"].as_str().unwrap().to_owned();
    let library = Library::new();
    let place = library.path("data/runs").join(&id);
    fs::create_dir_all(&place).unwrap();
    for file in fs::read_dir(run).unwrap().map(Result::unwrap) {
        let copy = place.join(file.file_name());
        fs::copy(file.path(), &copy).unwrap();
        fs::set_permissions(copy, fs::Permissions::from_mode(0o600)).unwrap();
    }
    (library, id)
}

#[test]
fn the_example_runs_stay_readable() {
    for (name, shown) in [("run", "2 of 2 files"), ("run-archive", "files written")] {
        let (library, id) = library_with(&example(name));
        let history = library.succeed(&["history"]).out;
        assert!(
            history.contains(&id) && history.contains("applied"),
            "{history}"
        );
        let said = library.succeed(&["show", &id]).out;
        assert!(said.contains(shown), "{said}");
    }
    let (library, _) = library_with(&example("run"));
    let undo = library.succeed(&["plan", "undo"]).out;
    assert_eq!(undo, fs::read_to_string(example("plan-undo.json")).unwrap());
    // What was copied goes back, and what was written goes aside.
    let (library, _) = library_with(&example("run-archive"));
    let undo: Value = serde_json::from_str(&library.succeed(&["plan", "undo"]).out).unwrap();
    let ends = undo["moves"].as_array().unwrap().iter();
    let ends: Vec<_> = ends.map(|m| m["to"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ends.len(), 3);
    assert!(ends[0].starts_with("archive/.mediastruct.d/parked/"));
    assert_eq!(ends[1..], ["media/2019/a.jpg", "media/2019/b.jpg"]);
}

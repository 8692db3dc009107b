//! Changing over from the original, the Python tool, in place: its configuration, its directories,
//! its indexes and the messages that its user looks for.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Said, said};
use mediastruct::model::digest::Digest;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the original left behind: `/data` and `/opt/mediastruct/data`, beneath a directory.
struct Original {
    dir: tempfile::TempDir,
}

const A: &str = "a picture that is archived";
const B: &str = "a picture that is in media twice";

impl Original {
    fn new() -> Original {
        let dir = tempfile::tempdir().unwrap();
        let original = Original { dir };
        original.write("data/archive/01/2019/wonderunit.png", A);
        original.write("data/media/2023/wonderunit.png", A);
        original.write("data/media/2023/b.jpg", B);
        original.write("data/media/2024/b.jpg", B);
        original.write("data/media/2024/c.jpg", "a picture that is there once");
        for dir in ["ingest", "duplicates/2022", "validated"] {
            fs::create_dir_all(original.path(&format!("data/media/{dir}"))).unwrap();
        }
        original.write("data/media/duplicates/2022/old.jpg", A);
        let root = original.dir.path().display();
        let file = |path: &str, hash: &str, size: usize| {
            format!(r#"{{"path": "{root}/data/{path}", "hash": "{hash}", "size": {size}}}"#)
        };
        let media = [
            file("media/2023/wonderunit.png", "00000000000000aa", A.len()),
            file("media/2023/b.jpg", "00000000000000bb", B.len()),
            file("media/2024/b.jpg", "00000000000000bb", B.len()),
        ];
        let archive = file(
            "archive/01/2019/wonderunit.png",
            "00000000000000aa",
            A.len(),
        );
        original.write(
            "opt/mediastruct/data/media_index.json",
            &format!("[{}]", media.join(",\n ")),
        );
        original.write(
            "opt/mediastruct/data/archive_index.json",
            &format!("[{archive}]"),
        );
        original.write(
            "opt/mediastruct/data/ingest_index.json",
            r#"{"total_size": 0}"#,
        );
        let sidecar =
            "timestamp: '2026-11-01T10:00:00'\nfiles:\n  2019/wonderunit.png: 00000000000000aa\n";
        original.write("data/archive/01/.mediastruct", sidecar);
        original.write(
            "data/logs/mediastruct.log",
            "2026-11-01 10:00:00 INFO of the original\n",
        );
        let config = format!(
            "[Paths]\n\
             logdir = {root}/data/logs\n\
             datadir = {root}/opt/mediastruct/data\n\
             ingest_dir = {root}/data/media/ingest\n\
             media_dir = {root}/data/media\n\
             archive_dir = {root}/data/archive\n\
             duplicates_dir = {root}/data/media/duplicates\n\
             validated_dir = {root}/data/media/validated\n"
        );
        original.write("etc/mediastruct/config.ini", &config);
        original
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("mediastruct"));
        command
            .arg("--config")
            .arg(self.path("etc/mediastruct/config.ini"));
        command
            .arg("--shared-trees")
            .args(arguments)
            .stdin(Stdio::null());
        command.env_remove("MEDIASTRUCT_ROOT");
        let said = said(&mut command);
        assert_eq!(said.code, 0, "{arguments:?} {said:?}");
        said
    }

    /// Whether the log says this of a path of the system.
    fn logs(&self, message: &str, path: &Path) -> bool {
        let log = self.read("data/logs/mediastruct.log");
        log.contains(&format!("{message}{}", path.display()))
    }
}

#[test]
fn the_user_of_the_original_changes_over_in_place() {
    let original = Original::new();
    let crawled = original.run(&["crawl"]);
    for name in ["media", "archive", "ingest"] {
        let index = original.path(&format!("opt/mediastruct/data/{name}_index.json"));
        crawled.tells(&[&format!(
            "{} is of the original mediastruct",
            index.display()
        )]);
        let kept = original.read(&format!("opt/mediastruct/data/{name}_index.json.original"));
        assert!(!kept.contains("format"), "{kept}");
        let index: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&index).unwrap()).unwrap();
        assert_eq!(index["format"], "mediastruct/index/1");
        for file in index["files"].as_array().unwrap() {
            let told = ["path", "hash", "size"].map(|key| !file[key].is_null());
            assert_eq!(told, [true; 3], "the three fields of the original: {file}");
        }
    }
    // A unit of the original is out of date, however young it is.
    let sidecar = original.read("data/archive/01/.mediastruct");
    assert!(
        sidecar.contains("timestamp:") && sidecar.contains("files:"),
        "{sidecar}"
    );
    assert!(
        sidecar.contains(&Digest::of(A.as_bytes()).to_string()),
        "{sidecar}"
    );
    for unit in ["archive/01", "media/2023", "media/2024"] {
        let unit = original.path(&format!("data/{unit}"));
        assert!(original.logs("Crawl - Processing target subdirectory: ", &unit));
    }
    let log = original.read("data/logs/mediastruct.log");
    assert!(log.starts_with("2026-11-01 10:00:00 INFO of the original\n"));
    for tree in ["ingest", "duplicates", "validated"] {
        let message = "Crawl - Processing target subdirectory: ";
        assert!(!original.logs(message, &original.path(&format!("data/media/{tree}"))));
    }

    original.run(&["dedupe", "--yes"]);
    assert_eq!(
        original.read("data/media/duplicates/2023/wonderunit.png"),
        A
    );
    assert_eq!(original.read("data/media/duplicates/2024/b.jpg"), B);
    assert_eq!(original.read("data/media/2023/b.jpg"), B);
    assert_eq!(original.read("data/archive/01/2019/wonderunit.png"), A);
    let keeper = original.path("data/media/2023/b.jpg");
    let hash = Digest::of(B.as_bytes());
    let message = format!("Dedupe - Keeping media file (first instance of hash {hash}): ");
    assert!(original.logs(&message, &keeper));

    // What the original had moved to duplicates is proven, too.
    original.run(&["validate", "--yes"]);
    assert_eq!(original.read("data/media/validated/2022/old.jpg"), A);
    assert_eq!(original.read("data/media/validated/2024/b.jpg"), B);
    original.run(&["undo", "--yes"]);
    original.run(&["undo", "--yes"]);
    assert_eq!(original.read("data/media/2024/b.jpg"), B);
}

#[test]
fn what_is_said_to_be_kept_is_kept_also_where_the_crawl_ends_early() {
    let original = Original::new();
    let index = original.read("opt/mediastruct/data/media_index.json");
    // The crawl ends at an index of ours that is damaged, after the originals were told of.
    original.write(
        "opt/mediastruct/data/archive_index.json",
        "{\"format\": \"mediastruct/index/9\"}",
    );
    for _ in 0..2 {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("mediastruct"));
        command
            .arg("--config")
            .arg(original.path("etc/mediastruct/config.ini"))
            .args(["--shared-trees", "crawl"])
            .env_remove("MEDIASTRUCT_ROOT");
        let said = said(&mut command);
        assert_ne!(said.code, 0, "{said:?}");
        let kept = original.path("opt/mediastruct/data/media_index.json.original");
        said.tells(&[&format!("it is kept as {}", kept.display())]);
        assert_eq!(fs::read_to_string(kept).unwrap(), index);
    }
    let twice = original.path("opt/mediastruct/data/media_index.json.original~2");
    assert!(!twice.exists(), "it is kept once");
}

#[test]
fn nothing_is_told_or_planned_from_hashes_of_the_original() {
    let original = Original::new();
    let before = original.read("opt/mediastruct/data/media_index.json");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("mediastruct"));
    command
        .arg("--config")
        .arg(original.path("etc/mediastruct/config.ini"));
    let refused = said(
        command
            .args(["plan", "dedupe"])
            .env_remove("MEDIASTRUCT_ROOT"),
    );
    assert_eq!(refused.code, 3, "{refused:?}");
    refused.tells(&["was never indexed", "`mediastruct crawl`"]);
    assert_eq!(
        original.read("opt/mediastruct/data/media_index.json"),
        before
    );
    // A second crawl, once ours are there, says nothing of the original's.
    original.run(&["crawl"]);
    let again = original.run(&["crawl"]);
    assert!(!again.err.contains("original"), "{again:?}");
    // The original may have been run once more since.
    let newer = before.replace("aa", "cc");
    original.write("opt/mediastruct/data/media_index.json", &newer);
    original.run(&["crawl"]);
    assert_eq!(
        original.read("opt/mediastruct/data/media_index.json.original~2"),
        newer
    );
    assert_eq!(
        original.read("opt/mediastruct/data/media_index.json.original"),
        before
    );
}

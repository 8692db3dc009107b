//! Crawls that are interrupted: the next one goes on, and hashes nothing twice.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Library, Mounted, Said, has_own_mounts};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

/// How many files there are; each takes as long to hash as it is large, and no room.
const FILES: u64 = 30;

/// Bytes of each.
const SIZE: u64 = 2 * (40 << 20);

const PROGRESS: &str = "data/crawl_progress.jsonl";

fn large() -> Library {
    let library = Library::new();
    fill(&library);
    settle(&library);
    library
}

fn fill(library: &Library) {
    for number in 0..FILES {
        let path = format!("media/2024/{number:02}");
        library.write(&path, &number.to_string());
        let file = fs::File::options().write(true).open(library.path(&path));
        file.unwrap().set_len(SIZE).unwrap();
    }
}

/// Waits until the files that were written are so old that a crawl notes their hashes.
fn settle(library: &Library) {
    let is_old = || {
        let metadata = fs::metadata(library.path("media/2024/29")).unwrap();
        let age = SystemTime::now().duration_since(metadata.modified().unwrap());
        age.is_ok_and(|age| age > Duration::from_secs(3))
    };
    while !is_old() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A crawl that has noted some files and is still at work.
fn begun(library: &Library, arguments: &[&str]) -> Child {
    let progress = || fs::read_to_string(library.path(PROGRESS)).unwrap_or_default();
    let before = progress();
    // One reader leaves the most time to interrupt it.
    let mut command = library.command(&[arguments, &["--jobs", "1"]].concat());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let is_new = |text: String| text != before && text.contains("\"hash\"");
    while !is_new(progress()) {
        assert_eq!(child.try_wait().unwrap(), None, "it ended too early");
        // Who rests is woken at once; who never does waits for others on a busy machine.
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

fn kill(library: &Library, arguments: &[&str]) {
    let mut child = begun(library, arguments);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it ended too early");
}

/// How many files were noted.
fn noted(library: &Library) -> u64 {
    library.read(PROGRESS).matches("\"hash\"").count() as u64
}

/// How many files the last crawl read.
fn read(library: &Library) -> u64 {
    let log = library.read("logs/mediastruct.log");
    let (_, rest) = log.rsplit_once("Hashing ").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

/// The files of the index of media, but for what differs between two libraries.
fn hashes(library: &Library) -> Vec<(String, String)> {
    let index: serde_json::Value =
        serde_json::from_str(&library.read("data/media_index.json")).unwrap();
    let files = index["files"].as_array().unwrap().iter();
    files
        .map(|f| (f["path"].to_string(), f["hash"].to_string()))
        .collect()
}

#[test]
fn what_was_hashed_before_a_kill_is_not_hashed_again() {
    let library = large();
    kill(&library, &["crawl"]);
    let first = noted(&library);
    assert!((1..FILES).contains(&first), "{first}");
    assert!(!library.path("data/media_index.json").exists());
    // It may be killed again and again.
    kill(&library, &["crawl"]);
    let second = noted(&library);
    assert!(read(&library) == FILES - first && second > first);
    let said = library.succeed(&["crawl"]);
    said.tells(&[&format!(
        "{second} files of those by the crawl that was interrupted"
    )]);
    assert_eq!(read(&library), FILES - second);
    assert!(!library.path(PROGRESS).exists(), "it is of no use any more");
    let index = hashes(&library);
    // A finished crawl leaves nothing to go on with.
    library.succeed(&["crawl", "--force"]);
    assert_eq!(read(&library), FILES);
    assert_eq!(hashes(&library), index);
}

#[test]
fn ctrl_c_ends_a_crawl_and_says_what_is_kept() {
    let library = large();
    for signal in [Signal::INT, Signal::TERM] {
        let child = begun(&library, &["crawl"]);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = Said {
            code: output.status.code().unwrap_or(-1),
            out: String::new(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert_eq!(said.code, 1, "{}", said.err);
        let kept = noted(&library);
        said.tells(&[
            "interrupted: ending after the files in hand",
            &format!("interrupted: {kept} of {FILES} files are hashed, and that is kept"),
            "the same `mediastruct crawl` goes on from there",
        ]);
    }
    let kept = noted(&library);
    library.succeed(&["crawl"]);
    assert_eq!(read(&library), FILES - kept);
}

#[test]
fn a_crawl_by_force_goes_on_with_one_by_force_only() {
    let library = large();
    kill(&library, &["crawl"]);
    kill(&library, &["crawl", "--force"]);
    assert_eq!(read(&library), FILES, "begun anew");
    let first = noted(&library);
    library.succeed(&["crawl", "--force"]);
    assert_eq!(read(&library), FILES - first);
}

#[test]
fn a_file_that_changed_since_the_interruption_is_hashed_again() {
    let library = large();
    kill(&library, &["crawl"]);
    let text = library.read(PROGRESS);
    let path = text.split("\"path\":\"").nth(1).unwrap();
    let path = path.split('"').next().unwrap();
    let first = noted(&library);
    // In its bytes only: size and modification time are what they were.
    let modified = fs::metadata(library.path(path))
        .unwrap()
        .modified()
        .unwrap();
    let file = fs::File::options()
        .write(true)
        .open(library.path(path))
        .unwrap();
    std::os::unix::fs::FileExt::write_at(&file, b"changed", 0).unwrap();
    file.set_modified(modified).unwrap();
    library.succeed(&["crawl"]);
    assert_eq!(read(&library), FILES - first + 1);
    let index = hashes(&library);
    library.succeed(&["crawl", "--force"]);
    assert_eq!(hashes(&library), index);
}

#[test]
fn what_others_could_have_written_is_not_gone_on_with() {
    let library = Library::new();
    library.write("media/2024/a", "a");
    let forged = "{\"format\":\"mediastruct/progress/1\",\"force\":false,\
        \"begun\":\"2026-01-01T00:00:00Z\"}\n";
    library.write(PROGRESS, forged);
    let path = library.path(PROGRESS);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let why = "crawl_progress.jsonl cannot be trusted: others may write to it";
    // It would only have saved time: the crawl does without it, and lets it alone.
    let hint = "; move it away";
    library
        .succeed(&["crawl"])
        .tells(&[why, hint, "hashed 1 file"]);
    assert_eq!(library.read(PROGRESS), forged);
    // What is damaged tells of nothing, and goes with the crawl.
    for damaged in [
        "",
        "{",
        "\0\0\n",
        "{\"format\":\"mediastruct/progress/2\"}\n",
    ] {
        fs::write(&path, damaged).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        library.succeed(&["crawl"]);
        assert!(!path.exists());
    }
}

#[test]
fn a_signal_that_comes_too_late_is_told_to_be() {
    let library = Library::new();
    // Writing a sidecar index for each unit takes a while.
    for year in 1900..2100 {
        library.write(&format!("media/{year}/a"), "a");
    }
    let is_written = || library.path("media/1900/.mediastruct").exists();
    loop {
        let mut command = library.command(&["crawl", "--jobs", "1"]);
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        while !is_written() {}
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        if said.contains("interrupted: ending") {
            let finished = "all was hashed by then: the crawl is finished";
            assert!(said.contains(finished), "{said}");
            break;
        }
        // It came when the process had ended already.
        for year in 1900..2100 {
            fs::remove_file(library.path(&format!("media/{year}/.mediastruct"))).unwrap();
        }
    }
    assert!(library.read("data/media_index.json").contains("2099/a"));
}

#[test]
fn a_crawl_of_some_units_leaves_what_was_hashed_of_others() {
    let library = large();
    library.write("media/2023/a", "a");
    kill(&library, &["crawl"]);
    let first = noted(&library);
    let unit = library.path("media/2023");
    library.succeed(&["crawl", unit.to_str().unwrap()]);
    assert!(noted(&library) >= first - 1);
    let rest = library.read(PROGRESS).matches("media/2024").count() as u64;
    library.succeed(&["crawl"]);
    assert_eq!(read(&library), FILES + 1 - rest);
}

#[test]
fn an_edit_within_the_tick_of_a_coarse_clock_is_hashed_again() {
    let test = an_edit_within_the_tick_of_a_coarse_clock_is_hashed_again;
    if !has_own_mounts(test, "a file system with times of whole seconds") {
        return;
    }
    let library = Library::new();
    // The last change to an inode of that size is known to the second.
    let mkfs = ["mkfs.ext4", "-I", "128"];
    let (image, media) = (library.path("image"), library.path("media"));
    let _mounted = Mounted::image(&mkfs, &image, &media);
    // It is the first one by its inode, and so the first one that is read.
    library.write("media/2024/file", "");
    fill(&library);
    settle(&library);
    let file = library.path("media/2024/file");
    let times = || {
        let metadata = fs::metadata(&file).unwrap();
        (metadata.mtime(), metadata.ctime(), metadata.ctime_nsec())
    };
    loop {
        let _ = fs::remove_file(library.path(PROGRESS));
        library.write("media/2024/file", "AAAA");
        let before = times();
        assert_eq!(before.2, 0, "its clock is not coarse");
        let mut child = begun(&library, &["crawl"]);
        library.write("media/2024/file", "BBBB");
        let is_same = before == times();
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        if is_same {
            break;
        }
    }
    library.succeed(&["crawl"]);
    // There is one file more than those.
    assert!(read(&library) <= FILES, "it did not go on");
    let index = hashes(&library);
    let (_, hash) = index
        .iter()
        .find(|(path, _)| path.contains("file"))
        .unwrap();
    let expected = blake3::hash(b"BBBB").to_hex();
    assert!(hash.contains(expected.as_str()), "{hash}");
}

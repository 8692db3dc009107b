//! Volumes that come back from discs.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Library, burn, can, record};
use std::fs;
use std::path::PathBuf;

/// A crawled library of which volume 07 is burned and gone from the disk; and the disc.
fn burned() -> (Library, PathBuf) {
    burned_with(0)
}

/// The same with so many more files.
fn burned_with(more: usize) -> (Library, PathBuf) {
    let library = Library::new();
    for number in 0..more {
        let content = "x".repeat(50_000 + number);
        library.write(&format!("archive/07/2019/{number}"), &content);
    }
    library.write("archive/07/2019/a.jpg", "one");
    library.write("archive/07/2019/deep/b.jpg", "two");
    library.write("archive/07/2020/c.jpg", "three");
    library.write("media/2024/d.jpg", "in media");
    library.succeed(&["crawl"]);
    burn(&library, "07", 1);
    let disc = library.surroundings().join("disc");
    fs::rename(library.path("archive/07"), &disc).unwrap();
    library.succeed(&["crawl"]).tells(&["offline"]);
    (library, disc)
}

fn restore(library: &Library, disc: &std::path::Path, code: i32) -> library::Said {
    let disc = disc.to_str().unwrap();
    library.end_with(code, &["volumes", "restore", "07", "--at", disc, "--yes"])
}

/// The lines of the archive's index that tell of files: path and hash alone.
fn indexed(library: &Library) -> Vec<String> {
    let index = library.read("data/archive_index.json");
    let files = index.lines().filter(|line| line.starts_with("{\"path\""));
    files
        .map(|line| line.split(",\"size\"").next().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_gone_comes_back_and_the_disc_is_only_read() {
    let (library, disc) = burned();
    let known = indexed(&library);
    assert!(
        library
            .read("data/archive_index.json")
            .contains("\"offline\"")
    );
    restore(&library, &disc, 0).tells(&["copied 3 files"]);
    assert_eq!(library.read("archive/07/2019/deep/b.jpg"), "two");
    assert!(disc.join("2019/a.jpg").exists());
    assert_eq!(indexed(&library), known);
    assert!(
        !library
            .read("data/archive_index.json")
            .contains("\"offline\"")
    );
    library.succeed(&["crawl", "--force"]);
    assert_eq!(indexed(&library), known);
    restore(&library, &disc, 0).tells(&["nothing to do"]);
    fs::remove_file(library.path("archive/07/2020/c.jpg")).unwrap();
    restore(&library, &disc, 0).tells(&["copied 1 file"]);
    let why = "volume 07 is burned, and nothing leaves it any more";
    library.refuse(3, &["undo", "--yes"], &[why]);
}

#[test]
fn a_file_that_is_not_what_it_was_does_not_come_back() {
    let (library, disc) = burned();
    let known = indexed(&library);
    fs::write(disc.join("2019/a.jpg"), "ONE").unwrap();
    let copy = library.copy();
    restore(&copy, &disc, 4)
        .tells(&["archive/07/2019/a.jpg: it holds something else on this disc"]);
    assert_eq!(
        copy.read("archive/07/2020/c.jpg"),
        "three",
        "the others come back"
    );
    assert!(!copy.path("archive/07/2019/a.jpg").exists());
    assert_eq!(indexed(&copy), known);
    fs::write(disc.join("2019/a.jpg"), "longer").unwrap();
    fs::remove_file(disc.join("2020/c.jpg")).unwrap();
    restore(&library, &disc, 4).tells(&[
        "archive/07/2019/a.jpg: it has another size on this disc",
        "archive/07/2020/c.jpg: it is not on this disc",
    ]);
    assert_eq!(library.read("archive/07/2019/deep/b.jpg"), "two");
    assert!(!library.path("archive/07/2019/a.jpg").exists());
    assert_eq!(
        indexed(&library),
        known,
        "what is on the disc is known still"
    );
}

#[test]
fn law_3_only_what_the_volume_held_comes_back_into_it() {
    let (library, disc) = burned();
    library.write("new.jpg", "new");
    fs::copy(library.path("new.jpg"), disc.join("2019/new.jpg")).unwrap();
    let at = disc.to_str().unwrap();
    library.succeed(&["volumes", "restore", "07", "--at", at, "-o", "plan.json"]);
    let plan = library.read("plan.json");
    assert!(!plan.contains("new.jpg"), "{plan}");
    let why = "volume 07 is burned, and its discs would not hold this";
    for (from, to) in [
        ("archive/07/2019/a.jpg", "archive/07/2019/other.jpg"),
        ("archive/07/2019/a.jpg", "archive/07/2019/../a.jpg"),
    ] {
        library.write("edited.json", &plan.replace(from, to));
        let mut apply = library.command(&["apply", "edited.json"]);
        let said = library::said(apply.env("MEDIASTRUCT_INGEST_DIR", at));
        assert_ne!(said.code, 0, "{said:?}");
        assert!(to.contains("..") || said.err.contains(why), "{said:?}");
    }
    let moving = plan.replace("\"copy\":true", "\"copy\":false");
    library.write("edited.json", &moving);
    let mut apply = library.command(&["apply", "edited.json"]);
    let said = library::said(apply.env("MEDIASTRUCT_INGEST_DIR", at));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(!library.path("archive/07").exists());
    let mut apply = library.command(&["apply", "plan.json"]);
    let said = library::said(apply.env("MEDIASTRUCT_INGEST_DIR", at));
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn law_6_killed_while_a_volume_comes_back_it_is_recovered_and_stays_known() {
    let (library, disc) = burned_with(200);
    let known = indexed(&library);
    let at = disc.to_str().unwrap();
    for path in ["archive/07", "archive/07/2019/150"] {
        let copy = library.copy();
        let restore = ["volumes", "restore", "07", "--at", at, "--yes"];
        copy.kill_when_there(&restore, &copy.path(path));
        let mut recover = copy.command(&["recover"]);
        let said = library::said(recover.env("MEDIASTRUCT_INGEST_DIR", at));
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(indexed(&copy), known);
        copy.succeed(&restore);
        copy.succeed(&["volumes", "verify", "07"]);
    }
}

#[test]
fn what_no_disc_can_hold_is_not_restored() {
    let (library, disc) = burned();
    let at = disc.to_str().unwrap();
    let restore = |volume, at| ["volumes", "restore", volume, "--at", at, "--yes"];
    library
        .end_with(64, &restore("08", at))
        .tells(&["the index has no file of volume 08"]);
    library.end_with(64, &restore("07", "/nowhere"));
    let media = library.path("media");
    library.end_with(64, &restore("07", media.to_str().unwrap()));
    library.write("image.iso", "an image");
    let image = library.path("image.iso");
    library
        .end_with(64, &restore("07", image.to_str().unwrap()))
        .tells(&["mount"]);
    library.write("archive/08/2021/e.jpg", "five");
    library.succeed(&["crawl"]);
    library.refuse(3, &restore("08", at), &["volume 08 was never burned"]);
    record(&library, &["07 \"lost\",\"copy\":1"]);
    library.succeed(&restore("07", at));
}

#[test]
fn what_is_damaged_on_the_disk_is_named_with_what_helps_and_let_alone() {
    let (library, disc) = burned();
    restore(&library, &disc, 0);
    let rotten = library.path("archive/07/2019/a.jpg");
    let modified = fs::metadata(&rotten).unwrap().modified().unwrap();
    fs::write(&rotten, "ONE").unwrap();
    let file = fs::File::options().write(true).open(&rotten).unwrap();
    file.set_modified(modified).unwrap();
    let moved = library.path("archive/07/2020/c.jpg");
    fs::rename(&moved, library.surroundings().join("elsewhere")).unwrap();
    fs::create_dir(&moved).unwrap();
    fs::write(disc.join("2019/deep/b.jpg"), "TWO").unwrap();
    let said = restore(&library, &disc, 4);
    said.tells(&[
        "archive/07/2019/a.jpg: it is on the disk, and holds something else than was indexed; this \
         disc has it whole: move the damaged one out of the archive",
        "archive/07/2020/c.jpg: it is on the disk, and cannot be read: it is a directory, not a",
        "nothing can be copied back",
    ]);
    assert!(!said.err.contains("nothing to do"), "{}", said.err);
    assert!(
        !said.err.contains("b.jpg"),
        "it is whole on the disk: {}",
        said.err
    );
    assert_eq!(library.read("archive/07/2019/a.jpg"), "ONE");

    fs::write(disc.join("2019/a.jpg"), "???").unwrap();
    restore(&library, &disc, 4).tells(&["nor does this disc have it as it was"]);
    fs::write(disc.join("2019/a.jpg"), "one").unwrap();
    fs::rename(&rotten, library.surroundings().join("rotten")).unwrap();
    fs::remove_dir(&moved).unwrap();
    restore(&library, &disc, 0).tells(&["copied 2 files"]);
    library.succeed(&["volumes", "verify", "07"]);
}

#[test]
fn a_disc_is_read_once_for_the_plan_and_once_to_copy() {
    if !can(&["strace", "-V"], "counting what is opened") {
        return;
    }
    let (library, disc) = burned();
    // What changed only just now could change again without a trace.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let at = disc.to_str().unwrap();
    let strace = ["strace", "-f", "-e", "trace=openat,openat2", "-o", "trace"];
    let restore = ["volumes", "restore", "07", "--at", at, "--yes"];
    let said = library.run_within(&strace, &restore);
    assert_eq!(said.code, 0, "{said:?}");
    let trace = library.read("trace");
    let opened = trace
        .lines()
        .filter(|l| l.contains("\"b.jpg\"") || l.contains("deep/b.jpg"));
    let opened: Vec<_> = opened
        .filter(|l| l.contains("O_NONBLOCK") && !l.contains(" -1 E"))
        .collect();
    assert_eq!(opened.len(), 2, "{opened:#?}");
}

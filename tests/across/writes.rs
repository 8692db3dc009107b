//! Plans to archive, written by hand: files that go to a volume, and the mark of a volume.

use crate::kills::kill_everywhere;
use crate::library::{Library, can};
use mediastruct::model::digest::Digest;
use mediastruct::model::path::TreePath;
use mediastruct::model::time::Time;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};

const MARK: &str = "archive/07/.unburned";
const TEXT: &str = "This volume is on no disc yet.\nmedium: bd25\n";

/// Size, modification time and hash of a file, as they stand in a plan.
pub fn facts(library: &Library, name: &str) -> String {
    let bytes = fs::read(library.path(name)).unwrap();
    let stat = fs::metadata(library.path(name)).unwrap();
    let modified = Time::new(stat.mtime(), stat.mtime_nsec() as u32).unwrap();
    format!(
        r#""size":{},"modified":"{modified}","hash":"{}""#,
        bytes.len(),
        Digest::of(&bytes)
    )
}

/// A library with two files of 2024, and the plan to bring them to volume 7; `replaces` is what the
/// plan says of the mark that is there.
fn to_volume(library: &Library, replaces: &str) {
    let moves = ["a", "b"].map(|name| {
        format!(
            r#"{{"from":"media/2024/{name}","to":"archive/07/2024/{name}",{},
               "why":{{"kind":"volume","number":7}}}}"#,
            facts(library, &format!("media/2024/{name}"))
        )
    });
    let plan = format!(
        r#"{{"format":"mediastruct/plan/1","phase":"archive","moves":[{}],
           "writes":[{{"to":"{MARK}","role":"unburned","max_bytes":100{replaces}}}]}}"#,
        moves.join(",")
    );
    library.write("plan.json", &plan);
}

fn library() -> Library {
    let library = Library::new();
    library.write("media/2024/a", "first");
    library.write("media/2024/b", "second");
    library.succeed(&["crawl"]);
    library
}

fn newest_run(library: &Library) -> String {
    let runs = fs::read_dir(library.path("data/runs")).unwrap();
    let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
    names.max().unwrap()
}

#[test]
fn law_5_a_mark_is_written_taken_back_and_written_again() {
    let library = library();
    to_volume(&library, "");
    let start = library.census();
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    let end = library.census();
    assert_eq!(library.read(MARK), TEXT);
    assert_eq!(library.read("archive/07/2024/a"), "first");
    let stat = fs::metadata(library.path(MARK)).unwrap();
    assert_eq!((stat.mode() & 0o7777, stat.mtime_nsec()), (0o644, 0));
    library.refuse(3, &["apply", "plan.json"], &["applied already"]);

    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start, "{:#?}", library.census().keys());
    let undo = newest_run(&library);
    library.succeed(&["undo", &undo, "--yes"]);
    assert!(library.census() == end, "{:#?}", library.census().keys());
    assert_eq!(library.read(MARK), TEXT);
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);
}

#[test]
fn law_5_a_mark_that_is_replaced_comes_back() {
    let library = library();
    library.write(MARK, "an older mark\n");
    to_volume(&library, "");
    let occupied = ["archive/07/.unburned: something is there already"];
    library.refuse(3, &["apply", "plan.json"], &occupied);

    let replaces = format!(r#","replaces":{{{}}}"#, facts(&library, MARK));
    to_volume(&library, &replaces);
    let start = library.census();
    let inode = fs::metadata(library.path(MARK)).unwrap().ino();
    library.succeed(&["apply", "plan.json"]);
    assert_eq!(library.read(MARK), TEXT);
    let replaced = format!("archive/.mediastruct.d/replaced/{}", newest_run(&library));
    let mut kept = fs::read_dir(library.path(&replaced)).unwrap();
    let kept = kept.next().unwrap().unwrap().path();
    assert_eq!(fs::read_to_string(&kept).unwrap(), "an older mark\n");
    assert_eq!(fs::metadata(&kept).unwrap().ino(), inode);

    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start, "{:#?}", library.census().keys());
    assert_eq!(library.read(MARK), "an older mark\n");
    let undo = newest_run(&library);
    library.succeed(&["undo", &undo, "--yes"]);
    assert_eq!(library.read(MARK), TEXT);
    library.succeed(&["undo", "--yes"]);
    assert!(library.census() == start);

    // Another one than the plan says stays.
    library.write(MARK, "another mark\n");
    library.refuse(3, &["apply", "plan.json"], &[MARK]);
}

#[test]
fn a_mark_that_was_edited_is_not_taken_back() {
    let library = library();
    to_volume(&library, "");
    library.succeed(&["apply", "plan.json"]);
    library.write(MARK, "mine now\n");
    library.refuse(3, &["undo", "--yes"], &["archive/07/.unburned: it changed"]);
    // Neither is one of the same length, whatever its times say.
    let stat = fs::metadata(library.path(MARK)).unwrap();
    let edited = TEXT.replace("yet", "now");
    library.write(MARK, &edited);
    let file = fs::File::options().write(true).open(library.path(MARK));
    file.unwrap()
        .set_modified(stat.modified().unwrap())
        .unwrap();
    library.refuse(3, &["undo", "--yes"], &[MARK]);
    assert_eq!(library.read(MARK), edited);
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let library = library();
    to_volume(&library, "");
    let plan = library
        .read("plan.json")
        .replace(r#""max_bytes":100"#, r#""max_bytes":5"#);
    library.write("plan.json", &plan);
    let told = format!("its text takes {} bytes, and the plan allows 5", TEXT.len());
    library.refuse(3, &["apply", "plan.json"], &[&told]);
}

#[test]
fn law_6_killed_while_it_writes_it_is_recovered() {
    if !can(
        &["strace", "-o", "/dev/null", "true"],
        "kills while marks are written",
    ) {
        return;
    }
    let replaced = library();
    replaced.write(MARK, "an older mark\n");
    let stat = format!(r#","replaces":{{{}}}"#, facts(&replaced, MARK));
    to_volume(&replaced, &stat);
    let fresh = library();
    to_volume(&fresh, "");
    let kills = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for library in [&fresh, &replaced] {
            let done = library.copy();
            done.succeed(&["apply", "plan.json"]);
            for command in [&["apply", "plan.json"][..], &["undo", "--yes"]] {
                let origin = if command[0] == "undo" {
                    done.copy()
                } else {
                    library.copy()
                };
                for calls in [&CALLS[..2], &CALLS[2..4], &CALLS[4..]] {
                    let (start, end) = (library.census(), names(&done));
                    let origin = origin.copy();
                    let kills = &kills;
                    threads.spawn(move || {
                        let count = kill_everywhere(&origin, command, calls, |trial, what| {
                            if trial.path("archive/07/2024/a").exists() {
                                assert_eq!(names(trial), end, "{what}");
                                assert_eq!(trial.read(MARK), TEXT, "{what}");
                                trial.succeed(&["undo", "--yes"]);
                            }
                            assert!(trial.census() == start, "{what}: {:#?}", names(trial));
                        });
                        kills.fetch_add(count, Ordering::Relaxed);
                    });
                }
            }
        }
    });
    println!("{} kill points", kills.into_inner());
}

const CALLS: [&str; 6] = [
    "renameat2",
    "fdatasync",
    "syncfs",
    "unlinkat",
    "mkdirat",
    "fsync",
];

/// What is there. When a mark was written is when its run began, and differs.
fn names(library: &Library) -> Vec<TreePath<'static>> {
    library.census().into_keys().collect()
}

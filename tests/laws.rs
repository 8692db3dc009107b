//! The laws that hold for whole sessions, driven through the program.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

mod library;

use library::{Library, everything, said, system};
use mediastruct::disk::store::Datadir;
use mediastruct::model::index::Index;
use mediastruct::model::tree::Tree;
use proptest::prelude::*;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

const DATASET: [&str; 6] = ["--files", "120", "--size", "2000", "--seed", "7"];

#[test]
fn law_7_a_plan_is_the_same_with_any_threads_locale_and_time_zone() {
    let library = Library::with_dataset(&DATASET);
    library.succeed(&["crawl"]);
    let plan = library.succeed(&["plan", "dedupe"]).out;
    assert!(plan.lines().filter(|l| l.starts_with("{\"from\"")).count() > 10);
    for jobs in ["1", "4"] {
        assert!(library.succeed(&["--jobs", jobs, "plan", "dedupe"]).out == plan);
    }
    for (name, value) in [
        ("LC_ALL", "tr_TR.UTF-8"),
        ("LC_ALL", "C"),
        ("TZ", "Pacific/Kiritimati"),
        ("TZ", "America/St_Johns"),
        ("TZ", "no such zone"),
        ("RAYON_NUM_THREADS", "1"),
        ("COLUMNS", "20"),
    ] {
        let again = said(library.command(&["plan", "dedupe"]).env(name, value));
        assert!(again.out == plan, "{name}={value}");
    }
    // Nor do threads change what a crawl writes, but for when it was.
    let dated = |text: &str| {
        let lines = text.lines().filter(|l| !l.contains("\"indexed\":"));
        lines.map(|l| format!("{l}\n")).collect::<String>()
    };
    let index = dated(&library.read("data/media_index.json"));
    library.succeed(&["--jobs", "1", "crawl", "--force"]);
    assert!(dated(&library.read("data/media_index.json")) == index);
    assert!(library.succeed(&["plan", "dedupe"]).out == plan);
}

#[test]
fn law_7_a_plan_is_the_same_in_another_place() {
    let library = Library::with_dataset(&DATASET);
    library.succeed(&["crawl"]);
    let plan = library.succeed(&["plan", "dedupe"]).out;

    // The same dataset made anew: other inodes, other times of the inodes' last change.
    let other = Library::with_dataset(&DATASET);
    other.succeed(&["crawl"]);
    assert!(other.succeed(&["plan", "dedupe"]).out == plan);

    // A copy of the trees, crawled there.
    let copy = Library::new();
    for tree in ["media", "archive"] {
        fs::remove_dir(copy.path(tree)).unwrap();
    }
    let root = copy.root().as_os_str();
    let (media, archive) = (library.path("media"), library.path("archive"));
    system(
        "cp",
        ["-a".as_ref(), media.as_os_str(), archive.as_os_str(), root],
    );
    copy.succeed(&["crawl"]);
    assert!(copy.succeed(&["plan", "dedupe"]).out == plan);

    // A plan that was made elsewhere can be applied, for it is the same plan.
    copy.write("plan.json", &plan);
    copy.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_4_nothing_is_written_outside_the_trees_the_datadir_and_the_logdir() {
    let library = Library::with_dataset(&DATASET);
    let outside = library.surroundings().join("outside");
    fs::create_dir_all(outside.join("2024")).unwrap();
    for canary in ["home", "xdg", "tmp"] {
        fs::create_dir(library.surroundings().join(canary)).unwrap();
    }
    fs::write(outside.join("canary.jpg"), "a canary").unwrap();
    fs::write(outside.join("2024/canary.jpg"), "a canary").unwrap();
    library.write("media/2024/of-mine.jpg", "a canary");
    library.write("archive/01/of-mine.jpg", "a canary");
    for (target, link) in [
        ("canary.jpg", "media/2024/link.jpg"),
        ("2024", "media/2024/link"),
        ("2024", "media/2031"),
        ("2024", "duplicates/2031"),
        ("2024", "archive/99"),
    ] {
        symlink(outside.join(target), library.path(link)).unwrap();
    }
    let ours = [
        "archive",
        "data",
        "duplicates",
        "ingest",
        "logs",
        "media",
        "validated",
    ];
    let ours = ours.map(|name| library.path(name));
    let ours: Vec<_> = ours.iter().map(PathBuf::as_path).collect();
    let before = everything(library.surroundings(), &ours);
    let go = |arguments: &[&str]| {
        let mut command = library.command(arguments);
        command.env("TMPDIR", library.surroundings().join("tmp"));
        let said = said(&mut command);
        assert!([0, 4].contains(&said.code), "{arguments:?}: {said:?}");
        before.assert_same(
            &everything(library.surroundings(), &ours),
            &format!("{arguments:?}"),
        );
        said
    };
    go(&["crawl"]);
    go(&["crawl", "--incremental"]);
    let plan = go(&["plan", "dedupe"]).out;
    fs::write(library.path("data/plan.json"), &plan).unwrap();
    go(&["show", "data/plan.json"]);
    go(&["check", "data/plan.json"]);
    go(&["apply", "data/plan.json"]);
    assert!(library.path("duplicates/2024/of-mine.jpg").is_file());
    go(&["history"]);
    go(&["status"]);
    go(&["find", "of-mine"]);
    go(&["recover"]);
    go(&["undo", "--yes"]);
    go(&["dedupe", "--yes"]);
    go(&["crawl", "--force"]);
    go(&["undo", "--yes"]);
}

/// A file of a random tree: its unit, its directories and its name, and which content it has.
#[derive(Clone, Debug)]
struct Sown {
    path: Vec<u8>,
    content: &'static str,
}

fn files() -> impl Strategy<Value = Vec<Sown>> {
    let unit = prop::sample::select(vec!["media/2023", "media/2024", "archive/01", "archive/2"]);
    let directory = prop::sample::select(vec![
        &b""[..],
        b"/dir",
        b"/dir/deep er",
        b"/\xff\xfe",
        b"/new\nline",
        b"/-rf",
        b"/bytes:",
    ]);
    let odd = prop::sample::select(vec![
        &b"a.jpg"[..],
        b"a~2.jpg",
        b".hidden",
        b"no extension",
        b"caf\xc3\xa9",
        b"cafe\xcc\x81",
        b"\xf0\x9f\x93\xb7.jpg",
        b"lone \xe9.jpg",
        b"%41%",
        b"quote\"'\\.jpg",
        b"line\nbreak\r\t",
        b"\x1b[31mred",
        b"--yes",
        b"~",
        b"trailing ",
    ]);
    let random = prop::collection::vec(1_u8..=255, 1..12);
    let random = random.prop_map(|name| name.into_iter().filter(|b| *b != b'/').collect());
    let name = prop_oneof![3 => odd.prop_map(<[u8]>::to_vec), 1 => random];
    let content = prop::sample::select(vec!["", "one", "two", "on", "three"]);
    let file = (unit, directory, name, content).prop_map(|(unit, directory, name, content)| {
        let path = [unit.as_bytes(), directory, b"/", &name].concat();
        Sown { path, content }
    });
    prop::collection::vec(file, 1..24)
}

/// Makes the files; one whose name another has taken is left out.
fn sow(library: &Library, files: &[Sown]) {
    for file in files {
        let path = library.root().join(OsString::from_vec(file.path.clone()));
        let _ = fs::create_dir_all(path.parent().unwrap());
        if !path.exists() {
            let _ = fs::write(path, file.content);
        }
    }
}

fn indexes(library: &Library) -> Vec<Index<'static>> {
    let datadir = Datadir::at(&library.path("data"));
    let index = |tree| datadir.load_index(tree).unwrap().unwrap();
    let owned = |tree| index(tree).index().unwrap().into_owned();
    Tree::INDEXED.into_iter().map(owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn law_10_whatever_is_there_apply_and_undo_give_it_back(files in files()) {
        let library = Library::new();
        sow(&library, &files);
        library.succeed(&["crawl"]);
        let (start, indexed) = (library.census(), indexes(&library));
        library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
        library.succeed(&["check", "plan.json"]);
        library.succeed(&["apply", "plan.json"]);

        // The indexes followed: nothing is left to do, and a crawl finds nothing new. What was written
        // right before the first crawl is hashed once more, and its stamps are settled then.
        library.succeed(&["plan", "dedupe", "-o", "next.json"]);
        prop_assert!(library.plan("next.json").moves.is_empty());
        library.succeed(&["check", "next.json"]);
        let followed = indexes(&library);
        library.succeed(&["crawl", "--incremental"]);
        for (followed, crawled) in followed.iter().zip(indexes(&library)) {
            prop_assert_eq!(followed.basis(), crawled.basis());
            prop_assert_eq!(followed.totals, crawled.totals);
        }

        let moves = library.plan("plan.json").moves.len();
        if moves > 0 {
            library.succeed(&["undo", "--yes"]);
        }
        prop_assert!(library.census() == start, "the trees are what they were");
        for (before, after) in indexed.iter().zip(indexes(&library)) {
            prop_assert_eq!(before.basis(), after.basis());
        }
        library.succeed(&["plan", "dedupe", "-o", "again.json"]);
        prop_assert_eq!(library.read("again.json"), library.read("plan.json"));
    }
}

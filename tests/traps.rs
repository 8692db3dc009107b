//! Traps into which a crawl could walk. Others have tests elsewhere: files that cannot be read, edits
//! while hashing, links and mounts into the archive (`threats/stories.rs`), equal inodes and twins in
//! all but case (`threats/same_file.rs`), bit rot (`crawl_trees.rs`).
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

mod library;

use library::{Library, Mounted, can, has_own_mounts, is_root};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, symlink};

/// The paths in the index of a tree.
fn indexed(library: &Library, tree: &str) -> Vec<String> {
    let index: Value =
        serde_json::from_str(&library.read(&format!("data/{tree}_index.json"))).unwrap();
    let files = index["files"].as_array().unwrap().iter();
    files
        .map(|f| f["path"].as_str().unwrap().to_owned())
        .collect()
}

/// How many moves a new plan to dedupe has, and how many files it leaves out.
fn planned(library: &Library) -> (usize, usize) {
    let said = library.run(&["plan", "dedupe", "-o", "plan.json"]);
    let plan = library.plan("plan.json");
    let code = if plan.skipped.is_empty() { 0 } else { 4 };
    assert_eq!(said.code, code, "{}", said.err);
    (plan.moves.len(), plan.skipped.len())
}

#[test]
fn trap_an_edit_within_the_same_second_whose_time_is_put_back_is_hashed_again() {
    let library = Library::new();
    library.write("archive/01/a", "before");
    library.write("media/2024/a", "before");
    library.succeed(&["crawl"]);
    for name in ["archive/01/a", "media/2024/a"] {
        let path = library.path(name);
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.write_at(b"AFTER!", 0).unwrap();
        file.set_modified(modified).unwrap();
    }
    // Neither size nor date tell of it. Trusted files are hashed again for the time of the last
    // change to their inodes, and what is found is no edit that anybody owned up to.
    let said = library.end_with(4, &["crawl", "--incremental"]);
    said.tells(&["BIT ROT", "archive/01/a", "media/2024/a"]);
    assert_eq!(planned(&library), (0, 2));
}

#[test]
fn trap_a_unit_that_is_excluded_is_left_out_as_a_whole() {
    let library = Library::new();
    for path in [
        "archive/01/a",
        "archive/02/b",
        "media/2023/c",
        "media/2024/d",
    ] {
        library.write(path, path);
    }
    library.succeed(&["crawl"]);
    library.write("archive/03/new", "new");
    library.write("archive/02/b", "edited");
    let options = ["--exclude", "archive/0[23]", "--exclude", "media/2023"];
    let said = library.succeed(&[&["crawl"][..], &options].concat());
    said.tells(&[
        "3, left out as you asked:\n  archive/0[23]: 2\n  media/2023: 1\n",
        "archive/02: what the index knew of it stays as it was",
        "archive/03: it is not in the index",
        "media/2023: it is in the index no more",
    ]);
    assert!(!said.err.contains("gone"), "{}", said.err);
    assert_eq!(indexed(&library, "archive"), ["01/a", "02/b"]);
    assert_eq!(indexed(&library, "media"), ["2024/d"]);
    let plan = library.succeed(&[&["plan", "crawl"][..], &options].concat());
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let skipped = plan["skipped"].as_array().unwrap();
    let whole = skipped.iter().find(|s| s["path"] == "media/2023").unwrap();
    assert_eq!(whole["why"], "excluded by 'media/2023'");
    // Whoever asks for just that unit is told as well.
    let unit = library.path("archive/03");
    let asked = [&["crawl", unit.to_str().unwrap()][..], &options].concat();
    library
        .succeed(&asked)
        .tells(&["archive/03: it is not in the index"]);
    library.succeed(&["crawl"]);
    assert_eq!(indexed(&library, "archive"), ["01/a", "02/b", "03/new"]);
    assert_eq!(indexed(&library, "media"), ["2023/c", "2024/d"]);
}

#[test]
fn trap_an_edit_within_the_tick_of_a_coarse_clock_is_hashed_again() {
    let test = trap_an_edit_within_the_tick_of_a_coarse_clock_is_hashed_again;
    if !has_own_mounts(test, "a file system with times of whole seconds") {
        return;
    }
    let library = Library::new();
    // With inodes of that size, all times are known to the second.
    let mkfs = ["mkfs.ext4", "-I", "128"];
    let (image, archive) = (library.path("image"), library.path("archive"));
    let _mounted = Mounted::image(&mkfs, &image, &archive);
    let times = || {
        let metadata = fs::metadata(library.path("archive/01/a")).unwrap();
        let times = (metadata.mtime(), metadata.ctime());
        assert_eq!((metadata.mtime_nsec(), metadata.ctime_nsec()), (0, 0));
        times
    };
    // Until an edit comes within the second of the crawl.
    loop {
        library.write("archive/01/a", "before");
        library.succeed(&["crawl", "--force"]);
        let before = times();
        let file = fs::File::options()
            .write(true)
            .open(library.path("archive/01/a"));
        file.unwrap().write_at(b"AFTER!", 0).unwrap();
        if before == times() {
            break;
        }
    }
    library.end_with(4, &["crawl"]).tells(&["archive/01/a"]);
}

#[test]
fn trap_the_same_tree_configured_twice_is_refused() {
    let library = Library::with_duplicates();
    symlink(library.root(), library.surroundings().join("link")).unwrap();
    let link = library.surroundings().join("link/archive");
    for media in [
        library.path("archive"),
        library.path("data/../archive"),
        link,
    ] {
        let mut command = library.command(&["crawl"]);
        let said = library::said(command.env("MEDIASTRUCT_MEDIA_DIR", &media));
        assert_eq!(said.code, 64, "{said:?}");
        said.tells(&["archive_dir and media_dir are one directory"]);
    }
}

#[test]
fn trap_the_same_tree_mounted_twice_moves_nothing() {
    let mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    if !is_root("bind mounts") || !can(&mount, "the same tree mounted twice") {
        return;
    }
    let library = Library::with_duplicates();
    let script = "mount --bind archive media; exec \"$@\"";
    let shell = ["unshare", "--mount", "sh", "-c", script, "sh"];
    for command in [
        &["crawl"][..],
        &["dedupe", "--yes"],
        &["apply", "plan.json"],
    ] {
        let before = library.everything();
        let said = library.run_within(&shell, command);
        assert_eq!(said.code, 3, "{command:?} {said:?}");
        said.tells(&["archive and media are one directory under two paths"]);
        before.assert_same(&library.everything(), &format!("{command:?}"));
    }
}

#[test]
fn trap_zero_length_files_are_indexed_and_nobodys_duplicates() {
    let library = Library::new();
    for name in ["archive/01/a", "media/2023/b", "media/2024/c"] {
        library.write(name, "");
    }
    library.succeed(&["crawl"]);
    assert_eq!(indexed(&library, "media"), ["2023/b", "2024/c"]);
    assert_eq!(planned(&library), (0, 0));
}

#[test]
fn trap_a_sparse_file_equals_a_full_one_of_the_same_bytes() {
    const SIZE: u64 = 3 << 20;
    let library = Library::new();
    library.write("archive/01/full", &"\0".repeat(SIZE as usize));
    library.write("media/2024/sparse", "");
    library.write("media/2024/longer", "");
    for (name, size) in [("sparse", SIZE), ("longer", SIZE + 1)] {
        let path = library.path("media/2024").join(name);
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(size).unwrap();
    }
    for disk in ["ssd", "rotational"] {
        library.succeed(&["crawl", "--force", "--disk", disk]);
        assert_eq!(planned(&library), (1, 0));
        let plan = library.plan("plan.json");
        assert_eq!(plan.moves[0].from.to_string(), "media/2024/sparse");
    }
}

#[test]
fn trap_a_hash_that_is_missing_in_an_index_equals_nothing() {
    let library = Library::with_duplicates();
    assert_eq!(planned(&library), (2, 0));
    fs::rename(library.path("plan.json"), library.path("old.json")).unwrap();
    let path = library.path("data/media_index.json");
    let text = fs::read_to_string(&path).unwrap();
    let hash = blake3::hash(b"same").to_hex().to_string();
    let without = text.replace(&format!("\"hash\":\"{hash}\""), "\"hash\":null");
    fs::write(&path, &without).unwrap();
    assert_eq!(planned(&library), (0, 2), "neither equals the other");
    // Nor does it where not even the key is there.
    fs::write(&path, without.replace("\"hash\":null,", "")).unwrap();
    assert_eq!(planned(&library), (0, 2));
    library.refuse(
        3,
        &["apply", "old.json"],
        &["the index holds another hash for it"],
    );
}

#[test]
fn trap_hidden_and_git_ignored_files_are_indexed() {
    let library = Library::new();
    library.write("media/2024/.gitignore", "*.jpg\nignored/\n");
    library.write("media/2024/.ignore", "*");
    library.write("media/2024/.git/config", "x");
    library.write("media/2024/.hidden/.a.jpg", "a");
    library.write("media/2024/ignored/b.jpg", "b");
    library.write("archive/01/.c", "c");
    library.succeed(&["crawl"]);
    let expected = [
        "2024/.git/config",
        "2024/.gitignore",
        "2024/.hidden/.a.jpg",
        "2024/.ignore",
        "2024/ignored/b.jpg",
    ];
    assert_eq!(indexed(&library, "media"), expected);
    assert_eq!(indexed(&library, "archive"), ["01/.c"]);
}

#[test]
fn trap_what_is_excluded_is_counted_and_is_no_loss() {
    let library = Library::new();
    library.write("archive/01/a.jpg", "a");
    library.write("archive/01/Thumbs.db", "x");
    library.write("media/2024/a.jpg", "a");
    library.write("media/2024/b.tmp", "b");
    library.write("media/2024/cache/c.tmp", "c");
    library.write("media/2024/cache/d.jpg", "d");
    library.succeed(&["crawl"]);
    assert_eq!(indexed(&library, "media").len(), 4, "by default nothing is");
    let config = library.path("config.ini");
    let text = fs::read_to_string(&config).unwrap();
    let text = text.replace("#exclude = *.tmp, Thumbs.db", "exclude = *.tmp, Thumbs.db");
    fs::write(&config, text).unwrap();
    let options = ["--exclude", "media/*/cache"];
    let said = library.succeed(&[&["crawl"][..], &options].concat());
    said.tells(&["3, left out as you asked:\n  *.tmp: 1\n  Thumbs.db: 1\n  media/*/cache: 1\n"]);
    assert!(!said.err.contains("gone"), "{}", said.err);
    assert_eq!(indexed(&library, "media"), ["2024/a.jpg"]);
    assert_eq!(indexed(&library, "archive"), ["01/a.jpg"]);
    // Each is named in the plan, and accounted for.
    let plan: Value = serde_json::from_str(
        &library
            .succeed(&[&["plan", "crawl"][..], &options].concat())
            .out,
    )
    .unwrap();
    let skipped: Vec<_> = plan["skipped"].as_array().unwrap().iter().collect();
    let whys: Vec<_> = skipped
        .iter()
        .map(|s| {
            format!(
                "{}: {}",
                s["path"].as_str().unwrap(),
                s["why"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        whys,
        [
            "archive/01/Thumbs.db: excluded by 'Thumbs.db'",
            "media/2024/b.tmp: excluded by '*.tmp'",
            "media/2024/cache: excluded by 'media/*/cache'",
        ]
    );
    assert_eq!(plan["summary"]["seen"], 5);
    let patterns = serde_json::json!(["*.tmp", "Thumbs.db", "media/*/cache"]);
    assert_eq!(plan["settings"]["exclude"], patterns);
    library
        .end_with(64, &["crawl", "--exclude", "{a"])
        .tells(&["the pattern '{a' cannot be understood"]);
    library
        .end_with(64, &["crawl", "--exclude", "media/cache"])
        .tells(&["the pattern 'media/cache' would leave nothing out"]);
    // One that leaves nothing out may be misspelt.
    let said = library.succeed(&["crawl", "--exclude", "*.tpm"]);
    said.tells(&["  *.tmp: 2\n  *.tpm: 0\n  Thumbs.db: 1\n"]);
    // Without the patterns they are back.
    fs::remove_file(config).unwrap();
    library.succeed(&["crawl"]);
    let names = ["a.jpg", "b.tmp", "cache/c.tmp", "cache/d.jpg"];
    let names = names.map(|name| format!("2024/{name}"));
    assert_eq!(indexed(&library, "media"), names);
    assert_eq!(indexed(&library, "archive"), ["01/Thumbs.db", "01/a.jpg"]);
}

//! Indexes that are truncated, hostile, of another version or of another tree.

use crate::library::Library;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// The commands that lean on the indexes.
const READERS: [&[&str]; 6] = [
    &["crawl"],
    &["plan", "crawl"],
    &["plan", "dedupe"],
    &["dedupe", "--yes"],
    &["check", "plan.json"],
    &["apply", "plan.json"],
];

const MEDIA: &str = "data/media_index.json";

fn refused(library: &Library, told: &[&str]) {
    for reader in READERS {
        library.refuse(1, reader, told);
    }
}

/// Every reader refuses media's index once `from` in it is replaced by `to`.
fn refused_with(from: &str, to: &str, told: &[&str]) {
    let library = Library::with_duplicates();
    let text = library.read(MEDIA);
    assert!(text.contains(from), "{from} is not in {text}");
    library.write(MEDIA, &text.replacen(from, to, 1));
    let told = [&["media_index.json", "crawl again"], told].concat();
    refused(&library, &told);
}

#[test]
fn a_truncated_index_is_refused_wherever_it_ends() {
    let library = Library::with_duplicates();
    let text = library.read(MEDIA);
    let middle_of_a_file = text.find("b/c.jpg").unwrap();
    let after_a_file = text.find("},\n").unwrap() + 3;
    for end in [0, 1, 30, middle_of_a_file, after_a_file, text.len() - 2] {
        library.write(MEDIA, &text[..end]);
        let told = ["media_index.json", "it is truncated", "crawl again"];
        library.refuse(1, &["plan", "dedupe"], &told);
        library.refuse(1, &["crawl"], &told);
    }
}

#[test]
fn paths_in_an_index_stay_in_their_tree() {
    for (path, why) in [
        ("../archive/01/keeper.jpg", "'.' or '..' component"),
        ("2024/../../x", "'.' or '..' component"),
        ("/etc/passwd", "absolute"),
        ("2024//a.jpg", "empty component"),
        ("2024/a\\u0000.jpg", "NUL"),
        ("", "empty"),
        ("bytes://2024/a.jpg", "escaped form"),
        ("2024/.mediastruct", "mediastruct's own"),
    ] {
        refused_with("\"2024/a.jpg\"", &format!("\"{path}\""), &["line ", why]);
    }
}

#[test]
fn damaged_lines_of_an_index_are_named_by_their_number() {
    for (from, to) in [
        ("\"size\":4", "\"size\":-1"),
        ("\"size\":4", "\"size\":18446744073709551616"),
        ("\"size\":4", "\"size\":1e400"),
        ("\"size\":4", "\"size\":4.5"),
        ("\"size\":4", "\"size\":\"4\""),
        ("\"hash\":\"", "\"hash\":\"zz"),
        ("\"inode\":", "\"inode\":-"),
        ("{\"path\":\"2024/a.jpg\"", "\u{1b}[2J\u{0}"),
        ("{\"path\":\"2024/a.jpg\"", &"[".repeat(100_000)),
        ("2024/a.jpg", "2024/z.jpg"),
        ("2024/a.jpg", "2024/b/c.jpg"),
    ] {
        refused_with(from, to, &["line "]);
    }
}

#[test]
fn a_header_that_is_damaged_is_refused() {
    refused_with("\"units\": [", "\"units\": [[[", &["header is damaged"]);
    refused_with("\"files\":3", "\"files\":-3", &["header is damaged"]);
}

#[test]
fn an_index_of_another_version_tree_or_algorithm_is_refused() {
    let newer = ["its format is 'mediastruct/index/2'", "mediastruct/index/1"];
    refused_with("index/1", "index/2", &newer);
    refused_with("\"media\"", "\"archive\"", &["it is the index of archive"]);
    refused_with("\"media\"", "\"attic\"", &["attic"]);
    refused_with("blake3", "md5", &["its hash algorithm is 'md5'"]);

    let library = Library::with_duplicates();
    library.write(MEDIA, &library.read("plan.json"));
    refused(&library, &["its format is 'mediastruct/plan/1'"]);
}

#[test]
fn an_index_that_others_could_have_written_is_refused() {
    let library = Library::with_duplicates();
    for mode in [0o622, 0o602, 0o666] {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(library.path(MEDIA), mode).unwrap();
        refused(&library, &["others may write to it", "chmod go-w", "crawl"]);
    }
}

#[test]
fn an_index_that_is_no_regular_file_is_refused() {
    let library = Library::with_duplicates();
    fs::rename(library.path(MEDIA), library.path("kept.json")).unwrap();
    symlink(library.path("kept.json"), library.path(MEDIA)).unwrap();
    refused(&library, &["media_index.json"]);
    fs::remove_file(library.path(MEDIA)).unwrap();
    fs::create_dir(library.path(MEDIA)).unwrap();
    refused(&library, &["media_index.json"]);
}

#[test]
fn a_sidecar_index_that_others_could_have_written_is_not_believed() {
    let library = Library::with_duplicates();
    let sidecar = library.path("archive/01/.mediastruct");
    let hash = blake3::hash(b"same").to_hex();
    let forged = library.read("archive/01/.mediastruct");
    let forged = forged.replace(hash.as_str(), &"0".repeat(64));
    fs::write(&sidecar, forged).unwrap();
    fs::set_permissions(&sidecar, fs::Permissions::from_mode(0o666)).unwrap();
    // Whoever lost the datadir would have to lean on it.
    fs::remove_dir_all(library.path("data")).unwrap();
    library
        .succeed(&["crawl"])
        .tells(&["others may write to it"]);
    let index = library.read("data/archive_index.json");
    assert!(index.contains(hash.as_str()), "{index}");
    let mode = fs::metadata(&sidecar).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "it was written anew");
}

#[test]
fn sizes_beyond_all_sums_break_nothing() {
    let library = Library::with_duplicates();
    for index in [MEDIA, "data/archive_index.json"] {
        let text = library.read(index);
        let huge = text.replace("\"size\":4", &format!("\"size\":{}", u64::MAX));
        library.write(index, &huge);
    }
    let said = library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    said.tells(&["moves     2 files, 18.4 EB"]);
    library.succeed(&["show", "plan.json"]);
    let told = ["it changed: 4 bytes, and 18446744073709551615 in the plan"];
    library.refuse(3, &["apply", "plan.json"], &told);
    library.succeed(&["crawl"]);
}

#[test]
fn indexes_that_contradict_themselves_are_refused() {
    let library = Library::with_duplicates();
    let text = library.read(MEDIA);
    library.write(MEDIA, &text.replacen("\"size\":4", "\"size\":5", 1));
    let told = ["one hash and different sizes", "crawl --force"];
    library.refuse(3, &["plan", "dedupe"], &told);
}

#[test]
fn an_index_in_which_a_file_is_a_directory_too_makes_a_plan_that_is_refused() {
    let library = Library::with_duplicates();
    let text = library.read(MEDIA);
    library.write(MEDIA, &text.replacen("2024/a.jpg", "2024/b", 1));
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    library.refuse(3, &["apply", "plan.json"], &["not a regular file"]);
}

#[test]
fn units_in_an_index_stay_in_their_tree() {
    let library = Library::with_duplicates();
    let text = library.read("data/archive_index.json");
    let hostile = text.replace("\"unit\":\"01\"", "\"unit\":\"../../outside\"");
    library.write("data/archive_index.json", &hostile);
    let before = library.everything().paths(library.surroundings());
    library.run(&["crawl"]);
    let after = library.everything().paths(library.surroundings());
    assert_eq!(before, after);
}

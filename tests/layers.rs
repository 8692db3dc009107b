//! The order of the folders: model knows nobody, phase and disk know the model, cli knows all; and
//! files are touched in `disk/` alone.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

use std::fs;
use std::path::{Path, PathBuf};

/// The folders, and which of the others each may name.
const MAY_NAME: [(&str, &[&str]); 4] = [
    ("model", &[]),
    ("phase", &["model"]),
    ("disk", &["model"]),
    ("cli", &["model", "phase", "disk"]),
];

/// Modules and crates with which files can be touched.
const HANDS: [&str; 7] = [
    "std::fs",
    "os::unix::fs",
    "rustix",
    "walkdir",
    "fs_extra",
    "memmap2",
    "tempfile",
];

#[test]
fn each_folder_names_only_those_below_it() {
    for (folder, allowed) in MAY_NAME {
        for (place, code) in code_of(folder) {
            for (other, _) in MAY_NAME {
                let fine = other == folder || allowed.contains(&other);
                assert!(
                    fine || !names(&code, other),
                    "{place}: {folder} names {other}"
                );
            }
        }
    }
}

#[test]
fn files_are_touched_in_disk_alone() {
    for (folder, _) in MAY_NAME {
        if folder == "disk" {
            continue;
        }
        for (place, code) in code_of(folder) {
            for hand in HANDS {
                assert!(!code.contains(hand), "{place}: {folder} names {hand}");
            }
        }
    }
}

#[test]
fn the_rule_is_not_blind() {
    assert!(names("use crate::disk::scan;", "disk"));
    assert!(names("use crate::{disk, model};", "disk"));
    assert!(names("super::super::disk::scan()", "disk"));
    assert!(!names("use crate::disk_space;", "disk"));
    assert!(!code_of("model").is_empty() && !code_of("cli").is_empty());
}

/// The lines of code of the files of a folder, comments aside, each with its place.
fn code_of(folder: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root.join(folder), &mut paths);
    let mut lines = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for (line, number) in text.lines().zip(1..) {
            let code = line.split("//").next().unwrap_or_default();
            let place = format!("{}:{number}", path.display());
            lines.push((place, code.to_owned()));
        }
    }
    lines
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Whether `code` names the top-level module `folder`: by `crate::folder`, in a `crate::{…}` list,
/// or by climbing up to it.
fn names(code: &str, folder: &str) -> bool {
    let is_named = |rest: &str| {
        let after = rest.strip_prefix(folder);
        after.is_some_and(|a| !a.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let roots = ["crate::", "mediastruct::", "super::"];
    let by_path = roots.iter().any(|root| {
        let mut places = code.match_indices(root);
        places.any(|(at, _)| is_named(&code[at + root.len()..]))
    });
    let list = code.split_once("crate::{").map_or("", |(_, list)| list);
    by_path || list.split([',', '{', ' ']).any(is_named)
}

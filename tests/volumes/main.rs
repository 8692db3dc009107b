//! Volumes and their discs: what is made, read and recorded of them.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

#[path = "../library/mod.rs"]
mod library;

mod against;
mod burned;
mod image;
mod import;
mod list;
mod lost;
mod verify;

use library::{Library, system};
use std::fs;
use std::path::{Path, PathBuf};

/// A crawled library with a volume 07 of which three files are the user's.
fn archived() -> Library {
    let library = Library::new();
    library.write("archive/07/2019/a.jpg", "one");
    library.write("archive/07/2019/05/b.jpg", "two");
    library.write("archive/07/2019/.unburned", "a user's file of that name");
    library.write("archive/07/.unburned", "");
    library.succeed(&["crawl"]);
    library
}

/// A directory outside the library with what a disc of volume 07 holds.
fn disc_of(library: &Library, volume: &str) -> PathBuf {
    let disc = library.surroundings().join(format!("disc-{volume}"));
    let from = library.path(&format!("archive/{volume}"));
    system("cp", [Path::new("-a"), &from, &disc]);
    for ours in [".unburned", ".mediastruct"] {
        let _ = fs::remove_file(disc.join(ours));
    }
    disc
}

/// What is recorded of volumes.
fn recorded(library: &Library) -> String {
    fs::read_to_string(library.path("data/volumes.jsonl")).unwrap_or_default()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

//! How fast the program moves files by a plan and takes that back, durably and with a journal, in
//! memory and on the disk on which the project is built; beside them, bare renames of the same
//! files, without a check, a journal or a sync.
#![allow(clippy::disallowed_methods, reason = "benches touch files")]

mod renames;
mod twins;

use divan::{Bencher, counter::ItemsCount};
use mediastruct::model::plan_file;
use renames::Renames;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Files that move.
const MOVES: usize = 10_000;

fn main() {
    divan::main();
}

/// A library whose duplicates are in their places or have moved.
struct Library {
    root: TempDir,
    have_moved: Cell<bool>,
}

/// The directories to work in: a file system in memory, where there is one, and the disk.
fn places() -> Vec<&'static str> {
    let places = ["/dev/shm", env!("CARGO_TARGET_TMPDIR")].into_iter();
    places.filter(|place| Path::new(place).is_dir()).collect()
}

#[divan::bench(args = places(), sample_count = 5, sample_size = 1)]
fn apply(bencher: Bencher, place: &str) {
    let library = Library::new(place);
    bencher
        .counter(ItemsCount::new(MOVES))
        .with_inputs(|| library.move_back())
        .bench_local_values(|()| library.apply());
}

#[divan::bench(args = places(), sample_count = 5, sample_size = 1)]
fn undo(bencher: Bencher, place: &str) {
    let library = Library::new(place);
    bencher
        .counter(ItemsCount::new(MOVES))
        .with_inputs(|| library.apply())
        .bench_local_values(|()| library.move_back());
}

#[divan::bench(args = places(), sample_count = 5, sample_size = 1)]
fn bare_renames(bencher: Bencher, place: &str) {
    let library = Library::new(place);
    let forth = library.moves();
    let back: Vec<_> = forth
        .iter()
        .map(|[from, to]| [to.clone(), from.clone()])
        .collect();
    let (forth, back) = (Renames::new(&forth), Renames::new(&back));
    let have_moved = Cell::new(false);
    bencher.counter(ItemsCount::new(MOVES)).bench_local(|| {
        match have_moved.replace(!have_moved.get()) {
            false => forth.run(),
            true => back.run(),
        }
    });
}

impl Library {
    /// A crawled library in `place` with a plan to dedupe it.
    fn new(place: &str) -> Library {
        let root = tempfile::tempdir_in(place).unwrap();
        twins::make(root.path(), MOVES, 32);
        let library = Library {
            root,
            have_moved: Cell::new(false),
        };
        library.run(&["crawl"]);
        library.run(&["plan", "dedupe", "-o", &library.plan()]);
        library
    }

    fn apply(&self) {
        self.run(&["apply", &self.plan()]);
        self.have_moved.set(true);
    }

    fn move_back(&self) {
        if self.have_moved.replace(false) {
            self.run(&["undo", "--yes"]);
        }
    }

    fn plan(&self) -> String {
        let plan = self.root.path().join("plan.json");
        plan.into_os_string().into_string().unwrap()
    }

    /// The moves of the plan.
    fn moves(&self) -> Vec<[PathBuf; 2]> {
        let plan = plan_file::parse(fs::read(self.plan()).unwrap()).unwrap();
        let moves = plan.check().unwrap().moves.clone();
        assert_eq!(moves.len(), MOVES);
        let path = |path: String| self.root.path().join(path);
        let pair =
            |m: &mediastruct::model::plan::Move| [path(m.from.to_text()), path(m.to.to_text())];
        moves.iter().map(pair).collect()
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediastruct"));
        command.arg("--root").arg(self.root.path());
        command.arg("--quiet").args(arguments).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }
}

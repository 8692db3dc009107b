//! Makes what `speed.sh` measures, and measures it.
//!
//! ```text
//! speed corpus DIR SHAPE SCALE TIMES SEED   media and archive of the files that corpus.rs describes
//! speed twins DIR CONTENTS BYTES            media in which each content is in two files
//! speed indexes DIR FILES duplicates        indexes of media and archive, a quarter of them duplicates
//! speed indexes DIR FILES distinct          an index of media without a duplicate
//! speed rename LIST                         renames what stands on lines FROM, tab, TO, and nothing else
//! speed hash LIST                           reads and hashes what stands on lines of paths, and nothing else
//! speed time TIMES COMMAND...               appends seconds and KiB at most to the file TIMES
//! ```
//! `corpus` prints how many files and bytes it made, `rename` and `hash` the seconds it took.
#![allow(clippy::disallowed_methods, reason = "benches touch files")]

mod corpus;
#[path = "../dice/mod.rs"]
mod dice;
#[path = "../made/mod.rs"]
mod made;
mod reads;
#[path = "../renames/mod.rs"]
mod renames;
#[path = "../twins/mod.rs"]
mod twins;

use mediastruct::disk::store::Datadir;
use nix::sys::resource::{UsageWho, getrusage};
use renames::Renames;
use signal_hook::consts::SIGINT;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["corpus", dir, shape, scale, times, seed] => {
            let scale = scale.parse().unwrap();
            let totals = corpus::make(dir.as_ref(), shape, scale, number(times), number(seed));
            println!("{} {}", totals.files, totals.bytes);
        }
        ["twins", dir, contents, bytes] => {
            twins::make(
                dir.as_ref(),
                number(contents) as usize,
                number(bytes) as usize,
            );
        }
        ["indexes", dir, files, kind] => indexes(dir.as_ref(), number(files), kind),
        ["rename", list] => println!("{:.6}", rename(list)),
        ["hash", list] => println!("{:.6}", hash(list)),
        ["time", times, program, ref arguments @ ..] => return time(times, program, arguments),
        // `cargo bench` calls it with arguments of its own.
        _ => println!("this is for tests/bench/speed.sh"),
    }
    ExitCode::SUCCESS
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

fn indexes(root: &Path, files: u64, kind: &str) {
    let indexes = match kind {
        "duplicates" => made::with_duplicates(files),
        "distinct" => made::not_archived(files),
        kind => panic!("'{kind}' is neither 'duplicates' nor 'distinct'"),
    };
    for tree in ["media", "archive"] {
        fs::create_dir_all(root.join(tree)).unwrap();
    }
    for index in indexes {
        Datadir::at(&root.join("data")).save_index(&index).unwrap();
    }
}

fn rename(list: &str) -> f64 {
    let list = fs::read_to_string(list).unwrap();
    let pair = |line: &str| {
        let (from, to) = line.split_once('\t').unwrap();
        [PathBuf::from(from), PathBuf::from(to)]
    };
    let pairs: Vec<_> = list.lines().map(pair).collect();
    Renames::new(&pairs).run().as_secs_f64()
}

fn hash(list: &str) -> f64 {
    let list = fs::read_to_string(list).unwrap();
    let files = list.lines().map(PathBuf::from).collect();
    reads::run(files).as_secs_f64()
}

/// Runs a program and ends as it does, and not before it where both are interrupted. A process of
/// its own for each, so that the largest child is this one.
fn time(times: &str, program: &str, arguments: &[&str]) -> ExitCode {
    signal_hook::flag::register(SIGINT, Arc::default()).unwrap();
    let begin = Instant::now();
    let status = Command::new(program).args(arguments).status();
    let seconds = begin.elapsed().as_secs_f64();
    let code = status.unwrap().code().unwrap_or(1);
    let most = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    let mut times = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(times)
        .unwrap();
    writeln!(times, "{seconds:.6} {most}").unwrap();
    ExitCode::from(code as u8)
}

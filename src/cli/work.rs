//! What a plan does or a run did, in words.

use super::human::{Bytes, Count, Exactly, Things};
use crate::model::run::Work;
use std::fmt::Display;

/// Whether something was done, or is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    /// `moved 2 files`
    Did,
    /// `move 2 files`
    Do,
}

/// All that is done, each kind of it once, with its bytes exactly:
/// `moved 2 files, 1.2 kB (1,234 bytes); wrote 1 file`.
pub fn words(work: &Work, tense: Tense) -> String {
    told(work, tense, Exactly(work.bytes))
}

/// The same with its bytes in short: `moved 2 files, 1.2 kB; wrote 1 file`.
pub fn short_words(work: &Work, tense: Tense) -> String {
    told(work, tense, Bytes(work.bytes))
}

fn told(work: &Work, tense: Tense, bytes: impl Display) -> String {
    let moves = format!("{}, {bytes}", Things(work.moves, "file"));
    let moved = match work.copies {
        true => ["copied", "copy"],
        false => ["moved", "move"],
    };
    let kinds = [
        (work.moves, moved, moves),
        (
            work.writes,
            ["wrote", "write"],
            Things(work.writes, "file").to_string(),
        ),
        (work.makes, ["made", "make"], directories(work.makes, "")),
        (
            work.prunes,
            ["removed", "remove"],
            directories(work.prunes, "empty "),
        ),
    ];
    let told: Vec<_> = kinds
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(_, [did, would], what)| match tense {
            Tense::Did => format!("{did} {what}"),
            Tense::Do => format!("{would} {what}"),
        })
        .collect();
    match (told.is_empty(), tense) {
        (false, _) => told.join("; "),
        (true, Tense::Did) => "did nothing".to_owned(),
        (true, Tense::Do) => "do nothing".to_owned(),
    }
}

/// So many directories, empty ones where that is to be said.
fn directories(count: u64, kind: &str) -> String {
    match count {
        1 => format!("1 {kind}directory"),
        _ => format!("{} {kind}directories", Count(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_done_is_told() {
        let work = |moves, writes, makes, prunes| Work {
            moves,
            bytes: moves * 4,
            writes,
            makes,
            prunes,
            ..Work::default()
        };
        for (work, did, would) in [
            (
                work(2, 0, 0, 0),
                "moved 2 files, 8 bytes",
                "move 2 files, 8 bytes",
            ),
            (work(0, 2, 0, 0), "wrote 2 files", "write 2 files"),
            (
                work(0, 0, 0, 3),
                "removed 3 empty directories",
                "remove 3 empty directories",
            ),
            (
                work(1, 1, 1, 1),
                "moved 1 file, 4 bytes; wrote 1 file; made 1 directory; removed 1 empty directory",
                "move 1 file, 4 bytes; write 1 file; make 1 directory; remove 1 empty directory",
            ),
            (work(0, 0, 0, 0), "did nothing", "do nothing"),
        ] {
            assert_eq!(words(&work, Tense::Did), did);
            assert_eq!(words(&work, Tense::Do), would);
        }
    }
}

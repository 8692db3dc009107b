//! What a disk and a journal can hold after the power failed: images made from a log.
//!
//! All writes before a flush are durable. Of those after the last one, each block of each write is
//! on the disk or not, in any combination.

use crate::blocks::{BLOCK, Blocks};
use crate::chance::Chance;
use crate::logged::Entry;
use crate::trial::Note;
use std::collections::HashSet;

/// What happened on a disk, in order, from a known content on.
pub struct Timeline {
    /// The content at the start.
    pub start: Blocks,
    /// How many durable bytes the journal has at the start, on another disk.
    pub journal: usize,
    /// What happened to the disk and, on the other disk, to the journal.
    pub log: Vec<Entry<Note>>,
}

/// A moment at which the power failed, and what was left; the numbers are seeds of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Crash {
    /// How many entries of the log had happened.
    pub at: usize,
    /// What the disk kept of the writes after the last flush.
    pub tail: Tail,
    /// What the journal kept of the records after its last sync: a part where this is a seed,
    /// else none.
    pub torn: Option<u64>,
}

/// What a disk kept of the writes after its last flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tail {
    /// Nothing.
    Lost,
    /// Everything.
    Kept,
    /// Blocks that this seed chooses.
    Some(u64),
}

impl Timeline {
    /// Crashes, about `budget` of them and no two that leave the same: first those right after
    /// flushes and notes, then any.
    pub fn crashes(&self, budget: usize, seed: u64) -> Vec<Crash> {
        let mut chance = Chance::of(seed);
        let is_edge = |entry: &Entry<Note>| !matches!(entry, Entry::Write { .. });
        let edges = (1..=self.log.len()).filter(|at| is_edge(&self.log[at - 1]));
        let at_edges = edges.flat_map(|at| [(at, Tail::Lost), (at, Tail::Kept)]);
        let mut crashes: Vec<_> = at_edges
            .map(|(at, tail)| Crash {
                at,
                tail,
                torn: None,
            })
            .collect();
        let mut seen = HashSet::new();
        crashes.retain(|crash| seen.insert(self.left(*crash)));
        // A quarter of a small budget is still for the reordered ones.
        while crashes.len() > budget * 3 / 4 {
            crashes.remove(chance.below(crashes.len()));
        }
        for _ in 0..10 * budget {
            if crashes.len() >= budget {
                break;
            }
            let crash = Crash {
                at: chance.below(self.log.len() + 1),
                tail: match chance.below(8) {
                    0 => Tail::Lost,
                    1 => Tail::Kept,
                    _ => Tail::Some(chance.next()),
                },
                torn: chance.hits(40).then(|| chance.next()),
            };
            if seen.insert(self.left(crash)) {
                crashes.push(crash);
            }
        }
        crashes
    }

    /// What the disk holds after a crash.
    pub fn image(&self, crash: Crash) -> Blocks {
        let mut image = self.start.clone();
        for (offset, bytes) in self.kept(crash) {
            image.write(offset, bytes);
        }
        image
    }

    /// How many bytes of the journal are left after a crash.
    pub fn journal(&self, crash: Crash) -> usize {
        let (mut written, mut durable) = (self.journal, self.journal);
        for entry in &self.log[..crash.at] {
            match entry {
                Entry::Note(Note::Appended(bytes)) => written = *bytes,
                Entry::Note(Note::Durable(bytes)) => durable = *bytes,
                _ => {}
            }
        }
        match crash.torn {
            Some(seed) if written > durable => {
                durable + Chance::of(seed).below(written - durable + 1)
            }
            _ => durable,
        }
    }

    /// Whether the indexes had followed the files before a crash.
    pub fn followed(&self, crash: Crash) -> bool {
        let is_it = |entry: &Entry<Note>| matches!(entry, Entry::Note(Note::Followed));
        self.log[..crash.at].iter().any(is_it)
    }

    /// The pieces of writes that are on the disk after a crash, in the order of the log.
    fn kept(&self, crash: Crash) -> Vec<(u64, &[u8])> {
        let happened = &self.log[..crash.at];
        let is_flush = |entry: &Entry<Note>| matches!(entry, Entry::Flush);
        let flushed = happened.iter().rposition(is_flush).unwrap_or(0);
        let mut chance = match crash.tail {
            Tail::Some(seed) => Chance::of(seed),
            Tail::Lost | Tail::Kept => Chance::of(0),
        };
        let percent = match crash.tail {
            Tail::Lost => 0,
            Tail::Kept => 100,
            Tail::Some(_) => [10, 50, 90][chance.below(3)],
        };
        let mut kept = Vec::new();
        for (number, entry) in happened.iter().enumerate() {
            let Entry::Write { offset, bytes } = entry else {
                continue;
            };
            for (piece, part) in bytes.chunks(BLOCK).enumerate() {
                if number < flushed || chance.hits(percent) {
                    kept.push((offset + (piece * BLOCK) as u64, part));
                }
            }
        }
        kept
    }

    /// What tells whether two crashes leave the same.
    fn left(&self, crash: Crash) -> (Vec<(u64, usize)>, usize, bool) {
        let address = |(offset, part): (u64, &[u8])| (offset, part.as_ptr() as usize);
        let kept = self.kept(crash).into_iter().map(address).collect();
        (kept, self.journal(crash), self.followed(crash))
    }
}

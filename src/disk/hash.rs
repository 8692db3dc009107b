//! Hashing files by plain large reads: a file that is truncated under a memory map kills the
//! process, one that is truncated under a read ends.
//!
//! Many files are hashed side by side. A large one is read in parts by all threads: a BLAKE3 hash
//! is the root of a binary tree over the content, and the parts are whole subtrees of it.

mod crew;
mod one_file;
mod queue;
mod subtrees;
mod sums;
mod taken_over;

pub use self::sums::sum_files;
pub use self::taken_over::hash_unknown;

pub(super) use self::crew::BUFFER;
use self::crew::{Crew, Left, Place, SMALL_BUFFER, Share};
use self::one_file::hash_to_end;
use self::queue::{Places, Queue, Task, queues};
use self::subtrees::root;
use super::disks::Disks;
use super::extents::first_extent;
use super::memory::Gauge;
use super::monitor::Monitor;
use super::progress::Notebook;
use super::trees::Trees;
use crate::model::digest::Digest;
use crate::model::index::{Reading, Totals};
use crate::model::path::Escaped;
use crate::model::sha256::Sha256;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use blake3::hazmat::ChainingValue;
use memmap2::MmapMut;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Bytes of a part: a power of two, so that all parts but the last are whole subtrees.
const PART: u64 = 16 << 20;

/// Bytes of a buffer for one file, which is cleared for it each time.
const SINGLE_BUFFER: usize = 64 * 1024;

/// Those who read files, and what they are told.
pub struct Readers<'r> {
    /// How many there may be at a time.
    pub most: usize,
    /// What says how many of them memory is left for.
    pub gauge: &'r Gauge,
    /// The disks that they read from.
    pub disks: &'r Disks,
    /// Where they write down what they hashed, if anywhere.
    pub notebook: Option<&'r Notebook>,
    /// Whether they are to stop.
    pub interrupted: &'r (dyn Fn() -> bool + Sync),
}

/// Readers were told to stop before they had read every file.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Hashes files that a walk listed, and gives what came of each, in their order. The files of a unit
/// stand together.
///
/// A file that is not any more what was listed is hashed once more, and has to hold still then.
///
/// # Errors
/// Where the readers were interrupted.
pub fn hash_files(
    trees: &Trees,
    files: &[(Tree, &Listed)],
    readers: &Readers<'_>,
    monitor: &dyn Monitor,
) -> Result<Vec<Reading>, Interrupted> {
    Hashing::of(trees, files, monitor).all("Hashing", readers, trees)
}

/// The hash of what `file` holds from where it stands to its end; tells `read` of the bytes as
/// they come.
///
/// # Errors
/// Where reading fails.
pub fn hash_file(file: &File, read: impl FnMut(u64)) -> io::Result<Digest> {
    hash_to_end(file, &mut vec![0; SINGLE_BUFFER], read)
}

/// Files that are being hashed.
struct Hashing<'a> {
    handles: [Option<Arc<OwnedFd>>; 5],
    files: &'a [(Tree, &'a Listed)],
    part: u64,
    /// What SHA-256 makes of each of them, where that is wanted.
    sums: Option<Vec<OnceLock<Sha256>>>,
    monitor: &'a dyn Monitor,
}

/// What is to be done, and what came of it.
struct Board {
    queues: Vec<Queue>,
    readings: Vec<OnceLock<Reading>>,
    /// The files that are read in parts, by their numbers.
    large: HashMap<usize, Large>,
}

/// A file that is read in parts.
struct Large {
    /// The roots of the subtrees; none where a part could not be read or is not what was listed.
    parts: Vec<OnceLock<Option<ChainingValue>>>,
    /// Parts that are not read yet.
    left: AtomicUsize,
}

impl Board {
    /// How many tasks there are.
    fn tasks(&self) -> usize {
        self.queues.iter().map(|queue| queue.tasks().len()).sum()
    }

    /// What is left of them.
    fn left(&self) -> Left {
        let left = self.queues.iter().map(Queue::left);
        left.max().unwrap_or(Left::Nothing)
    }
}

impl<'a> Hashing<'a> {
    fn of(trees: &Trees, files: &'a [(Tree, &'a Listed)], monitor: &'a dyn Monitor) -> Self {
        Hashing {
            handles: Tree::ALL.map(|tree| trees.handle(tree)),
            files,
            part: PART,
            sums: None,
            monitor,
        }
    }

    /// Reads all of them, and tells the monitor that this is what is done.
    fn all(
        &self,
        what: &str,
        readers: &Readers<'_>,
        trees: &Trees,
    ) -> Result<Vec<Reading>, Interrupted> {
        let mut totals = Totals::default();
        let sizes = self.files.iter().map(|(_, f)| f.stamp.size);
        sizes.for_each(|size| totals.add(size));
        tracing::info!("{what} {} files, {} bytes", totals.files, totals.bytes);
        self.monitor.begin(what, totals);
        let places = Places {
            spindle: &|tree, file| readers.disks.spindle(trees, tree, file),
            extent: &|tree, file| first_extent(self.open(tree, file).ok()?),
        };
        let readings = self.by(readers, &places);
        self.monitor.end();
        readings
    }
}

impl Hashing<'_> {
    fn by(&self, readers: &Readers<'_>, places: &Places<'_>) -> Result<Vec<Reading>, Interrupted> {
        let board = self.board(places);
        let most = Share {
            readers: readers.most.min(board.tasks()).max(1),
            buffer: BUFFER,
        };
        let left = || match (readers.interrupted)() {
            true => Left::Nothing,
            false => board.left(),
        };
        let work = |place: Place<'_>| self.work(place, &board, readers);
        Crew::new(most, readers.gauge).run(readers.gauge, left, work);
        let readings = board.readings.into_iter().map(OnceLock::into_inner);
        readings.collect::<Option<_>>().ok_or(Interrupted)
    }

    /// Carries out tasks until there are none left, or there are too many readers.
    fn work(&self, mut place: Place<'_>, board: &Board, readers: &Readers<'_>) {
        // Unlike what an allocator gives, a map is given back to the system for sure.
        let mut map = MmapMut::map_anon(place.buffer());
        let mut small = [0; SMALL_BUFFER];
        let buffer: &mut [u8] = match &mut map {
            Ok(map) => map,
            Err(_) => &mut small,
        };
        let mut page = readers.notebook.map(Notebook::page);
        let mut unit = None;
        for seat in board.queues.iter().filter_map(Queue::seat) {
            while !(readers.interrupted)() {
                let Some(task) = seat.next() else {
                    break;
                };
                self.tell_place(task, &mut unit);
                if let Some(reading) = self.carry_out(*task, board, buffer) {
                    let (tree, listed) = self.files[task.file];
                    if let (Some(page), Reading::Same(hash)) = (&mut page, &reading) {
                        page.note(tree, listed, *hash);
                    }
                    // The last task of a file is taken once, and so each cell is set once.
                    let _ = board.readings[task.file].set(reading);
                }
                place = match place.keep() {
                    Some(place) => place,
                    None => return,
                };
            }
        }
    }

    fn board(&self, places: &Places<'_>) -> Board {
        let queues = queues(self.files, |file| self.parts(file), places);
        let tasks = queues.iter().flat_map(Queue::tasks);
        let large = tasks.filter(|task| task.part == 1).map(|task| task.file);
        let large = large.map(|file| {
            let count = self.parts(file);
            let large = Large {
                parts: (0..count).map(|_| OnceLock::new()).collect(),
                left: AtomicUsize::new(count),
            };
            (file, large)
        });
        Board {
            large: large.collect(),
            queues,
            readings: self.files.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// How many tasks a file makes.
    fn parts(&self, file: usize) -> usize {
        let parts = self.files[file].1.stamp.size.div_ceil(self.part).max(1);
        usize::try_from(parts).unwrap_or(usize::MAX)
    }

    /// Tells the monitor where a thread is, when it comes to another unit.
    fn tell_place<'s>(&'s self, task: &Task, place: &mut Option<(Tree, &'s [u8])>) {
        let (tree, file) = self.files[task.file];
        let here = Some((tree, file.path.first()));
        if *place != here {
            *place = here;
            let unit = Escaped(file.path.first());
            self.monitor.at(&format!("{tree}/{unit}"));
        }
    }

    /// Carries out a task, and gives the reading of its file where that was the last one of it.
    fn carry_out(&self, task: Task, board: &Board, buffer: &mut [u8]) -> Option<Reading> {
        let (tree, file) = self.files[task.file];
        let Some(large) = board.large.get(&task.file) else {
            let reading = match &self.sums {
                Some(sums) => self.read_summed((tree, file), &sums[task.file], buffer),
                None => self.read(tree, file, buffer),
            };
            self.monitor.advance(1, file.stamp.size);
            return Some(reading);
        };
        let start = task.part as u64 * self.part;
        let length = self.part.min(file.stamp.size - start);
        let subtree = self.read_part(tree, file, start, length, buffer);
        self.monitor.advance(u64::from(task.part == 0), length);
        let _ = large.parts[task.part].set(subtree.ok().flatten());
        // Whoever is the last sees what the others have set.
        if large.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return None;
        }
        let subtrees: Option<Vec<_>> = large.parts.iter().map(|p| *p.get()?).collect();
        Some(match subtrees {
            Some(subtrees) => Reading::Same(root(&subtrees)),
            None => self.read_again(tree, file, buffer),
        })
    }
}

#[cfg(test)]
mod tests;

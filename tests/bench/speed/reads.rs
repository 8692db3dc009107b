//! The least that hashing files can take where they are read and not mapped: reads and BLAKE3, and
//! nothing else.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the buffer of each thread.
const BUFFER: usize = 256 << 10;

/// Reads and hashes these files, by one thread for each core, and says how long that took.
pub fn run(mut files: Vec<PathBuf>) -> Duration {
    // Large ones first, so that no thread is at one while the others have nothing left.
    files.sort_by_cached_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut buffer = vec![0; BUFFER];
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut file = File::open(path).unwrap();
            let mut hasher = blake3::Hasher::new();
            loop {
                match file.read(&mut buffer).unwrap() {
                    0 => break,
                    count => hasher.update(&buffer[..count]),
                };
            }
            std::hint::black_box(hasher.finalize());
        }
    };
    let threads = thread::available_parallelism().unwrap().get();
    let begin = Instant::now();
    thread::scope(|scope| {
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    begin.elapsed()
}

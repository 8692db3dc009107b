//! What the machine has to offer: cores, and room for the threads that use them.

use super::memory::{Gauge, address_space_left};
use rayon::ThreadPoolBuilder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::thread;

/// Bytes of the address space that a thread may take: its stack, and the arena that the allocator
/// reserves for it. Source: HEAP_MAX_SIZE in glibc, and twice that while it is aligned.
const THREAD: u64 = (2 + 128) << 20;

/// Bytes of memory that a thread takes: its stacks, as far as they are used, and what it works on.
const WORKER: u64 = 256 << 10;

/// A pool of `jobs` threads; fewer where memory or the address space of this process is short.
///
/// # Errors
/// Where the system has no threads to give.
pub fn pool(jobs: usize, gauge: &Gauge) -> io::Result<rayon::ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(workers(jobs, gauge))
        .build()
        .map_err(io::Error::other)
}

fn workers(jobs: usize, gauge: &Gauge) -> usize {
    let left = u64::try_from(gauge.left()).unwrap_or_default();
    let most = usize::try_from(left / WORKER).unwrap_or(usize::MAX);
    readers(jobs.min(most), gauge)
}

/// How many of `jobs` readers the address space of this process has room for; at least one. How many
/// memory has room for changes while they work.
pub fn readers(jobs: usize, gauge: &Gauge) -> usize {
    fitting(jobs, gauge.address_space_left())
}

/// Makes the threads few that read indexes and plans side by side, where the address space of this
/// process is limited. To be called before there are any.
pub fn fit_address_space() {
    let cores = cores();
    let fitting = threads(cores);
    if fitting < cores {
        // It fails where there are threads already, which fitted then.
        let _ = ThreadPoolBuilder::new().num_threads(fitting).build_global();
    }
}

/// How many of so many threads half of what is left of the address space of this process has room for;
/// at least one.
pub fn threads(wanted: usize) -> usize {
    fitting(wanted, address_space_left(50))
}

/// Files that many copies at once take, with room to spare.
const OPEN_FILES: u64 = 4096;

/// How many files this process may have open, once its limit is raised as far as it may be: systems begin
/// with 1024, for the sake of programs that wait by `select`, which knows no more.
pub fn open_files() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
    if current.is_some_and(|current| current < most) {
        let current = Some(most);
        // What there is will do where that is refused.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// How many cores there are.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn fitting(wanted: usize, left: Option<u64>) -> usize {
    let most = left.map(|left| usize::try_from(left / THREAD).unwrap_or(usize::MAX));
    wanted.min(most.unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_fit_into_the_address_space() {
        assert_eq!(fitting(8, None), 8);
        assert_eq!(fitting(8, Some(3 * THREAD)), 3);
        assert_eq!(fitting(2, Some(3 * THREAD)), 2);
        assert_eq!(fitting(8, Some(0)), 1, "there is always one");
        assert_eq!(fitting(0, None), 1, "even where none is asked for");
    }
}

//! What the machine has to offer: cores, and memory.

use super::hash::BUFFER;
use std::io;
use std::thread;
use sysinfo::{MemoryRefreshKind, System};

/// A pool of as many threads as are asked for, or else as there are cores; fewer where their
/// buffers would not fit into what is left of `memory_percent` of the memory.
///
/// # Errors
/// Where the system has no threads to give.
pub fn pool(jobs: Option<usize>, memory_percent: u8) -> io::Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(workers(jobs, memory_percent))
        .build()
        .map_err(io::Error::other)
}

/// How many threads such a pool has; at least one.
pub fn workers(jobs: Option<usize>, memory_percent: u8) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let left = Memory::now().map_or(u64::MAX, |memory| memory.left(memory_percent));
    fitting(jobs.unwrap_or_else(cores), left)
}

/// Bytes that a thread takes: its buffer, and its stack as far as it is used.
const WORKER: u64 = BUFFER as u64 + 192 * 1024;

fn fitting(wanted: usize, left: u64) -> usize {
    let most = usize::try_from(left / WORKER).unwrap_or(usize::MAX);
    wanted.min(most).max(1)
}

/// The memory of the machine, or of the control group that holds this process where that is less.
#[derive(Clone, Copy, Debug)]
struct Memory {
    total: u64,
    used: u64,
}

impl Memory {
    /// What the system says of it, if it says anything.
    fn now() -> Option<Memory> {
        let mut system = System::new().ok()?;
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let machine = Memory {
            total: system.total_memory(),
            used: system.used_memory(),
        };
        Some(match system.cgroup_limits() {
            Some(group) if group.total_memory < machine.total => Memory {
                total: group.total_memory,
                used: group.total_memory.saturating_sub(group.free_memory),
            },
            _ => machine,
        })
    }

    /// Bytes that may still be used when `percent` of all may be.
    fn left(self, percent: u8) -> u64 {
        let most = self.total / 100 * u64::from(percent.min(100));
        most.saturating_sub(self.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_fit_what_is_left_of_the_memory() {
        let memory = Memory {
            total: 1000 * WORKER,
            used: 797 * WORKER,
        };
        assert_eq!(fitting(8, memory.left(80)), 3);
        assert_eq!(fitting(2, memory.left(80)), 2);
        assert_eq!(fitting(8, memory.left(50)), 1, "there is always one");
        assert_eq!(
            fitting(0, memory.left(80)),
            1,
            "even where none is asked for"
        );
    }

    #[test]
    fn this_machine_has_memory_and_a_core() {
        assert!(Memory::now().is_some_and(|m| m.total > 0));
        assert!(workers(None, 80) >= 1);
    }
}

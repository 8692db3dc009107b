//! The readers at work: how many there may be, and how large their buffers, changes while they
//! work, so that the memory in use stays below its share.
//!
//! Readers look at two numbers between files, and take no lock.

use crate::disk::memory::Gauge;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a buffer where there is memory. It stays in a core's own cache; of those that do, larger
/// ones measured faster: 64 KiB took 3 % longer.
pub(in crate::disk) const BUFFER: usize = 256 * 1024;

/// Bytes of a buffer where memory is short.
pub(super) const SMALL_BUFFER: usize = 16 * 1024;

/// Bytes that a reader takes besides its buffer: its stacks, as far as they are used, and what the
/// allocator keeps for it.
const STACK: usize = 192 * 1024;

/// How often memory is measured.
const PERIOD: Duration = Duration::from_millis(50);

/// How many readers may work, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// Readers; at least one.
    pub readers: usize,
    /// Bytes of the buffer of each.
    pub buffer: usize,
}

/// The readers of one task.
pub(super) struct Crew {
    most: Share,
    readers: AtomicUsize,
    buffer: AtomicUsize,
    working: AtomicUsize,
}

/// What is left to be done, the less the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    /// Nothing that nobody has begun.
    Nothing,
    /// Something, and one more reader would not get at it now. It is no end: who is at it may be
    /// about to leave, because there are too many readers.
    Taken,
    /// Something for one more reader.
    Free,
}

/// A reader's place at work; given up when it is dropped.
pub(super) struct Place<'c>(&'c Crew);

impl Crew {
    /// A crew of `most` readers, of which as many may begin as memory allows.
    pub(super) fn new(most: Share, gauge: &Gauge) -> Crew {
        let share = most.fitting(gauge.left());
        let crew = Crew {
            most,
            readers: AtomicUsize::new(share.readers),
            buffer: AtomicUsize::new(share.buffer),
            working: AtomicUsize::new(0),
        };
        if share != most {
            crew.tell(share);
        }
        crew
    }

    /// Has readers `work`, each on a thread of its own, until nothing is `left`; as many of them at a
    /// time as find something to do, and as `gauge` leaves memory for.
    pub(super) fn run(
        &self,
        gauge: &Gauge,
        left: impl Fn() -> Left,
        work: impl Fn(Place<'_>) + Sync,
    ) {
        let governor = thread::current();
        let reader = |place: Place<'_>| {
            work(place);
            governor.unpark();
        };
        let mut measured = Instant::now();
        thread::scope(|scope| {
            loop {
                while let Some(place) = self.step_in().filter(|_| left() == Left::Free) {
                    let thread = thread::Builder::new().name("reader".to_owned());
                    if let Err(error) = thread.spawn_scoped(scope, || reader(place)) {
                        self.refused(&error, &work);
                        break;
                    }
                }
                if left() == Left::Nothing && self.working.load(Ordering::Acquire) == 0 {
                    break;
                }
                thread::park_timeout(PERIOD);
                if measured.elapsed() >= PERIOD {
                    self.adapt(gauge.left());
                    measured = Instant::now();
                }
            }
        });
    }

    /// Goes on with the readers that there are, or without any other.
    fn refused(&self, error: &io::Error, work: &impl Fn(Place<'_>)) {
        let working = self.working.load(Ordering::Relaxed);
        tracing::warn!("Readers - There are {working} readers, and can be no more: {error}");
        self.readers.store(working.max(1), Ordering::Relaxed);
        if working == 0 {
            self.step_in().into_iter().for_each(work);
        }
    }

    /// A place at work, if one is free.
    fn step_in(&self) -> Option<Place<'_>> {
        let most = self.readers.load(Ordering::Relaxed);
        let one_more = |working| (working < most).then_some(working + 1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let is_free = self.working.fetch_update(set, fetch, one_more).is_ok();
        is_free.then(|| Place(self))
    }

    fn adapt(&self, left: i64) {
        let now = Share {
            readers: self.readers.load(Ordering::Relaxed),
            buffer: self.buffer.load(Ordering::Relaxed),
        };
        let next = now.next(left, self.most);
        self.readers.store(next.readers, Ordering::Relaxed);
        self.buffer.store(next.buffer, Ordering::Relaxed);
        // On the way up, only the end of it is worth a word.
        if next != now && (next == self.most || left < 0) {
            self.tell(next);
        }
    }

    fn tell(&self, share: Share) {
        let Share { readers, buffer } = share;
        let (most, kibibytes) = (self.most.readers, buffer / 1024);
        tracing::info!("Readers - Memory allows {readers} of {most} readers, {kibibytes} KiB each");
    }
}

impl<'c> Place<'c> {
    /// The place once more; none where there are more readers than may be, and it is given up.
    pub(super) fn keep(self) -> Option<Place<'c>> {
        let Crew {
            readers, working, ..
        } = self.0;
        let most = readers.load(Ordering::Relaxed);
        if working.load(Ordering::Relaxed) <= most {
            return Some(self);
        }
        // Several may see at once that there are too many; as many go as must.
        let one_less = |working| (working > most).then(|| working - 1);
        let (set, fetch) = (Ordering::Release, Ordering::Relaxed);
        match working.fetch_update(set, fetch, one_less) {
            Ok(_) => {
                std::mem::forget(self);
                None
            }
            Err(_) => Some(self),
        }
    }

    /// Bytes of the buffer that the reader may have now.
    pub(super) fn buffer(&self) -> usize {
        self.0.buffer.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::Release);
    }
}

impl Share {
    /// Bytes that each reader takes.
    fn cost(self) -> i64 {
        (self.buffer + STACK) as i64
    }

    /// As much of this share as fits into `left` bytes.
    fn fitting(self, left: i64) -> Share {
        let fitting = usize::try_from(left / self.cost()).unwrap_or_default();
        match fitting {
            0 => Share {
                readers: 1,
                buffer: SMALL_BUFFER,
            },
            fitting => Share {
                readers: fitting.min(self.readers),
                ..self
            },
        }
    }

    /// The share that follows this one when so many bytes may yet be used: it shrinks at once by
    /// what is too much, and grows, up to `most`, while there is twice the room that it takes.
    fn next(self, left: i64, most: Share) -> Share {
        if left < 0 {
            let too_many = usize::try_from(-(left / self.cost())).unwrap_or(usize::MAX);
            return match self.readers {
                1 => Share {
                    buffer: (self.buffer / 2).max(SMALL_BUFFER),
                    ..self
                },
                readers => Share {
                    readers: readers.saturating_sub(too_many.max(1)).max(1),
                    ..self
                },
            };
        }
        let room = usize::try_from(left / (2 * self.cost())).unwrap_or(usize::MAX);
        match room {
            0 => self,
            _ if self.buffer < most.buffer => Share {
                buffer: (self.buffer * 2).min(most.buffer),
                ..self
            },
            room => Share {
                readers: (self.readers + room.min(self.readers)).min(most.readers),
                ..self
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Share = Share {
        readers: 8,
        buffer: BUFFER,
    };

    fn crew(readers: usize) -> Crew {
        Crew {
            most: MOST,
            readers: AtomicUsize::new(readers),
            buffer: AtomicUsize::new(BUFFER),
            working: AtomicUsize::new(0),
        }
    }

    #[test]
    fn as_many_readers_begin_as_memory_allows() {
        let cost = MOST.cost();
        assert_eq!(MOST.fitting(i64::MAX), MOST);
        assert_eq!(MOST.fitting(3 * cost + 1).readers, 3);
        for nothing in [cost - 1, 0, -cost * 100] {
            let share = MOST.fitting(nothing);
            assert_eq!((share.readers, share.buffer), (1, SMALL_BUFFER));
        }
    }

    #[test]
    fn readers_go_when_memory_is_short_and_come_when_it_is_not() {
        let cost = MOST.cost();
        let readers = |share: Share, left| share.next(left, MOST).readers;
        assert_eq!(readers(MOST, -1), 7);
        assert_eq!(readers(MOST, -3 * cost), 5);
        assert_eq!(readers(MOST, -100 * cost), 1, "there is always one");
        assert_eq!(readers(MOST, cost), 8, "there is room for nothing more");
        let few = Share { readers: 2, ..MOST };
        assert_eq!(readers(few, 2 * cost - 1), 2);
        assert_eq!(readers(few, 2 * cost), 3);
        assert_eq!(readers(few, i64::MAX), 4, "not all at once");
    }

    #[test]
    fn buffers_shrink_where_one_reader_is_too_many_and_grow_first() {
        let one = Share { readers: 1, ..MOST };
        let mut share = one;
        for _ in 0..10 {
            share = share.next(-1, MOST);
        }
        assert_eq!((share.readers, share.buffer), (1, SMALL_BUFFER));
        let grown = share.next(i64::MAX, MOST);
        assert_eq!((grown.readers, grown.buffer), (1, 2 * SMALL_BUFFER));
        let mut share = grown;
        for _ in 0..10 {
            share = share.next(i64::MAX, MOST);
        }
        assert_eq!(share, MOST);
    }

    #[test]
    fn those_who_are_too_many_go_and_the_last_stays() {
        let crew = crew(3);
        let places: Vec<_> = std::iter::from_fn(|| crew.step_in()).collect();
        assert_eq!(places.len(), 3);
        crew.adapt(-MOST.cost() * 100);
        let places: Vec<_> = places.into_iter().filter_map(Place::keep).collect();
        assert_eq!(places.len(), 1, "one goes on working");
        assert!(crew.step_in().is_none());
        crew.adapt(i64::MAX);
        assert!(crew.step_in().is_some(), "there is room again");
        drop(places);
        assert_eq!(crew.working.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn readers_work_until_it_is_done_though_some_leave_at_once() {
        let crew = crew(3);
        let done = AtomicUsize::new(0);
        let work = |place: Place<'_>| {
            done.fetch_add(1, Ordering::Relaxed);
            drop(place);
        };
        let left = || match done.load(Ordering::Relaxed) {
            20.. => Left::Nothing,
            _ => Left::Free,
        };
        crew.run(&Gauge::new(100), left, work);
        assert_eq!(left(), Left::Nothing);
        assert_eq!(crew.working.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn it_is_not_done_while_the_seat_of_one_who_left_is_not_free_yet() {
        let crew = crew(1);
        let (asked, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let left = || {
            let asked = asked.fetch_add(1, Ordering::Relaxed);
            match (done.load(Ordering::Relaxed), asked) {
                (1.., _) => Left::Nothing,
                // Nobody is at work, and the one seat is taken.
                (_, ..2) => Left::Taken,
                _ => Left::Free,
            }
        };
        let work = |place: Place<'_>| {
            done.fetch_add(1, Ordering::Relaxed);
            drop(place);
        };
        crew.run(&Gauge::new(100), left, work);
        assert!(done.load(Ordering::Relaxed) > 0);
    }
}

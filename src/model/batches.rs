//! Work on the parts of something long, side by side and yet in their order.

use rayon::Yield;
use rayon::prelude::*;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Parts for each thread that may be made before their turn comes.
const AHEAD: usize = 8;

/// Lets `make` make something of each item, and gives it to `take` in the order of the items. Some are
/// made side by side while those before them are taken, so that never all are in memory. `make` is to
/// do its work by itself, without other threads.
///
/// # Errors
/// The first of `take`, after which nothing more is taken.
pub(super) fn in_order<I: Sync, M: Send, E>(
    items: &[I],
    make: impl Fn(&I) -> M + Sync,
    mut take: impl FnMut(M) -> Result<(), E>,
) -> Result<(), E> {
    let ahead = AHEAD * rayon::current_num_threads();
    rayon::in_place_scope_fifo(|scope| {
        let begin = |item| {
            let (sender, receiver) = sync_channel(1);
            let make = &make;
            // Nobody receives it once an error ended the taking.
            scope.spawn_fifo(move |_| drop(sender.send(make(item))));
            receiver
        };
        let mut items = items.iter();
        let mut coming: VecDeque<_> = items.by_ref().take(ahead).map(begin).collect();
        while let Some(receiver) = coming.pop_front() {
            // What is not made panicked, which the scope passes on.
            let Some(made) = receive(&receiver) else {
                break;
            };
            take(made)?;
            coming.extend(items.next().map(begin));
        }
        Ok(())
    })
}

/// What is made for this receiver. A thread that is one of those that make makes some itself meanwhile;
/// it waits only for what others are at.
fn receive<M>(receiver: &Receiver<M>) -> Option<M> {
    loop {
        match receiver.try_recv() {
            Ok(made) => return Some(made),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        if rayon::yield_now() != Some(Yield::Executed) {
            return receiver.recv().ok();
        }
    }
}

/// The longest parts of a list in which each item and the next are alike: what
/// [`slice::chunk_by`] gives, with the items looked at side by side.
pub fn runs<T: Sync>(items: &[T], are_alike: impl Fn(&T, &T) -> bool + Sync) -> Vec<&[T]> {
    let is_start = |at: &usize| !are_alike(&items[*at - 1], &items[*at]);
    let starts = (1..items.len()).into_par_iter().filter(is_start);
    let starts: Vec<usize> = starts.collect();
    let mut runs = Vec::with_capacity(starts.len() + 1);
    let (mut rest, mut done) = (items, 0);
    for start in starts {
        let (run, behind) = rest.split_at(start - done);
        runs.push(run);
        (rest, done) = (behind, start);
    }
    runs.extend((!rest.is_empty()).then_some(rest));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_those_of_chunk_by() {
        for items in [&[][..], &[1], &[1, 1], &[1, 2, 2, 1, 1, 1, 3]] {
            let expected: Vec<_> = items.chunk_by(|a, b| a == b).collect();
            assert_eq!(runs(items, |a, b| a == b), expected);
        }
    }

    /// The items that are taken, where one of them is not: 51.
    fn taken(items: &[u32]) -> (Vec<u32>, Result<(), &'static str>) {
        let mut taken = Vec::new();
        let take = |made| match made {
            51 => Err("no more"),
            made => {
                taken.push(made);
                Ok(())
            }
        };
        let result = in_order(items, |item| item + 1, take);
        (taken, result)
    }

    #[test]
    fn all_is_taken_in_its_order_up_to_an_error() {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let alone = alone.unwrap();
        for count in [0, 1, 100] {
            let items: Vec<u32> = (0..count).collect();
            for (taken, result) in [taken(&items), alone.install(|| taken(&items))] {
                assert_eq!(result.is_err(), count > 50);
                assert!(taken.iter().copied().eq(1..=count.min(50)));
            }
        }
    }

    #[test]
    fn a_panic_is_passed_on() {
        let make = |item: &u32| assert_ne!(*item, 3, "three");
        let panic =
            std::panic::catch_unwind(|| in_order(&[1, 2, 3, 4], make, Ok::<(), ()>)).unwrap_err();
        let said = panic.downcast_ref::<String>().unwrap();
        assert!(said.contains("three"), "{said}");
    }
}

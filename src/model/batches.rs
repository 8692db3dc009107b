//! Work on the parts of something long, side by side and yet in their order.

use rayon::prelude::*;

/// Parts that each thread makes at a time.
const DEPTH: usize = 4;

/// Lets `make` make something of each item, and gives it to `take` in the order of the items. Some are
/// made side by side while those before them are taken, so that never all are in memory.
///
/// # Errors
/// The first of `take`, after which nothing more is taken.
pub(super) fn in_order<I: Sync, M: Send, E>(
    items: &[I],
    make: impl Fn(&I) -> M + Sync,
    mut take: impl FnMut(M) -> Result<(), E>,
) -> Result<(), E> {
    let mut batches = items.chunks(DEPTH * rayon::current_num_threads());
    let mut made: Vec<M> = Vec::new();
    loop {
        let batch = batches.next();
        let mut next = Vec::new();
        rayon::in_place_scope(|scope| {
            if let Some(batch) = batch {
                let (next, make) = (&mut next, &make);
                scope.spawn(move |_| *next = batch.par_iter().map(make).collect());
            }
            std::mem::take(&mut made)
                .into_iter()
                .try_for_each(&mut take)
        })?;
        if batch.is_none() {
            return Ok(());
        }
        made = next;
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

    #[test]
    fn all_is_taken_in_its_order_up_to_an_error() {
        for count in [0, 1, 100] {
            let items: Vec<u32> = (0..count).collect();
            let mut taken = Vec::new();
            let result = in_order(
                &items,
                |item| item + 1,
                |made| match made {
                    51 => Err("no more"),
                    made => {
                        taken.push(made);
                        Ok(())
                    }
                },
            );
            assert_eq!(result.is_err(), count > 50);
            assert!(taken.iter().copied().eq(1..=count.min(50)));
        }
    }
}

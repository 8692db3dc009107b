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

#[cfg(test)]
mod tests {
    use super::*;

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

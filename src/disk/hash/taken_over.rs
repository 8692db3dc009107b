//! Hashing what a notebook does not know.

use super::{Interrupted, Readers, hash_files};
use crate::disk::monitor::Monitor;
use crate::disk::progress::Notebook;
use crate::disk::trees::Trees;
use crate::model::index::{Reading, Totals};
use crate::model::state::Listed;
use crate::model::tree::Tree;

/// Hashes `files` but for those whose hashes `notebook` knows: says how many those are, and gives
/// the readings of all, in their order.
pub fn hash_unknown(
    trees: &Trees,
    files: &[(Tree, &Listed)],
    notebook: &Notebook,
    readers: &Readers<'_>,
    monitor: &dyn Monitor,
) -> (Totals, Result<Vec<Reading>, Interrupted>) {
    let mut taken_over = Totals::default();
    let mut readings = Vec::with_capacity(files.len());
    let mut rest = Vec::new();
    for (tree, listed) in files {
        let reading = notebook.reading(*tree, listed);
        match &reading {
            Some(_) => taken_over.add(listed.stamp.size),
            None => rest.push((*tree, *listed)),
        }
        readings.push(reading);
    }
    let readers = Readers {
        notebook: Some(notebook),
        ..*readers
    };
    let read = hash_files(trees, &rest, &readers, monitor);
    let all = read.map(|read| {
        let mut read = read.into_iter();
        let readings = readings.into_iter();
        let readings = readings.map(|taken| taken.or_else(|| read.next()));
        readings.flatten().collect()
    });
    (taken_over, all)
}

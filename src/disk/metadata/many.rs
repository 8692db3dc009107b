//! Reads what many files say of themselves, side by side.

use super::read;
use crate::disk::monitor::Monitor;
use crate::disk::trees::Trees;
use crate::model::capture::Reading;
use crate::model::index::Totals;
use crate::model::path::TreePath;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use jiff::Timestamp;
use rayon::ThreadPool;
use rayon::prelude::*;

/// What each of `files`, which lie in `tree`, says of itself, in their order, or why it could not be
/// read; dates after `now` are passed over.
pub fn read_all(
    trees: &Trees,
    tree: Tree,
    files: &[&Listed],
    now: Timestamp,
    pool: &ThreadPool,
    monitor: &dyn Monitor,
) -> Vec<Result<Reading, String>> {
    let totals = Totals {
        files: files.len() as u64,
        bytes: 0,
    };
    monitor.begin("Reading dates", totals);
    let read_one = |file: &&Listed| {
        let path = TreePath::new(tree, file.path.borrowed());
        let reading = trees
            .open_file(&path)
            .map_err(|error| error.reason())
            .and_then(|(mut file, _)| read(&mut file, now).map_err(|error| error.to_string()));
        monitor.advance(1, 0);
        reading
    };
    let readings = pool.install(|| files.par_iter().map(read_one).collect());
    monitor.end();
    readings
}

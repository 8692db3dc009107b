//! Reads what many files say of themselves, side by side.

use super::exiftool::{Exiftool, ExiftoolError};
use super::read;
use crate::disk::monitor::Monitor;
use crate::disk::trees::Trees;
use crate::model::capture::{Content, Reading};
use crate::model::index::Totals;
use crate::model::path::TreePath;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use jiff::Timestamp;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::fs::File;

/// What files say of themselves.
pub struct Readings {
    /// That of each file, in their order, or why it could not be read.
    pub readings: Vec<Result<Reading, String>>,
    /// The files, by their places in that order, of which ExifTool could not say anything.
    pub unanswered: Vec<(usize, ExiftoolError)>,
}

/// What each of `files`, which lie in `tree`, says of itself; dates after `now` are passed over.
/// `exiftool`, where it is to be asked, is asked about files in which no date is found otherwise.
pub fn read_all(
    trees: &Trees,
    tree: Tree,
    files: &[&Listed],
    exiftool: Option<&Exiftool>,
    now: Timestamp,
    pool: &ThreadPool,
    monitor: &dyn Monitor,
) -> Readings {
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
            .and_then(|(file, _)| read_with(file, exiftool, now));
        monitor.advance(1, 0);
        reading
    };
    let read: Vec<_> = pool.install(|| files.par_iter().map(read_one).collect());
    monitor.end();
    let mut unanswered = Vec::new();
    let readings = read.into_iter().enumerate().map(|(place, read)| {
        let (reading, error) = read?;
        unanswered.extend(error.map(|error| (place, error)));
        Ok(reading)
    });
    Readings {
        readings: readings.collect(),
        unanswered,
    }
}

/// What a file says of itself, and why ExifTool, if it was asked, did not say more.
fn read_with(
    mut file: File,
    exiftool: Option<&Exiftool>,
    now: Timestamp,
) -> Result<(Reading, Option<ExiftoolError>), String> {
    let own = read(&mut file, now).map_err(|error| error.to_string())?;
    let is_asked = own.dates.is_empty() && own.content != Content::Sidecar;
    match exiftool.filter(|_| is_asked).map(|e| e.read(&file, now)) {
        Some(Ok(more)) => Ok((own.or(more), None)),
        Some(Err(error)) => Ok((own, Some(error))),
        None => Ok((own, None)),
    }
}

//! Bogus media archives: data sets to try the pipeline on, with the truth about them.
//!
//! A data set has the layout of a real one, `media/YYYY/…`, `archive/NN/YYYY/MM/…` and `ingest/…`. Its pictures decode, its
//! videos parse, its dates stand where cameras put them. Every special case that the pipeline must master is in it at
//! least once; the rest are years of ordinary shots, some of them there more than once. The same [`Options`] make the
//! same bytes, names, times and modes on every machine.
//!
//! First a `Dataset` is laid out in memory: recipes for contents, and the paths where each lies. Then each content is made
//! from its recipe and written, and the [`Truth`] follows from what was written.

pub(in crate::disk) mod boxes;
mod bulk;
mod camera;
mod dataset;
pub(in crate::disk) mod exif;
mod heif;
mod odd_names;
mod picture;
mod quicktime;
mod random;
mod raw;
mod recipe;
mod sidecar;
mod sketch;
mod specials;
#[cfg(test)]
mod tests;
mod truth;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::path::Escaped;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use truth::{ExpectedMove, Kind, TRUTH_FORMAT, Totals, TrueFile, Truth};

use dataset::Dataset;
use random::Stream;

/// Makes the data set that `options` describe beneath `dir`, and tells the truth about it.
///
/// `dir` must be empty or absent, and is made if it is absent. `progress` is called with the files written, the files in
/// all, and the bytes written, a few dozen files apart. A name that the file system refuses is left out, of the truth
/// too. What was written before an error stays.
///
/// # Errors
///
/// [`Error::NotEmpty`] if there is anything in `dir`, [`Error::Share`] if `options.duplicates` is no share, and
/// [`Error::Io`] if something cannot be made or written.
pub fn generate(
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64, u64),
) -> Result<Truth, Error> {
    if !(0.0..=1.0).contains(&options.duplicates) {
        return Err(Error::Share(options.duplicates));
    }
    make_empty(dir)?;
    let mut dataset = Dataset::new(options.seed);
    let stream = |purpose| Stream::new(options.seed, purpose, 0);
    specials::add(&mut dataset, options.size, stream("specials"));
    bulk::fill(&mut dataset, options, stream("bulk"));
    let outcome = write::write(dir, &dataset, options.seed, progress)?;
    Ok(Truth::new(options, outcome))
}

/// What to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Options {
    /// How many files there are to be, hard links and empty files included. The special cases alone are about 120 files,
    /// and are made even if fewer are asked for.
    pub files: u64,
    /// The median size of a photo, in bytes; the largest are eight times as large. Videos have three times the size and
    /// raw files twice; a PNG has at most 4 MiB. A picture is never smaller than its pixels take, 1 to 6 KiB.
    pub size: u64,
    /// What all randomness follows from.
    pub seed: u64,
    /// The share of ordinary shots, from 0 to 1, that are there a second or a third time. The special cases have their
    /// duplicates whatever it is.
    pub duplicates: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            files: 400,
            size: 48 << 10,
            seed: 0,
            duplicates: 0.25,
        }
    }
}

/// Why no data set was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is something in the directory.
    #[error("{} is not empty: a data set needs a new or an empty directory", Escaped::path(.path))]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The share of duplicates does not lie between 0 and 1.
    #[error("the share of duplicates must lie between 0 and 1, not be {0}")]
    Share(f64),
    /// Something could not be made or written.
    #[error("cannot write {shown}: {source}", shown = Escaped::path(.path))]
    Io {
        /// What it was about.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    fn io(path: &Path, source: io::Error) -> Self {
        Error::Io {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Sees to it that `dir` is there and that nothing is in it.
fn make_empty(dir: &Path) -> Result<(), Error> {
    let describe = |source| Error::io(dir, source);
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::NotEmpty {
                path: dir.to_path_buf(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(describe)
        }
        Err(error) => Err(describe(error)),
    }
}

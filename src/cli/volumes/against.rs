//! `volumes verify --against`: whether all that is on some disc is in the library, too.

use super::volume;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Things};
use crate::cli::library;
use crate::disk::disc::Disc;
use crate::disk::filesystem::{Filesystem, Kind};
use crate::disk::hash::Interrupted;
use crate::disk::trees::Trees;
use crate::model::disc::DiscFile;
use crate::model::index::{Stamp, Totals};
use crate::model::path::{Escaped, TreePath};
use crate::model::volume::{VolumeName, Witness};
use crate::phase::volumes::against::{Candidate, candidates};
use crate::phase::volumes::is_left_out;
use std::collections::HashSet;
use std::path::Path;

/// Reads every file at `path`, and names those of which the library has no other: in media and the
/// archive, or in the volume `only` alone.
///
/// # Errors
/// Where that lies in the library, or cannot be read at all.
pub fn against(path: &Path, only: Option<&VolumeName>, context: &Context) -> Result<Exit, Failure> {
    volume::refuse_library(path, context)?;
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    if let Some(name) = only {
        volume::entries(name, &state)?;
    }
    let disc = Disc::open(path)?;
    let readings = disc.read(&context.output.progress(), &|| false);
    let readings = readings.map_err(|Interrupted| Failure::failed("interrupted"))?;
    let wanted: HashSet<_> = readings.iter().flatten().copied().collect();
    let candidates = candidates(&state, only, &wanted);
    let excludes = volume::excludes(context)?;
    let trees = Trees::open(context.layout())?;

    let mut told = Told::default();
    let output = context.output;
    let listing = disc.listing();
    for (path, what) in &listing.special {
        told.nowhere += 1;
        output.warn(format_args!("{path} is nowhere: it is {what}"));
    }
    for (path, why) in &listing.unreadable {
        told.nowhere += 1;
        output.warn(format_args!("{path} cannot be read: {why}"));
    }
    for (DiscFile { path, size, .. }, reading) in listing.files.iter().zip(&readings) {
        // It is asked by its name alone; which volume it would be in does not matter.
        if is_left_out("0", path, &excludes) {
            told.left_out += 1;
            continue;
        }
        let digest = match reading {
            Ok(digest) => digest,
            Err(why) => {
                told.nowhere += 1;
                output.warn(format_args!("{path} cannot be read: {why}"));
                continue;
            }
        };
        let places = candidates
            .get(digest)
            .map(Vec::as_slice)
            .unwrap_or_default();
        match best(places, &trees) {
            _ if *size == 0 => told.found.add(0),
            Best::OnDisk => told.found.add(*size),
            Best::OnDisc(witness) => {
                told.found.add(*size);
                told.add_disc(witness);
            }
            Best::Nowhere(why) => {
                told.nowhere += 1;
                output.warn(format_args!("{path} is nowhere{why}"));
            }
        }
    }
    told.sum_up(path, only, context);
    match told.nowhere {
        0 => Ok(Exit::Done),
        _ => Ok(Exit::Failed),
    }
}

/// The best place of a content.
enum Best {
    OnDisk,
    OnDisc(Witness),
    /// None that counts, and what there is instead, as a clause.
    Nowhere(String),
}

fn best(places: &[Candidate], trees: &Trees) -> Best {
    let mut why = String::new();
    for place in places {
        match place {
            Candidate::OnDisk(path, stamp) if is_there(path, stamp, trees) => return Best::OnDisk,
            Candidate::OnDisk(path, _) => {
                why = format!(" any more: {path} is gone, or changed since it was indexed");
            }
            Candidate::OnDisc(_, witness) => return Best::OnDisc(*witness),
            Candidate::Untold(path) => {
                why = format!(" for sure: no disc is known to hold {path}");
            }
        }
    }
    Best::Nowhere(why)
}

/// Whether a file is where the index has it, by a look at it.
fn is_there(path: &TreePath<'_>, stamp: &Stamp, trees: &Trees) -> bool {
    let found = trees.look(path).ok().flatten();
    found.is_some_and(|node| node.kind == Kind::File && node.stamp.same_content_as(stamp))
}

/// What was found.
#[derive(Default)]
struct Told {
    found: Totals,
    /// Those of them that are on discs alone: burned, and read since.
    on_discs: u64,
    verified: u64,
    nowhere: u64,
    left_out: u64,
}

impl Told {
    fn add_disc(&mut self, witness: Witness) {
        self.on_discs += 1;
        self.verified += u64::from(witness == Witness::Verified);
    }

    fn sum_up(&self, path: &Path, only: Option<&VolumeName>, context: &Context) {
        let library = match only {
            Some(name) => format!("volume {name}"),
            None => "media or the archive".to_owned(),
        };
        let shown = Escaped::path(path);
        let found = format!(
            "{}, {}",
            Things(self.found.files, "file"),
            Bytes(self.found.bytes)
        );
        let said = match self.nowhere {
            0 => format!("all that is at {shown} is in {library}: {found}"),
            nowhere => format!(
                "not all that is at {shown} is in {library}: {} are not, {found} are",
                Things(nowhere, "thing")
            ),
        };
        tracing::info!("Volumes - {said}");
        context.output.note(said);
        if self.on_discs > 0 {
            context.output.note(format_args!(
                "of them on discs alone: {}, {} of which were read since they were burned",
                Things(self.on_discs, "file"),
                self.verified
            ));
        }
        if self.left_out > 0 {
            context.output.note(format_args!(
                "not looked for, as crawl leaves them out: {}",
                Things(self.left_out, "file")
            ));
        }
    }
}

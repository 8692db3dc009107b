//! `volumes verify --against`: whether all that is on some disc is in the library, too.

use super::volume;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Things};
use crate::cli::library;
use crate::disk::disc::Disc;
use crate::disk::filesystem::{Filesystem, Kind, Node};
use crate::disk::hash::Interrupted;
use crate::disk::trees::Trees;
use crate::model::contents::contents;
use crate::model::disc::{DiscFile, DiscReading};
use crate::model::index::{Stamp, Totals};
use crate::model::path::{Escaped, RelPath, TreePath};
use crate::model::run::FileId;
use crate::model::state::State;
use crate::model::volume::{Volume, VolumeName, Witness};
use crate::phase::volumes::against::{Candidate, candidates};
use crate::phase::volumes::import::taken;
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
    let trees = Trees::open(context.layout())?;
    let disc = Disc::open(path)?;
    volume::refuse_part(volume::part_of_library(&disc, &trees, &state)?, path)?;
    let readings = disc.read(&context.output.progress(), &|| false);
    let readings = readings.map_err(|Interrupted| Failure::failed("interrupted"))?;
    let wanted: HashSet<_> = readings.iter().flatten().copied().collect();
    let candidates = candidates(&state, only, &wanted);
    let itself = itself(&disc, &readings, &state);

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
    let files = listing.files.iter().zip(&readings).enumerate();
    for (at, (DiscFile { path, size, .. }, reading)) in files {
        if is_about_a_volume(path) {
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
        match best(places, disc.file(at), &itself, &trees) {
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

/// The volumes that are on discs alone of which this may be the only one: a disc proves nothing of itself.
fn itself(disc: &Disc, readings: &[DiscReading], state: &State<'_>) -> HashSet<VolumeName> {
    let read = taken("0", disc.listing(), readings.to_vec(), &|path| {
        path.is_ours() || is_about_a_volume(path)
    });
    let holds = contents("0", &read.entries);
    let is_it = |volume: &Volume| {
        let mut discs = volume.discs();
        let first = discs.next().and_then(|(_, disc)| disc.read.or(disc.holds));
        first.is_some() && first == holds && discs.next().is_none()
    };
    let known = state.volumes.iter().filter(|(_, volume)| is_it(volume));
    known.map(|(name, _)| name.clone()).collect()
}

/// Whether a file only tells of the volume in which it is: its sidecar index and its mark.
fn is_about_a_volume(path: &RelPath<'_>) -> bool {
    path.file_name() == b".mediastruct" || path.as_bytes() == b".unburned"
}

/// The best place of a content.
enum Best {
    OnDisk,
    OnDisc(Witness),
    /// None that counts, and what there is instead, as a clause.
    Nowhere(String),
}

/// The best of these places for what `file` holds on the disc: no file proves anything of itself.
fn best(
    places: &[Candidate],
    file: Option<FileId>,
    itself: &HashSet<VolumeName>,
    trees: &Trees,
) -> Best {
    let mut why = String::new();
    for place in places {
        match place {
            Candidate::OnDisk(path, stamp) => match there(path, stamp, trees) {
                Some(node) if file == Some(node.stamp.into()) => {
                    why = format!(" else: {path} is this very file, under another name");
                }
                Some(_) => return Best::OnDisk,
                None => {
                    why = format!(" any more: {path} is gone, or changed since it was indexed");
                }
            },
            Candidate::OnDisc(path, _)
                if VolumeName::of(path).is_some_and(|v| itself.contains(&v)) =>
            {
                why = format!(" else: {path} is on this very disc, as far as is known");
            }
            Candidate::OnDisc(_, witness) => return Best::OnDisc(*witness),
            Candidate::Untold(path) => {
                why = format!(" for sure: no disc is known to hold {path}");
            }
        }
    }
    Best::Nowhere(why)
}

/// A file that is where the index has it, by a look at it.
pub(super) fn there(path: &TreePath<'_>, stamp: &Stamp, trees: &Trees) -> Option<Node> {
    let found = trees.look(path).ok().flatten();
    found.filter(|node| node.kind == Kind::File && node.stamp.same_content_as(stamp))
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
                "of them on discs alone, so make sure that those are other discs than this one: {}, {} \
                 of which were read since they were burned",
                Things(self.on_discs, "file"),
                self.verified
            ));
        }
        if self.left_out > 0 {
            context.output.note(format_args!(
                "not looked for, as they only tell of volumes: {}",
                Things(self.left_out, "file")
            ));
        }
    }
}

//! Archive, where the phase and the disk meet: look which volumes are on the disk, and plan.

use super::args::ArchiveOptions;
use super::context::{Context, require};
use super::failure::Failure;
use super::library;
use crate::disk::names;
use crate::disk::shelf;
use crate::disk::store::IndexFiles;
use crate::model::disc::SetName;
use crate::model::medium::{Medium, Parity};
use crate::model::plan::{Plan, Settings};
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, VolumeState};
use crate::phase::archive::{self as phase, ArchiveError};

/// The plan that moves the years that are due to volumes.
///
/// # Errors
/// Where a tree is missing or was never indexed, or no volume can be filled.
pub fn plan(options: &ArchiveOptions, context: &Context) -> Result<Plan, Failure> {
    let indexes = library::index_files(context)?;
    let mut state = state(options, context, &indexes)?;
    let now = state.now.timestamp();
    let zone = context.configuration.ingest.time_zone.zone().clone();
    let year = now.map(|now| now.to_zoned(zone.clone()).year());
    state.settings.through = options.through.or(year.map(|year| year - 1));
    state.intake.time_zone = zone;
    if let Some(open) = phase::open_volume(&state) {
        let archive = context.layout().dir(Tree::Archive);
        state.taken = names::taken(archive, Some(open.as_str()))?;
    }
    Ok(phase::plan(&state)?)
}

/// The plan that seals a volume.
///
/// # Errors
/// Where it cannot be sealed, or an index is damaged.
pub fn seal(
    volume: &VolumeName,
    options: &ArchiveOptions,
    context: &Context,
) -> Result<Plan, Failure> {
    let indexes = library::index_files(context)?;
    let mut state = state(options, context, &indexes)?;
    if options.capacity.medium.is_none() && options.capacity.sectors.is_none() {
        let marked = state.shelf.marked.get(volume.as_str()).copied().flatten();
        state.settings.medium = marked.or(state.settings.medium);
    }
    Ok(phase::seal(&state, volume)?)
}

/// Whether a volume is neither sealed nor burned.
///
/// # Errors
/// Where an index is damaged.
pub fn is_open(volume: &VolumeName, context: &Context) -> Result<bool, Failure> {
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    Ok(state.volume_state(volume.as_str()) == VolumeState::Open)
}

/// What a volume that is on no disc yet was opened for, or else what is configured.
///
/// # Errors
/// Where the archive cannot be read.
pub fn medium_of(volume: &VolumeName, context: &Context) -> Result<Medium, Failure> {
    let shelf = shelf::look(context.layout().dir(Tree::Archive))?;
    let marked = shelf.marked.get(volume.as_str()).copied().flatten();
    Ok(marked.unwrap_or(context.configuration.archive.medium))
}

/// What archive decides by.
fn state<'i>(
    options: &ArchiveOptions,
    context: &Context,
    indexes: &'i IndexFiles,
) -> Result<State<'i>, Failure> {
    require(context.layout(), &Tree::INDEXED)?;
    let mut state = library::state(context, indexes)?;
    state.shelf = shelf::look(context.layout().dir(Tree::Archive))?;
    state.settings = settings(options, context);
    Ok(state)
}

/// What of the configuration and of `options` a plan is to remember.
fn settings(options: &ArchiveOptions, context: &Context) -> Settings {
    let configured = &context.configuration.archive;
    let capacity = &options.capacity;
    let sectors = capacity.sectors;
    let sectors = sectors.map(|sectors| Medium::Sectors(sectors.get()));
    let parity = capacity.parity.unwrap_or(configured.parity);
    Settings {
        medium: Some(sectors.or(capacity.medium).unwrap_or(configured.medium)),
        raw_capacity: capacity.raw_capacity.then_some(true),
        parity: (parity != Parity::NONE).then_some(parity),
        pack: Some(options.pack.unwrap_or(configured.pack)),
        seal: options.seal.then_some(true),
        set: (configured.set != SetName::default()).then(|| configured.set.clone()),
        ..Settings::default()
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let message = error.to_string();
        match error {
            ArchiveError::NotIndexed(_) => {
                Failure::refused(message).hint("`mediastruct crawl` indexes it")
            }
            ArchiveError::TooSmall { .. } => Failure::usage(message)
                .hint("name a larger --medium or more --sectors, or leave less to --parity"),
            ArchiveError::NoNumber(_) => Failure::refused(message)
                .hint("volumes are numbered up to 4294967295; is it a volume at all?")
                .hint(
                    "move it out of the archive, or give it the number that follows the last one, \
                     and `mediastruct crawl`",
                ),
            ArchiveError::Unknown(_) => Failure::usage(message)
                .hint("`mediastruct volumes list` names the volumes; `mediastruct crawl` indexes new ones"),
            ArchiveError::Gone(_) | ArchiveError::Burned(_) => Failure::refused(message),
            ArchiveError::NeverBurned(_) => Failure::refused(message).hint(
                "`mediastruct volumes burned` records a disc; what is no disc is copied back by hand, \
                 and `mediastruct crawl` indexes it",
            ),
            ArchiveError::Unsealable(..) => Failure::refused(message)
                .hint("put that right, then `mediastruct crawl`, and try again"),
            ArchiveError::Unlawful(_) => Failure::refused(message)
                .hint("`mediastruct crawl --force` reads every file again"),
        }
    }
}

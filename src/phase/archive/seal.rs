//! Sealing: the files that make a disc readable alone, after which nothing is added to a volume.

use super::ArchiveError;
use super::burnable;
use super::load::{capacity, contents, reserve};
use super::pack::{Load, Reserve, Rooms};
use super::shelf::Open;
use super::texts::most_beside_files;
use crate::model::index::{Entry, UnitState};
use crate::model::plan::{Filled, Phase, Plan, RawPlan, Role, Summary, VolumePlan, Write};
use crate::model::problem;
use crate::model::state::State;
use crate::model::volume::VolumeName;
use rayon::prelude::*;

/// The plan that seals a volume; one without operations where it is sealed already.
///
/// # Errors
/// Where there is no such volume on the disk, it was burned, or it cannot be sealed.
pub fn seal(state: &State<'_>, volume: &VolumeName) -> Result<Plan, ArchiveError> {
    let unit = state.archive.unit(volume.as_str());
    let unit = unit.filter(|unit| unit.totals.files > 0);
    let unit = unit.ok_or_else(|| ArchiveError::Unknown(volume.clone()))?;
    if unit.state != UnitState::Present {
        return Err(ArchiveError::Gone(volume.clone()));
    }
    let mut plan = RawPlan::of(Phase::Archive);
    plan.settings = state.settings.clone();
    plan.basis = state.basis();
    let entries = state.archive.entries_of(volume.as_str());
    let name = volume.clone();
    let sealing = Sealing::of(state, &Open { name, entries }, rayon::iter::empty());
    if !state.has_seal(volume.as_str()) {
        if state
            .volumes
            .get(volume.as_str())
            .is_some_and(|v| v.was_burned())
        {
            return Err(ArchiveError::Burned(volume.clone()));
        }
        if let Some(why) = obstacle(entries) {
            return Err(ArchiveError::Unsealable(volume.clone(), why));
        }
        if !state.shelf.marked.contains_key(volume.as_str()) {
            plan.writes.push(mark(volume));
        }
        plan.writes.extend(sealing.writes(volume));
        plan.warnings.extend(sealing.warning(volume));
        if state.settings.medium.unwrap_or_default().is_disc() {
            plan.warnings.extend(burnable::warnings_of(entries));
        }
        plan.volumes.push(VolumePlan {
            volume: volume.path(),
            medium: state.settings.medium.unwrap_or_default(),
            capacity_sectors: sealing.capacity,
            used_sectors: sealing.sectors(),
            files: 0,
            bytes: 0,
            first: None,
            last: None,
            state: Filled::Unburned,
        });
    }
    plan.summary = Some(Summary {
        seen: entries.len() as u64,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| ArchiveError::Unlawful(problem::in_one_line(&problems)))
}

/// What seals a volume that holds certain files.
pub(super) struct Sealing {
    pub(super) capacity: u64,
    /// The most sectors of an image with and without the catalogue of the whole archive.
    with: u64,
    without: u64,
    /// The most bytes of each file of ours.
    bytes: Vec<(Role, u64)>,
}

impl Sealing {
    /// Of a volume that holds just this, in a plan that brings `coming` to the archive.
    pub(super) fn of<'e>(
        state: &State<'_>,
        held: &Open<'_>,
        coming: impl ParallelIterator<Item = &'e Entry<'e>>,
    ) -> Sealing {
        let mut load = Load::default();
        let contents = contents(held, &mut load.directories);
        let reserve = reserve(state, coming);
        let (lines, rows) = contents.files.iter().fold((0, 0), |(lines, rows), file| {
            (lines + u64::from(file.lines), rows + u64::from(file.row))
        });
        let capacity = capacity(&state.settings);
        let mut rooms = Rooms {
            capacity,
            reserve: reserve.clone(),
            open: Some(contents),
        };
        let with = rooms.sectors_of_open(&load).unwrap_or(u64::MAX);
        // The catalogue is the last of them.
        rooms.reserve.files.pop();
        let without = rooms.sectors_of_open(&load).unwrap_or(u64::MAX);
        Sealing {
            capacity,
            with,
            without,
            bytes: bytes(&reserve, lines, rows),
        }
    }

    /// Whether the catalogue of the whole archive finds room.
    fn has_catalogue(&self) -> bool {
        self.with <= self.capacity
    }

    /// The most sectors of an image of the volume, once it is sealed.
    pub(super) fn sectors(&self) -> u64 {
        match self.has_catalogue() {
            true => self.with,
            false => self.without,
        }
    }

    /// The files that are written.
    pub(super) fn writes(&self, volume: &VolumeName) -> Vec<Write> {
        let written = self.bytes.iter();
        let written = written.filter(|(role, _)| *role != Role::Catalogue || self.has_catalogue());
        written
            .map(|(role, most)| write(volume, *role, *most))
            .collect()
    }

    /// What does not fit, in words.
    pub(super) fn warning(&self, volume: &VolumeName) -> Option<String> {
        if self.has_catalogue() {
            return None;
        }
        let capacity = self.capacity;
        let lacking = match self.without <= capacity {
            true => "the catalogue of the whole archive is left out".to_owned(),
            false => format!("an image of it takes {} at most", self.without),
        };
        Some(format!(
            "volume {volume} is fuller than the {capacity} sectors of its medium allow: {lacking}"
        ))
    }
}

/// The files that seal a volume of which the files take so many bytes in the manifest and on the page.
pub(super) fn writes(volume: &VolumeName, reserve: &Reserve, lines: u64, rows: u64) -> Vec<Write> {
    let bytes = bytes(reserve, lines, rows).into_iter();
    bytes
        .map(|(role, most)| write(volume, role, most))
        .collect()
}

/// The mark of a volume that is on no disc yet.
pub(super) fn mark(volume: &VolumeName) -> Write {
    write(volume, Role::Unburned, most_beside_files(Role::Unburned))
}

/// What stands in the way of sealing a volume with these files, in words.
pub(super) fn obstacle(entries: &[Entry<'_>]) -> Option<String> {
    let unread = entries.iter().find(|entry| entry.hash.is_err());
    if let Some(entry) = unread {
        return Some(format!(
            "archive/{} could not be read; crawl again",
            entry.path
        ));
    }
    let is_ours = |entry: &&Entry<'_>| {
        let mut roles = Role::SEALING.iter();
        let name = entry.path.file_name();
        entry.path.components().count() == 2 && roles.any(|r| r.file_name().as_bytes() == name)
    };
    let taken = entries.iter().find(is_ours)?;
    Some(format!(
        "archive/{} is there already, and sealing writes a file of that name",
        taken.path
    ))
}

fn bytes(reserve: &Reserve, lines: u64, rows: u64) -> Vec<(Role, u64)> {
    let files = Role::SEALING.into_iter().zip(&reserve.files);
    files
        .map(|(role, file)| (role, file.bytes_with(lines, rows)))
        .collect()
}

fn write(volume: &VolumeName, role: Role, max_bytes: u64) -> Write {
    Write {
        to: volume.holding(role.file_name().as_bytes()),
        role,
        max_bytes,
        replaces: None,
    }
}

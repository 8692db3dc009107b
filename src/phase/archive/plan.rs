//! What becomes of each file of media, and in which volume it is then.

use super::burnable;
use super::due::Due;
use super::filed::month_name;
use super::load::Packable;
use super::pack::{PackedVolume, Rooms, pack};
use super::seal::{Sealing, mark, obstacle, writes};
use super::shelf::{self, Open};
use super::{ArchiveError, in_media};
use crate::model::index::Entry;
use crate::model::plan::{Filled, Move, Packing, Phase, Plan, RawPlan, VolumePlan, Why};
use crate::model::problem;
use crate::model::state::State;
use crate::model::volume::VolumeName;
use rayon::prelude::*;
use std::ops::Range;

/// The plan that moves the years that are due to volumes.
///
/// # Errors
/// Where a tree was never indexed, or no volume can be filled.
pub fn plan(state: &State<'_>) -> Result<Plan, ArchiveError> {
    if let Some(tree) = state.not_indexed() {
        return Err(ArchiveError::NotIndexed(tree));
    }
    let mut plan = RawPlan::of(Phase::Archive);
    plan.settings = state.settings.clone();
    let (open, warning) = continued(state);
    plan.warnings.extend(warning);
    let due = || Due::of(state, open.as_ref());
    let (mut due, basis) = rayon::join(due, || state.basis());
    plan.basis = basis;
    let mut packable = Packable::of(&due);
    let rooms = packable.rooms(state, &due, open.as_ref());
    if !rooms.is_usable() {
        let capacity = rooms.capacity;
        return Err(ArchiveError::TooSmall { capacity });
    }
    let packed = pack(
        &packable.load,
        &rooms,
        state.settings.pack.unwrap_or_default(),
    );
    let shelves = Shelves {
        state,
        due: &due,
        packable: &packable,
        rooms: &rooms,
        open: open.as_ref(),
    };
    let names = shelves.names(&packed.volumes)?;
    let last = packed.volumes.len();
    for (at, (volume, (name, _))) in packed.volumes.iter().zip(&names).enumerate() {
        let is_sealed = at + 1 < last || state.settings.seal == Some(true);
        shelves.fill(&mut plan, volume, name, is_sealed);
    }
    plan.moves = shelves.moves(&packed.volumes, &names);
    shelves.close_open(&mut plan, &packed.volumes);
    plan.packing = (last > 0).then(|| Packing {
        lower_bound: packed.lower_bound,
        split_months: packed.split_months.iter().map(|m| month_name(*m)).collect(),
        split_days: packed.split_days,
    });
    let coming = shelves.entries(&packed.volumes);
    plan.warnings.extend(twice(&coming));
    if state.settings.medium.unwrap_or_default().is_disc() {
        let continued = packed
            .volumes
            .iter()
            .position(|volume| volume.continues_open);
        let held = continued.zip(open.as_ref().map(|open| open.entries));
        plan.warnings.extend(burnable::warnings(&coming, held));
    }
    drop(coming);
    let too_large = packable.entries_of(&due, packed.too_large.iter().copied());
    let too_large: Vec<_> = too_large.into_iter().cloned().collect();
    for entry in &too_large {
        let why = format!(
            "it is too large for a volume of {} sectors, or what belongs to it is",
            rooms.capacity
        );
        due.cannot(entry, why);
    }
    plan.remains = due.remains();
    (plan.accounts, plan.skipped) = (due.accounts, due.skipped);
    // The check needs memory of its own.
    drop((packable, due.files, packed));
    plan.check()
        .map_err(|problems| ArchiveError::Unlawful(problem::in_one_line(&problems)))
}

/// The volume that is gone on with, or why it is not.
fn continued<'s>(state: &'s State<'s>) -> (Option<Open<'s>>, Option<String>) {
    let Some(open) = shelf::open(state) else {
        return (None, None);
    };
    match obstacle(open.entries) {
        None => (Some(open), None),
        Some(why) => {
            let name = &open.name;
            let warning =
                format!("volume {name} is not gone on with, for it cannot be sealed: {why}");
            (None, Some(warning))
        }
    }
}

/// The volumes of a plan while they are filled.
struct Shelves<'p> {
    state: &'p State<'p>,
    due: &'p Due<'p>,
    packable: &'p Packable,
    rooms: &'p Rooms,
    open: Option<&'p Open<'p>>,
}

impl<'p> Shelves<'p> {
    /// The names and numbers of the volumes that were packed, in their order.
    fn names(&self, volumes: &[PackedVolume]) -> Result<Vec<(VolumeName, u32)>, ArchiveError> {
        let mut new = shelf::new_names(self.state);
        let names = volumes.iter().map(|volume| match self.open {
            Some(open) if volume.continues_open => Ok(open.name.clone()),
            _ => new
                .next()
                .ok_or_else(|| ArchiveError::NoNumber(shelf::highest(self.state))),
        });
        let numbered = names.map(|name| {
            let name = name?;
            let number = name.as_str().parse();
            let number = number.map_err(|_| ArchiveError::NoNumber(name.to_string()))?;
            Ok((name, number))
        });
        numbered.collect()
    }

    /// The moves that fill the volumes of these names, in the order of their sources.
    fn moves(&self, volumes: &[PackedVolume], names: &[(VolumeName, u32)]) -> Vec<Move> {
        let Packable {
            load,
            files,
            main_of,
            ..
        } = self.packable;
        // Of each file, the number of its volume, and whether it is in a bundle.
        let mut places = vec![None; self.due.files.len()];
        for (volume, number) in volumes.iter().zip(0_u32..) {
            for atom in &volume.atoms {
                let Range { start, end } = load.atoms[*atom as usize].files;
                let files = &files[start as usize..end as usize];
                let place = Some((number, files.len() > 1));
                files.iter().for_each(|file| places[*file as usize] = place);
            }
        }
        let going = places
            .into_par_iter()
            .enumerate()
            .filter_map(|(file, place)| {
                let (volume, is_bundled) = place?;
                Some((file as u32, volume, is_bundled))
            });
        let going: Vec<_> = going.collect();
        let in_media = |file: u32| in_media(&self.due.files[file as usize].0.path).into_owned();
        let moves = going.into_par_iter().map(|(file, volume, is_bundled)| {
            let (entry, _) = self.due.files[file as usize];
            let (name, number) = &names[volume as usize];
            Move {
                from: in_media(file),
                to: name.holding(entry.path.as_bytes()),
                size: entry.stamp.size,
                modified: entry.stamp.modified,
                hash: entry
                    .digest()
                    .expect("a file goes only if it could be read"),
                why: Why::Volume { number: *number },
                bundle: is_bundled.then(|| in_media(main_of[file as usize])),
            }
        });
        moves.collect()
    }

    /// Adds to the plan what fills a volume but for its files, and what seals it.
    fn fill(&self, plan: &mut RawPlan, volume: &PackedVolume, name: &VolumeName, is_sealed: bool) {
        let (mut lines, mut rows) = (0, 0);
        let held = self.rooms.open.as_ref().filter(|_| volume.continues_open);
        let loaded = &self.packable.load;
        let held = held.map_or(&[][..], |held| &held.files);
        let atoms = volume
            .atoms
            .iter()
            .map(|atom| &loaded.atoms[*atom as usize]);
        let files = atoms.clone().flat_map(|atom| {
            let files = atom.files.start as usize..atom.files.end as usize;
            &loaded.files[files]
        });
        for file in held.iter().chain(files) {
            lines += u64::from(file.lines);
            rows += u64::from(file.row);
        }
        if !volume.continues_open {
            plan.writes.push(mark(name));
        }
        if is_sealed {
            plan.writes
                .extend(writes(name, &self.rooms.reserve, lines, rows));
        }
        let dates = volume
            .atoms
            .iter()
            .map(|atom| self.packable.dates[*atom as usize]);
        plan.volumes.push(VolumePlan {
            volume: name.path(),
            medium: self.state.settings.medium.unwrap_or_default(),
            capacity_sectors: self.rooms.capacity,
            used_sectors: volume.sectors,
            files: 0,
            bytes: 0,
            first: dates.clone().min().map(|date| date.to_string()),
            last: dates.max().map(|date| date.to_string()),
            state: match is_sealed {
                true => Filled::Unburned,
                false => Filled::Open,
            },
        });
    }

    /// Seals the volume that was open, where nothing comes to it and it is not the last any more.
    fn close_open(&self, plan: &mut RawPlan, volumes: &[PackedVolume]) {
        let is_last = volumes.is_empty() && self.state.settings.seal != Some(true);
        let is_filled = volumes.iter().any(|volume| volume.continues_open);
        let open = self.open.filter(|open| !open.entries.is_empty());
        let Some(open) = open.filter(|_| !is_last && !is_filled) else {
            return;
        };
        let coming = self.due.files.par_iter().map(|(entry, _)| *entry);
        let sealing = Sealing::of(self.state, open, coming);
        plan.writes.extend(sealing.writes(&open.name));
        plan.warnings.extend(sealing.warning(&open.name));
        plan.volumes.push(VolumePlan {
            volume: open.name.path(),
            medium: self.state.settings.medium.unwrap_or_default(),
            capacity_sectors: sealing.capacity,
            used_sectors: sealing.sectors(),
            files: 0,
            bytes: 0,
            first: None,
            last: None,
            state: Filled::Unburned,
        });
    }

    /// The files that come to each volume.
    fn entries(&self, volumes: &[PackedVolume]) -> Vec<Vec<&'p Entry<'p>>> {
        let atoms = volumes
            .par_iter()
            .map(|volume| volume.atoms.iter().copied());
        atoms
            .map(|atoms| self.packable.entries_of(self.due, atoms))
            .collect()
    }
}

/// A warning where content goes to the archive more than once.
fn twice(volumes: &[Vec<&Entry<'_>>]) -> Option<String> {
    let contents = volumes.par_iter().flatten_iter();
    let contents = contents.filter(|entry| entry.stamp.size > 0);
    let mut hashes: Vec<_> = contents.filter_map(|entry| entry.digest()).collect();
    hashes.par_sort_unstable();
    let twice = hashes.windows(2).filter(|pair| pair[0] == pair[1]).count();
    let files = match twice {
        0 => return None,
        1 => "1 file goes".to_owned(),
        _ => format!("{twice} files go"),
    };
    Some(format!(
        "{files} to the archive whose content goes there with another one; `mediastruct dedupe` \
         first keeps one of each"
    ))
}

impl Packable {
    /// The files of these atoms.
    fn entries_of<'s>(
        &self,
        due: &Due<'s>,
        atoms: impl Iterator<Item = u32>,
    ) -> Vec<&'s Entry<'s>> {
        let files = atoms.flat_map(|atom| self.load.atoms[atom as usize].files.clone());
        files
            .map(|at| due.files[self.files[at as usize] as usize].0)
            .collect()
    }
}

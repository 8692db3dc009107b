//! Volumes that are consecutive ranges of dates.
//!
//! Of all ways to cut the atoms, in their order, into volumes that fit, this is one with the fewest
//! new volumes, of those one with the fewest cuts inside a day, of those one with the fewest inside
//! a month; of those the one whose first volume is the fullest, then the second, and so on, so that
//! the last one, which stays open, takes what is left.

use super::filling::Filling;
use super::{Load, PackedVolume, Rooms};
use std::collections::VecDeque;
use std::ops::Add;

/// The volumes of these atoms, each of which fits an empty one.
pub(super) fn volumes(load: &Load, rooms: &Rooms, atoms: &[u32]) -> Vec<PackedVolume> {
    let mut open = Filling::open(load, rooms);
    let into_open = open.as_mut().map_or(0, |open| open.count_fitting(atoms));
    let mut filling = Filling::empty(load, rooms);
    let cuts = best_cuts(load, atoms, &mut filling, into_open);

    let mut volumes = Vec::new();
    if let Some(open) = open.as_mut().filter(|_| cuts.first > 0) {
        volumes.push(open.volume(atoms[..cuts.first].to_vec(), true));
    }
    let mut start = cuts.first;
    while start < atoms.len() {
        let end = cuts.ends[start] as usize;
        volumes.push(filling.volume(atoms[start..end].to_vec(), false));
        start = end;
    }
    volumes
}

/// What the volumes cost; less is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    volumes: u32,
    cuts_in_days: u32,
    /// With those inside a day.
    cuts_in_months: u32,
}

/// Where atoms are best cut.
struct Cuts {
    /// How many atoms go into the volume that is continued.
    first: usize,
    /// Of a new volume that begins with an atom, where it ends best.
    ends: Vec<u32>,
}

/// Goes from the last atom to the first. A volume that begins with an atom may end wherever what is
/// in between fits; as that window slides to the front, so does its end, and a queue of the ends in
/// it that may still be the best, with what all costs from there on, has the best at its front. Each
/// atom enters and leaves the window and the queue once.
fn best_cuts(load: &Load, atoms: &[u32], window: &mut Filling<'_>, into_open: usize) -> Cuts {
    let mut ends = vec![0; atoms.len()];
    let mut queue: VecDeque<(usize, Cost)> = VecDeque::new();
    let mut window_end = atoms.len();
    // What the atoms cost that come after the cut which is looked at.
    let mut after = Cost::default();
    let mut first = (into_open == atoms.len()).then_some((into_open, after));
    for start in (0..atoms.len()).rev() {
        let end = start + 1;
        let cost = after + cut(load, atoms, end);
        // Among equals the later end is kept, as it makes the volume fuller.
        while queue.back().is_some_and(|(_, other)| *other > cost) {
            queue.pop_back();
        }
        queue.push_back((end, cost));

        window.add(atoms[start]);
        while !window.fits() {
            window_end -= 1;
            window.remove(atoms[window_end]);
        }
        while queue.front().is_some_and(|(end, _)| *end > window_end) {
            queue.pop_front();
        }
        let (end, cost) = queue.front().copied().unwrap_or((end, cost));
        ends[start] = end as u32;
        after = cost + Cost::VOLUME;

        if start <= into_open {
            let cost = after + cut(load, atoms, start);
            if first.is_none_or(|(_, other)| cost < other) {
                first = Some((start, cost));
            }
        }
    }
    window.take_out(&atoms[..window_end]);
    Cuts {
        first: first.map_or(0, |(first, _)| first),
        ends,
    }
}

/// What it costs to cut before the atom of this number; before the first and after the last,
/// nothing is cut.
fn cut(load: &Load, atoms: &[u32], at: usize) -> Cost {
    if at == 0 || at == atoms.len() {
        return Cost::default();
    }
    let [before, behind] = [at - 1, at].map(|number| &load.atoms[atoms[number] as usize]);
    let in_day = before.day == behind.day;
    Cost {
        volumes: 0,
        cuts_in_days: u32::from(in_day),
        cuts_in_months: u32::from(in_day || before.month == behind.month),
    }
}

impl Cost {
    /// One more volume.
    const VOLUME: Cost = Cost {
        volumes: 1,
        cuts_in_days: 0,
        cuts_in_months: 0,
    };
}

impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            volumes: self.volumes + other.volumes,
            cuts_in_days: self.cuts_in_days + other.cuts_in_days,
            cuts_in_months: self.cuts_in_months + other.cuts_in_months,
        }
    }
}

//! What is known of all volumes and their discs.

use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::image_size::{Node, sectors_of};
use crate::model::index::{Entry, Totals};
use crate::model::path::RelPath;
use crate::model::state::State;
use crate::model::time::Time;
use crate::model::volume::{DiscCopy, Volume, VolumeState};
use crate::model::volume_list::{ListedCopy, ListedVolume};
use std::collections::BTreeSet;
use std::num::NonZeroU32;

const SECONDS_OF_DAY: i64 = 86_400;

/// The volumes by name: those in the index of the archive, and those to which something happened. A
/// disc is due to be verified where it was not for `days`.
pub fn list(state: &State<'_>, days: u32) -> Vec<ListedVolume> {
    let indexed = state.archive.units.iter().map(|unit| unit.unit.as_str());
    let recorded = state.volumes.iter().map(|(name, _)| name.as_str());
    let names: BTreeSet<&str> = indexed.chain(recorded).collect();
    let names = names.into_iter();
    names.map(|name| volume(state, name, days)).collect()
}

/// How many discs are due to be verified.
pub fn due(state: &State<'_>, days: u32) -> u64 {
    let discs = state.volumes.iter().flat_map(|(_, volume)| volume.discs());
    let due = discs.filter(|(_, disc)| is_due(disc, state.now, days));
    due.count() as u64
}

fn volume(state: &State<'_>, name: &str, days: u32) -> ListedVolume {
    let entries = state.archive.entries_of(name);
    let known = state.volumes.get(name);
    let holds = known.and_then(|_| contents(name, entries));
    let copies = known.into_iter().flat_map(|volume: &Volume| &volume.copies);
    ListedVolume {
        volume: name.to_owned(),
        state: Some(state.volume_state(name))
            .filter(|reached| known.is_some() || *reached != VolumeState::Open),
        on_disk: state.archive.unit(name).map(|unit| unit.state),
        totals: entries.iter().collect::<Totals>(),
        sectors: sectors(name, entries),
        sealed: known.and_then(|volume| volume.sealed),
        imaged: known.and_then(|volume| volume.imaged),
        copies: copies
            .map(|(copy, disc)| listed(*copy, disc, holds, state.now, days))
            .collect(),
    }
}

fn listed(
    copy: NonZeroU32,
    disc: &DiscCopy,
    holds: Option<Digest>,
    now: Time,
    days: u32,
) -> ListedCopy {
    ListedCopy {
        copy,
        location: disc.location.clone(),
        burned: disc.burned,
        verified: disc.verified,
        lost: disc.lost,
        holds: disc.holds_of(holds),
        is_due: disc.lost.is_none() && is_due(disc, now, days),
    }
}

fn is_due(disc: &DiscCopy, now: Time, days: u32) -> bool {
    let age = disc.verified.map(|at| now.seconds_since(at));
    age.is_none_or(|age| age > i64::from(days) * SECONDS_OF_DAY)
}

/// The sectors that an image of these files takes at most; none where there are no files.
fn sectors(name: &str, entries: &[Entry<'_>]) -> u64 {
    let Ok(volume) = RelPath::new(name.as_bytes()) else {
        return 0;
    };
    let files: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry.path.strip_prefix(&volume)?, entry.stamp.size)))
        .collect();
    match files.is_empty() {
        true => 0,
        false => sectors_of(files.iter().map(|(path, size)| (path, Node::File(*size)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::{Stamp, Unit};
    use crate::model::volume::{VolumeEvent, VolumeRecord, VolumeState};

    const DAYS: u32 = 730;

    fn at(days: i64) -> Time {
        Time::new(days * SECONDS_OF_DAY, 0).unwrap()
    }

    /// A state at day 1000 in which these things happened to volume 07, on these days.
    fn state(events: &[(i64, VolumeEvent)]) -> State<'static> {
        let mut state = State::unknown(at(1000));
        for (day, event) in events {
            let record = VolumeRecord {
                volume: "07".to_owned().try_into().unwrap(),
                at: at(*day),
                event: event.clone(),
            };
            state.volumes.add(record).unwrap();
        }
        state
    }

    fn burned(copy: u32) -> VolumeEvent {
        VolumeEvent::Burned {
            copy: NonZeroU32::new(copy).unwrap(),
            location: None,
            holds: None,
        }
    }

    fn verified(copy: u32) -> VolumeEvent {
        VolumeEvent::Verified {
            copy: NonZeroU32::new(copy).unwrap(),
            holds: None,
        }
    }

    #[test]
    fn a_disc_is_due_that_was_never_verified_or_too_long_ago() {
        let lost = VolumeEvent::Lost {
            copy: NonZeroU32::new(4).unwrap(),
        };
        let state = state(&[
            (1, burned(1)),
            (1, burned(2)),
            (1, burned(3)),
            (1, burned(4)),
            (2, lost),
            (269, verified(1)),
            (270, verified(2)),
        ]);
        let list = list(&state, DAYS);
        let is_due: Vec<_> = list[0].copies.iter().map(|copy| copy.is_due).collect();
        assert_eq!(is_due, [true, false, true, false]);
        assert_eq!(due(&state, DAYS), 2);
        assert_eq!(list[0].state, Some(VolumeState::Verified));
        assert_eq!((list[0].on_disk, list[0].sectors), (None, 0));
    }

    #[test]
    fn volumes_of_the_index_and_of_events_are_listed_once_and_by_name() {
        let mut state = state(&[(1, burned(1))]);
        for name in ["07", "08"] {
            let entry = Entry {
                path: RelPath::from_text(format!("{name}/a")).unwrap(),
                hash: Ok(Digest::of(b"a")),
                stamp: Stamp {
                    size: 5000,
                    ..Stamp::default()
                },
            };
            let unit = Unit::of(name, None, std::slice::from_ref(&entry));
            state.archive.units.push(unit);
            state.archive.entries.push(entry);
        }
        let list = list(&state, DAYS);
        let names: Vec<_> = list.iter().map(|v| v.volume.as_str()).collect();
        assert_eq!(names, ["07", "08"]);
        assert_eq!((list[1].state, list[1].totals.bytes), (None, 5000));
        assert!((515..530).contains(&list[1].sectors), "{}", list[1].sectors);
    }
}

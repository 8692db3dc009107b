//! What nothing else holds once a disc is gone.

use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::index::{Entry, UnitState};
use crate::model::path::TreePath;
use crate::model::plan::Role;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{Volume, VolumeName};
use std::collections::HashSet;
use std::num::NonZeroU32;

/// The files of a volume whose content is nowhere else once its copy of that number is lost: not on
/// the disk, and on no other disc of which it is told what it holds. A file whose content was never
/// known is none that anything else is known to hold.
pub fn only_there<'s>(
    state: &'s State<'_>,
    volume: &VolumeName,
    copy: NonZeroU32,
    is_there: &dyn Fn(&TreePath<'_>, &Entry<'_>) -> bool,
) -> Vec<&'s Entry<'s>> {
    let name = volume.as_str();
    let entries = state.archive.entries_of(name);
    let holds = contents(name, entries);
    let discs = state.volumes.get(name).into_iter().flat_map(Volume::discs);
    let mut others = discs.filter(|(number, _)| *number != copy);
    if others.any(|(_, disc)| disc.holds_of(holds).witness().is_some()) {
        return Vec::new();
    }
    let unit = state.archive.unit(name);
    let is_present = unit.is_some_and(|unit| unit.state == UnitState::Present);
    let is_on_disk = |entry: &Entry<'_>| {
        let path = TreePath::new(Tree::Archive, entry.path.borrowed());
        is_present && entry.hash.is_ok() && is_there(&path, entry)
    };
    let gone: Vec<_> = entries.iter().filter(|entry| !is_on_disk(entry)).collect();
    if gone.is_empty() {
        return gone;
    }
    let wanted: HashSet<_> = gone.iter().filter_map(|entry| entry.remembered()).collect();
    let elsewhere = elsewhere(state, name, &wanted, is_there);
    let is_only_there = |entry: &&Entry<'_>| {
        // What a volume is sealed with is about that volume alone.
        let is_ours = Role::of_entry(entry).is_some();
        let digest = entry.remembered();
        let is_known = digest.is_some_and(|digest| elsewhere.contains(&digest));
        entry.stamp.size > 0 && !is_ours && !is_known
    };
    gone.into_iter().filter(is_only_there).collect()
}

/// Those of the `wanted` contents that media or other volumes hold on the disk, by a look at each file, or
/// that are on discs which hold them as the index has them.
fn elsewhere(
    state: &State<'_>,
    name: &str,
    wanted: &HashSet<Digest>,
    is_there: &dyn Fn(&TreePath<'_>, &Entry<'_>) -> bool,
) -> HashSet<Digest> {
    let units = state.archive.units.iter();
    let others = units.filter(|unit| unit.unit != name);
    let held = others.clone().filter(|unit| {
        let unit_name = unit.unit.as_str();
        let is_held = || {
            let entries = state.archive.entries_of(unit_name);
            state.volumes.witness(unit_name, entries).is_some()
        };
        is_held()
    });
    let on_discs = held.flat_map(|unit| state.archive.entries_of(&unit.unit));
    let present = others.filter(|unit| unit.state == UnitState::Present);
    let archived = present.flat_map(|unit| state.archive.entries_of(&unit.unit));
    let archived = archived.map(|entry| (Tree::Archive, entry));
    let media = state.media.entries.iter().map(|entry| (Tree::Media, entry));
    let is_wanted = |entry: &Entry<'_>| entry.digest().is_some_and(|d| wanted.contains(&d));
    let on_disk = archived.chain(media).filter(|(tree, entry)| {
        is_wanted(entry) && is_there(&TreePath::new(*tree, entry.path.borrowed()), entry)
    });
    let on_disk = on_disk.map(|(_, entry)| entry);
    on_discs.chain(on_disk).filter_map(Entry::digest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::{Index, Stamp, Unit};
    use crate::model::path::RelPath;
    use crate::model::time::Time;
    use crate::model::tree::Tree;
    use crate::model::volume::{VolumeEvent, VolumeRecord};

    const FIRST: NonZeroU32 = NonZeroU32::MIN;

    fn entry(path: &str) -> Entry<'static> {
        let (_, content) = path.rsplit_once('/').unwrap();
        Entry {
            path: RelPath::from_text(path.to_owned()).unwrap(),
            hash: Ok(Digest::of(content.as_bytes())),
            stamp: Stamp {
                size: 3,
                ..Stamp::default()
            },
        }
    }

    /// Volume 07 with the contents a to d, which is on a disc alone; b is in media, c in the volume
    /// 08 and d in 09, both on discs alone.
    fn state() -> State<'static> {
        let mut state = State::unknown(Time::default());
        let archive = ["07/a", "07/b", "07/c", "07/d", "08/c", "09/d"];
        state.archive = Index {
            entries: archive.map(entry).to_vec(),
            ..Index::empty(Tree::Archive)
        };
        for name in ["07", "08", "09"] {
            let unit = Unit::of(name, None, state.archive.entries_of(name));
            state.archive.units.push(Unit {
                state: UnitState::Offline,
                ..unit
            });
        }
        state.media.entries.push(entry("2019/b"));
        for name in ["07", "08"] {
            let holds = contents(name, state.archive.entries_of(name));
            add(&mut state, name, burned(FIRST, holds));
        }
        add(&mut state, "09", burned(FIRST, None));
        state
    }

    fn burned(copy: NonZeroU32, holds: Option<Digest>) -> VolumeEvent {
        VolumeEvent::Burned {
            copy,
            location: None,
            holds,
        }
    }

    fn add(state: &mut State<'_>, volume: &str, event: VolumeEvent) {
        let record = VolumeRecord {
            volume: volume.to_owned().try_into().unwrap(),
            at: Time::default(),
            event,
        };
        state.volumes.add(record).unwrap();
    }

    fn told(state: &State<'_>) -> Vec<String> {
        let volume = "07".to_owned().try_into().unwrap();
        let files = only_there(state, &volume, FIRST, &|_, _| true);
        files.iter().map(|entry| entry.path.to_string()).collect()
    }

    #[test]
    fn a_file_is_lost_that_nothing_else_is_told_to_hold() {
        assert_eq!(told(&state()), ["07/a", "07/d"]);
    }

    #[test]
    fn nothing_is_lost_that_another_copy_or_the_disk_holds() {
        let second = NonZeroU32::new(2).unwrap();
        let mut copied = state();
        add(&mut copied, "07", burned(second, None));
        assert_eq!(
            told(&copied),
            ["07/a", "07/d"],
            "nothing tells what it holds"
        );
        let holds = contents("07", copied.archive.entries_of("07"));
        add(&mut copied, "07", burned(second, holds));
        assert_eq!(told(&copied), [""; 0]);
        let mut present = state();
        present.archive.units[0].state = UnitState::Present;
        assert_eq!(told(&present), [""; 0]);
    }
}

//! A disc whose volume the index is to know, though nothing of it is on the disk.

use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::disc::{DiscFile, DiscListing, DiscReading};
use crate::model::index::{Entry, Index, Stamp, Unit, UnitState};
use crate::model::path::RelPath;
use crate::model::time::Time;

/// What a disc holds, as the index is to have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Its files, sorted by path, each in the directory of its volume.
    pub entries: Vec<Entry<'static>>,
    /// What could not be read, relative to the root of the disc, and why.
    pub unreadable: Vec<(RelPath<'static>, String)>,
    /// What is no file, and what it is.
    pub special: Vec<(RelPath<'static>, &'static str)>,
}

/// What was read of a disc that holds this volume; `leaves_out` says what is none of its files.
pub fn taken(
    volume: &str,
    listing: &DiscListing,
    readings: Vec<DiscReading>,
    leaves_out: &dyn Fn(&RelPath<'_>) -> bool,
) -> Taken {
    let special = listing.special.iter();
    let mut taken = Taken {
        entries: Vec::with_capacity(listing.files.len()),
        unreadable: listing.unreadable.clone(),
        special: special.filter(|(p, _)| !leaves_out(p)).cloned().collect(),
    };
    for (file, reading) in listing.files.iter().zip(readings) {
        if leaves_out(&file.path) {
            continue;
        }
        match reading.and_then(|hash| entry(volume, file, hash)) {
            Ok(entry) => taken.entries.push(entry),
            Err(why) => taken.unreadable.push((file.path.clone(), why)),
        }
    }
    taken.entries.sort_by(|a, b| a.path.cmp(&b.path));
    taken
}

/// The entry of a file. Where it is on the disk nobody can say, so that whoever finds it there reads
/// it.
fn entry(volume: &str, file: &DiscFile, hash: Digest) -> Result<Entry<'static>, String> {
    let path = [volume.as_bytes(), b"/", file.path.as_bytes()].concat();
    Ok(Entry {
        path: RelPath::new(path).map_err(|error| error.to_string())?,
        hash: Ok(hash),
        stamp: Stamp {
            size: file.size,
            modified: file.modified.unwrap_or_default(),
            ..Stamp::default()
        },
    })
}

/// The index knows a volume of that name that holds other files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other;

/// The index of the archive once it knows the volume with these `entries`, which are on discs alone.
/// Of one that it knew with just these, and that is on the disk, nothing changes.
///
/// # Errors
/// Where it knows that volume with other files.
pub fn import<'i>(
    index: &Index<'i>,
    volume: &str,
    entries: &[Entry<'i>],
    now: Time,
) -> Result<Index<'i>, Other> {
    let known = index.entries_of(volume);
    let mut index = index.clone();
    let entries: Vec<Entry<'i>> = match index.unit(volume).map(|unit| unit.state) {
        None => entries.to_vec(),
        Some(_) if contents(volume, known) != contents(volume, entries) => return Err(Other),
        Some(UnitState::Present) => return Ok(index),
        // Its dates are those of the files themselves.
        Some(UnitState::Offline | UnitState::Missing) => {
            let remembered = known.iter().filter_map(|entry| {
                let hash = entry.remembered()?;
                Some(Entry {
                    hash: Ok(hash),
                    ..entry.clone()
                })
            });
            remembered.collect()
        }
    };
    let unit = Unit {
        state: UnitState::Offline,
        ..Unit::of(volume, Some(now), &entries)
    };
    index.units.retain(|unit| unit.unit != volume);
    index.units.push(unit);
    index.units.sort_by(|a, b| a.unit.cmp(&b.unit));
    index
        .entries
        .retain(|entry| entry.path.first() != volume.as_bytes());
    index.entries.extend(entries);
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index.totals = index.entries.iter().collect();
    index.indexed = index.indexed.or(Some(now));
    Ok(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::Unread;
    use crate::model::tree::Tree;

    fn path(text: &str) -> RelPath<'static> {
        RelPath::from_text(text.to_owned()).unwrap()
    }

    fn disc(names: &[&str]) -> (DiscListing, Vec<DiscReading>) {
        let file = |name: &&str| DiscFile {
            path: path(name),
            size: 3,
            modified: None,
        };
        let listing = DiscListing {
            files: names.iter().map(file).collect(),
            ..DiscListing::default()
        };
        let read = names.iter().map(|name| Ok(Digest::of(name.as_bytes())));
        (listing, read.collect())
    }

    fn now() -> Time {
        Time::new(7, 0).unwrap()
    }

    fn imported(
        index: &Index<'static>,
        volume: &str,
        names: &[&str],
    ) -> Result<Index<'static>, Other> {
        let (listing, readings) = disc(names);
        let taken = taken(volume, &listing, readings, &|p| {
            p.as_bytes() == b".unburned"
        });
        import(index, volume, &taken.entries, now())
    }

    #[test]
    fn a_volume_stands_among_the_others_and_is_on_discs_alone() {
        let empty = Index::empty(Tree::Archive);
        let index = imported(&empty, "07", &["a", ".unburned"]).unwrap();
        let index = imported(&index, "06", &["b/c", "b.x"]).unwrap();
        let names: Vec<_> = index.entries.iter().map(|e| e.path.to_string()).collect();
        assert_eq!(names, ["06/b.x", "06/b/c", "07/a"]);
        assert_eq!(index.totals.files, 3);
        assert!(index.units.iter().all(|u| u.state == UnitState::Offline));
        assert_eq!(imported(&index, "07", &["a"]).unwrap(), index);
        assert_eq!(imported(&index, "07", &["a", "b"]), Err(Other));
    }

    #[test]
    fn what_was_missing_is_believed_again_and_what_is_on_the_disk_stays_as_it_is() {
        let empty = Index::empty(Tree::Archive);
        let mut index = imported(&empty, "07", &["a"]).unwrap();
        let unread = Unread {
            why: "it is gone from the disk".to_owned(),
            was: index.entries[0].digest(),
        };
        index.entries[0].hash = Err(Box::new(unread));
        index.entries[0].stamp.modified = Time::new(5, 0).unwrap();
        index.units[0].state = UnitState::Missing;
        let again = imported(&index, "07", &["a"]).unwrap();
        assert_eq!(again.units[0].state, UnitState::Offline);
        assert!(again.entries[0].hash.is_ok());
        assert_eq!(again.entries[0].stamp.modified, Time::new(5, 0).unwrap());
        index.units[0].state = UnitState::Present;
        assert_eq!(imported(&index, "07", &["a"]).unwrap(), index);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_not_taken() {
        let (mut listing, mut readings) = disc(&["a", "b"]);
        readings[1] = Err("input/output error".to_owned());
        listing.special.push((path("l"), "a symbolic link"));
        let taken = taken("07", &listing, readings, &|_| false);
        assert_eq!(taken.entries.len(), 1);
        assert_eq!(taken.unreadable.len(), 1);
        assert_eq!(taken.special.len(), 1);
    }
}

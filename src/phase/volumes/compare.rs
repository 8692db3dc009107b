//! What is on a disc, against what the index has of its volume.

use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::disc::{DiscFile, DiscListing, DiscReading};
use crate::model::index::{Entry, Totals};
use crate::model::path::RelPath;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// Something that is not on a disc as it should be. Paths are relative to the root of the disc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The file holds other bytes than were indexed.
    Damaged(RelPath<'static>, String),
    /// The file is not there.
    Missing(RelPath<'static>),
    /// A file is there that the index does not have.
    Extra(RelPath<'static>),
    /// Something is there that stands in no index, as it is no regular file but what is said.
    Special(RelPath<'static>, &'static str),
    /// It cannot be read.
    Unreadable(RelPath<'static>, String),
    /// The content of the file was never known, so that nothing can be told of it.
    Unknown(RelPath<'static>, String),
}

/// What came of comparing all files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What is wrong, by path.
    pub troubles: Vec<Trouble>,
    /// The files that are as the index has them.
    pub whole: Totals,
    /// The digest over all of them; none where anything is wrong.
    pub holds: Option<Digest>,
}

/// Compares all that was read of a disc with the `entries` of its volume; `leaves_out` says what is
/// none of the volume's files, whatever is there.
pub fn compare(
    volume: &str,
    entries: &[Entry<'_>],
    listing: &DiscListing,
    readings: &[DiscReading],
    leaves_out: &dyn Fn(&RelPath<'_>) -> bool,
) -> Comparison {
    let mut troubles = others(listing, leaves_out);
    let mut whole = Totals::default();
    let read = listing.files.iter().zip(readings);
    for (entry, found) in paired(volume, entries, read, |(file, _)| &file.path) {
        let (entry, (file, reading)) = match (entry, found) {
            (Some((_, entry)), Some(found)) => (entry, found),
            (Some((path, _)), None) => {
                troubles.push(Trouble::Missing(path));
                continue;
            }
            (None, Some((file, _))) if leaves_out(&file.path) => continue,
            (None, Some((file, _))) => {
                troubles.push(Trouble::Extra(file.path.clone()));
                continue;
            }
            (None, None) => continue,
        };
        match trouble(entry, file, reading) {
            Some(trouble) => troubles.push(trouble),
            None => whole.add(file.size),
        }
    }
    troubles.sort_by(Trouble::by_path);
    let holds = contents(volume, entries).filter(|_| troubles.is_empty());
    Comparison {
        troubles,
        whole,
        holds,
    }
}

/// What a look alone tells of a volume on the disk: which files are not there as they were indexed,
/// by size and modification time, and which came since.
pub fn look(
    volume: &str,
    entries: &[Entry<'_>],
    listing: &DiscListing,
    leaves_out: &dyn Fn(&RelPath<'_>) -> bool,
) -> Vec<Trouble> {
    let mut troubles = others(listing, leaves_out);
    for pair in paired(volume, entries, listing.files.iter(), |file| &file.path) {
        match pair {
            (Some((path, entry)), Some(file)) => match &entry.hash {
                Err(unread) => troubles.push(Trouble::Unknown(path, unread.why.clone())),
                Ok(_) if is_same(entry, file) => {}
                Ok(_) => troubles.push(Trouble::Damaged(path, CHANGED.to_owned())),
            },
            (Some((path, _)), None) => troubles.push(Trouble::Missing(path)),
            (None, Some(file)) if leaves_out(&file.path) => {}
            (None, Some(file)) => troubles.push(Trouble::Extra(file.path.clone())),
            (None, None) => {}
        }
    }
    troubles.sort_by(Trouble::by_path);
    troubles
}

/// What is said of a file that changed since it was indexed.
const CHANGED: &str = "it changed since it was indexed";

fn is_same(entry: &Entry<'_>, file: &DiscFile) -> bool {
    let modified = file.modified.unwrap_or(entry.stamp.modified);
    (entry.stamp.size, entry.stamp.modified) == (file.size, modified)
}

/// What is wrong with a file that is there, if anything is.
fn trouble(entry: &Entry<'_>, file: &DiscFile, reading: &DiscReading) -> Option<Trouble> {
    let path = || file.path.clone();
    match (entry.remembered(), reading) {
        (_, Err(why)) => Some(Trouble::Unreadable(path(), why.clone())),
        (None, Ok(_)) => {
            let why = entry.hash.as_ref().err().map(|unread| unread.why.clone());
            Some(Trouble::Unknown(path(), why.unwrap_or_default()))
        }
        (Some(_), Ok(_)) if entry.stamp.size != file.size => {
            let why = format!("it has {} bytes, and not {}", file.size, entry.stamp.size);
            Some(Trouble::Damaged(path(), why))
        }
        (Some(known), Ok(read)) if known != *read => {
            let why = "its bytes are not those that were indexed";
            Some(Trouble::Damaged(path(), why.to_owned()))
        }
        (Some(_), Ok(_)) => None,
    }
}

/// What there is besides files.
fn others(listing: &DiscListing, leaves_out: &dyn Fn(&RelPath<'_>) -> bool) -> Vec<Trouble> {
    let special = listing.special.iter();
    let special = special
        .filter(|(path, _)| !leaves_out(path))
        .map(|(path, what)| Trouble::Special(path.clone(), what));
    let unreadable = listing.unreadable.iter();
    let unreadable = unreadable.map(|(path, why)| Trouble::Unreadable(path.clone(), why.clone()));
    special.chain(unreadable).collect()
}

/// The entry of a path, with it, and what was found there.
type Pair<'e, 'p, F> = (Option<(RelPath<'static>, &'e Entry<'p>)>, Option<F>);

/// Entries and what was found, by path. A path that was found twice stands by itself the second
/// time.
fn paired<'e, 'p, F>(
    volume: &str,
    entries: &'e [Entry<'p>],
    found: impl Iterator<Item = F>,
    path: impl Fn(&F) -> &RelPath<'static>,
) -> Vec<Pair<'e, 'p, F>> {
    let mut waiting: BTreeMap<&[u8], (RelPath<'static>, &Entry<'_>)> = BTreeMap::new();
    let prefix = RelPath::new(volume.as_bytes()).ok();
    for entry in entries {
        let inner = prefix.as_ref().and_then(|p| entry.path.strip_prefix(p));
        if let Some(inner) = inner {
            let bytes = &entry.path.as_bytes()[volume.len() + 1..];
            waiting.insert(bytes, (inner.into_owned(), entry));
        }
    }
    let mut pairs = Vec::with_capacity(entries.len());
    for found in found {
        let entry = waiting.remove(path(&found).as_bytes());
        pairs.push((entry, Some(found)));
    }
    pairs.extend(waiting.into_values().map(|entry| (Some(entry), None)));
    pairs
}

impl Trouble {
    /// The path that it is about.
    pub fn path(&self) -> &RelPath<'static> {
        match self {
            Trouble::Damaged(path, _)
            | Trouble::Missing(path)
            | Trouble::Extra(path)
            | Trouble::Special(path, _)
            | Trouble::Unreadable(path, _)
            | Trouble::Unknown(path, _) => path,
        }
    }

    fn by_path(&self, other: &Self) -> Ordering {
        self.path().cmp(other.path())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Damaged(path, why) => write!(f, "{path} is damaged: {why}"),
            Trouble::Missing(path) => write!(f, "{path} is missing"),
            Trouble::Extra(path) => write!(f, "{path} is extra: a file, not in the index"),
            Trouble::Special(path, what) => write!(f, "{path} is extra: {what}, not in the index"),
            Trouble::Unreadable(path, why) => write!(f, "{path} cannot be read: {why}"),
            Trouble::Unknown(path, why) => {
                write!(
                    f,
                    "{path} cannot be judged, as the index has no hash of it: {why}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! What a volume holds, as one digest: what is told of a disc, and what the index is held against.

use super::digest::{Digest, Pieces};
use super::index::Entry;
use super::plan::Role;

/// The BLAKE3 digest over what a volume holds; none where the content of a file is not known.
///
/// For each of its `entries`, which are sorted by path, it goes over the length of the path relative
/// to the volume, that path, the size, and the hash that the file had when it was last read whole.
/// Numbers are 64 bits, little-endian. Times and inodes do not count: a disc has its own.
pub fn contents(volume: &str, entries: &[Entry<'_>]) -> Option<Digest> {
    let mut hasher = Pieces::default();
    for entry in entries {
        let path = entry.path.as_bytes();
        let path = path.strip_prefix(volume.as_bytes())?.strip_prefix(b"/")?;
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path);
        hasher.update(&entry.stamp.size.to_le_bytes());
        hasher.update(&entry.remembered()?.0);
    }
    Some(hasher.finish())
}

/// The same over what a volume holds but for the files of ours that seal it: what these say of it.
pub fn sealed_contents(volume: &str, entries: &[Entry<'_>]) -> Option<Digest> {
    let sealed = entries.iter().filter(|e| Role::of_entry(e).is_none());
    contents(volume, &sealed.cloned().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::{Stamp, Unread};
    use crate::model::path::RelPath;
    use crate::model::time::Time;

    fn entry(path: &str, content: &str) -> Entry<'static> {
        Entry {
            path: RelPath::from_text(path.to_owned()).unwrap(),
            hash: Ok(Digest::of(content.as_bytes())),
            stamp: Stamp {
                size: content.len() as u64,
                ..Stamp::default()
            },
        }
    }

    #[test]
    fn every_path_size_and_hash_counts_and_nothing_else() {
        let two = || [entry("07/a", "one"), entry("07/b", "two")];
        let whole = contents("07", &two()).unwrap();
        let mut touched = two();
        touched[0].stamp.changed = Time::new(7, 0).unwrap();
        touched[0].stamp.modified = Time::new(7, 0).unwrap();
        touched[0].stamp.inode = 7;
        assert_eq!(contents("07", &touched), Some(whole));
        let elsewhere = [entry("8/a", "one"), entry("8/b", "two")];
        assert_eq!(
            contents("8", &elsewhere),
            Some(whole),
            "its name is not in it"
        );
        let mut longer = two();
        longer[1].stamp.size += 1;
        for other in [
            &longer[..],
            &two()[..1],
            &[entry("07/a", "one"), entry("07/b", "TWO")],
            &[entry("07/a", "one"), entry("07/c", "two")],
            &[],
        ] {
            assert_ne!(contents("07", other), Some(whole));
        }
    }

    #[test]
    fn the_bytes_are_those_that_are_described() {
        let mut bytes = Vec::new();
        for (path, content) in [("a", "one"), ("d/b", "three")] {
            bytes.extend((path.len() as u64).to_le_bytes());
            bytes.extend(path.as_bytes());
            bytes.extend((content.len() as u64).to_le_bytes());
            bytes.extend(Digest::of(content.as_bytes()).0);
        }
        let entries = [entry("07/a", "one"), entry("07/d/b", "three")];
        assert_eq!(contents("07", &entries), Some(Digest::of(&bytes)));
    }

    #[test]
    fn what_is_not_known_is_in_no_digest() {
        let mut entries = [entry("07/a", "one")];
        let whole = contents("07", &entries);
        let unread = |was| {
            Err(Box::new(Unread {
                why: "it is gone from the disk".to_owned(),
                was,
            }))
        };
        entries[0].hash = unread(Some(Digest::of(b"one")));
        assert_eq!(contents("07", &entries), whole, "what was known still is");
        entries[0].hash = unread(None);
        assert_eq!(contents("07", &entries), None);
        assert_eq!(contents("08", &[entry("07/a", "one")]), None);
    }
}

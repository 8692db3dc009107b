//! Where the library has what is on some other disc.

use crate::model::digest::Digest;
use crate::model::index::{Entry, Stamp, UnitState};
use crate::model::path::TreePath;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use std::collections::{HashMap, HashSet};

/// A place where the library has a content, as far as its indexes know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// On the disk, and what it looked like there.
    OnDisk(TreePath<'static>, Stamp),
    /// In a volume that is on discs alone, and what tells that one holds it.
    OnDisc(TreePath<'static>, Witness),
    /// In a volume that is gone from the disk, of which nothing tells that a disc holds it: that
    /// proves nothing.
    Untold(TreePath<'static>),
}

/// The places of those contents that are `wanted`, by content, in the order in which they tell most:
/// in media and the archive, or in one volume alone.
pub fn candidates(
    state: &State<'_>,
    only: Option<&VolumeName>,
    wanted: &HashSet<Digest>,
) -> HashMap<Digest, Vec<Candidate>> {
    let offline = state.offline();
    let gone = |tree: Tree, entry: &Entry<'_>| {
        let unit = std::str::from_utf8(entry.path.first()).ok()?;
        let unit = state.index_of(tree).unit(unit)?;
        (unit.state != UnitState::Present).then_some(unit.unit.as_str())
    };
    let (media, archive) = match only {
        None => (&state.media.entries[..], &state.archive.entries[..]),
        Some(name) => (&[][..], state.archive.entries_of(name.as_str())),
    };
    let media = media.iter().map(|entry| (Tree::Media, entry));
    let archive = archive.iter().map(|entry| (Tree::Archive, entry));
    let mut found: HashMap<Digest, Vec<Candidate>> = HashMap::new();
    for (tree, entry) in media.chain(archive) {
        let Some(digest) = entry.digest().filter(|digest| wanted.contains(digest)) else {
            continue;
        };
        let path = TreePath::new(tree, entry.path.clone().into_owned());
        let candidate = match gone(tree, entry) {
            None => Candidate::OnDisk(path, entry.stamp),
            Some(unit) => match offline.get(unit).copied().flatten() {
                Some(witness) if tree == Tree::Archive => Candidate::OnDisc(path, witness),
                _ => Candidate::Untold(path),
            },
        };
        found.entry(digest).or_default().push(candidate);
    }
    found
        .values_mut()
        .for_each(|places| places.sort_by_key(Candidate::rank));
    found
}

impl Candidate {
    fn rank(&self) -> u8 {
        match self {
            Candidate::OnDisk(..) => 0,
            Candidate::OnDisc(..) => 1,
            Candidate::Untold(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::contents::contents;
    use crate::model::index::Unit;
    use crate::model::path::RelPath;
    use crate::model::time::Time;
    use crate::model::volume::{VolumeEvent, VolumeRecord};
    use std::num::NonZeroU32;

    fn entry(path: &str, content: &str) -> Entry<'static> {
        Entry {
            path: RelPath::from_text(path.to_owned()).unwrap(),
            hash: Ok(Digest::of(content.as_bytes())),
            stamp: Stamp::default(),
        }
    }

    #[test]
    fn a_volume_that_is_gone_counts_only_where_a_disc_is_told_to_hold_it() {
        let mut state = State::unknown(Time::default());
        state.media.entries = vec![entry("2019/a", "a")];
        let gone = [("07/a", "a"), ("07/b", "b"), ("08/b", "b"), ("08/c", "c")];
        state.archive.entries = gone
            .iter()
            .map(|(path, content)| entry(path, content))
            .collect();
        state.media.units = vec![Unit::of("2019", None, &[])];
        state.archive.units = ["07", "08"]
            .map(|name| Unit {
                state: UnitState::Offline,
                ..Unit::of(name, None, &[])
            })
            .to_vec();
        let holds = contents("07", state.archive.entries_of("07"));
        let event = VolumeEvent::Burned {
            copy: NonZeroU32::MIN,
            location: None,
            holds,
        };
        let volume: VolumeName = "07".to_owned().try_into().unwrap();
        let at = Time::default();
        let record = VolumeRecord { volume, at, event };
        state.volumes.add(record).unwrap();

        let digest = |content: &str| Digest::of(content.as_bytes());
        let wanted = ["a", "b", "c", "d"].map(digest).into();
        let path = |text: &str| TreePath::from_text(text).unwrap().into_owned();
        let found = candidates(&state, None, &wanted);
        let on_disk = Candidate::OnDisk(path("media/2019/a"), Stamp::default());
        let on_disc = |text| Candidate::OnDisc(path(text), Witness::Burned);
        let untold = |text| Candidate::Untold(path(text));
        assert_eq!(found[&digest("a")], [on_disk, on_disc("archive/07/a")]);
        let b = [on_disc("archive/07/b"), untold("archive/08/b")];
        assert_eq!(found[&digest("b")], b);
        assert_eq!(found[&digest("c")], [untold("archive/08/c")]);
        assert!(!found.contains_key(&digest("d")));

        let only = "08".to_owned().try_into().unwrap();
        let found = candidates(&state, Some(&only), &wanted);
        assert_eq!(found.len(), 2);
    }
}

//! Seals that come back: an undo of an undo puts files of ours back into a volume, which by then has to
//! hold what it held when they were written.

use crate::model::contents::sealed_contents;
use crate::model::digest::Digest;
use crate::model::index::{Index, Moved};
use crate::model::path::TreePath;
use crate::model::plan::{Move, Phase, Plan, Role};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use std::collections::{BTreeMap, BTreeSet};

/// A seal that a plan puts back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returning {
    /// The volume that it seals.
    pub volume: VolumeName,
    /// Where its `disc.json` is before the plan is carried out, which says what the volume held when
    /// it was sealed; none where there is none any more.
    pub label: Option<TreePath<'static>>,
    /// The digest over what the volume holds after the plan, but for files of ours; none where the
    /// content of one is not known.
    pub holds: Option<Digest>,
}

/// The seals that `plan` puts back, by volume, given the archive's index before it.
pub fn returning(plan: &Plan, archive: &Index<'_>) -> Vec<Returning> {
    if plan.phase != Phase::Undo {
        return Vec::new();
    }
    let (mut volumes, mut labels) = (BTreeSet::new(), BTreeMap::new());
    for Move { from, to, .. } in plan.moves.iter().filter(|m| m.from.rel.is_aside()) {
        match Role::of(to) {
            Some(Role::Manifest) => volumes.extend(VolumeName::of(to)),
            Some(Role::Disc) => drop(labels.insert(to, from)),
            _ => {}
        }
    }
    if volumes.is_empty() {
        return Vec::new();
    }
    let moved = plan.moves.iter().filter(|m| is_in_archive(m));
    let moved: Vec<_> = moved.map(Moved::planned).collect();
    let after = archive.clone().after(&moved);
    let seal = |volume: VolumeName| {
        let label = volume.holding(Role::Disc.file_name().as_bytes());
        let back = labels.get(&label).map(|from| (*from).clone());
        let is_known = archive.get(&label.rel).is_some();
        let entries = after.entries_of(volume.as_str());
        Returning {
            holds: sealed_contents(volume.as_str(), entries),
            label: back.or(is_known.then_some(label)),
            volume,
        }
    };
    volumes.into_iter().map(seal).collect()
}

fn is_in_archive(operation: &Move) -> bool {
    [&operation.from, &operation.to]
        .iter()
        .any(|path| path.tree == Tree::Archive)
}

//! Seals that come back: an undo of an undo puts files of ours back into a volume, which by then has to
//! hold what it held when they were written.

use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Moved, Stamp};
use crate::model::path::TreePath;
use crate::model::plan::{Move, Phase, Plan, Role};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;

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
    let manifests = plan.moves.iter().filter(|m| {
        plan.phase == Phase::Undo
            && m.from.rel.is_aside()
            && Role::of(&m.to) == Some(Role::Manifest)
    });
    let mut volumes: Vec<_> = manifests.filter_map(|m| VolumeName::of(&m.to)).collect();
    if volumes.is_empty() {
        return Vec::new();
    }
    volumes.sort();
    let moved = plan.moves.iter().filter(|m| is_in_archive(m));
    let moved: Vec<_> = moved
        .map(|operation| Moved {
            operation,
            stamp: Some(Stamp {
                size: operation.size,
                modified: operation.modified,
                ..Stamp::default()
            }),
        })
        .collect();
    let after = archive.clone().after(&moved);
    let seal = |volume: VolumeName| {
        let label = volume.holding(Role::Disc.file_name().as_bytes());
        let back = plan.moves.iter().find(|m| m.to == label);
        let is_known = archive.get(&label.rel).is_some();
        let entries = after.entries_of(volume.as_str()).iter();
        let held: Vec<_> = entries.filter(|entry| !is_ours(entry)).cloned().collect();
        Returning {
            holds: contents(volume.as_str(), &held),
            label: back.map(|m| m.from.clone()).or(is_known.then_some(label)),
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

fn is_ours(entry: &Entry<'_>) -> bool {
    Role::of(&TreePath::new(Tree::Archive, entry.path.borrowed())).is_some()
}

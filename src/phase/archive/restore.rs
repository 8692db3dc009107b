//! Restore: files of a burned volume come back from a disc, to where they were.

use super::ArchiveError;
use crate::model::digest::Digest;
use crate::model::index::Entry;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Move, Phase, Plan, RawPlan, Skip, SkipKind, Summary, Why};
use crate::model::problem;
use crate::model::state::{Listed, State};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;

/// The plan that copies what is gone from the disk of a volume back to it, from a disc that stands in
/// for the drop directory: what is on the disc is [`State::found`], what is on the disk
/// [`State::taken`].
///
/// # Errors
/// Where the index has no such volume, or it was never burned.
pub fn restore(state: &State<'_>, volume: &VolumeName) -> Result<Plan, ArchiveError> {
    let entries = state.archive.entries_of(volume.as_str());
    if entries.is_empty() {
        return Err(ArchiveError::Unknown(volume.clone()));
    }
    let known = state.volumes.get(volume.as_str());
    if !known.is_some_and(|volume| volume.was_burned()) {
        return Err(ArchiveError::NeverBurned(volume.clone()));
    }
    let number = volume.as_str().parse();
    let number = number.map_err(|_| ArchiveError::NoNumber)?;
    let mut plan = RawPlan::of(Phase::Archive);
    plan.settings.copy = Some(true);
    plan.basis = state.basis();
    for entry in entries.iter().filter(|entry| !is_there(state, entry)) {
        let within = &entry.path.as_bytes()[volume.as_str().len() + 1..];
        let found = state
            .found
            .files
            .binary_search_by(|f| f.path.as_bytes().cmp(within));
        let found = found.ok().map(|at| &state.found.files[at]);
        match source(entry, found) {
            Ok((file, hash)) => plan.moves.push(Move {
                from: TreePath::new(Tree::Ingest, file.path.clone()),
                to: in_archive(&entry.path),
                size: file.stamp.size,
                modified: file.stamp.modified,
                hash,
                why: Why::Volume { number },
                bundle: None,
            }),
            Err(why) => plan.skipped.push(Skip {
                path: in_archive(&entry.path),
                kind: SkipKind::Unread,
                why: why.to_owned(),
                bundle: None,
            }),
        }
    }
    plan.summary = Some(Summary {
        seen: entries.len() as u64,
        ..Summary::default()
    });
    plan.check()
        .map_err(|problems| ArchiveError::Unlawful(problem::in_one_line(&problems)))
}

/// The file on the disc that an entry tells of, and its hash; or why there is none.
fn source<'f>(
    entry: &Entry<'_>,
    found: Option<&'f Listed>,
) -> Result<(&'f Listed, Digest), &'static str> {
    let file = found.ok_or("it is not on this disc")?;
    let hash = entry.remembered();
    let hash = hash.ok_or("its content was never known, and nothing tells whether this is it")?;
    match file.stamp.size == entry.stamp.size {
        true => Ok((file, hash)),
        false => Err("it has another size on this disc"),
    }
}

/// Whether something bears the name of a file on the disk.
fn is_there(state: &State<'_>, entry: &Entry<'_>) -> bool {
    state
        .taken
        .files
        .contains(&entry.path.borrowed().into_owned())
}

fn in_archive(path: &RelPath<'_>) -> TreePath<'static> {
    TreePath::new(Tree::Archive, path.clone().into_owned())
}

//! Restore: files of a burned volume come back from a disc, to where they were.

use super::ArchiveError;
use crate::model::digest::Digest;
use crate::model::index::Entry;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Move, Phase, Plan, RawPlan, Skip, SkipKind, Summary, Why};
use crate::model::problem;
use crate::model::state::{Listed, Proof, State};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;

/// The plan that copies what is gone from the disk of a volume back to it, from a disc that stands in
/// for the drop directory: what is on the disc is [`State::found`], what reading it came to
/// [`State::proofs`], and what is on the disk [`State::taken`].
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
        let found = found(state, volume, entry);
        match source(entry, found, state) {
            Ok((file, hash)) => plan.moves.push(Move {
                from: on_disc(file),
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
                why,
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
    state: &State<'_>,
) -> Result<(&'f Listed, Digest), String> {
    let file = found.ok_or("it is not on this disc")?;
    let hash = entry.remembered();
    let hash = hash.ok_or("its content was never known, and nothing tells whether this is it")?;
    if file.stamp.size != entry.stamp.size {
        return Err("it has another size on this disc".to_owned());
    }
    match state.proofs.get(&on_disc(file)) {
        Some(Proof::Read(read, _)) if *read == hash => Ok((file, hash)),
        Some(Proof::Read(..)) => Err("it holds something else on this disc".to_owned()),
        Some(Proof::Failed(why)) => Err(format!("it cannot be read on this disc: {why}")),
        None => Err("it was not read on this disc".to_owned()),
    }
}

/// The files on the disc that are to be read: what came of it goes to [`State::proofs`].
pub fn restore_wants<'s>(state: &'s State<'_>, volume: &VolumeName) -> Vec<&'s Listed> {
    let entries = state.archive.entries_of(volume.as_str()).iter();
    let gone = entries.filter(|entry| !is_there(state, entry));
    let found = gone.filter_map(|entry| Some((entry, found(state, volume, entry)?)));
    let alike = found.filter(|(entry, file)| entry.stamp.size == file.stamp.size);
    alike.map(|(_, file)| file).collect()
}

/// The file on the disc that is called as an entry.
fn found<'s>(state: &'s State<'_>, volume: &VolumeName, entry: &Entry<'_>) -> Option<&'s Listed> {
    let within = &entry.path.as_bytes()[volume.as_str().len() + 1..];
    let files = &state.found.files;
    let found = files.binary_search_by(|file| file.path.as_bytes().cmp(within));
    found.ok().map(|at| &files[at])
}

fn on_disc(file: &Listed) -> TreePath<'static> {
    TreePath::new(Tree::Ingest, file.path.clone())
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

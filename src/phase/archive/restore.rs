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
/// for the drop directory: what is on the disc is [`State::found`], what is on the disk
/// [`State::taken`], and what reading both came to [`State::proofs`].
///
/// A file that is on the disk and not what it was is named and left there: nothing is overwritten.
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
    let number = number.map_err(|_| ArchiveError::NoNumber(volume.to_string()))?;
    let mut plan = RawPlan::of(Phase::Archive);
    plan.settings.copy = Some(true);
    plan.basis = state.basis();
    for entry in entries {
        let here = Here::of(entry, state);
        if here == Here::Whole {
            continue;
        }
        let source = source(entry, found(state, volume, entry), state);
        if let Here::Damaged(why) = here {
            plan.skipped.push(Skip {
                path: in_archive(&entry.path),
                kind: SkipKind::Occupied,
                why: why + helps(source.is_ok()),
                bundle: None,
            });
            continue;
        }
        match source {
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

/// What is to be done about a damaged file on the disk, as the end of what is said of it.
fn helps(is_on_disc: bool) -> &'static str {
    match is_on_disc {
        true => {
            "; this disc has it whole: move the damaged one out of the archive, and restore again"
        }
        false => "; nor does this disc have it as it was: is there another copy?",
    }
}

/// The files of a volume that something on the disk bears the names of, and which are to be looked at
/// and read before anything else: what came of it goes to [`State::proofs`].
pub fn restore_doubts(state: &State<'_>, volume: &VolumeName) -> Vec<TreePath<'static>> {
    let entries = state.archive.entries_of(volume.as_str()).iter();
    let there = entries.filter(|entry| is_there(state, entry));
    there.map(|entry| in_archive(&entry.path)).collect()
}

/// The files on the disc that are to be read, once those on the disk were: what came of it goes to
/// [`State::proofs`], too.
pub fn restore_wants<'s>(state: &'s State<'_>, volume: &VolumeName) -> Vec<&'s Listed> {
    let entries = state.archive.entries_of(volume.as_str()).iter();
    let wanted = entries.filter(|entry| Here::of(entry, state) != Here::Whole);
    let found = wanted.filter_map(|entry| Some((entry, found(state, volume, entry)?)));
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
    let (taken, path) = (&state.taken, entry.path.borrowed().into_owned());
    taken.files.contains(&path) || taken.directories.contains(&path)
}

/// What is on the disk of a file that the index has.
#[derive(PartialEq, Eq)]
enum Here {
    /// Nothing.
    Gone,
    /// It, as far as its content was ever known.
    Whole,
    /// Something else, and what, as the beginning of a sentence.
    Damaged(String),
}

impl Here {
    fn of(entry: &Entry<'_>, state: &State<'_>) -> Here {
        if !is_there(state, entry) {
            return Here::Gone;
        }
        match (
            entry.remembered(),
            state.proofs.get(&in_archive(&entry.path)),
        ) {
            (Some(known), Some(Proof::Read(read, _))) if known != *read => Here::Damaged(
                "it is on the disk, and holds something else than was indexed".to_owned(),
            ),
            (_, Some(Proof::Read(..))) => Here::Whole,
            (_, Some(Proof::Failed(why))) => {
                Here::Damaged(format!("it is on the disk, and cannot be read: {why}"))
            }
            (_, None) => Here::Damaged("it is on the disk, and was not read".to_owned()),
        }
    }
}

fn in_archive(path: &RelPath<'_>) -> TreePath<'static> {
    TreePath::new(Tree::Archive, path.clone().into_owned())
}

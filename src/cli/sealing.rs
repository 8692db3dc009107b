//! What the files say that a plan writes: for those that seal a volume, every file of it is read.

use super::context::Context;
use super::failure::Failure;
use super::library;
use super::plan_source::refused;
use super::progress::Progress;
use super::readers::Reading;
use super::volumes::volume;
use crate::disk::disc::label_at;
use crate::disk::filesystem::Filesystem;
use crate::disk::hash::sum_files;
use crate::disk::preflight::{Records, Writing};
use crate::disk::trees::{Trees, room_of};
use crate::model::index::Index;
use crate::model::plan::{Plan, Role};
use crate::model::problem::{Fault, Problem};
use crate::model::sha256::Sha256;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use crate::phase::archive::texts::{Held, Sealing, SealingError, mark};
use crate::phase::archive::{Returning, returning};
use std::sync::Arc;

/// The texts of the files that `plan` writes, in its order. Where it seals volumes, all their files
/// are read, and have to hold what the index says: rot is found before a disc is burned.
///
/// # Errors
/// Where a file cannot be read or holds something else, or a text is longer than the plan allows.
pub fn texts(
    plan: &Plan,
    trees: &Trees,
    progress: &Progress,
    context: &Context,
) -> Result<Vec<Arc<[u8]>>, Failure> {
    let indexes = library::index_files(context)?;
    let archive = indexes.index(Tree::Archive)?;
    let texts: Vec<Arc<[u8]>> = match Sealing::of(plan, &archive) {
        None => plan.writes.iter().map(|_| mark(plan).into()).collect(),
        Some(sealing) => {
            for volume in sealing.volumes() {
                refuse_changed(volume, &archive, trees, context)?;
            }
            let files = sealing.files()?;
            let sums = sums(&files, trees, progress, context)?;
            sealing.texts(&files, &sums, library::now())
        }
    };
    let sizes = plan.writes.iter().zip(&texts);
    let too_long = sizes.filter_map(|(write, text)| {
        let (size, max) = (text.len() as u64, write.max_bytes);
        (size > max).then(|| Problem::at(&write.to, Fault::TextTooLong { size, max }))
    });
    let too_long: Vec<_> = too_long.collect();
    match too_long.is_empty() {
        true => Ok(texts),
        false => Err(refused(TOO_LITTLE, &too_long)),
    }
}

/// What `plan` allows too little for, or cannot seal, as far as that can be told without reading files.
///
/// # Errors
/// Where there is any such thing.
pub fn rehearse(
    plan: &Plan,
    archive: &Index<'_>,
    trees: &Trees,
    context: &Context,
) -> Result<(), Failure> {
    refuse_stale(plan, archive, trees, context)?;
    let Some(sealing) = Sealing::of(plan, archive) else {
        return Ok(());
    };
    sealing.files()?;
    let too_long = sealing.too_long();
    if !too_long.is_empty() {
        return Err(refused(TOO_LITTLE, &too_long).hint(
            "`max_bytes` of that file is yours to raise, where files were moved to its volume",
        ));
    }
    let mut volumes = sealing.volumes().iter();
    volumes.try_for_each(|volume| refuse_changed(volume, archive, trees, context))
}

/// How much room it takes at most to carry out `plan`, but for its copies.
///
/// # Errors
/// Where it cannot be told how much there is.
pub fn writing(
    plan: &Plan,
    archive: &Index<'_>,
    trees: &Trees,
    context: &Context,
) -> Result<Writing, Failure> {
    let mut texts: Vec<u64> = plan.writes.iter().map(|write| write.max_bytes).collect();
    if let Some(first) = plan.writes.first()
        && sum(&texts) > trees.room(&first.to)?.bytes / 2
        && let Some(sealing) = Sealing::of(plan, archive)
    {
        // A plan allows a catalogue more than it takes by far, and there is one on every disc.
        let size = sealing.catalogue().len() as u64;
        let catalogues = texts.iter_mut().zip(&plan.writes);
        let catalogues = catalogues.filter(|(_, write)| write.role == Role::Catalogue);
        catalogues.for_each(|(most, _)| *most = size.min(*most));
    }
    // All catalogues are one text, which waits in the datadir once.
    let sized = texts.iter().zip(&plan.writes);
    let (catalogues, others): (Vec<_>, Vec<_>) =
        sized.partition(|(_, write)| write.role == Role::Catalogue);
    let staged = others
        .iter()
        .chain(catalogues.iter().max_by_key(|(size, _)| *size));
    let staged: Vec<u64> = staged.map(|(size, _)| **size).collect();
    let lines = plan.moves.iter().map(|m| {
        let paths = [&m.from, &m.to].map(|path| path.rel.as_bytes().len() as u64);
        LINES + paths.iter().sum::<u64>()
    });
    Ok(Writing {
        records: Some(Records {
            room: room_of(&context.layout().datadir)?,
            bytes: sum(&staged).saturating_add(lines.sum()),
            files: 2 + staged.len() as u64,
        }),
        texts,
    })
}

fn sum(sizes: &[u64]) -> u64 {
    sizes.iter().copied().fold(0, u64::saturating_add)
}

/// Bytes that a move takes in a plan and in a journal, about, but for its paths.
const LINES: u64 = 400;

/// Refuses to put back seals of volumes that hold other files by now: their manifests would vouch for
/// what is not there.
fn refuse_stale(
    plan: &Plan,
    archive: &Index<'_>,
    trees: &Trees,
    context: &Context,
) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for Returning {
        volume,
        label,
        holds,
    } in returning(plan, archive)
    {
        refuse_changed(&volume, archive, trees, context)?;
        let manifest = volume.holding(Role::Manifest.file_name().as_bytes());
        let Some(label) = label else {
            let fault = Fault::HalfSealed(Role::Disc.file_name());
            problems.push(Problem::at(&manifest, fault));
            continue;
        };
        let sealed = label_at(&label, trees)?.contents;
        if sealed.is_some() && sealed != holds {
            problems.push(Problem::at(&manifest, Fault::StaleSeal(volume)));
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(refused("the plan does not fit the disk", &problems)),
    }
}

/// Makes sure that what is in a volume already is what the index has: a manifest names all of it.
fn refuse_changed(
    volume: &VolumeName,
    archive: &Index<'_>,
    trees: &Trees,
    context: &Context,
) -> Result<(), Failure> {
    let Some(disc) = volume::on_disk(volume, trees)? else {
        return Ok(());
    };
    let entries = archive.entries_of(volume.as_str());
    volume::refuse_changed(volume, entries, &disc, context)
}

impl From<SealingError> for Failure {
    fn from(error: SealingError) -> Self {
        let failure = Failure::refused(error.to_string());
        match error {
            SealingError::Unread(_) => {
                failure.hint("`mediastruct crawl` reads it again, and says why where it cannot")
            }
            SealingError::Empty(_) => failure.hint("leave its files of ours out of the plan"),
        }
    }
}

/// What is said where a file of ours gets longer than a plan allows.
const TOO_LITTLE: &str = "the plan allows too little";

/// The SHA-256 hashes of these files, all of which hold what they have to.
fn sums(
    files: &[Held<'_>],
    trees: &Trees,
    progress: &Progress,
    context: &Context,
) -> Result<Vec<Sha256>, Failure> {
    let reading = Reading::of(context);
    let listed: Vec<_> = files.iter().map(Held::listed).collect();
    let sources = files.iter().zip(&listed);
    let sources: Vec<_> = sources
        .map(|(file, listed): (_, &Listed)| (file.source.tree, listed))
        .collect();
    let read = sum_files(trees, &sources, &reading.readers(), progress);
    let read = read.map_err(|interrupted| Failure::failed(interrupted.to_string()))?;
    let mut sums = Vec::with_capacity(files.len());
    let mut problems = Vec::new();
    for (file, read) in files.iter().zip(read) {
        match read {
            Ok((digest, sum)) if digest == file.hash => sums.push(sum),
            Ok(_) => problems.push(Problem::at(&file.source, Fault::OtherContent)),
            Err(why) => {
                let fault = Fault::Unreadable(why.into());
                problems.push(Problem::at(&file.source, fault));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(sums),
        false => Err(refused("a volume cannot be sealed", &problems)),
    }
}

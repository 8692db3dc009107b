//! `volumes import`: an old disc, known from now on though its files are not on the disk.

use super::volume;
use crate::cli::args::ImportArguments;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Things};
use crate::cli::library;
use crate::cli::past::Past;
use crate::cli::terminal;
use crate::disk::disc::{Disc, is_disc};
use crate::disk::filesystem::Filesystem;
use crate::disk::hash::Interrupted;
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::model::contents::{contents, sealed_contents};
use crate::model::digest::Digest;
use crate::model::disc::{DiscLabel, LABEL_FILE};
use crate::model::index::{Index, Totals, UnitState};
use crate::model::path::Escaped;
use crate::model::state::State;
use crate::model::volume::{Volume, VolumeEvent, VolumeName, VolumeRecord};
use crate::phase::volumes::compare::look;
use crate::phase::volumes::import::{Other, Taken, import as phase, taken};
use std::num::NonZeroU32;
use std::path::Path;

/// Takes the disc that `arguments` name into the index of the archive.
///
/// # Errors
/// Where a file on it cannot be read, it cannot be told which volume it is, or the index knows that
/// with other files.
pub fn import(arguments: &ImportArguments, context: &Context) -> Result<Exit, Failure> {
    volume::refuse_library(&arguments.at, context)?;
    let disc = Disc::open(&arguments.at)?;
    refuse_part(&disc, &arguments.at, context)?;
    let label = disc.label();
    let name = name(arguments, &label)?;
    let readings = disc.read(&context.output.progress(), &|| false);
    let readings = readings.map_err(|Interrupted| Failure::failed("interrupted"))?;
    let leaves_out = volume::leaves_out(&name, context)?;
    let taken = taken(name.as_str(), disc.listing(), readings, &leaves_out);
    refuse_unreadable(&taken, &arguments.at)?;
    for (path, what) in &taken.special {
        context
            .output
            .warn(format_args!("{path} is left out: it is {what}"));
    }

    let is_damaged = refuse_damaged(&name, &taken, &label, arguments)?;

    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    Past::of(context)?.refuse_unfinished()?;
    let indexes = library::index_files(context)?;
    indexes.keep_originals()?;
    let state = library::state(context, &indexes)?;
    let is_known = state.archive.unit(name.as_str()).is_some();
    if !is_known && trees.look(&volume::path(&name))?.is_some() {
        return Err(Failure::refused(format!(
            "archive/{name} is on the disk, and not in the index yet"
        ))
        .hint("`mediastruct crawl` indexes it first"));
    }
    let holds = contents(name.as_str(), &taken.entries);
    let holds = holds.ok_or_else(|| Failure::failed("what was read has no hash"))?;
    refuse_alike(&name, &state)?;
    refuse_other_discs(&name, holds, &state)?;
    refuse_other_number(&name, holds, &label, &state)?;
    let index = phase(
        &state.archive,
        name.as_str(),
        &taken.entries,
        library::now(),
    );
    let index = index.map_err(|Other| other(&name))?;
    let is_proof = !is_damaged && (arguments.copy.is_some() || is_disc(&arguments.at)?);
    let datadir = Datadir::at(&context.layout().datadir);
    datadir.save_index(&index)?;
    let copy = record(&name, holds, arguments, is_proof, &state, &datadir)?;
    if !is_proof {
        context.output.note(
            "it counts as burned, and not as read: it is no disc in a drive, nor one that is mounted; \
             --copy K says that it is that copy all the same",
        );
    }
    let totals: Totals = taken.entries.iter().collect();
    let said = format!(
        "volume {name}: copy {copy} is known, {}, {}{}",
        Things(totals.files, "file"),
        Bytes(totals.bytes),
        whereabouts(&name, &index, &trees, context)?
    );
    tracing::info!("Volumes - {said}");
    context.output.note(said);
    Ok(Exit::Done)
}

/// Refuses a part of the library that was reached another way, before it is read.
fn refuse_part(disc: &Disc, at: &Path, context: &Context) -> Result<(), Failure> {
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let trees = Trees::open(context.layout())?;
    let part = volume::anything_of_library(disc, &trees, &state, context)?;
    volume::refuse_part(part, at)
}

/// Where else the volume is, by a look at the disk, as the end of a sentence.
fn whereabouts(
    name: &VolumeName,
    index: &Index<'_>,
    trees: &Trees,
    context: &Context,
) -> Result<String, Failure> {
    let unit = index.unit(name.as_str()).map(|unit| unit.state);
    let Some(disc) = volume::on_disk(name, trees)? else {
        return Ok(match unit {
            Some(UnitState::Present) => {
                "; its files are gone from the disk, which the index does not know yet: \
                 `mediastruct crawl`"
            }
            _ => "; it is on discs alone",
        }
        .to_owned());
    };
    let entries = index.entries_of(name.as_str());
    let leaves_out = volume::leaves_out(name, context)?;
    let troubles = look(name.as_str(), entries, disc.listing(), &leaves_out);
    Ok(match troubles.len() as u64 {
        0 => "; it is on the disk, too".to_owned(),
        count => format!(
            "; on the disk it is not as the index has it: {}, which `mediastruct volumes verify \
             {name}` names",
            Things(count, "problem")
        ),
    })
}

/// Which volume a disc is: what it says itself, or what a person does where it says nothing.
fn name(arguments: &ImportArguments, label: &DiscLabel) -> Result<VolumeName, Failure> {
    match (&arguments.volume, &label.volume) {
        (Some(given), Some(told)) if given != told && !arguments.renumber => {
            let message = format!("the disc says that it is volume {told}, and not {given}");
            Err(Failure::refused(message)
                .hint("leave the number out, or insert the disc that you mean")
                .hint(format!(
                    "a disc of another set, whose numbers are not yours, is taken in as volume \
                     {given} with --renumber"
                )))
        }
        (Some(name), _) | (None, Some(name)) => Ok(name.clone()),
        (None, None) => {
            let named = label.label.as_deref();
            let named = named.map(|l| format!("; its name is {}", terminal::line(l)));
            let at = Escaped::path(&arguments.at);
            Err(Failure::usage(format!(
                "{at} does not say which volume it is{}",
                named.unwrap_or_default()
            ))
            .hint(format!(
                "say which number it is to have, e.g. `mediastruct volumes import 07 --at {at}`"
            )))
        }
    }
}

/// Refuses a disc of which not everything can be read: what it holds is what is believed of it.
fn refuse_unreadable(taken: &Taken, at: &Path) -> Result<(), Failure> {
    let at = Escaped::path(at);
    if taken.unreadable.is_empty() && taken.entries.is_empty() {
        return Err(Failure::failed(format!("{at} holds no files")));
    }
    if taken.unreadable.is_empty() {
        return Ok(());
    }
    let mut lines = vec![format!(
        "{at} cannot be read as a whole, and is not taken in"
    )];
    let unreadable = taken.unreadable.iter();
    lines.extend(unreadable.map(|(path, why)| format!("{path} cannot be read: {why}")));
    Err(Failure::failed(lines.join("\n"))
        .hint("another drive may read it, or there is another copy of it"))
}

/// Refuses a disc that does not hold what was sealed on it, unless it is to be taken in all the same; says
/// whether it is such a one.
fn refuse_damaged(
    name: &VolumeName,
    taken: &Taken,
    label: &DiscLabel,
    arguments: &ImportArguments,
) -> Result<bool, Failure> {
    let Some(sealed) = label.contents else {
        return Ok(false);
    };
    let is_damaged = sealed_contents(name.as_str(), &taken.entries) != Some(sealed);
    if !is_damaged || arguments.damaged {
        return Ok(is_damaged);
    }
    let at = Escaped::path(&arguments.at);
    let message = format!("{at} does not hold what was sealed on it: files are damaged or missing");
    Err(Failure::refused(message)
        .hint("`sha256sum -c --quiet MANIFEST.sha256` there names them; is there another copy?")
        .hint("--damaged takes it in as it is"))
}

/// Refuses a number that another volume has, written otherwise, or that is beyond any use.
fn refuse_alike(name: &VolumeName, state: &State<'_>) -> Result<(), Failure> {
    const MOST: u32 = 999_999;
    let number = |name: &str| name.parse::<u32>().ok();
    if number(name.as_str()).is_none_or(|number| number > MOST) {
        let message = format!("{name} is no number that a volume should have");
        return Err(Failure::refused(message).hint("numbers go up to 999999"));
    }
    let units = state.archive.units.iter().map(|unit| unit.unit.as_str());
    let known = units.chain(state.volumes.iter().map(|(name, _)| name.as_str()));
    let mut alike = known.filter(|known| *known != name.as_str());
    match alike.find(|known| number(known) == number(name.as_str())) {
        Some(alike) => Err(Failure::refused(format!(
            "volume {alike} has the number {name} already"
        ))
        .hint(format!(
            "if it is that one: `mediastruct volumes import {alike}`"
        ))),
        None => Ok(()),
    }
}

/// Refuses a disc that is another one than those that are known of its volume.
fn refuse_other_discs(name: &VolumeName, holds: Digest, state: &State<'_>) -> Result<(), Failure> {
    let discs = state.volumes.get(name.as_str());
    let mut discs = discs.into_iter().flat_map(|volume| volume.discs());
    let is_other = discs.any(|(_, disc)| disc.read.or(disc.holds).is_some_and(|h| h != holds));
    match is_other && state.archive.unit(name.as_str()).is_none() {
        true => Err(other(name)),
        false => Ok(()),
    }
}

/// Refuses a disc of which another volume is known to hold just the same, or to be sealed as the same: it
/// would be known twice.
fn refuse_other_number(
    name: &VolumeName,
    holds: Digest,
    label: &DiscLabel,
    state: &State<'_>,
) -> Result<(), Failure> {
    let is_same = |volume: &Volume| {
        let mut discs = volume.discs();
        discs.any(|(_, disc)| disc.read.or(disc.holds) == Some(holds))
    };
    let mut others = state.volumes.iter().filter(|(known, _)| *known != name);
    if let Some((known, _)) = others.find(|(_, volume)| is_same(volume)) {
        return Err(Failure::refused(format!(
            "the disc holds just what volume {known} does, and is not taken in as volume {name}"
        ))
        .hint(format!(
            "if it is another copy of that one: `mediastruct volumes import {known}`"
        )));
    }
    let labels = state.archive.entries.iter().filter(|entry| {
        let is_label = entry.path.file_name() == LABEL_FILE.as_bytes();
        is_label && label.hash.is_some() && entry.digest() == label.hash
    });
    let mut sealed = labels.filter_map(|entry| {
        let unit = entry.path.ancestors().last()?;
        let is_other = unit.as_bytes() != name.as_str().as_bytes();
        is_other.then(|| unit.to_string())
    });
    if let Some(known) = sealed.next() {
        return Err(Failure::refused(format!(
            "the disc is one of volume {known}, and is not taken in as volume {name}"
        ))
        .hint(format!("`mediastruct volumes import {known}`")));
    }
    Ok(())
}

fn other(name: &VolumeName) -> Failure {
    Failure::refused(format!(
        "a volume {name} is known already that holds other files"
    ))
    .hint(format!(
        "`mediastruct volumes verify {name} --at PATH` says what differs"
    ))
    .hint(
        "a disc of another set is taken in under a number that is free: `mediastruct volumes import \
         NN --renumber`",
    )
}

/// Records the disc: that it was burned, and where it `is_proof` of it, that it was read just now. Gives
/// the number of the copy: that of the one that holds just this, where one is known.
fn record(
    name: &VolumeName,
    holds: Digest,
    arguments: &ImportArguments,
    is_proof: bool,
    state: &State<'_>,
    datadir: &Datadir,
) -> Result<NonZeroU32, Failure> {
    let known = state.volumes.get(name.as_str());
    let discs = known.into_iter().flat_map(|volume| volume.discs());
    let mut same = discs.filter(|(_, disc)| disc.read.or(disc.holds) == Some(holds));
    let same = same.next().map(|(copy, _)| copy);
    let same = same.filter(|_| arguments.copy.is_none() && arguments.location.is_none());
    let copy = arguments.copy.or(same);
    let copy = copy.unwrap_or_else(|| volume::next_copy(known));
    let burned = VolumeEvent::Burned {
        copy,
        location: arguments.location.clone(),
        holds: Some(holds),
    };
    let verified = VolumeEvent::Verified {
        copy,
        holds: Some(holds),
    };
    let is_sealed = known.is_some_and(|volume| volume.sealed.is_some());
    let sealed = (!is_sealed).then_some(VolumeEvent::Sealed);
    let burned = same.is_none().then_some(burned);
    let verified = is_proof.then_some(verified);
    let events = sealed.into_iter().chain(burned).chain(verified);
    let at = library::now();
    let records = events.map(|event| VolumeRecord {
        volume: name.clone(),
        at,
        event,
    });
    datadir.record(&records.collect::<Vec<_>>())?;
    Ok(copy)
}

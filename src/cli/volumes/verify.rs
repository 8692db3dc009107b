//! `volumes verify`: every file of a volume, read and compared with the index.

use super::against::against;
use super::{tell_troubles, volume};
use crate::cli::args::VerifyArguments;
use crate::cli::context::{Context, refuse_shared, require};
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Things};
use crate::cli::library;
use crate::cli::past::Past;
use crate::cli::terminal;
use crate::disk::disc::{Disc, is_disc};
use crate::disk::hash::Interrupted;
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::model::digest::Digest;
use crate::model::disc::DiscLabel;
use crate::model::index::Entry;
use crate::model::path::Escaped;
use crate::model::plan::Role;
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::{Volume, VolumeEvent, VolumeName, VolumeRecord};
use crate::phase::volumes::compare::{Comparison, compare};
use std::num::NonZeroU32;
use std::path::Path;

/// Reads the volume that `arguments` name, where they say, and tells what is wrong with it.
///
/// # Errors
/// Where the index has no such volume, or there is nothing that could be read.
pub fn verify(arguments: &VerifyArguments, context: &Context) -> Result<Exit, Failure> {
    let name = match (&arguments.against, &arguments.volume) {
        (Some(path), only) => return against(path, only.as_ref(), context),
        (None, Some(name)) => name,
        (None, None) => return Err(Failure::usage("which volume is to be verified?")),
    };
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let entries = volume::entries(name, &state)?;
    let trees = Trees::open(context.layout())?;
    let (disc, subject) = match &arguments.at {
        Some(at) => {
            let subject = subject(
                at,
                arguments.copy,
                state.volumes.get(name.as_str()),
                context,
            )?;
            let disc = Disc::open(at)?;
            let subject = match volume::anything_of_library(&disc, &trees, &state, context)? {
                Some(part) if matches!(subject, Subject::Copy(..)) => Subject::Other(Some(
                    format!("nothing is recorded, as this is {part} of the library"),
                )),
                _ => subject,
            };
            (disc, subject)
        }
        None => {
            require(context.layout(), &[Tree::Archive])?;
            let disc = volume::on_disk(name, &trees)?;
            (disc.ok_or_else(|| not_on_disk(name))?, Subject::Other(None))
        }
    };
    let label = arguments.at.as_ref().map(|_| disc.label());
    let label = label.unwrap_or_default();
    refuse_other(name, &label, entries)?;
    let readings = disc.read(&context.output.progress(), &|| false);
    let readings = readings.map_err(|Interrupted| Failure::failed("interrupted"))?;
    let leaves_out = volume::leaves_out(name, context)?;
    let compared = compare(
        name.as_str(),
        entries,
        disc.listing(),
        &readings,
        &leaves_out,
    );
    tell(name, arguments.at.as_deref(), &compared, context);
    let Some(holds) = compared.holds else {
        if compared.whole.files == 0 && !entries.is_empty() {
            context.output.note(nothing_of_it(name, &label));
        }
        return Ok(Exit::Failed);
    };
    match subject {
        Subject::Copy(copy, burned) => record(name, (copy, burned), holds, context)?,
        Subject::Other(why) => why.iter().for_each(|why| context.output.note(why)),
    }
    Ok(Exit::Done)
}

/// What it is that is read.
enum Subject {
    /// This copy of the volume, and when that was burned.
    Copy(NonZeroU32, Time),
    /// Something that tells nothing of any copy, and why, where that is to be said.
    Other(Option<String>),
}

/// Which copy of a volume is at `at`, as far as that can be told; before anything is read, so that
/// nobody waits an hour for nothing.
fn subject(
    at: &Path,
    asked: Option<NonZeroU32>,
    known: Option<&Volume>,
    context: &Context,
) -> Result<Subject, Failure> {
    let is_ours = volume::tree_around(at, context)?.is_some();
    let copies: Vec<_> = known.iter().flat_map(|volume| volume.discs()).collect();
    let nothing = |why: &str| Ok(Subject::Other(Some(why.to_owned())));
    let named = asked.map(|asked| (asked, copies.iter().find(|(copy, _)| *copy == asked)));
    let (copy, disc) = match (named, &copies[..]) {
        (Some((_, Some(copy))), _) => *copy,
        (Some((copy, None)), _) => {
            return Err(Failure::usage(format!("no copy {copy} of it is known"))
                .hint("`mediastruct volumes burned NN --copy K` records the burn first"));
        }
        (None, []) => {
            return nothing(
                "nothing is recorded, as no copy is known: `mediastruct volumes burned` records a \
                 burn",
            );
        }
        (None, [copy]) => *copy,
        (None, copies) => {
            let numbers: Vec<_> = copies
                .iter()
                .map(|(number, _)| number.to_string())
                .collect();
            return Err(Failure::usage(format!(
                "there are several copies of it: {}",
                numbers.join(", ")
            ))
            .hint("say with --copy which one this is, so that it can be recorded"));
        }
    };
    if is_ours {
        return nothing("nothing is recorded, as what lies in a tree of the library is no disc");
    }
    if asked.is_none() && !is_disc(at)? {
        return nothing(
            "nothing is recorded, as this is no disc in a drive, nor one that is mounted: say with \
             --copy that it is that copy",
        );
    }
    Ok(Subject::Copy(copy, disc.burned))
}

/// Says so where a disc is of another volume. One that was taken in under a number of its own says
/// another, and the index has what it says among the files of the volume.
fn refuse_other(
    name: &VolumeName,
    label: &DiscLabel,
    entries: &[Entry<'_>],
) -> Result<(), Failure> {
    let Some(other) = label.volume.as_ref().filter(|other| *other != name) else {
        return Ok(());
    };
    let path = name.holding(Role::Disc.file_name().as_bytes());
    let known = entries.iter().find(|entry| entry.path == path.rel);
    if label.hash.is_some() && known.and_then(Entry::remembered) == label.hash {
        return Ok(());
    }
    let named = label.label.as_deref();
    let named = named.map_or_else(String::new, |l| format!(" ({})", terminal::line(l)));
    Err(
        Failure::failed(format!("this is volume {other}{named}, and not {name}")).hint(format!(
            "insert the disc of volume {name}, or `mediastruct volumes verify {other}`"
        )),
    )
}

/// What is said of a disc on which no file is as the volume has it.
fn nothing_of_it(name: &VolumeName, label: &DiscLabel) -> String {
    let words = [&label.label, &label.uuid].into_iter().flatten();
    let words: Vec<_> = words.map(|word| terminal::line(word)).collect();
    let named = match words.is_empty() {
        true => String::new(),
        false => format!(" ({})", words.join(", ")),
    };
    format!("not one file on it is as volume {name} has it: is it a disc of another set{named}?")
}

/// Names what is wrong, and sums it up.
fn tell(name: &VolumeName, at: Option<&Path>, compared: &Comparison, context: &Context) {
    let output = context.output;
    tell_troubles(compared, output);
    let place = match at {
        Some(at) => format!("at {}", Escaped::path(at)),
        None => "in the archive".to_owned(),
    };
    let whole = format!(
        "{}, {}",
        Things(compared.whole.files, "file"),
        Bytes(compared.whole.bytes)
    );
    let said = match compared.troubles.len() as u64 {
        0 => format!("volume {name} {place} is whole: {whole}"),
        wrong => format!(
            "volume {name} {place} is not whole: {}; as indexed are {whole}",
            Things(wrong, "problem")
        ),
    };
    tracing::info!("Volumes - {said}");
    output.note(said);
}

/// Records that a copy, which was burned then, was read and holds this.
fn record(
    name: &VolumeName,
    (copy, burned): (NonZeroU32, Time),
    holds: Digest,
    context: &Context,
) -> Result<(), Failure> {
    refuse_shared(context)?;
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    Past::of(context)?.refuse_unfinished()?;
    let known = library::volumes(context)?;
    let disc = known.get(name.as_str()).and_then(|v| v.copies.get(&copy));
    if disc.is_none_or(|disc| disc.burned != burned || disc.lost.is_some()) {
        let message = format!("copy {copy} of volume {name} is another since it began to be read");
        return Err(Failure::refused(message).hint("verify it again"));
    }
    Datadir::at(&context.layout().datadir).record(&[VolumeRecord {
        volume: name.clone(),
        at: library::now(),
        event: VolumeEvent::Verified {
            copy,
            holds: Some(holds),
        },
    }])?;
    context.output.note(format_args!(
        "recorded: copy {copy} of volume {name} is verified"
    ));
    Ok(())
}

fn not_on_disk(name: &VolumeName) -> Failure {
    Failure::failed(format!("archive/{name} is not on the disk"))
        .hint("insert a disc of it, and say with --at where that is")
}

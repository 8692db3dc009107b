//! `volumes burned`: what a person says of a disc that they burned.

use super::image::refuse_unlike_seal;
use super::volume;
use crate::cli::args::BurnedArguments;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::library;
use crate::cli::past::Past;
use crate::cli::terminal;
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Filesystem, Kind};
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::model::contents::contents;
use crate::model::index::Entry;
use crate::model::path::{ASIDE, RelPath, TreePath};
use crate::model::plan::Role;
use crate::model::tree::Tree;
use crate::model::volume::{VolumeEvent, VolumeName, VolumeRecord, VolumeState};

/// Records that the volume that `arguments` name was burned.
///
/// # Errors
/// Where the index does not have the volume as it is on the disk, the content of a file is not
/// known, or it cannot be recorded.
pub fn burned(arguments: &BurnedArguments, context: &Context) -> Result<Exit, Failure> {
    let name = &arguments.volume;
    let output = context.output;
    let trees = Trees::open(context.layout())?;
    let _lock = library::lock(context, &trees)?;
    Past::of(context)?.refuse_unfinished()?;
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let entries = volume::entries(name, &state)?;
    if let Some(disc) = volume::on_disk(name, &trees)? {
        volume::refuse_changed(name, entries, &disc, context)?;
        refuse_unlike_seal(name, entries, &disc)?;
    }
    let holds = contents(name.as_str(), entries).ok_or_else(|| unknown(name, entries))?;
    let known = state.volumes.get(name.as_str());
    if let Some(imaged) = known.and_then(|volume| volume.image_holds)
        && imaged != holds
    {
        let message = format!("volume {name} holds other files than the image that was made of it");
        return Err(Failure::refused(message).hint(format!(
            "make a new image, burn that, and then record it: `mediastruct volumes image {name}`"
        )));
    }
    let copy = arguments.copy.unwrap_or_else(|| volume::next_copy(known));
    let is_replaced = known.is_some_and(|volume| volume.copies.contains_key(&copy));
    let event = VolumeEvent::Burned {
        copy,
        location: arguments.location.clone(),
        holds: Some(holds),
    };
    Datadir::at(&context.layout().datadir).record(&[VolumeRecord {
        volume: name.clone(),
        at: library::now(),
        event,
    }])?;
    let place = arguments.location.as_deref().map(terminal::line);
    let place = place.map_or_else(String::new, |place| format!(", kept at {place}"));
    tracing::info!("Volumes - {name} is burned, copy {copy}{place}");
    output.note(match is_replaced {
        true => format!("volume {name}: copy {copy} is a new disc from now on, in place of the one before{place}"),
        false => format!("volume {name}: copy {copy} is burned{place}"),
    });
    if state.volume_state(name.as_str()) == VolumeState::Open {
        output.warn(format_args!(
            "volume {name} was not sealed before: from now on nothing can be added to it"
        ));
    }
    if let Err(error) = put_mark_aside(name, &trees) {
        let mark = Role::Unburned.file_name();
        output.warn(format_args!("archive/{name}/{mark} stays: {error}"));
    }
    output.note(format_args!(
        "`mediastruct volumes verify {name} --at PATH` reads the disc and makes sure of it"
    ));
    Ok(Exit::Done)
}

/// Why it cannot be said what is on a disc of a volume: the files whose content is not known.
fn unknown(name: &VolumeName, entries: &[Entry<'_>]) -> Failure {
    let unread = entries.iter().filter(|entry| entry.remembered().is_none());
    let mut lines = vec![format!("it is not known what volume {name} holds")];
    lines.extend(unread.map(|entry| {
        let why = entry.hash.as_ref().err().map_or("", |unread| &unread.why);
        format!(
            "archive/{} was never read: {}",
            entry.path,
            terminal::line(why)
        )
    }));
    Failure::refused(lines.join("\n")).hint("`mediastruct crawl` reads what can be read now")
}

/// Moves the mark that a volume is on no disc yet out of it, if there is one: to what mediastruct
/// put aside, for nothing is deleted.
fn put_mark_aside(name: &VolumeName, trees: &Trees) -> Result<(), DiskError> {
    let in_archive = |rel: String| {
        let rel = RelPath::from_text(rel).expect("names of ours are paths");
        TreePath::new(Tree::Archive, rel)
    };
    let mark = in_archive(format!("{name}/{}", Role::Unburned.file_name()));
    let found = trees.look(&mark)?;
    if found.is_none_or(|node| node.kind != Kind::File) {
        return Ok(());
    }
    let Some(root) = trees.root(Tree::Archive) else {
        return Ok(());
    };
    let aside = format!("{ASIDE}/replaced");
    for dir in [ASIDE, &aside] {
        let dir = in_archive(dir.to_owned());
        if trees.look(&dir)?.is_none() {
            trees.make_directory(&dir, &root)?;
        }
    }
    let places = (1..).map(|number| in_archive(format!("{aside}/unburned-{name}~{number}")));
    for place in places {
        if trees.look(&place)?.is_none() {
            trees.put_aside(&mark, &place)?;
            break;
        }
    }
    trees.sync()
}

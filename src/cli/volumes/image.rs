//! `volumes image`: the image of a volume, to be burned.

use super::medium::MediumChoice;
use super::seal;
use super::volume;
use super::{INSTALL, tell_troubles};
use crate::cli::archive;
use crate::cli::args::ImageArguments;
use crate::cli::context::{Context, require};
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Count, Things};
use crate::cli::library;
use crate::cli::output::Output;
use crate::cli::past::Past;
use crate::disk::disc::Disc;
use crate::disk::hash::Interrupted;
use crate::disk::interrupt::Watch;
use crate::disk::mastering::{Image, Master, MasteringError, make, refuse_occupied};
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::disk::xorriso::{self, XorrisoError};
use crate::model::contents::{contents, sealed_contents};
use crate::model::disc::disc_label;
use crate::model::index::Entry;
use crate::model::medium::SECTOR;
use crate::model::path::{Escaped, RelPath};
use crate::model::tree::Tree;
use crate::model::volume::{VolumeEvent, VolumeName, VolumeRecord};
use crate::phase::volumes::compare::compare;
use std::path::Path;

/// Makes the image of the volume that `arguments` name, and reads it back.
///
/// # Errors
/// Where the volume is not as the index has it, the image cannot be made, is too large, or does not
/// hold what it should; then no image is left.
pub fn image(arguments: &ImageArguments, context: &Context) -> Result<Exit, Failure> {
    let name = &arguments.volume;
    let output = context.output;
    require(context.layout(), &[Tree::Archive])?;
    let parent = arguments.output.parent();
    let parent = parent.filter(|parent| *parent != Path::new(""));
    volume::refuse_inside(parent.unwrap_or(Path::new(".")), context)?;
    refuse_occupied(&arguments.output)?;
    let trees = Trees::open(context.layout())?;
    let capacity = MediumChoice::of(&arguments.medium, archive::medium_of(name, context)?);
    refuse_beforehand(name, &capacity, &trees, context)?;
    if !xorriso::is_there() {
        return Err(MasteringError::from(XorrisoError::Missing).into());
    }
    seal::seal_first(name, arguments, context)?;
    let _lock = library::lock(context, &trees)?;
    Past::of(context)?.refuse_unfinished()?;
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let entries = volume::entries(name, &state)?;
    let disc = volume::on_disk(name, &trees)?.ok_or_else(|| not_on_disk(name))?;
    volume::refuse_changed(name, entries, &disc, context)?;
    refuse_unlike_seal(name, entries, &disc)?;

    let left_out = left_out(name, entries, &disc);
    let master = Master {
        volume: &context.layout().dir(Tree::Archive).join(name.as_str()),
        left_out: &left_out,
        label: &disc_label(&context.configuration.archive.set, name),
        totals: entries.iter().collect(),
    };
    let watch = Watch::begin(move || tell_interrupted(output));
    let interrupted = || watch.is_interrupted();
    let image = make(&master, &arguments.output, &output.progress(), &interrupted)?;
    let sectors = capacity.refuse_image(image.size()?)?;
    read_back(name, entries, &image, &interrupted, context)?;
    image.keep()?;
    Datadir::at(&context.layout().datadir).record(&[VolumeRecord {
        volume: name.clone(),
        at: library::now(),
        event: VolumeEvent::Imaged {
            holds: contents(name.as_str(), entries),
        },
    }])?;
    let said = format!(
        "{} is the image of volume {name}, {}: {}, {} in {} of {} sectors, read back and whole",
        Escaped::path(&arguments.output),
        master.label,
        Things(master.totals.files, "file"),
        Bytes(master.totals.bytes),
        Count(sectors),
        Count(capacity.sectors),
    );
    tracing::info!("Volumes - {said}");
    output.note(said);
    output.note(format_args!(
        "burn it, and then: `mediastruct volumes burned {name}`"
    ));
    Ok(Exit::Done)
}

impl MediumChoice {
    /// Refuses files that need more than there is by themselves, before anything is written.
    fn refuse_files(&self, entries: &[Entry<'_>]) -> Result<(), Failure> {
        let sectors = entries
            .iter()
            .map(|entry| entry.stamp.size.div_ceil(SECTOR));
        let needed = sectors.fold(0_u64, u64::saturating_add);
        match needed > self.sectors {
            true => Err(self.too_small(needed)),
            false => Ok(()),
        }
    }

    /// Refuses an image of so many bytes that is too large; gives its sectors.
    fn refuse_image(&self, bytes: u64) -> Result<u64, Failure> {
        let sectors = bytes.div_ceil(SECTOR);
        match sectors > self.sectors {
            true => Err(self.too_small(sectors)),
            false => Ok(sectors),
        }
    }

    fn too_small(&self, needed: u64) -> Failure {
        Failure::failed(format!(
            "the image is too large: it needs {} sectors, and {} has {}; there is no image",
            Count(needed),
            self.medium,
            Count(self.sectors)
        ))
        .hint("name a larger medium, e.g. `--medium bd50`")
    }
}

/// Refuses a volume that is not as the index has it, before anything is done.
fn refuse_beforehand(
    name: &VolumeName,
    capacity: &MediumChoice,
    trees: &Trees,
    context: &Context,
) -> Result<(), Failure> {
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let entries = volume::entries(name, &state)?;
    let disc = volume::on_disk(name, trees)?.ok_or_else(|| not_on_disk(name))?;
    capacity.refuse_files(entries)?;
    volume::refuse_changed(name, entries, &disc, context)
}

/// Refuses a volume that a person changed after it was sealed: its manifest would vouch for what is not
/// there. What seals a volume by other means tells nothing.
pub(super) fn refuse_unlike_seal(
    name: &VolumeName,
    entries: &[Entry<'_>],
    disc: &Disc,
) -> Result<(), Failure> {
    let Some(sealed) = disc.label().contents else {
        return Ok(());
    };
    match sealed_contents(name.as_str(), entries) == Some(sealed) {
        true => Ok(()),
        false => Err(Failure::refused(format!(
            "volume {name} holds other files than when it was sealed, and its manifest would be wrong"
        ))
        .hint("undo the run that sealed it (`mediastruct history`), and seal it again")),
    }
}

/// What on the disk stays out of the image: mediastruct's own files, and what crawl does not index.
/// All else was just found to be as the index has it.
fn left_out(name: &VolumeName, entries: &[Entry<'_>], disc: &Disc) -> Vec<RelPath<'static>> {
    let listing = disc.listing();
    let files = listing.files.iter().map(|file| &file.path);
    let special = listing.special.iter().map(|(path, _)| path);
    let is_indexed = |path: &RelPath<'_>| {
        let whole = [name.as_str().as_bytes(), b"/", path.as_bytes()].concat();
        let found = entries.binary_search_by(|e| e.path.as_bytes().cmp(&whole));
        found.is_ok()
    };
    let all = files.chain(special);
    all.filter(|path| !is_indexed(path)).cloned().collect()
}

/// Reads the image, and compares every file in it with the index: it is what people trust.
fn read_back(
    name: &VolumeName,
    entries: &[Entry<'_>],
    image: &Image,
    interrupted: &dyn Fn() -> bool,
    context: &Context,
) -> Result<(), Failure> {
    let disc = image.disc().map_err(|error| {
        Failure::failed(format!(
            "the image was made and cannot be read back: {error}; there is no image"
        ))
    })?;
    let readings = disc.read(&context.output.progress(), interrupted);
    let readings = readings.map_err(|Interrupted| interrupted_failure())?;
    let compared = compare(name.as_str(), entries, disc.listing(), &readings, &|_| {
        false
    });
    tell_troubles(&compared, context.output);
    match compared.troubles.len() as u64 {
        0 => Ok(()),
        wrong => Err(Failure::failed(format!(
            "the image does not hold volume {name}: {}; there is no image",
            Things(wrong, "problem")
        ))
        .hint("`mediastruct volumes verify NN` says whether the files on the disk are whole")),
    }
}

fn not_on_disk(name: &VolumeName) -> Failure {
    Failure::failed(format!("archive/{name} is not on the disk"))
        .hint("an image is made of the files in the archive; of a disc, copy the disc itself")
}

fn tell_interrupted(output: Output) {
    tracing::warn!("Interrupted");
    output.break_line();
    output.note("interrupted: removing what there is of the image (again to stop at once)");
}

fn interrupted_failure() -> Failure {
    Failure::failed("interrupted: there is no image")
}

impl From<MasteringError> for Failure {
    fn from(error: MasteringError) -> Self {
        match error {
            MasteringError::File(error) => error.into(),
            MasteringError::Disk(error) => error.into(),
            MasteringError::Xorriso(XorrisoError::Interrupted) => interrupted_failure(),
            MasteringError::Xorriso(XorrisoError::Missing) => {
                Failure::failed(XorrisoError::Missing.to_string()).hint(INSTALL)
            }
            MasteringError::Xorriso(error) => {
                Failure::failed(format!("the image could not be made: {error}"))
                    .hint("no image is left; is there room for it?")
            }
        }
    }
}

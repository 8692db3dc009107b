//! Ingest, where the phase and the disk meet: look, read what the phase wants, plan, and look whether
//! the names are free.

mod card;
mod exiftool;

pub use self::card::Card;

use super::args::IngestOptions;
use super::context::{Context, require};
use super::failure::Failure;
use super::library;
use super::readers::Reading;
use super::tree_path::directory_of_media;
use crate::disk::filesystem::{Filesystem, Kind};
use crate::disk::hash::hash_unknown;
use crate::disk::progress::{Notebook, Purpose};
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::disk::{machine, metadata, named_file, names, scan};
use crate::model::date_dirs::DateDirs;
use crate::model::exclude::Excludes;
use crate::model::intake::{Intake, Occupant};
use crate::model::path::{Escaped, RelPath, TreePath};
use crate::model::plan::{Need, Plan, Settings};
use crate::model::progress::ProgressHeader;
use crate::model::said::Said;
use crate::model::state::{Listed, Proof, State, TreeFiles};
use crate::model::tree::Tree;
use crate::phase::ingest::{self as phase, IngestError};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::Path;

/// The plan that gives the files of the drop directory their names and places. Reads all of them.
///
/// # Errors
/// Where a tree is missing or was never indexed, or cannot be read, or `options` cannot be understood.
pub fn plan(options: &IngestOptions, card: &Card) -> Result<Plan, Failure> {
    let context = &card.context;
    let layout = context.layout();
    require(layout, &[Tree::Ingest, Tree::Media, Tree::Archive])?;
    let trees = Trees::open(layout)?;
    let indexes = library::index_files(context)?;
    let mut state = library::state(context, &indexes)?;
    state.settings = settings(options, context)?;
    let now = state.now.timestamp().unwrap_or(Timestamp::MAX);
    state.intake = intake(options, now, card)?;
    let progress = context.output.progress();
    state.found = scan::files(&trees, layout, Tree::Ingest, &progress)?;
    card.restrict(&mut state.found);
    if options.prune_empty {
        // After the files: what comes in between then counts as what is left in its directory.
        let mut directories = scan::directories(&trees, layout, Tree::Ingest);
        directories.retain(|directory| card.holds(&directory.directory.dir.rel));
        state.intake.directories = directories;
    }
    if !options.copy {
        state.intake.on_mounts = on_mounts(&state.found, &trees)?;
    }
    state.taken = names::taken(layout.dir(Tree::Duplicates), Some(phase::IN_DUPLICATES))?;
    read(&mut state, card, &trees)?;
    loop {
        let plan = phase::plan(&state)?;
        let occupied = occupied(&plan, &state, &trees);
        let lost = lost(&plan, &state, &trees);
        if occupied.is_empty() && lost.is_empty() {
            return Ok(plan);
        }
        state.intake.occupied.extend(occupied);
        state.intake.lost.extend(lost);
    }
}

/// What `options` and the configuration say that a plan is to remember.
fn settings(options: &IngestOptions, context: &Context) -> Result<Settings, Failure> {
    let configured = &context.configuration.ingest;
    let zone = options.time_zone.as_ref().unwrap_or(&configured.time_zone);
    if let Some(doubt) = zone.doubt() {
        let told = "name it with --time-zone, or as time_zone in the configuration";
        context.output.warn(format_args!("{doubt}; {told}"));
    }
    let undated = options.undated.as_deref();
    let undated = undated.map(|dir| undated_directory(dir, context));
    let date_dirs = &configured.date_dirs;
    Ok(Settings {
        bundles: (!configured.bundles).then_some(false),
        copy: options.copy.then_some(true),
        undated: undated.transpose()?,
        date_dirs: (*date_dirs != DateDirs::default()).then(|| date_dirs.to_string()),
        time_zone: Some(zone.name().to_owned()),
        ..Settings::default()
    })
}

/// The directory in which undated files are gathered: one in which crawl looks.
fn undated_directory(dir: &OsStr, context: &Context) -> Result<TreePath<'static>, Failure> {
    let path = directory_of_media(dir, Path::new(""), context.layout())?;
    let is_in_unit = Tree::Media.is_unit_name(path.rel.first());
    let is_ours = path.rel.is_ours() || path.rel.ancestors().any(|dir| dir.is_ours());
    if !is_in_unit || is_ours {
        let message = format!("{path} is in no unit of media, and crawl would not look there");
        return Err(Failure::usage(message).hint("name a directory such as media/2024/undated"));
    }
    let patterns = context.configuration.crawl.exclude.iter().cloned();
    let excludes = Excludes::new(patterns).map_err(|error| Failure::usage(error.to_string()))?;
    if let Some(number) = excludes.finds_on_the_way(&path) {
        let pattern = Escaped(excludes.patterns()[number].as_bytes());
        let message = format!("crawl leaves {path} out, by the pattern '{pattern}'");
        return Err(Failure::usage(message)
            .hint("what is gathered there would be in no index: name another directory"));
    }
    Ok(path)
}

/// What ingest looks at besides the files.
fn intake(options: &IngestOptions, now: Timestamp, card: &Card) -> Result<Intake, Failure> {
    let context = &card.context;
    let configured = &context.configuration.ingest;
    let zone = options.time_zone.as_ref().unwrap_or(&configured.time_zone);
    let mut said = Said::default();
    said.all = options.date;
    if let Some(file) = &options.date_map {
        let shown = Escaped::path(file);
        let text = named_file::read(file).map_err(|error| {
            Failure::from(error).hint("--date-map takes a file that says when files were taken")
        })?;
        let text = String::from_utf8(text)
            .map_err(|_| Failure::usage(format!("{shown}: it is no text in UTF-8")))?;
        said.parse_map(&text).map_err(|error| {
            Failure::usage(format!("{shown}: {error}"))
                .hint("each line holds a date and a path in ingest: 1987-07-14 scans/album 1")
        })?;
    }
    if let Some(date) = said.future(now) {
        let message = format!("the date {date} lies in the future");
        return Err(Failure::usage(message).hint("no picture is of then: is it a slip of the pen?"));
    }
    Ok(Intake {
        said,
        time_zone: zone.zone().clone(),
        local_makes: configured.local_time_makes.clone(),
        date_dirs: configured.date_dirs.clone(),
        within: card.within.clone(),
        ..Intake::default()
    })
}

/// Reads what the phase wants: what files say of themselves, and their hashes.
fn read(state: &mut State<'_>, card: &Card, trees: &Trees) -> Result<(), Failure> {
    let context = &card.context;
    let crawl = &context.configuration.crawl;
    let progress = context.output.progress();
    let reading = Reading::of(context);
    let pool = machine::pool(crawl.jobs.get(), &reading.gauge)
        .map_err(|error| Failure::failed(format!("cannot start threads: {error}")))?;
    let wanted: Vec<Listed> = phase::wants(state).into_iter().cloned().collect();
    let notebook = notebook(state, card);
    let now = state.now.timestamp().unwrap_or(Timestamp::MAX);
    let files: Vec<&Listed> = wanted.iter().collect();
    let exiftool = exiftool::start(context)?;
    let read = metadata::read_all(
        trees,
        Tree::Ingest,
        &files,
        exiftool.as_ref(),
        now,
        &pool,
        &progress,
    );
    exiftool::tell_unanswered(&read, &files, context);
    let metadata = files
        .iter()
        .map(|file| file.path.clone())
        .zip(read.readings);
    state.intake.metadata.extend(metadata);
    let files: Vec<_> = wanted.iter().map(|file| (Tree::Ingest, file)).collect();
    let (_, readings) = hash_unknown(trees, &files, &notebook, &reading.readers(), &progress);
    let readings = readings.map_err(|interrupted| Failure::failed(interrupted.to_string()))?;
    let proofs = wanted.iter().zip(readings).map(|(file, reading)| {
        let path = TreePath::new(Tree::Ingest, file.path.clone());
        (path, Proof::of(reading, file))
    });
    state.proofs.extend(proofs);
    Ok(())
}

/// Where the hashes of files in ingest are kept, so that the next plan takes them over, and applying
/// one need not read what did not change. What is not there any more is forgotten.
fn notebook(state: &State<'_>, card: &Card) -> Notebook {
    let context = &card.context;
    let datadir = Datadir::at(&context.layout().datadir);
    let header = ProgressHeader::new(false, state.now);
    let mut notebook = Notebook::open(&datadir, header, Purpose::Ingest);
    if let Some(trouble) = notebook.trouble() {
        let told = "every file is read, and no hash is kept";
        context
            .output
            .warn(format_args!("{told}: {trouble}; move it away"));
    }
    if card.is_whole() && context.card.is_none() {
        let there: HashSet<_> = state.found.files.iter().map(|file| &file.path).collect();
        notebook.forget(|path| !there.contains(&path.rel));
    }
    notebook
}

/// The files in ingest that lie on mounts within it.
fn on_mounts(found: &TreeFiles, trees: &Trees) -> Result<BTreeSet<RelPath<'static>>, Failure> {
    let mut on_mounts = BTreeSet::new();
    let Some(root) = trees.root(Tree::Ingest) else {
        return Ok(on_mounts);
    };
    // A subvolume has a device of its own, too, and is no mount.
    let elsewhere = |file: &&Listed| file.stamp.device != root.stamp.device;
    for file in found.files.iter().filter(elsewhere) {
        let node = trees.look(&TreePath::new(Tree::Ingest, file.path.borrowed()))?;
        if node.is_some_and(|node| node.mount != root.mount) {
            on_mounts.insert(file.path.clone());
        }
    }
    Ok(on_mounts)
}

/// The places in media that a plan gives to files, and where something is that no index knows, or
/// which cannot be reached.
fn occupied(
    plan: &Plan,
    state: &State<'_>,
    trees: &Trees,
) -> BTreeMap<TreePath<'static>, Occupant> {
    let places = plan.moves.iter().map(|m| &m.to);
    let known = &state.intake.occupied;
    let new = places.filter(|to| to.tree == Tree::Media && !known.contains_key(to));
    let occupied = new.filter_map(|to| {
        let occupant = match trees.look(to) {
            Ok(None) => return None,
            Ok(Some(node)) if node.kind == Kind::File => Occupant::Unlisted,
            Ok(Some(node)) => Occupant::NoFile(node.kind.words()),
            Err(error) => Occupant::Unreachable(error.to_string()),
        };
        Some((to.clone(), occupant))
    });
    occupied.collect()
}

/// The files that a plan leans on, and which are not on the disk as the indexes have them.
fn lost(plan: &Plan, state: &State<'_>, trees: &Trees) -> Vec<TreePath<'static>> {
    let on_disk = plan.needs.iter().filter(|need| need.offline.is_none());
    let is_there = |need: &&Need| match trees.look(&need.path) {
        Ok(Some(node)) => {
            node.kind == Kind::File
                && (node.stamp.size, node.stamp.modified) == (need.size, need.modified)
        }
        _ => false,
    };
    let lost = on_disk
        .filter(|need| !is_there(need))
        .map(|need| &need.path);
    let new = lost.filter(|path| !state.intake.lost.contains(path));
    new.cloned().collect()
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        let failure = Failure::refused(error.to_string());
        match error {
            IngestError::NotIndexed(_) => {
                failure.hint("`mediastruct crawl` indexes it, so that nothing is taken in twice")
            }
            IngestError::Unlawful(_) => {
                failure.hint("`mediastruct crawl --force` reads every file again")
            }
        }
    }
}

//! `volumes restore`: a volume comes back from a disc.

use crate::cli::args::RestoreArguments;
use crate::cli::ask::can_be_asked;
use crate::cli::context::{Context, refuse_shared, require};
use crate::cli::failure::{Exit, Failure};
use crate::cli::ingest::Card;
use crate::cli::library;
use crate::cli::past::Past;
use crate::cli::phases::{Ended, go};
use crate::cli::readers::Reading;
use crate::cli::show::summary;
use crate::disk::filesystem::{Filesystem, Kind};
use crate::disk::hash::{Readers, hash_files};
use crate::disk::place::{Found, look};
use crate::disk::progress::{Notebook, Purpose};
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::disk::{named_file, names, scan};
use crate::model::path::{Escaped, TreePath};
use crate::model::plan::Plan;
use crate::model::plan_file;
use crate::model::progress::ProgressHeader;
use crate::model::run::Verify;
use crate::model::state::{Listed, Proof, State};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use crate::phase::archive::{restore as plan_restore, restore_doubts, restore_wants};

/// Copies what is gone from the disk of the volume that `arguments` name back from a disc.
///
/// # Errors
/// Where the volume is not known or was never burned, the disc cannot be read or does not hold it,
/// or nobody can be asked.
pub fn restore(arguments: &RestoreArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.output.is_none() {
        can_be_asked(arguments.yes, "mediastruct volumes restore")?;
        refuse_shared(context)?;
        Past::of(context)?.refuse_unfinished()?;
    }
    let card = card(arguments, context)?;
    let plan = plan(arguments, &card.context)?;
    if let Some(file) = &arguments.output {
        named_file::write(file, |out| plan_file::write(&plan, out))?;
        let file = Escaped::path(file);
        context.output.note(format_args!("wrote {file}"));
        card.tell();
        return Ok(left_out(&plan));
    }
    if plan.is_in_trouble() && !plan.has_operations() {
        context.output.note(summary(&plan).trim_end());
        context.output.note("nothing can be copied back");
        return Ok(Ended::Done.exit(&plan, context));
    }
    let ended = go(&plan, arguments.yes, Verify::Stat, &card.context)?;
    Ok(ended.exit(&plan, context))
}

fn left_out(plan: &Plan) -> Exit {
    match plan.is_in_trouble() {
        true => Exit::LeftOut,
        false => Exit::Done,
    }
}

/// The disc, in the place of the drop directory.
fn card(arguments: &RestoreArguments, context: &Context) -> Result<Card, Failure> {
    let at = &arguments.at;
    let shown = Escaped::path(at);
    if look(at)? == Found::Other {
        return Err(Failure::usage(format!("{shown} is no directory"))
            .hint("mount the disc or the image, and name the directory on which it is mounted"));
    }
    let card = Card::of(std::slice::from_ref(at), context)?;
    if card.context.card.is_none() {
        return Err(Failure::usage(format!(
            "{shown} lies in ingest, and is no disc"
        )));
    }
    Ok(card)
}

/// The plan that copies the files back.
fn plan(arguments: &RestoreArguments, context: &Context) -> Result<Plan, Failure> {
    let layout = context.layout();
    require(layout, &[Tree::Archive])?;
    let trees = Trees::open(layout)?;
    let indexes = library::index_files(context)?;
    let mut state = library::state(context, &indexes)?;
    let progress = context.output.progress();
    state.found = scan::files(&trees, layout, Tree::Ingest, &progress)?;
    let volume = &arguments.volume;
    state.taken = names::taken(layout.dir(Tree::Archive), Some(volume.as_str()))?;
    read_on_disk(&mut state, volume, &trees, context)?;
    let wanted = restore_wants(&state, volume);
    let wanted: Vec<Listed> = wanted.into_iter().cloned().collect();
    let files: Vec<_> = wanted.iter().map(|file| (Tree::Ingest, file)).collect();
    // The disc is read again where it is copied, and not in between to hold the plan against it.
    let header = ProgressHeader::new(false, state.now);
    let datadir = Datadir::at(&layout.datadir);
    let notebook = Notebook::open(&datadir, header, Purpose::Ingest);
    read(&mut state, &files, Some(&notebook), &trees, context)?;
    Ok(plan_restore(&state, volume)?)
}

/// Reads what is on the disk of a volume: it may be damaged.
fn read_on_disk(
    state: &mut State<'_>,
    volume: &VolumeName,
    trees: &Trees,
    context: &Context,
) -> Result<(), Failure> {
    let mut listed = Vec::new();
    for path in restore_doubts(state, volume) {
        let why = match trees.look(&path) {
            Ok(Some(node)) if node.kind == Kind::File => {
                listed.push(Listed {
                    path: path.rel,
                    stamp: node.stamp,
                });
                continue;
            }
            Ok(Some(node)) => format!("it is {}, not a regular file", node.kind.words()),
            Ok(None) => "it went away meanwhile".to_owned(),
            Err(error) => error.reason(),
        };
        state.proofs.insert(path, Proof::Failed(why.into()));
    }
    let files: Vec<_> = listed.iter().map(|file| (Tree::Archive, file)).collect();
    read(state, &files, None, trees, context)
}

/// Reads files, and notes in the state what came of it.
fn read(
    state: &mut State<'_>,
    files: &[(Tree, &Listed)],
    notebook: Option<&Notebook>,
    trees: &Trees,
    context: &Context,
) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    let reading = Reading::of(context);
    let readers = Readers {
        notebook,
        ..reading.readers()
    };
    let readings = hash_files(trees, files, &readers, &context.output.progress());
    let readings = readings.map_err(|interrupted| Failure::failed(interrupted.to_string()))?;
    let proofs = files.iter().zip(readings).map(|((tree, file), reading)| {
        let path = TreePath::new(*tree, file.path.clone());
        (path, Proof::of(reading, file))
    });
    state.proofs.extend(proofs);
    Ok(())
}

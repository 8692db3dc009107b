//! A volume that a person named: what the index has of it, and what is on the disk.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::human::Things;
use crate::disk::disc::Disc;
use crate::disk::filesystem::{Filesystem, Kind, Node};
use crate::disk::place::resolve;
use crate::disk::trees::Trees;
use crate::model::exclude::Excludes;
use crate::model::index::Entry;
use crate::model::path::{Escaped, RelPath, TreePath};
use crate::model::run::FileId;
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::{Volume, VolumeName};
use crate::phase::volumes::compare::{Trouble, look};
use crate::phase::volumes::is_left_out;
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::path::Path;

/// The entries of a volume that the index has.
///
/// # Errors
/// Where it has none of that name.
pub fn entries<'s>(name: &VolumeName, state: &'s State<'s>) -> Result<&'s [Entry<'s>], Failure> {
    if state.archive.unit(name.as_str()).is_some() {
        return Ok(state.archive.entries_of(name.as_str()));
    }
    let number = |name: &str| name.trim_start_matches('0').to_owned();
    let mut units = state.archive.units.iter();
    let alike = units.find(|unit| number(&unit.unit) == number(name.as_str()));
    let failure = Failure::usage(format!("the index has no volume {name}"));
    Err(match alike {
        Some(unit) => failure.hint(format!("there is a volume {}", unit.unit)),
        None => failure
            .hint("`mediastruct volumes` lists those that are known")
            .hint("`mediastruct crawl` indexes what is in the archive"),
    })
}

/// The directory of a volume in the archive, where it is on the disk.
///
/// # Errors
/// Where it cannot be looked at.
pub fn on_disk(name: &VolumeName, trees: &Trees) -> Result<Option<Disc>, Failure> {
    let path = path(name);
    match trees.look(&path)? {
        Some(node) if node.kind == Kind::Directory => {
            let root = trees.open_directory(&path)?;
            Ok(Some(Disc::of_directory(root, &path.to_string())?))
        }
        _ => Ok(None),
    }
}

/// Where a volume is in the archive.
pub fn path(name: &VolumeName) -> TreePath<'static> {
    let rel = RelPath::from_text(name.as_str().to_owned());
    TreePath::new(Tree::Archive, rel.expect("digits are a path"))
}

/// The number after the highest that a copy ever had.
pub fn next_copy(known: Option<&Volume>) -> NonZeroU32 {
    let last = known.and_then(|volume| volume.copies.keys().next_back());
    last.map_or(NonZeroU32::MIN, |last| last.saturating_add(1))
}

/// What is none of a volume's files, whatever is there.
///
/// # Errors
/// Where the configuration holds a pattern that is none.
pub fn leaves_out(
    name: &VolumeName,
    context: &Context,
) -> Result<impl Fn(&RelPath<'_>) -> bool + use<>, Failure> {
    let excludes = excludes(context)?;
    let name = name.as_str().to_owned();
    Ok(move |path: &RelPath<'_>| is_left_out(&name, path, &excludes))
}

/// What a person wants crawl to leave out.
///
/// # Errors
/// Where the configuration holds a pattern that is none.
pub fn excludes(context: &Context) -> Result<Excludes, Failure> {
    let patterns = context.configuration.crawl.exclude.iter().cloned();
    Excludes::new(patterns).map_err(|e| Failure::usage(e.to_string()))
}

/// Makes sure, by a look at every file, that a volume on the disk is as the index has it.
///
/// # Errors
/// Where it is not: the failure names what differs.
pub fn refuse_changed(
    name: &VolumeName,
    entries: &[Entry<'_>],
    disc: &Disc,
    context: &Context,
) -> Result<(), Failure> {
    let leaves_out = leaves_out(name, context)?;
    let troubles = look(name.as_str(), entries, disc.listing(), &leaves_out);
    if troubles.is_empty() {
        return Ok(());
    }
    let count = Things(troubles.len() as u64, "file");
    let mut lines = vec![format!("volume {name} is not as the index has it: {count}")];
    lines.extend(troubles.iter().map(|trouble| said(name, trouble)));
    let mut failure = Failure::refused(lines.join("\n"));
    let is_special = |trouble: &Trouble| matches!(trouble, Trouble::Special(..));
    if troubles.iter().any(is_special) {
        failure = failure.hint(
            "what is no regular file goes onto no disc: move it out of the archive, or name it in \
             `exclude`, in the section Crawl of the configuration, and it is left out",
        );
    }
    if !troubles.iter().all(is_special) {
        failure = failure.hint(format!(
            "`mediastruct crawl {}` brings the index up to date, and says what changed",
            Escaped::path(&context.layout().dir(Tree::Archive).join(name.as_str()))
        ));
    }
    Err(failure)
}

/// What is wrong, with the whole path in the archive.
fn said(name: &VolumeName, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Special(path, what) => {
            format!("archive/{name}/{path} is {what}, and not a regular file")
        }
        trouble => format!("archive/{name}/{trouble}"),
    }
}

/// Refuses what lies in a tree of the library: crawl takes an image there for media, and what is
/// there is no disc.
///
/// # Errors
/// Where `path` does, or cannot be reached.
pub fn refuse_inside(path: &Path, context: &Context) -> Result<(), Failure> {
    match tree_around(path, context)? {
        Some(tree) => Err(Failure::usage(format!(
            "{} lies in the {tree} tree",
            Escaped::path(path)
        ))
        .hint("discs and their images are no files of the library: name a place outside of it")),
        None => Ok(()),
    }
}

/// Refuses a directory as a disc in which the library itself lies, or which lies in that.
///
/// # Errors
/// Where it does, or cannot be reached.
pub fn refuse_library(path: &Path, context: &Context) -> Result<(), Failure> {
    refuse_inside(path, context)?;
    let place = resolve(path)?;
    let mut trees = Tree::ALL.into_iter();
    match trees.find(|tree| context.layout().dir(*tree).starts_with(&place)) {
        Some(tree) => Err(Failure::usage(format!(
            "{} is no disc: the {tree} tree lies in it",
            Escaped::path(path)
        ))),
        None => Ok(()),
    }
}

/// What of the library a disc is that was reached another way, such as by a bind mount: a tree or a unit,
/// if one is it or in it. It proves nothing of itself.
///
/// # Errors
/// Where the library cannot be looked at.
pub fn part_of_library(
    disc: &Disc,
    trees: &Trees,
    state: &State<'_>,
) -> Result<Option<String>, Failure> {
    let directories: HashSet<FileId> = disc.directories().iter().copied().collect();
    if directories.is_empty() {
        return Ok(None);
    }
    let is_on_it = |node: &Node| directories.contains(&FileId::from(node.stamp));
    let mut all = Tree::ALL.into_iter();
    if let Some(tree) = all.find(|tree| trees.root(*tree).as_ref().is_some_and(is_on_it)) {
        return Ok(Some(format!("the {tree} tree")));
    }
    for tree in Tree::INDEXED {
        for unit in &state.index_of(tree).units {
            let Ok(path) = RelPath::from_text(unit.unit.as_str()) else {
                continue;
            };
            let path = TreePath::new(tree, path);
            if trees.look(&path)?.as_ref().is_some_and(is_on_it) {
                return Ok(Some(path.to_string()));
            }
        }
    }
    Ok(None)
}

/// The same, or a file or directory in a tree that is on the disc under another name: as a part of a unit
/// that is mounted elsewhere, or as a hard link.
///
/// # Errors
/// Where the library cannot be looked at.
pub fn anything_of_library(
    disc: &Disc,
    trees: &Trees,
    state: &State<'_>,
    context: &Context,
) -> Result<Option<String>, Failure> {
    if let Some(part) = part_of_library(disc, trees, state)? {
        return Ok(Some(part));
    }
    let dirs = Tree::ALL.map(|tree| context.layout().dir(tree));
    let found = disc.first_within(&dirs)?;
    Ok(found.map(|path| Escaped::path(&path).to_string()))
}

/// Refuses a disc at `at` of which such a `part` was found.
///
/// # Errors
/// Where one was.
pub fn refuse_part(part: Option<String>, at: &Path) -> Result<(), Failure> {
    let Some(part) = part else {
        return Ok(());
    };
    let at = Escaped::path(at);
    let message =
        format!("{at} is no disc: it is {part} of this library that is there, reached another way");
    Err(Failure::usage(message).hint("is the library, or a part of it, mounted there once more?"))
}

/// The tree in which `path` lies, if it does in any.
///
/// # Errors
/// Where it cannot be reached.
pub fn tree_around(path: &Path, context: &Context) -> Result<Option<Tree>, Failure> {
    let place = resolve(path)?;
    let is_around = |tree: &Tree| place.starts_with(context.layout().dir(*tree));
    Ok(Tree::ALL.into_iter().find(is_around))
}

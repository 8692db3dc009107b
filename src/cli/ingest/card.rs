//! Which directories are taken in: parts of the drop directory, or another one in its place.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::tree_path::tree_path;
use crate::disk::place::{Found, look, resolve};
use crate::model::layout::Layout;
use crate::model::path::{Escaped, RelPath};
use crate::model::state::TreeFiles;
use crate::model::tree::Tree;
use std::path::{Path, PathBuf};

/// What is taken in.
pub struct Card {
    /// The library, its drop directory being the one that is taken in.
    pub context: Context,
    /// The directories in it that were named; none where that is all of it.
    pub within: Vec<RelPath<'static>>,
}

impl Card {
    /// What is taken in where `directories` were named.
    ///
    /// # Errors
    /// Where one is missing or in another tree, or more than one is in none.
    pub fn of(directories: &[PathBuf], context: &Context) -> Result<Card, Failure> {
        let layout = context.layout();
        let mut card = Card {
            context: context.clone(),
            within: Vec::new(),
        };
        let mut is_whole = false;
        for dir in directories {
            let shown = Escaped::path(dir);
            refuse_no_directory(dir)?;
            let place = resolve(dir)?;
            if place == layout.dir(Tree::Ingest) {
                is_whole = true;
            } else if let Some(tree) = Tree::ALL.into_iter().find(|t| place == layout.dir(*t)) {
                let message = format!("{shown} is the tree {tree}, and not in ingest");
                return Err(Failure::usage(message).hint(TAKEN_IN));
            } else if let Some(path) = in_ingest(&place, layout)? {
                card.within.push(path);
            } else {
                refuse_library(&place, &shown, layout)?;
                if directories.len() > 1 {
                    let message = format!("{shown} is not in ingest, and is to be named alone");
                    return Err(Failure::usage(message));
                }
                let other = layout.with(Tree::Ingest, place.clone());
                card.context.configuration.layout =
                    other.map_err(|error| Failure::usage(error.to_string()))?;
                card.context.card = Some(place);
            }
        }
        if is_whole {
            card.within.clear();
        }
        Ok(card)
    }

    /// Whether all of the drop directory is taken in.
    pub fn is_whole(&self) -> bool {
        self.within.is_empty()
    }

    /// Whether what is at `path` in the drop directory is taken in.
    pub fn holds(&self, path: &RelPath<'_>) -> bool {
        self.is_whole() || self.within.iter().any(|dir| path.starts_with(dir))
    }

    /// Leaves of what was found only what is taken in.
    pub fn restrict(&self, found: &mut TreeFiles) {
        found.files.retain(|file| self.holds(&file.path));
        found.unreadable.retain(|(path, _)| self.holds(path));
        found.special.retain(|(path, _)| self.holds(path));
    }

    /// Says how to apply a plan where a directory stands in for the configured one.
    pub fn tell(&self) {
        if self.context.card.is_some() {
            let apply = format!("{} apply PLAN", self.context.program());
            let told = "ingest is another directory here";
            self.context.output.note(format_args!("{told}: `{apply}`"));
        }
    }
}

/// What to do where what is named is in a tree that is not ingest.
const TAKEN_IN: &str = "what is in another tree has been taken in already: DIR is a directory of \
                        ingest, or one that is in no tree, such as a camera's card";

/// Refuses what is no directory itself, whatever it may lead to.
fn refuse_no_directory(dir: &Path) -> Result<(), Failure> {
    let shown = Escaped::path(dir);
    // With a slash at its end, the name of a link would mean what it leads to.
    let named: PathBuf = dir.components().collect();
    let failure = match look(&named)? {
        Found::Directory => return Ok(()),
        Found::Nothing => Failure::usage(format!("{shown}: there is no such directory"))
            .hint("name a directory of ingest, or one that is in no tree"),
        Found::Link => {
            let message = format!("{shown} is a symbolic link, and is not followed");
            Failure::usage(message).hint("name the directory that it leads to")
        }
        Found::Other => Failure::usage(format!("{shown} is no directory"))
            .hint("name the directory in which it lies"),
    };
    Err(failure)
}

/// The path in ingest of a directory that lies in it; none where it lies in no tree.
///
/// # Errors
/// Where it lies in another tree, or is mediastruct's own.
fn in_ingest(place: &Path, layout: &Layout) -> Result<Option<RelPath<'static>>, Failure> {
    let mut trees = Tree::ALL.iter();
    if !trees.any(|tree| place.starts_with(layout.dir(*tree))) {
        return Ok(None);
    }
    let path = tree_path(place.as_os_str(), Path::new(""), layout)?;
    if path.tree != Tree::Ingest {
        return Err(Failure::usage(format!("{path} is not in ingest")).hint(TAKEN_IN));
    }
    if path.rel.is_ours() {
        return Err(Failure::usage(keeps_our_files(&path)));
    }
    Ok(Some(path.rel))
}

/// Refuses a directory that holds a part of the library, or is in what mediastruct keeps.
fn refuse_library(place: &Path, shown: &Escaped<'_>, layout: &Layout) -> Result<(), Failure> {
    let ours = [&layout.datadir, &layout.logdir].map(PathBuf::as_path);
    let trees = Tree::ALL.into_iter().map(|tree| layout.dir(tree));
    if let Some(held) = trees.chain(ours).find(|held| held.starts_with(place)) {
        let held = Escaped::path(held);
        let message = format!("{shown} holds {held}, which is the library's own");
        return Err(Failure::usage(message).hint("name the directory that holds the new files"));
    }
    if ours.iter().any(|dir| place.starts_with(dir)) {
        return Err(Failure::usage(keeps_our_files(shown)));
    }
    Ok(())
}

fn keeps_our_files(dir: &impl std::fmt::Display) -> String {
    format!("{dir} is where mediastruct keeps its own files")
}

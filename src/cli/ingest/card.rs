//! Which directories are taken in: parts of the drop directory, or another one in its place.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::tree_path::tree_path;
use crate::disk::place::{Found, look, resolve};
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
            match look(dir)? {
                Found::Directory => {}
                Found::Nothing => {
                    let message = format!("{shown}: there is no such directory");
                    return Err(Failure::usage(message)
                        .hint("name a directory of ingest, or one that is in no tree"));
                }
                Found::Other => {
                    let message = format!("{shown} is no directory");
                    return Err(
                        Failure::usage(message).hint("in place of a link, name what it leads to")
                    );
                }
            }
            let place = resolve(dir)?;
            if place == layout.dir(Tree::Ingest) {
                is_whole = true;
                continue;
            }
            let is_in_tree = Tree::ALL
                .iter()
                .any(|tree| place.starts_with(layout.dir(*tree)));
            if is_in_tree {
                let path = tree_path(place.as_os_str(), Path::new(""), layout)?;
                if path.tree != Tree::Ingest {
                    let message = format!("{path} is not in ingest");
                    return Err(Failure::usage(message)
                        .hint("what is in another tree has been taken in already"));
                }
                card.within.push(path.rel);
                continue;
            }
            let ours = [&layout.datadir, &layout.logdir].map(PathBuf::as_path);
            let mut library = Tree::ALL
                .map(|tree| layout.dir(tree))
                .into_iter()
                .chain(ours);
            if let Some(held) = library.find(|held| held.starts_with(&place)) {
                let held = Escaped::path(held);
                let message = format!("{shown} holds {held}, which is the library's own");
                return Err(
                    Failure::usage(message).hint("name the directory that holds the new files")
                );
            }
            if ours.iter().any(|dir| place.starts_with(dir)) {
                let message = format!("{shown} is where mediastruct keeps its own files");
                return Err(Failure::usage(message));
            }
            if directories.len() > 1 {
                let message = format!("{shown} is not in ingest, and is to be named alone");
                return Err(Failure::usage(message));
            }
            let other = layout.with(Tree::Ingest, place.clone());
            card.context.configuration.layout =
                other.map_err(|error| Failure::usage(error.to_string()))?;
            card.context.card = Some(place);
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

//! The walk: what is on the disk in the trees, by `stat` alone; no file is opened.

mod walk;

use self::walk::{Top, Walk, Walked, is_media};
use super::error::DiskError;
use super::filesystem::Filesystem;
use super::monitor::Monitor;
use super::trees::Trees;
use crate::model::exclude::Excludes;
use crate::model::index::Totals;
use crate::model::intake::DropDirectory;
use crate::model::layout::Layout;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::Directory;
use crate::model::state::{TreeFiles, TreeListing, UnitListing};
use crate::model::tree::Tree;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use walkdir::WalkDir;

/// What to look for: a tree that crawl indexes, all of it or some of its units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tree.
    pub tree: Tree,
    /// The names of the units; none for the whole tree.
    pub only: Option<BTreeSet<String>>,
}

/// Walks the units of the trees side by side. Nothing follows a symbolic link; mounts are crossed.
///
/// A directory that shows up twice, as a bind mount does, is listed once: under the archive where
/// it is there, else under the first path. The other is as if it could not be read. Sidecar
/// indexes are for others to look at.
///
/// # Errors
/// Where a tree itself cannot be read; a tree that does not exist is as if it were empty.
pub fn scan(
    trees: &Trees,
    layout: &Layout,
    scopes: &[Scope],
    excludes: &Excludes,
    monitor: &dyn Monitor,
) -> Result<Vec<TreeListing>, DiskError> {
    monitor.begin("Looking", Totals::default());
    let mut listings = Vec::new();
    let mut walks = Vec::new();
    for Scope { tree, only } in scopes {
        let Some(walk) = Walk::of(trees, layout, *tree, Some(excludes)) else {
            continue;
        };
        let Top {
            units,
            excluded,
            strays,
        } = walk.top(only.as_ref())?;
        walks.extend(units.into_iter().map(|unit| (walk.clone(), unit)));
        listings.push(TreeListing {
            tree: *tree,
            only: only.clone(),
            units: Vec::new(),
            excluded,
            strays,
        });
    }
    let walked: Vec<Walked> = walks
        .into_par_iter()
        .map(|(walk, unit)| {
            monitor.at(&format!("{}/{unit}", walk.tree));
            walk.unit(unit)
        })
        .collect();
    monitor.end();
    let mut seen = HashMap::new();
    for mut unit in walked {
        unit.refuse_known_directories(&mut seen);
        let of_tree = listings.iter_mut().find(|l| l.tree == unit.tree);
        if let Some(listing) = of_tree {
            listing.units.push(unit.listing);
        }
    }
    Ok(listings)
}

/// How many files and bytes are in a tree, whatever its directories are called; none where there is
/// no such tree. What cannot be looked at does not count.
pub fn totals(trees: &Trees, layout: &Layout, tree: Tree) -> Option<Totals> {
    let walk = Walk::of(trees, layout, tree, None)?;
    let mut totals = Totals::default();
    let mut entries = WalkDir::new(walk.dir).follow_root_links(false).into_iter();
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else { continue };
        let Some(path) = walk.rel(entry.path()) else {
            continue;
        };
        if entry.file_type().is_dir() {
            if walk.is_left_alone(&path) {
                entries.skip_current_dir();
            }
        } else if entry.file_type().is_file()
            && is_media(tree, &path)
            && !path.file_name().starts_with(b"._")
            && let Ok(metadata) = entry.metadata()
        {
            totals.add(metadata.len());
        }
    }
    Some(totals)
}

/// All files in a tree, whatever its directories are called; nothing where there is no such tree.
///
/// # Errors
/// Where the tree itself cannot be read.
pub fn files(
    trees: &Trees,
    layout: &Layout,
    tree: Tree,
    monitor: &dyn Monitor,
) -> Result<TreeFiles, DiskError> {
    let mut found = TreeFiles::default();
    let Some(walk) = Walk::of(trees, layout, tree, None) else {
        return Ok(found);
    };
    monitor.begin("Looking", Totals::default());
    let mut seen = HashMap::new();
    for entry in walk.directly() {
        let entry = entry?;
        let Some(path) = walk.rel(entry.path()) else {
            continue;
        };
        if walk.is_left_alone(&path) {
            continue;
        }
        monitor.at(&TreePath::new(tree, path).to_string());
        let mut walked = walk.beneath(entry.file_name(), String::new());
        walked.refuse_known_directories(&mut seen);
        let UnitListing {
            files,
            unreadable,
            special,
            ..
        } = walked.listing;
        found.files.extend(files);
        found.unreadable.extend(unreadable);
        found.special.extend(special);
    }
    monitor.end();
    Ok(found)
}

/// The directories beneath a tree, sorted by path, and how many things lie right in each; nothing
/// where there is no such tree. What cannot be looked at is not listed.
pub fn directories(trees: &Trees, layout: &Layout, tree: Tree) -> Vec<DropDirectory> {
    let Some(walk) = Walk::of(trees, layout, tree, None) else {
        return Vec::new();
    };
    let root = trees.root(tree);
    let mut found: BTreeMap<RelPath<'static>, DropDirectory> = BTreeMap::new();
    let mut entries = WalkDir::new(walk.dir).min_depth(1).into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // Whatever is in it: it is not empty.
                let path = error.path().and_then(|path| walk.rel(path));
                if let Some(unread) = path.and_then(|path| found.get_mut(&path)) {
                    unread.entries = u64::MAX;
                }
                continue;
            }
        };
        let Some(path) = walk.rel(entry.path()) else {
            continue;
        };
        if let Some(parent) = path.parent()
            && let Some(parent) = found.get_mut(&parent.into_owned())
        {
            parent.entries = parent.entries.saturating_add(1);
        }
        if !entry.file_type().is_dir() {
            continue;
        }
        if walk.is_left_alone(&path) {
            entries.skip_current_dir();
            continue;
        }
        let Ok(node) = trees.look(&TreePath::new(tree, path.borrowed())) else {
            continue;
        };
        if let Some(node) = node {
            let dir = TreePath::new(tree, path.clone());
            let directory = Directory {
                dir,
                mode: node.mode,
                modified: node.stamp.modified,
            };
            let is_mount = root.is_some_and(|root| root.mount != node.mount);
            let entries = if is_mount { u64::MAX } else { 0 };
            found.insert(path, DropDirectory { directory, entries });
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests;

//! The second wall around the trees: the kernel itself refuses every write elsewhere.
//!
//! The first wall is that whatever is done in a tree is done on handles beneath it. Should that
//! one have a hole, Landlock still lets this process write only in the trees and in directories of
//! mediastruct's own. Reading stays free.

use super::trees::Trees;
use crate::model::tree::Tree;
use landlock::{
    ABI, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError,
};
use std::os::fd::AsFd;
use std::path::Path;

/// There is no wall; nothing is confined.
#[derive(Debug, thiserror::Error)]
#[error("this kernel does not confine where files are written: {0}")]
pub struct NoWall(#[from] RulesetError);

/// Confines what this thread, and every thread that it starts from now on, may write, make, rename
/// and remove: in the trees that are open, and beneath `own` as far as that exists. This lasts as
/// long as the thread does.
///
/// # Errors
/// Where the kernel has no Landlock, or one older than Linux 5.19.
pub fn raise(trees: &Trees, own: &[&Path]) -> Result<(), NoWall> {
    let writing = AccessFs::from_write(ABI::V3);
    // Without `Refer`, Landlock would refuse every rename from one directory to another.
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Refer)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(writing)?
        .create()?;
    for handle in Tree::ALL.into_iter().filter_map(|tree| trees.handle(tree)) {
        rules = rules.add_rule(PathBeneath::new(handle.as_fd(), writing))?;
    }
    // What cannot be opened is not written to either.
    for handle in own.iter().filter_map(|path| PathFd::new(path).ok()) {
        rules = rules.add_rule(PathBeneath::new(handle, writing))?;
    }
    rules.restrict_self()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::filesystem::Filesystem;
    use crate::disk::init;
    use crate::model::layout::Layout;
    use crate::model::path::TreePath;
    use std::fs::{self, File, OpenOptions};
    use std::io::{self, Write};
    use std::os::fd::AsRawFd;

    /// A wall lasts as long as its thread, so each test raises it in a thread of its own.
    fn behind_the_wall(test: impl FnOnce(&Trees, &Path) + Send) {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        init::make(&root.join("library"), "").unwrap();
        let library = root.join("library");
        fs::create_dir(library.join("media/2024")).unwrap();
        fs::write(library.join("media/2024/a"), "a").unwrap();
        fs::write(root.join("outside"), "outside").unwrap();
        let dirs = Tree::ALL.map(|tree| library.join(tree.name()));
        let layout = Layout::new(dirs, library.join("data"), library.join("logs")).unwrap();
        let trees = Trees::open(&layout).unwrap();
        std::thread::scope(|threads| {
            threads.spawn(
                || match raise(&trees, &[&layout.datadir, &root.join("nowhere")]) {
                    Ok(()) => test(&trees, &root),
                    Err(error) => println!("skipped: {error}"),
                },
            );
        });
    }

    #[test]
    fn law_4_behind_the_wall_nothing_can_be_written_elsewhere() {
        behind_the_wall(|_, root| {
            let denied = |done: io::Result<()>| {
                let error = done.unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
            };
            let outside = root.join("outside");
            denied(fs::write(root.join("new"), ""));
            denied(fs::create_dir(root.join("new")));
            denied(fs::remove_file(&outside));
            denied(OpenOptions::new().write(true).open(&outside).map(drop));
            denied(OpenOptions::new().append(true).open(&outside).map(drop));
            denied(fs::rename(&outside, root.join("library/media/2024/b")));
            denied(fs::rename(
                root.join("library/media/2024/a"),
                root.join("a"),
            ));
            denied(fs::write(root.join("library/config.ini"), ""));
            denied(fs::write(root.join("library/logs/mediastruct.log"), ""));
            let new = root.join("new");
            denied(std::thread::spawn(|| fs::write(new, "")).join().unwrap());
            assert_eq!(fs::read_to_string(root.join("outside")).unwrap(), "outside");
        });
    }

    #[test]
    fn behind_the_wall_files_move_from_tree_to_tree() {
        behind_the_wall(|trees, root| {
            let path = |text: &str| TreePath::from_text(text).unwrap().into_owned();
            let like = trees.root(Tree::Media).unwrap();
            let directory = path("duplicates/2024");
            trees.make_directory(&directory, &like).unwrap();
            let (from, to) = (path("media/2024/a"), path("duplicates/2024/a"));
            trees.rename(&from, &to).unwrap();
            trees.sync().unwrap();
            trees.rename(&to, &from).unwrap();
            assert!(trees.remove_directory(&directory).unwrap());

            let data = root.join("library/data");
            fs::write(data.join("new"), "new").unwrap();
            fs::rename(data.join("new"), data.join("index")).unwrap();
        });
    }

    #[test]
    fn behind_the_wall_files_in_trees_are_written_through_their_handles() {
        behind_the_wall(|_, root| {
            let copy = root.join("library/duplicates/copy");
            let made = File::options().write(true).create_new(true).open(&copy);
            let made = made.unwrap();
            let through = format!("/proc/self/fd/{}", made.as_raw_fd());
            let mut options = OpenOptions::new();
            let mut again = options.write(true).truncate(true).open(through).unwrap();
            again.write_all(b"through").unwrap();
            assert_eq!(fs::read_to_string(&copy).unwrap(), "through");
        });
    }
}

//! Where the trees are.

use super::path::{Escaped, RelPath};
use super::tree::Tree;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The directories of the trees, and of what mediastruct keeps for itself.
///
/// All paths are absolute and, once made by [`Layout::new`], no two trees are one directory, and
/// none lies in the datadir.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    trees: [PathBuf; 5],
    /// Where indexes and runs are kept.
    pub datadir: PathBuf,
    /// Where the log is kept.
    pub logdir: PathBuf,
}

/// Why these directories are no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Two trees are one directory.
    #[error("{} and {} are one directory, {}", .0.config_key(), .1.config_key(), Escaped::path(.2))]
    Same(Tree, Tree, PathBuf),
    /// A tree lies where mediastruct keeps its own files.
    #[error("{} lies in the datadir, {}", .0.config_key(), Escaped::path(.1))]
    InDatadir(Tree, PathBuf),
}

/// A directory within a tree that does not belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner {
    /// Where it is, relative to the outer tree.
    pub prefix: RelPath<'static>,
    /// The tree that it is; none for the datadir and the logdir.
    pub tree: Option<Tree>,
}

impl Layout {
    /// The layout with these directories, the trees in the order of [`Tree::ALL`].
    ///
    /// # Errors
    /// Where two trees are one directory, or one lies in the datadir.
    pub fn new(
        trees: [PathBuf; 5],
        datadir: PathBuf,
        logdir: PathBuf,
    ) -> Result<Self, LayoutError> {
        for (at, dir) in trees.iter().enumerate() {
            if let Some(other) = trees[..at].iter().position(|d| d == dir) {
                let (one, other) = (Tree::ALL[other], Tree::ALL[at]);
                return Err(LayoutError::Same(one, other, dir.clone()));
            }
            if dir.starts_with(&datadir) {
                return Err(LayoutError::InDatadir(Tree::ALL[at], datadir));
            }
        }
        Ok(Layout {
            trees,
            datadir,
            logdir,
        })
    }

    /// The same layout, but for the directory of one tree.
    ///
    /// # Errors
    /// As [`Layout::new`].
    pub fn with(&self, tree: Tree, dir: PathBuf) -> Result<Self, LayoutError> {
        let mut trees = self.trees.clone();
        trees[tree as usize] = dir;
        Layout::new(trees, self.datadir.clone(), self.logdir.clone())
    }

    /// The directory of a tree.
    pub fn dir(&self, tree: Tree) -> &Path {
        &self.trees[tree as usize]
    }

    /// The directories within `tree` that do not belong to it: trees nested in it, the datadir and
    /// the logdir.
    pub fn inner(&self, tree: Tree) -> Vec<Inner> {
        let trees = Tree::ALL.map(|t| (Some(t), self.dir(t)));
        let ours = [
            (None, self.datadir.as_path()),
            (None, self.logdir.as_path()),
        ];
        let all = trees.into_iter().chain(ours);
        let inner = all.filter_map(|(inner, dir)| {
            let rest = dir.strip_prefix(self.dir(tree)).ok()?;
            let prefix = RelPath::new(rest.as_os_str().as_bytes().to_vec()).ok()?;
            Some(Inner {
                prefix,
                tree: inner,
            })
        });
        inner.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(dirs: [&str; 5]) -> Result<Layout, LayoutError> {
        Layout::new(
            dirs.map(PathBuf::from),
            "/d/data".into(),
            "/d/media/logs".into(),
        )
    }

    #[test]
    fn a_path_belongs_to_the_innermost_tree() {
        let default = layout([
            "/d/archive",
            "/d/media/duplicates",
            "/d/media/ingest",
            "/d/media",
            "/d/media/validated",
        ]);
        let inner = default.unwrap().inner(Tree::Media);
        let names: Vec<_> = inner
            .iter()
            .map(|i| (i.prefix.to_string(), i.tree))
            .collect();
        assert_eq!(
            names,
            [
                ("duplicates".to_owned(), Some(Tree::Duplicates)),
                ("ingest".to_owned(), Some(Tree::Ingest)),
                ("validated".to_owned(), Some(Tree::Validated)),
                ("logs".to_owned(), None),
            ]
        );
    }

    #[test]
    fn one_directory_is_not_two_trees() {
        let error = layout(["/a", "/b", "/c", "/a", "/e"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "archive_dir and media_dir are one directory, /a"
        );
    }

    #[test]
    fn no_tree_lies_among_our_own_files() {
        let error = layout(["/a", "/d/data/runs", "/c", "/m", "/e"]).unwrap_err();
        let told = "duplicates_dir lies in the datadir, /d/data";
        assert_eq!(error.to_string(), told);
    }
}

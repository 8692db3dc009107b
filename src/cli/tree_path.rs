//! Paths in trees, as people name them.

use super::failure::Failure;
use crate::disk::place::resolve;
use crate::model::layout::Layout;
use crate::model::path::{Escaped, PathError, RelPath, TreePath};
use crate::model::tree::Tree;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The path that `text` names: in a tree, such as `media/2019`, or else of the system, where a
/// relative one is relative to `base`. It need not exist.
///
/// # Errors
/// Where it lies in no tree, or names a whole one.
pub fn tree_path(text: &OsStr, base: &Path, layout: &Layout) -> Result<TreePath<'static>, Failure> {
    let shown = Escaped(text.as_bytes());
    if text.is_empty() {
        return Err(Failure::usage("an empty path names nothing")
            .hint("name it as plans do, e.g. media/2019, or by its path on this system"));
    }
    let trimmed = text.to_str().map(|text| text.trim_end_matches('/'));
    match trimmed.map(TreePath::from_text) {
        Some(Ok(path)) => return Ok(path.into_owned()),
        Some(Err(PathError::WholeTree)) => return Err(whole_tree(&shown)),
        _ => {}
    }
    let place = place_of(&base.join(text))?;
    let trees = Tree::ALL.into_iter().filter_map(|tree| {
        let rest = place.strip_prefix(layout.dir(tree)).ok()?;
        Some((tree, rest))
    });
    // A path belongs to the innermost tree.
    let inner = trees.min_by_key(|(_, rest)| rest.as_os_str().len());
    let Some((tree, rest)) = inner else {
        return Err(Failure::usage(format!("{shown} lies in none of the trees"))
            .hint("name it as plans do, e.g. media/2019/a.jpg, or by its path on this system"));
    };
    if rest.as_os_str().is_empty() {
        return Err(whole_tree(&shown));
    }
    let rel = RelPath::new(rest.as_os_str().as_bytes().to_vec())
        .map_err(|e| Failure::usage(format!("{shown}: {e}")))?;
    Ok(TreePath::new(tree, rel))
}

/// The directory of media that `text` names, as [`tree_path`] does.
///
/// # Errors
/// As there, and where it lies in another tree.
pub fn directory_of_media(
    text: &OsStr,
    base: &Path,
    layout: &Layout,
) -> Result<TreePath<'static>, Failure> {
    let path = tree_path(text, base, layout)?;
    if path.tree != Tree::Media {
        let message = format!("{path} is not in media, and only files of media move");
        return Err(Failure::usage(message).hint("name a directory such as media/2019"));
    }
    Ok(path)
}

/// Where a file or directory is, itself and not what it may link to.
fn place_of(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path);
    let path = absolute.as_deref().unwrap_or(path);
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(resolve(parent)?.join(name)),
        _ => Ok(resolve(path)?),
    }
}

fn whole_tree(shown: &Escaped<'_>) -> Failure {
    Failure::usage(format!("{shown} is a whole tree"))
        .hint("name what lies in it, e.g. media/2019 or media/2019/a.jpg")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn paths_are_of_trees_or_of_the_system() {
        let trees = [
            "archive",
            "media/duplicates",
            "ingest",
            "media",
            "validated",
        ];
        let trees = trees.map(|tree| Path::new("/no/such").join(tree));
        let layout = Layout::new(trees, "/no/data".into(), "/no/logs".into()).unwrap();
        let named = |text: &[u8]| {
            let text = OsString::from_vec(text.to_vec());
            let named = tree_path(&text, Path::new("/no/such/media"), &layout);
            named.map_err(|failure| failure.message)
        };
        for (text, path) in [
            (&b"media/2019"[..], "media/2019"),
            (b"media/2019/", "media/2019"),
            (b"bytes://media/%FF", "media/\\xff"),
            (b"/no/such/media/2019/\xff", "media/2019/\\xff"),
            (b"2019/a", "media/2019/a"),
            (b"2019//a/", "media/2019/a"),
            (b"duplicates/2019", "duplicates/2019"),
            (b"/no/such/media/duplicates/2019", "duplicates/2019"),
        ] {
            let named = named(text).unwrap();
            assert_eq!(named.to_string(), path);
        }
        for (text, message) in [
            (&b"media"[..], "media is a whole tree"),
            (b"/no/such/archive/", "/no/such/archive/ is a whole tree"),
            (b"", "an empty path names nothing"),
            (b"/elsewhere\n", "/elsewhere\\n lies in none of the trees"),
        ] {
            assert_eq!(named(text).unwrap_err(), message);
        }
    }
}

//! Volumes: what they and their discs hold, against what the index knows.

pub mod against;
pub mod compare;
pub mod import;
pub mod list;
pub mod lost;

use crate::model::exclude::Excludes;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::Role;
use crate::model::tree::Tree;

/// Whether something at `path` of a volume is none of its files, as crawl sees it: it is
/// mediastruct's own, an AppleDouble file, or what a person wants left out.
pub fn is_left_out(volume: &str, path: &RelPath<'_>, excludes: &Excludes) -> bool {
    let Ok(whole) = RelPath::new([volume.as_bytes(), b"/", path.as_bytes()].concat()) else {
        return false;
    };
    let is_excluded = |rel: RelPath<'_>| {
        let is_in_volume = rel.parent().is_some();
        is_in_volume && excludes.find(&TreePath::new(Tree::Archive, rel)).is_some()
    };
    path.is_ours()
        || path.file_name().starts_with(b"._")
        || Role::is_mark(Tree::Archive, &whole)
        || is_excluded(whole.borrowed())
        || whole.ancestors().any(is_excluded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_crawl_does_not_index_is_left_out() {
        let excludes = Excludes::new(["Thumbs.db".to_owned(), "@eaDir".to_owned()]).unwrap();
        let is_left_out = |path: &str| {
            let path = RelPath::from_text(path.to_owned()).unwrap();
            is_left_out("07", &path, &excludes)
        };
        for out in [
            ".unburned",
            ".mediastruct",
            "2019/._a.jpg",
            "2019/Thumbs.db",
            "2019/@eaDir/a.jpg",
        ] {
            assert!(is_left_out(out), "{out}");
        }
        for file in ["a", ".hidden", "2019/.unburned", "2019/a._b"] {
            assert!(!is_left_out(file), "{file}");
        }
    }
}

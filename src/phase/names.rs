//! Free names in a tree into which a phase moves files that keep their paths.

use crate::model::batches::runs;
use crate::model::bundle::stem_of;
use crate::model::path::{PathError, RelPath};
use crate::model::state::Taken;
use foldhash::{HashMap, HashSet};
use rayon::prelude::*;

/// The names in the tree: those that are taken, and those that this plan gives. A file keeps its path
/// where it can: no number makes a name that another file or directory would like to have.
pub(super) struct Names<'s> {
    taken: &'s Taken,
    /// The names that files of this plan would like to have, sorted.
    files: Vec<&'s RelPath<'s>>,
    /// Those that several would like to have.
    contested: HashSet<&'s RelPath<'s>>,
    /// The directories that files of this plan would like to lie in, so that no file takes their
    /// names.
    wanted: HashSet<RelPath<'s>>,
    /// The directories that they get.
    directories: HashMap<RelPath<'s>, RelPath<'s>>,
    /// The directory of the last file, and the one that it got: the next one mostly wants the same.
    last: Option<Given<'s>>,
    /// All that was given, to files and to directories; but for files that keep a name that no other
    /// would like to have: of millions, nearly all.
    given: HashSet<RelPath<'s>>,
}

impl<'s> Names<'s> {
    /// The names for a plan that moves the files at `paths`.
    pub(super) fn new(taken: &'s Taken, paths: impl Iterator<Item = &'s RelPath<'s>>) -> Self {
        let mut files: Vec<_> = paths.collect();
        // In this order, the files of a directory lie together.
        files.par_sort_unstable();
        let several = files.par_windows(2).filter(|pair| pair[0] == pair[1]);
        let contested = several.map(|pair| pair[0]).collect();
        let directories = runs(&files, |a, b| a.parent() == b.parent());
        let wanted = directories.iter().flat_map(|files| files[0].ancestors());
        Names {
            taken,
            contested,
            wanted: wanted.collect(),
            files,
            directories: HashMap::default(),
            last: None,
            given: HashSet::default(),
        }
    }

    /// `path`, or where a name in it is taken, the same with `~2`, `~3` and so on there, before the
    /// extension.
    ///
    /// # Errors
    /// Where the numbers make the path too long.
    pub(super) fn free(&mut self, path: &'s RelPath<'s>) -> Result<RelPath<'s>, PathError> {
        let directory = self.directory_of(path)?;
        let wanted = beneath(directory.as_ref(), path.borrowed())?;
        let mut name = wanted.clone();
        let mut number = 1;
        while !self.give(path, &name) {
            number += 1;
            name = numbered(&wanted, number)?;
        }
        Ok(name)
    }

    /// Gives a name to the file at `path`, if it is free.
    fn give(&mut self, path: &RelPath<'_>, name: &RelPath<'s>) -> bool {
        let is_kept = name == path;
        if self.taken.files.contains(name)
            || self.taken.directories.contains(name)
            || self.wanted.contains(name)
            || (!is_kept && self.is_wanted_by_file(name))
        {
            return false;
        }
        if is_kept && !self.contested.contains(name) {
            return !self.given.contains(name);
        }
        self.given.insert(name.clone())
    }

    /// Whether a file would like to have this name.
    fn is_wanted_by_file(&self, name: &RelPath<'_>) -> bool {
        self.files.binary_search(&name).is_ok()
    }

    /// The directory that stands for the one of the file at `path`; none where that is the tree.
    fn directory_of(&mut self, path: &'s RelPath<'s>) -> Result<Option<Given<'s>>, PathError> {
        let parent = path.parent();
        if self.last.as_ref().map(|last| &last.wanted) == parent.as_ref() {
            return Ok(self.last.clone());
        }
        let mut innermost = None;
        let ancestors: Vec<_> = path.ancestors().collect();
        for wanted in ancestors.into_iter().rev() {
            let name = match self.directories.get(&wanted) {
                Some(known) => known.clone(),
                None => self.new_directory(innermost.as_ref(), &wanted)?,
            };
            innermost = Some(Given { wanted, name });
        }
        self.last.clone_from(&innermost);
        Ok(innermost)
    }

    /// A directory that stands for `path`, within one that was given: no file has its name.
    fn new_directory(
        &mut self,
        within: Option<&Given<'s>>,
        path: &RelPath<'s>,
    ) -> Result<RelPath<'s>, PathError> {
        let wanted = beneath(within, path.clone())?;
        let mut name = wanted.clone();
        let mut number = 1;
        while self.taken.files.contains(&name)
            || (number > 1 && (self.wanted.contains(&name) || self.is_wanted_by_file(&name)))
            || !self.given.insert(name.clone())
        {
            number += 1;
            name = numbered(&wanted, number)?;
        }
        self.directories.insert(path.clone(), name.clone());
        Ok(name)
    }
}

/// A directory that was wanted, and the one that was given for it.
#[derive(Clone)]
struct Given<'s> {
    wanted: RelPath<'s>,
    name: RelPath<'s>,
}

/// `path` in the directory that was given for its parent.
fn beneath<'s>(parent: Option<&Given<'s>>, path: RelPath<'s>) -> Result<RelPath<'s>, PathError> {
    match parent {
        Some(parent) if parent.name != parent.wanted => parent.name.join(path.file_name()),
        _ => Ok(path),
    }
}

/// The most bytes that an extension takes with its dot; what is longer is none, and is cut as well.
const LONGEST_EXTENSION: usize = 64;

/// `path` with `~number` before the extension of its last component, which is cut so that the name
/// does not become too long.
fn numbered(path: &RelPath<'_>, number: u32) -> Result<RelPath<'static>, PathError> {
    let name = path.file_name();
    let mark = format!("~{number}");
    let (mut stem, extension) = match name.split_at(stem_of(name).len()) {
        (stem, extension) if extension.len() <= LONGEST_EXTENSION => (stem, extension),
        _ => (name, &b""[..]),
    };
    let room = RelPath::MAX_NAME - (mark.len() + extension.len());
    if stem.len() > room {
        // A cut within a character would make text into something that is none.
        let is_boundary = |at: &usize| stem[*at] & 0xC0 != 0x80;
        stem = &stem[..(1..=room).rev().find(is_boundary).unwrap_or(room)];
    }
    path.with_file_name(&[stem, mark.as_bytes(), extension].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that files get that want these, where files have the names that are taken.
    fn given(taken: &[&str], wanted: &[&str]) -> Vec<String> {
        let path = |text: &&str| RelPath::from_text((*text).to_owned()).unwrap();
        let taken = Taken {
            files: taken.iter().map(path).collect(),
            ..Taken::default()
        };
        let wanted: Vec<_> = wanted.iter().map(path).collect();
        let mut names = Names::new(&taken, wanted.iter());
        let given = wanted.iter().map(|path| names.free(path).unwrap());
        given.map(|name| name.to_string()).collect()
    }

    #[test]
    fn no_number_makes_a_name_that_another_would_like_to_have() {
        assert_eq!(given(&["a"], &["a", "a~2", "b"]), ["a~3", "a~2", "b"]);
        assert_eq!(given(&["a"], &["a~2", "a"]), ["a~2", "a~3"]);
        assert_eq!(given(&["a"], &["a/x", "a~2"]), ["a~3/x", "a~2"]);
        assert_eq!(given(&["a"], &["a/x", "a~2/x"]), ["a~3/x", "a~2/x"]);
        assert_eq!(given(&["a"], &["a", "a~2/x"]), ["a~3", "a~2/x"]);
        assert_eq!(
            given(&["a", "a~2"], &["a", "a~2"]),
            ["a~3", "a~2~2"],
            "it is wanted, and taken nevertheless"
        );
    }

    #[test]
    fn who_comes_first_gets_the_name_that_several_want() {
        assert_eq!(given(&[], &["b", "a", "b", "b"]), ["b", "a", "b~2", "b~3"]);
        assert_eq!(
            given(&[], &["b", "b", "b~2", "b~2"]),
            ["b", "b~3", "b~2", "b~2~2"]
        );
    }

    #[test]
    fn numbers_make_no_name_too_long() {
        let long = |name: &str, count: usize| name.replace('*', &"x".repeat(count));
        for (name, expected) in [
            ("a.jpg".to_owned(), "a~2.jpg".to_owned()),
            (long("*.jpg", 251), long("*~2.jpg", 249)),
            (long("a.*", 253), long("a.*~2", 251)),
            (long("a.*", 63), long("a~2.*", 63)),
            (long("*é.jpg", 249), long("*~2.jpg", 249)),
        ] {
            let numbered = numbered(&RelPath::from_text(name).unwrap(), 2).unwrap();
            assert_eq!(numbered.to_string(), expected);
        }
    }
}

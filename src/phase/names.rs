//! Free names in a tree into which a phase moves files that keep their paths.

use crate::model::bundle::stem_of;
use crate::model::path::{PathError, RelPath};
use crate::model::state::Taken;
use std::collections::{HashMap, HashSet};

/// The names in the tree: those that are taken, and those that this plan gives.
pub(super) struct Names<'s> {
    taken: &'s Taken,
    /// The directories that files of this plan would like to lie in, so that no file takes their
    /// names.
    wanted: HashSet<RelPath<'s>>,
    /// The directories that they get.
    directories: HashMap<RelPath<'static>, RelPath<'static>>,
    /// All that was given, to files and to directories.
    given: HashSet<RelPath<'static>>,
}

impl<'s> Names<'s> {
    /// The names for a plan that moves the files at `paths`.
    pub(super) fn new(taken: &'s Taken, paths: impl Iterator<Item = &'s RelPath<'s>>) -> Self {
        Names {
            taken,
            wanted: paths.flat_map(|path| path.ancestors()).collect(),
            directories: HashMap::new(),
            given: HashSet::new(),
        }
    }

    /// `path`, or where a name in it is taken, the same with `~2`, `~3` and so on there, before the
    /// extension.
    ///
    /// # Errors
    /// Where the numbers make the path too long.
    pub(super) fn free(&mut self, path: &RelPath<'_>) -> Result<RelPath<'static>, PathError> {
        let wanted = self.beneath(path)?;
        let mut name = wanted.clone();
        let mut number = 1;
        while self.taken.files.contains(&name)
            || self.taken.directories.contains(&name)
            || self.wanted.contains(&name)
            || self.given.contains(&name)
        {
            number += 1;
            name = numbered(&wanted, number)?;
        }
        self.given.insert(name.clone());
        Ok(name)
    }

    /// The directory that stands for `path`: no file has its name.
    fn directory(&mut self, path: &RelPath<'_>) -> Result<RelPath<'static>, PathError> {
        if let Some(known) = self.directories.get(path) {
            return Ok(known.clone());
        }
        let wanted = self.beneath(path)?;
        let mut name = wanted.clone();
        let mut number = 1;
        while self.taken.files.contains(&name) || self.given.contains(&name) {
            number += 1;
            name = numbered(&wanted, number)?;
        }
        self.given.insert(name.clone());
        let path = path.clone().into_owned();
        self.directories.insert(path, name.clone());
        Ok(name)
    }

    /// `path` in the directory that stands for its parent.
    fn beneath(&mut self, path: &RelPath<'_>) -> Result<RelPath<'static>, PathError> {
        match path.parent() {
            Some(parent) => self.directory(&parent)?.join(path.file_name()),
            None => Ok(path.clone().into_owned()),
        }
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

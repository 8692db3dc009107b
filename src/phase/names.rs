//! Free names in a tree into which a phase moves files that keep their paths.

use crate::model::bundle::stem_of;
use crate::model::path::{PathError, RelPath};
use crate::model::state::Taken;
use foldhash::{HashMap, HashSet, HashSetExt};

/// The names in the tree: those that are taken, and those that this plan gives.
pub(super) struct Names<'s> {
    taken: &'s Taken,
    /// The directories that files of this plan would like to lie in, so that no file takes their
    /// names.
    wanted: HashSet<RelPath<'s>>,
    /// The directories that they get.
    directories: HashMap<RelPath<'s>, RelPath<'s>>,
    /// The directory of the last file, and the one that it got: the next one mostly wants the same.
    last: Option<Given<'s>>,
    /// All that was given, to files and to directories.
    given: HashSet<RelPath<'s>>,
}

impl<'s> Names<'s> {
    /// The names for a plan that moves the files at `paths`.
    pub(super) fn new(
        taken: &'s Taken,
        paths: impl ExactSizeIterator<Item = &'s RelPath<'s>>,
    ) -> Self {
        let given = HashSet::with_capacity(paths.len());
        let mut last = None;
        let parents = paths.filter_map(|path| {
            let parent = path.parent();
            let is_other = last != parent;
            last.clone_from(&parent);
            parent.filter(|_| is_other).map(|_| path)
        });
        Names {
            taken,
            wanted: parents.flat_map(RelPath::ancestors).collect(),
            directories: HashMap::default(),
            last: None,
            given,
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
        while self.taken.files.contains(&name)
            || self.taken.directories.contains(&name)
            || self.wanted.contains(&name)
            || !self.given.insert(name.clone())
        {
            number += 1;
            name = numbered(&wanted, number)?;
        }
        Ok(name)
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
        while self.taken.files.contains(&name) || !self.given.insert(name.clone()) {
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

//! The names that a run gives to files on their way.
//!
//! They follow from the run, the plan and the number of the move or step, so that recovering a run
//! knows where to look. Nothing but the run that is named in them ever bears such a name.

use crate::model::path::{ASIDE, ON_ITS_WAY, RelPath, TreePath};
use crate::model::run::RunId;

/// Makes the names that belong to one run.
#[derive(Clone, Copy, Debug)]
pub struct Names<'r> {
    run: &'r RunId,
}

impl<'r> Names<'r> {
    /// The names of `run`.
    pub fn of(run: &'r RunId) -> Names<'r> {
        Names { run }
    }

    /// Where the file of a move from `from` waits until its destination is free: beside it.
    pub fn temporary(&self, from: &TreePath<'_>, number: usize) -> TreePath<'static> {
        self.beside(from, number, "tmp")
    }

    /// Where the copy is made that the step of that number brings to `to`: beside it.
    pub fn part(&self, to: &TreePath<'_>, step: usize) -> TreePath<'static> {
        self.beside(to, step, "part")
    }

    /// Where the source of a move goes once its copy is durable on another file system: into
    /// `.mediastruct.d/parked/` of its tree, or where that is on yet another file system, beside it.
    pub fn parked(&self, from: &TreePath<'_>, number: usize) -> [TreePath<'static>; 2] {
        let name = format!("{number}-");
        [
            self.aside(from, "parked", &name),
            self.beside(from, number, "parked"),
        ]
    }

    /// The name aside that a file of ours is said to come from when it is written to `to`, and to
    /// which it goes when that is undone.
    pub fn written(&self, to: &TreePath<'_>, number: usize) -> TreePath<'static> {
        self.aside(to, "parked", &format!("w{number}-"))
    }

    /// The name aside that the copy of a file is said to come from which stays where it was, and to
    /// which it goes when that is undone.
    pub fn copied(&self, to: &TreePath<'_>, number: usize) -> TreePath<'static> {
        self.aside(to, "parked", &format!("c{number}-"))
    }

    /// Whether some run's [`Names::written`] gives this name.
    pub fn is_of_text(path: &RelPath<'_>) -> bool {
        is_parked_as(b'w', path)
    }

    /// Whether some run's [`Names::copied`] gives this name.
    pub fn is_of_copy(path: &RelPath<'_>) -> bool {
        is_parked_as(b'c', path)
    }

    /// Where the file of ours goes that is replaced at `to`.
    pub fn replaced(&self, to: &TreePath<'_>, number: usize) -> TreePath<'static> {
        self.aside(to, "replaced", &format!("w{number}-"))
    }

    /// The directories of a tree in which this run puts files aside, the innermost first.
    pub fn directories(&self) -> impl Iterator<Item = RelPath<'static>> + use<> {
        let run = self.run.as_str();
        [
            format!("{ASIDE}/parked/{run}"),
            format!("{ASIDE}/replaced/{run}"),
            format!("{ASIDE}/parked"),
            format!("{ASIDE}/replaced"),
            ASIDE.to_owned(),
        ]
        .into_iter()
        .map(|path| RelPath::derived(path.into_bytes()))
    }

    fn beside(&self, path: &TreePath<'_>, number: usize, suffix: &str) -> TreePath<'static> {
        let name = format!("{ON_ITS_WAY}{}-{number}.{suffix}", self.run);
        let rel = match path.rel.parent() {
            Some(parent) => [parent.as_bytes(), b"/", name.as_bytes()].concat(),
            None => name.into_bytes(),
        };
        TreePath::new(path.tree, RelPath::derived(rel))
    }

    /// A name in a directory of the tree that is only ours; it ends as the file's own, as far as
    /// there is room.
    fn aside(&self, path: &TreePath<'_>, kind: &str, prefix: &str) -> TreePath<'static> {
        let name = path.rel.file_name();
        let name = &name[..name.len().min(RelPath::MAX_NAME - prefix.len())];
        let dir = format!("{ASIDE}/{kind}/{}/{prefix}", self.run);
        TreePath::new(path.tree, RelPath::derived([dir.as_bytes(), name].concat()))
    }
}

/// Whether a name is that of something parked, with a number after this letter.
fn is_parked_as(letter: u8, path: &RelPath<'_>) -> bool {
    let number = path.file_name().strip_prefix(&[letter]);
    path.is_aside()
        && path.components().nth(1) == Some(b"parked")
        && number.is_some_and(|rest| {
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            digits > 0 && rest.get(digits) == Some(&b'-')
        })
}

//! Looking at the files of a batch side by side, before the first of them moves, while the disk makes
//! the batch before it durable.
//!
//! What happens to a file between this look and its rename is what could happen to it between any
//! look and a rename: the look at its new name tells of it.

use super::{Mover, Stop};
use crate::disk::filesystem::Look;
use crate::disk::preflight::{Kept, Ready};
use crate::model::path::TreePath;
use crate::model::schedule::Step;
use std::ops::Range;

/// What was seen of the files of each step of a batch, until the step asks.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    first: usize,
    seen: Vec<Seen>,
}

/// What was seen of the files of a step; nothing of those that were not looked at.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Of the file that it moves.
    pub(super) source: Option<Look>,
    /// Of the file that its move leans on.
    pub(super) keeper: Option<Look>,
}

impl Ahead {
    /// What was seen for the step of that number; it is told once.
    pub(super) fn take(&mut self, at: usize) -> Seen {
        let number = at.checked_sub(self.first);
        let seen = number.and_then(|number| self.seen.get_mut(number));
        seen.map(std::mem::take).unwrap_or_default()
    }
}

impl<'t> Mover<'t> {
    /// Looks at the files of these steps, where nothing that goes before can bring them there, and does
    /// something else meanwhile, which is not to move files.
    pub(super) fn look_ahead(
        &mut self,
        steps: Range<usize>,
        ready: &Ready,
        meanwhile: impl FnOnce(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let first = steps.start;
        let files: Vec<_> = steps.map(|at| self.files_of(at, ready)).collect();
        let paths: Vec<_> = files.iter().flatten().copied().flatten().collect();
        let filesystem = self.tools.filesystem;
        let mut done = Ok(());
        let looks = filesystem.look_all(&paths, Box::new(|| done = meanwhile(self)));
        done?;
        let mut looks = looks.into_iter();
        let mut look = |path: Option<_>| path.and_then(|_| looks.next());
        let seen = files.into_iter().map(|[source, keeper]| Seen {
            source: look(source),
            keeper: look(keeper),
        });
        self.ahead = Ahead {
            first,
            seen: seen.collect(),
        };
        Ok(())
    }

    /// The file that a step moves from where the plan found it, and the one that it leans on.
    fn files_of(&self, at: usize, ready: &Ready) -> [Option<&'t TreePath<'static>>; 2] {
        let Step::Move(number) = self.schedule.steps()[at] else {
            return [None, None];
        };
        let operation = &self.plan.moves[number];
        let is_there = matches!(ready.keeper(number), Some(Kept::OnDisk(_)));
        let keeper = operation.why.keeper().filter(|_| is_there);
        [Some(&operation.from), keeper]
    }
}

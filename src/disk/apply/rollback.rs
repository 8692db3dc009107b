//! Taking back what a run has done.

use super::{Mover, Place, Stop, is_file};
use crate::disk::filesystem::Node;
use crate::model::index::{Moved, Stamp};
use crate::model::plan::Move;
use crate::model::run::{Outcome, Record};

impl Mover<'_> {
    /// Takes everything back that was done, in reverse order, and ends the run.
    ///
    /// # Errors
    /// Where not all of it could be taken back; what could be is.
    pub(in crate::disk) fn roll_back(&mut self, why: &str) -> Result<(), Stop> {
        let why = why.to_owned();
        let ledger = &mut self.tools.ledger;
        let recorded = ledger.append(&Record::Back { why });
        let recorded = recorded.and_then(|()| ledger.sync()).map_err(Stop::from);
        // Even if that could not be recorded the files go back: the intents name both of their ends.
        let mut first_error = recorded.err();
        self.tools.filesystem.refresh();
        let plan = self.plan;
        let mut returned = Vec::new();
        for number in (0..self.intended.len()).rev() {
            let operation = &plan.moves[number];
            if self.is_left(operation) {
                returned.push((operation.inverse(self.run), None));
                continue;
            }
            match self.take_back(number) {
                Ok(None) => {}
                Ok(stamp) => returned.push((operation.inverse(self.run), stamp)),
                Err(stop) => first_error = first_error.or(Some(stop)),
            }
        }
        let made = std::mem::take(&mut self.made);
        let removed = self.remove_directories(&made);
        let moved: Vec<_> = returned
            .iter()
            .map(|(operation, stamp)| Moved {
                operation,
                stamp: *stamp,
            })
            .collect();
        let followed = self.follow(&moved);
        match first_error.or(removed.err()).or(followed.err()) {
            Some(stop) => Err(stop),
            None if self.unsure => Err(Stop::Unsure),
            None => Ok(self.end(Outcome::RolledBack)?),
        }
    }

    /// Brings the file of one move back to its source, and says what it is there, as far as the
    /// index is to know it: nothing where the file never moved and the index still has it.
    ///
    /// Only a file that this run knows from its destination keeps its time of change; any other may
    /// have been edited, and is in doubt until somebody has read it.
    fn take_back(&mut self, number: usize) -> Result<Option<Stamp>, Stop> {
        let plan = self.plan;
        let operation = &plan.moves[number];
        let Move { from, to, .. } = operation;
        match self.place(number)? {
            Place::Source(node) => Ok(self.followed.then(|| node.stamp.in_doubt())),
            Place::Destination(node) => {
                let known = self.placed[number].is_some_and(|p| p.changed == node.stamp.changed);
                self.make_directories([(from, to)].into_iter())?;
                let id = self.intended[number];
                let back = self.rename(to, from, |back| is_file(back, id, operation))?;
                self.placed[number] = None;
                Ok(Some(if known { back } else { back.in_doubt() }))
            }
        }
    }

    /// Where the file of an intended move is, told by its identity.
    pub(in crate::disk) fn place(&self, number: usize) -> Result<Place, Stop> {
        let operation = &self.plan.moves[number];
        let Move { from, to, .. } = operation;
        let id = self.intended[number];
        let source = self.tools.filesystem.look(from)?;
        let target = self.tools.filesystem.look(to)?;
        let is_it = |node: &Node| is_file(node, id, operation);
        match (source, target) {
            (Some(node), other) if is_it(&node) && !other.is_some_and(|o| is_it(&o)) => {
                Ok(Place::Source(node))
            }
            (None, Some(node)) if is_it(&node) => Ok(Place::Destination(node)),
            (source, target) => Err(Stop::Conflict {
                from: from.clone(),
                to: to.clone(),
                why: doubt(source.map(|n| is_it(&n)), target.map(|n| is_it(&n))),
            }),
        }
    }
}

/// What is in doubt about the two ends of a move, each of which holds the file, something else, or
/// nothing.
fn doubt(source: Option<bool>, target: Option<bool>) -> String {
    let end = |name: &str, found: Option<bool>| match found {
        Some(true) => format!("the {name} is the file"),
        Some(false) => format!("the {name} is something else, or was changed"),
        None => format!("the {name} is missing"),
    };
    format!(
        "{}, and {}",
        end("source", source),
        end("destination", target)
    )
}

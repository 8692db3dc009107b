//! Whose file something is: which of the steps it belongs to, by its identity and by its content.

use crate::disk::apply::Mover;
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Kind, Node};
use crate::model::path::TreePath;
use crate::model::run::FileId;
use crate::model::schedule::{Hop, Step};
use foldhash::HashMap;

impl Mover<'_> {
    /// Whether a file is the one that another step brings to `path`, or takes away from there.
    pub(super) fn is_anothers(&self, path: &TreePath<'_>, node: &Node) -> bool {
        let is_takers = self.schedule.taker(path).is_some_and(|at| {
            self.is_original(node, at) || self.copies.get(&at) == Some(&node.stamp.into())
        });
        let leaver = self.schedule.leaver(path);
        is_takers || leaver.is_some_and(|at| self.is_original(node, at))
    }

    /// Whether the file at `path` holds what another step brings there, or takes away from there.
    pub(super) fn holds_what_anothers_does(
        &self,
        path: &TreePath<'_>,
        node: &Node,
    ) -> Result<bool, DiskError> {
        let schedule = self.schedule;
        for at in [schedule.taker(path), schedule.leaver(path)]
            .into_iter()
            .flatten()
        {
            let hop = match schedule.steps()[at] {
                Step::Write(number) => Some(self.text(number)),
                _ => self.hop(at),
            };
            if let Some(hop) = hop
                && self.has_content(at, path, node, &hop)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a write brings to its place.
    pub(super) fn text(&self, number: usize) -> Hop<'_> {
        let to = &self.plan.writes[number].to;
        let text = self.begin.texts[number];
        Hop {
            from: to.borrowed(),
            to: to.borrowed(),
            size: text.size,
            modified: self.begin.written(),
            hash: text.hash,
        }
    }

    /// The steps by the files that they were to bring somewhere, and those that they made.
    fn identities(&self) -> &HashMap<FileId, usize> {
        self.identities.get_or_init(|| {
            let intended = self.intended.iter().enumerate();
            let intended = intended.filter_map(|(at, id)| Some(((*id)?, at)));
            let copies = self.copies.iter().map(|(at, id)| (*id, *at));
            intended.chain(copies).collect()
        })
    }

    /// Whether a file is the one that step `at` was to bring somewhere.
    pub(super) fn is_original(&self, node: &Node, at: usize) -> bool {
        let intended = self.intended.get(at).copied().flatten();
        intended == Some(FileId::from(node.stamp))
    }

    /// Whether a file holds what that of step `at` does. Equal content does not make it that file,
    /// where it is known to be another's.
    pub(super) fn has_content(
        &self,
        at: usize,
        path: &TreePath<'_>,
        node: &Node,
        hop: &Hop<'_>,
    ) -> Result<bool, DiskError> {
        let stat = (node.stamp.size, node.stamp.modified);
        if node.kind != Kind::File || stat != (hop.size, hop.modified) {
            return Ok(false);
        }
        let owner = self.identities().get(&FileId::from(node.stamp)).copied();
        let of_move = |at: usize| self.schedule.steps()[at].of_move();
        let is_others = owner.is_some_and(|other| {
            other != at && (of_move(other).is_none() || of_move(other) != of_move(at))
        });
        Ok(!is_others && self.tools.filesystem.hash(path)? == hop.hash)
    }
}

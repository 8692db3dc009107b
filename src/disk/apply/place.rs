//! Where the file of a step is, told by looking at the disk.

mod hop;
mod whose;

use super::{Mover, Stop, is_file};
use crate::disk::filesystem::{Kind, Node};
use crate::model::path::TreePath;
use crate::model::run::FileId;
use crate::model::schedule::{Hop, Step};

/// Where what a step is about is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::disk) enum Place {
    /// The file has its old name only, or the directory is as it was, or nothing was written yet.
    Before(Option<Node>),
    /// The file bears both names.
    Linked(Node),
    /// The file has its old name, and a copy of it the new one.
    Copied(Node, Node),
    /// The file has its new name only, or the directory is made or gone.
    After(Option<Node>),
    /// The file is parked here. Its copy has the new name, or lost it again on the way back.
    Parked(Option<Node>, TreePath<'static>),
}

impl Place {
    /// The file where the step was to bring it, if it is there.
    pub(in crate::disk) fn arrived(&self) -> Option<Node> {
        match self {
            Place::Before(_) => None,
            Place::Linked(node) => Some(*node),
            Place::Copied(_, copy) => Some(*copy),
            Place::After(node) | Place::Parked(node, _) => *node,
        }
    }
}

impl Mover<'_> {
    /// Where what an intended step is about is.
    ///
    /// # Errors
    /// Where that is in doubt.
    pub(in crate::disk) fn place(&self, at: usize) -> Result<Place, Stop> {
        let step = self.schedule.steps()[at];
        match step {
            Step::Make(number) => self.place_of_directory(&self.plan.makes[number].dir, true),
            Step::Prune(number) => self.place_of_directory(&self.plan.prunes[number].dir, false),
            Step::Write(number) => self.place_of_text(at, number),
            Step::Copy(_) => self.place_of_copy(at),
            Step::Move(_) | Step::Replace(_) => self.place_of_hop(at),
            Step::Aside(_) | Step::Land(_) => self.place_on_detour(at, step),
        }
    }

    /// Where the file of a move is that steps aside: one of its two hops tells.
    fn place_on_detour(&self, at: usize, step: Step) -> Result<Place, Stop> {
        let Some((aside, land)) = self.schedule.detour(step) else {
            return self.place_of_hop(at);
        };
        let first = self.place_of_hop(aside);
        if land >= self.intended.len() {
            return first;
        }
        match (first, at == aside) {
            (Ok(Place::Before(Some(node)) | Place::Linked(node)), false) => {
                self.landed_early(land, node)
            }
            (Ok(Place::Before(None)), _) => Ok(Place::Before(None)),
            (Ok(place), true) => Ok(place),
            // It went on from its temporary name, or is nowhere.
            (Err(_), true) => self.place_of_hop(land).map(|_| Place::After(None)),
            (Ok(_) | Err(_), false) => self.place_of_hop(land),
        }
    }

    /// Where the file of a landing is that has its source's name still, or again: a power cut may have
    /// kept the second of two hops and not the first, or not the taking back of the second.
    fn landed_early(&self, land: usize, node: Node) -> Result<Place, Stop> {
        let Some(hop) = self.hop(land) else {
            return Ok(Place::Before(Some(node)));
        };
        let Some(target) = self.tools.filesystem.look(&hop.to)? else {
            return Ok(Place::Before(Some(node)));
        };
        if target.stamp.same_file_as(&node.stamp) {
            return Ok(Place::Linked(node));
        }
        let copy = self.copies.get(&land).copied();
        let is_copy = is_file(&target, copy, &hop)
            || copy.is_some() && self.has_content(land, &hop.to, &target, &hop)?;
        Ok(if is_copy {
            Place::Copied(node, target)
        } else {
            Place::Before(Some(node))
        })
    }

    fn place_of_directory(&self, dir: &TreePath<'_>, made: bool) -> Result<Place, Stop> {
        let node = self.tools.filesystem.look(dir)?;
        let is_there = node.is_some_and(|n| n.kind == Kind::Directory);
        Ok(if is_there == made {
            Place::After(node)
        } else {
            Place::Before(node)
        })
    }

    /// Where the copy of a file is that stays at its source, which may be out of reach by now.
    fn place_of_copy(&self, at: usize) -> Result<Place, Stop> {
        let Some(hop) = self.hop(at) else {
            return Ok(Place::Before(None));
        };
        let Some(node) = self.tools.filesystem.look(&hop.to)? else {
            return Ok(Place::Before(None));
        };
        // Nothing takes the name before its copy is recorded: anything else there is a stranger's.
        let Some(copy) = self.copies.get(&at).copied() else {
            return Ok(Place::Before(None));
        };
        if is_file(&node, Some(copy), &hop) {
            return Ok(Place::After(Some(node)));
        }
        if FileId::from(node.stamp) == copy {
            return Err(Stop::Conflict {
                from: hop.from.into_owned(),
                to: hop.to.into_owned(),
                why: "the copy that the run made was changed".to_owned(),
            });
        }
        // Where inode numbers are made up at each mount, content tells; but not where the copy is
        // known to be beside its place still.
        let part = self
            .tools
            .filesystem
            .look(&self.names().part(&hop.to, at))?;
        let is_beside = part.is_some_and(|part| FileId::from(part.stamp) == copy);
        let is_ours = !is_beside && self.has_content(at, &hop.to, &node, &hop)?;
        Ok(match is_ours {
            true => Place::After(Some(node)),
            false => Place::Before(None),
        })
    }

    fn place_of_text(&self, at: usize, number: usize) -> Result<Place, Stop> {
        let write = &self.plan.writes[number];
        let found = self.tools.filesystem.look(&write.to)?;
        let hop = self.text(number);
        let Some(node) = found else {
            return Ok(Place::Before(None));
        };
        if is_file(&node, self.copies.get(&at).copied(), &hop) {
            return Ok(Place::After(Some(node)));
        }
        // What is to be replaced may be there still.
        if let Some(old) = write.replaces {
            let old = Hop {
                size: old.size,
                modified: old.modified,
                hash: old.hash,
                ..hop.clone()
            };
            if self.is_original(&node, at - 1)
                || self.has_content(at - 1, &write.to, &node, &old)?
            {
                return Ok(Place::Before(None));
            }
        }
        if self.copies.contains_key(&at) && self.has_content(at, &write.to, &node, &hop)? {
            return Ok(Place::After(Some(node)));
        }
        Err(Stop::Conflict {
            from: write.to.clone(),
            to: write.to.clone(),
            why: "something else is there than the run wrote".to_owned(),
        })
    }
}

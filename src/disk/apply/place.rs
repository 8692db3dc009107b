//! Where the file of a step is, told by looking at the disk.

use super::{Mover, Stop, is_file};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Kind, Node};
use crate::model::path::TreePath;
use crate::model::run::FileId;
use crate::model::schedule::{Hop, Step};
use std::collections::HashMap;

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

/// What is at one end of a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Nothing,
    /// The file that was to go.
    Original,
    /// The same file, with other content: somebody edited it.
    Edited,
    /// The copy that the run made of it.
    Copy,
    Other,
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

    fn place_of_hop(&self, at: usize) -> Result<Place, Stop> {
        let Some(hop) = self.hop(at) else {
            return Ok(Place::Before(None));
        };
        let filesystem = self.tools.filesystem;
        let (source, target) = (filesystem.look(&hop.from)?, filesystem.look(&hop.to)?);
        let sight = |node: Option<Node>| match node {
            None => Sight::Nothing,
            Some(node) if is_file(&node, self.intended[at], &hop) => Sight::Original,
            Some(node) if is_file(&node, self.copies.get(&at).copied(), &hop) => Sight::Copy,
            Some(node) if node.kind == Kind::File && self.is_original(&node, at) => Sight::Edited,
            Some(_) => Sight::Other,
        };
        let seen = (sight(source), sight(target));
        let belongs = |path: &TreePath<'_>, node: &Node| Ok(self.is_anothers(path, node));
        if let Some(place) = self.decide(at, &hop, (source, target), seen, &belongs)? {
            return Ok(place);
        }
        // Where a file system makes up inode numbers at each mount, only the content tells.
        let again = self.sights_by_content(at, &hop, (source, target))?;
        let belongs = |path: &TreePath<'_>, node: &Node| self.holds_what_anothers_does(path, node);
        if let Some(place) = self.decide(at, &hop, (source, target), again, &belongs)? {
            return Ok(place);
        }
        Err(Stop::Conflict {
            from: hop.from.into_owned(),
            to: hop.to.into_owned(),
            why: doubt(seen.0, seen.1),
        })
    }

    /// What the two ends of a hop come to; nothing where that is in doubt. `belongs` says whether
    /// a file at a path is one that another step brings there or takes away from there.
    fn decide(
        &self,
        at: usize,
        hop: &Hop<'_>,
        (source, target): (Option<Node>, Option<Node>),
        seen: (Sight, Sight),
        belongs: &dyn Fn(&TreePath<'_>, &Node) -> Result<bool, DiskError>,
    ) -> Result<Option<Place>, DiskError> {
        use Sight::{Copy, Edited, Nothing, Original, Other};
        Ok(match (seen, source, target) {
            ((Original, Original) | (Edited, Edited), Some(source), Some(target)) => {
                // Two names of one file may both be the user's, where another step leaves the second.
                let leaver = self.schedule.leaver(&hop.to);
                let is_users = leaver.is_some_and(|other| self.is_original(&source, other));
                let is_link = source.stamp.same_file_as(&target.stamp);
                (is_link && !is_users).then_some(Place::Linked(source))
            }
            // A file that was edited where it was is there, and stays.
            ((Original | Edited, Copy), Some(source), Some(copy)) => {
                Some(Place::Copied(source, copy))
            }
            ((Original | Edited, Nothing | Other), source, _) => Some(Place::Before(source)),
            ((Nothing, Original), _, target) => Some(Place::After(target)),
            ((Other, Original), Some(other), target) => {
                belongs(&hop.from, &other)?.then_some(Place::After(target))
            }
            ((Nothing, Copy), _, copy) => self.find_parked(at, hop, copy)?,
            ((Other, Copy), Some(other), copy) if belongs(&hop.from, &other)? => {
                self.find_parked(at, hop, copy)?
            }
            // On the way back the copy may have lost its place before the file got its own again,
            // and either may be another's by now.
            ((Nothing | Other, Nothing | Other), source, target)
                if self.copies.contains_key(&at)
                    && source.map_or(Ok(true), |node| belongs(&hop.from, &node))?
                    && target.map_or(Ok(true), |node| belongs(&hop.to, &node))? =>
            {
                self.find_parked(at, hop, None)?
            }
            _ => None,
        })
    }

    fn find_parked(
        &self,
        at: usize,
        hop: &Hop<'_>,
        copy: Option<Node>,
    ) -> Result<Option<Place>, DiskError> {
        for parked in self.parked(at) {
            let Some(node) = self.tools.filesystem.look(&parked)? else {
                continue;
            };
            if is_file(&node, self.intended[at], hop)
                || self.has_content(at, &parked, &node, hop)?
            {
                return Ok(Some(Place::Parked(copy, parked)));
            }
        }
        Ok(None)
    }

    fn sights_by_content(
        &self,
        at: usize,
        hop: &Hop<'_>,
        (source, target): (Option<Node>, Option<Node>),
    ) -> Result<(Sight, Sight), DiskError> {
        let sight = |path: &TreePath<'_>, node: Option<Node>| match node {
            None => Ok(Sight::Nothing),
            Some(node) if self.has_content(at, path, &node, hop)? => Ok(Sight::Original),
            Some(_) => Ok::<_, DiskError>(Sight::Other),
        };
        let (first, second) = (sight(&hop.from, source)?, sight(&hop.to, target)?);
        let is_link = source
            .zip(target)
            .is_some_and(|(s, t)| s.stamp.same_file_as(&t.stamp));
        if second == Sight::Original && self.copies.contains_key(&at) && !is_link {
            return Ok((first, Sight::Copy));
        }
        Ok((first, second))
    }

    /// Whether a file is the one that another step brings to `path`, or takes away from there.
    fn is_anothers(&self, path: &TreePath<'_>, node: &Node) -> bool {
        let is_takers = self.schedule.taker(path).is_some_and(|at| {
            self.is_original(node, at) || self.copies.get(&at) == Some(&node.stamp.into())
        });
        let leaver = self.schedule.leaver(path);
        is_takers || leaver.is_some_and(|at| self.is_original(node, at))
    }

    /// Whether the file at `path` holds what another step brings there, or takes away from there.
    fn holds_what_anothers_does(
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
    fn text(&self, number: usize) -> Hop<'_> {
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

    fn is_original(&self, node: &Node, at: usize) -> bool {
        let intended = self.intended.get(at).copied().flatten();
        intended == Some(FileId::from(node.stamp))
    }

    /// Whether a file holds what that of step `at` does. Equal content does not make it that file,
    /// where it is known to be another's.
    fn has_content(
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

/// What is in doubt about the two ends of a hop.
fn doubt(source: Sight, target: Sight) -> String {
    let end = |name: &str, sight: Sight| match sight {
        Sight::Original => format!("the {name} is the file"),
        Sight::Copy => format!("the {name} is the copy of the file"),
        Sight::Edited | Sight::Other => {
            format!("the {name} is something else, or was changed")
        }
        Sight::Nothing => format!("the {name} is missing"),
    };
    format!(
        "{}, and {}",
        end("source", source),
        end("destination", target)
    )
}

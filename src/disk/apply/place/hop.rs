//! Where the file of a hop is, by what is at its two ends.

use super::Place;
use crate::disk::apply::{Mover, Stop, is_file};
use crate::disk::error::DiskError;
use crate::disk::filesystem::{Kind, Node};
use crate::model::path::TreePath;
use crate::model::schedule::Hop;

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
    /// Where the file of a step is that is a hop.
    pub(super) fn place_of_hop(&self, at: usize) -> Result<Place, Stop> {
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

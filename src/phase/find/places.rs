//! Where a content is and was, from what was seen of it.

use super::Step;
use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::found::{Content, Disc, InVolume, KnownBy, Passage, Place, Presence};
use crate::model::index::Entry;
use crate::model::path::TreePath;
use crate::model::plan::Phase;
use crate::model::run::RunId;
use crate::model::schedule::Names;
use crate::model::state::State;
use crate::model::time::Time;
use crate::model::tree::Tree;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was seen of a content.
pub(super) struct Sighting<'s> {
    pub digest: Digest,
    /// The entries of indexes that have it.
    pub entries: Vec<(Tree, &'s Entry<'s>)>,
    /// The hops that moved it, oldest first.
    pub steps: Vec<&'s Step>,
}

impl Sighting<'_> {
    pub fn of(digest: Digest) -> Self {
        Sighting {
            digest,
            entries: Vec::new(),
            steps: Vec::new(),
        }
    }
}

/// What is known of the discs of volumes; what a volume holds is added up once.
#[derive(Default)]
pub(super) struct Discs(BTreeMap<String, Vec<Disc>>);

impl Discs {
    /// The discs of the volume of that name.
    fn of(&mut self, state: &State<'_>, volume: &str) -> &[Disc] {
        let known = self.0.entry(volume.to_owned());
        known.or_insert_with(|| discs(state, volume))
    }
}

/// Where the content is and was.
pub(super) fn content(state: &State<'_>, discs: &mut Discs, seen: &Sighting<'_>) -> Content {
    let mut places = BTreeMap::new();
    for (tree, entry) in &seen.entries {
        let place = indexed(state, discs, *tree, entry);
        places.insert(place.path.clone(), place);
    }
    let mut was = BTreeSet::new();
    let mut arrived: BTreeMap<&TreePath<'_>, Time> = BTreeMap::new();
    for Step { run, hop } in seen.steps.iter().copied() {
        if run.work.copies {
            // The source stays where it is.
            arrived.insert(&hop.from, hop.modified);
        } else {
            arrived.remove(&hop.from);
        }
        arrived.insert(&hop.to, hop.modified);
        was.extend([&hop.from, &hop.to]);
    }
    for (path, modified) in arrived {
        // Of a tree that an index lists, the index knows better, but for what is put aside there.
        if !Tree::INDEXED.contains(&path.tree) || path.rel.is_ours() {
            let place = Place {
                path: path.clone().into_owned(),
                known_by: KnownBy::Journal,
                modified,
                presence: Presence::Unknown,
                volume: None,
                why: None,
            };
            places.insert(place.path.clone(), place);
        }
    }
    let was = was.into_iter().map(|path| path.clone().into_owned());
    let size = match (seen.entries.first(), seen.steps.first()) {
        (Some((_, entry)), _) => entry.stamp.size,
        (None, Some(step)) => step.hop.size,
        (None, None) => 0,
    };
    Content {
        hash: Some(seen.digest),
        size,
        was: was.filter(|path| !places.contains_key(path)).collect(),
        places: places.into_values().collect(),
        moves: passages(&seen.steps),
    }
}

/// A file of an index whose content is not known.
pub(super) fn unread(
    state: &State<'_>,
    discs: &mut Discs,
    tree: Tree,
    entry: &Entry<'_>,
) -> Content {
    Content {
        hash: None,
        size: entry.stamp.size,
        places: vec![indexed(state, discs, tree, entry)],
        was: Vec::new(),
        moves: Vec::new(),
    }
}

/// The place of a file that an index lists.
fn indexed(state: &State<'_>, discs: &mut Discs, tree: Tree, entry: &Entry<'_>) -> Place {
    let name = String::from_utf8_lossy(entry.path.first()).into_owned();
    let volume = (tree == Tree::Archive).then(|| InVolume {
        state: state.archive.unit(&name).map(|unit| unit.state),
        discs: discs.of(state, &name).to_vec(),
        volume: name,
    });
    Place {
        path: TreePath::new(tree, entry.path.clone().into_owned()),
        known_by: KnownBy::Index,
        modified: entry.stamp.modified,
        presence: Presence::Unknown,
        volume,
        why: entry.hash.as_ref().err().map(|unread| unread.why.clone()),
    }
}

/// The discs that were burned of the volume of that name, and are not lost.
fn discs(state: &State<'_>, name: &str) -> Vec<Disc> {
    let Some(volume) = state.volumes.get(name).filter(|v| v.is_held()) else {
        return Vec::new();
    };
    let contents = contents(name, state.archive.entries_of(name));
    let discs = volume.discs();
    discs
        .map(|(copy, disc)| Disc {
            copy,
            location: disc.location.clone(),
            holds: disc.holds_of(contents),
            verified: disc.verified,
        })
        .collect()
}

/// The moves that these hops are, each with the run that took it back.
fn passages(steps: &[&Step]) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::with_capacity(steps.len());
    // What standing undos took back: the run, and the ends of its hop. Where copies go aside, nothing
    // tells of their sources, and nothing has to: each place was taken by one file.
    let mut back: HashMap<(&RunId, Option<&TreePath<'_>>, &TreePath<'_>), &RunId> = HashMap::new();
    // From the newest on, so that of an undo it is known whether it stands.
    for Step { run, hop } in steps.iter().rev().copied() {
        let source = (!run.work.copies).then_some(&hop.from);
        let taken_back_by = back.get(&(&run.id, source, &hop.to)).copied();
        if let (Phase::Undo, Some(undone), None) =
            (run.begin.phase, &run.work.undoes, taken_back_by)
        {
            let source = (!Names::is_of_copy(&hop.to.rel)).then_some(&hop.to);
            back.insert((undone, source, &hop.from), &run.id);
        }
        passages.push(Passage {
            run: run.id.clone(),
            phase: run.begin.phase,
            at: run.begin.at,
            from: hop.from.clone().into_owned(),
            to: hop.to.clone().into_owned(),
            taken_back_by: taken_back_by.cloned(),
            unfinished: !run.is_finished(),
        });
    }
    passages.reverse();
    passages
}

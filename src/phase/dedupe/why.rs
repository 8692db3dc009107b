//! Why one file stays or moves.

use super::copies::{FileKey, Place};
use super::decision::{Decision, Fate};
use super::{DedupeError, decide, plan, words_of};
use crate::model::bundle::bundles_of_directories;
use crate::model::digest::Digest;
use crate::model::index::{Entry, Stamp};
use crate::model::path::TreePath;
use crate::model::plan::Settings;
use crate::model::state::State;
use crate::model::tree::Tree;

/// What dedupe makes of one file, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The file.
    pub path: TreePath<'static>,
    /// What the index says of it.
    pub stamp: Stamp,
    /// The hash of its content; none where it could not be read.
    pub hash: Option<Digest>,
    /// Whether it moves, and why, for people.
    pub verdict: String,
    /// Every other file of the same content, and what becomes of it, for people.
    pub copies: Vec<(TreePath<'static>, &'static str)>,
    /// The files of its bundle, the main one first; none where it is in none.
    pub bundle: Vec<TreePath<'static>>,
    /// Whether it is in no bundle because others of its kind have the same stem.
    pub is_ambiguous: bool,
    /// Other names of the same file: hard links.
    pub names: Vec<TreePath<'static>>,
}

/// Why the file at `path` stays or moves; none where no index knows it.
///
/// # Errors
/// As [`plan`].
pub fn explain(state: &State<'_>, path: &TreePath<'_>) -> Result<Option<Explanation>, DedupeError> {
    let decision = decide(state)?;
    let entries = match path.tree {
        Tree::Archive | Tree::Media => &state.index_of(path.tree).entries,
        _ => return Ok(None),
    };
    let Ok(at) = entries.binary_search_by(|e| e.path.as_bytes().cmp(path.rel.as_bytes())) else {
        return Ok(None);
    };
    let place = Place {
        tree: path.tree,
        at: at as u32,
    };
    let (entry, copies) = (&entries[at], &decision.copies);
    let group = copies.group_with(place);
    let others = group.map_or(&[][..], |group| copies.group(group)).iter();
    let others: Vec<_> = others.filter(|other| **other != place).collect();
    let names = others
        .iter()
        .filter(|other| copies.file(***other) == copies.file(place));
    let (bundle, is_ambiguous) = bundle_of(place, state);
    let verdict = match (path.tree, decision.fate_of(place)) {
        (Tree::Media, Fate::Moves) => where_it_goes(state, path)?,
        _ => why_it_stays(place, entry, group, state, &decision),
    };
    Ok(Some(Explanation {
        path: path.clone().into_owned(),
        stamp: entry.stamp,
        hash: entry.digest(),
        verdict,
        copies: others
            .iter()
            .map(|other| (copies.path(**other), becomes(**other, &decision)))
            .collect(),
        bundle,
        is_ambiguous,
        names: names.map(|name| copies.path(**name)).collect(),
    }))
}

fn where_it_goes(state: &State<'_>, path: &TreePath<'_>) -> Result<String, DedupeError> {
    let plan = plan(state)?;
    let operation = plan.moves.iter().find(|m| m.from == *path);
    let words = operation.and_then(|operation| {
        let (to, keeper) = (&operation.to, operation.why.keeper()?);
        Some(format!("moves to {to}, as a copy of {keeper}"))
    });
    Ok(words.unwrap_or_else(|| "moves".to_owned()))
}

fn why_it_stays(
    place: Place,
    entry: &Entry<'_>,
    group: Option<usize>,
    state: &State<'_>,
    decision: &Decision<'_>,
) -> String {
    if let Err(unread) = &entry.hash {
        return format!("stays, as it could not be read: {}", unread.why);
    }
    if entry.stamp.size == 0 {
        return "stays, as it is empty, and empty files are nobody's copies".to_owned();
    }
    if decision.copies.is_lost(place) {
        return "is nowhere: the discs of its volume are lost".to_owned();
    }
    let Some(group) = group else {
        return "stays, as there is no copy of it".to_owned();
    };
    let beside = decision.beside.iter();
    if let Some(beside) = beside.clone().find(|b| Place::of_media(b.file) == place) {
        return format!("stays: {}", words_of(beside, &decision.copies));
    }
    let keeper = decision.keeper(group);
    let is_aside = decision.fate_of(place) == Fate::Aside;
    match place.tree {
        Tree::Archive => "stays, as nothing leaves the archive".to_owned(),
        _ if is_aside => {
            let keeper = decision.copies.path(keeper);
            format!("is left aside, as was asked for: it could move as a copy of {keeper}")
        }
        _ => format!("stays, as the copy that is kept{}", rule(&state.settings)),
    }
}

/// By which rule a copy is kept.
fn rule(settings: &Settings) -> String {
    let keep = settings.keep.unwrap_or_default();
    match &settings.prefer[..] {
        [] => format!(" by the rule `{keep}`"),
        prefer => {
            let prefer: Vec<_> = prefer.iter().map(ToString::to_string).collect();
            format!(
                ", rather in {}, then by the rule `{keep}`",
                prefer.join(", ")
            )
        }
    }
}

fn becomes(place: Place, decision: &Decision<'_>) -> &'static str {
    match (place.tree, decision.fate_of(place)) {
        (Tree::Archive, _) => match decision.copies.file(place) {
            FileKey::OnDisc(_) => "stays, on a disc of the archive",
            FileKey::Inode(..) => "stays, in the archive",
        },
        (_, Fate::Stays) => "stays",
        (_, Fate::Moves) => "moves",
        (_, Fate::Aside) => "is left aside",
    }
}

/// The files of the bundle that a file of media is in, whether or not bundles count; and whether
/// it might have been in one.
fn bundle_of(place: Place, state: &State<'_>) -> (Vec<TreePath<'static>>, bool) {
    if place.tree != Tree::Media {
        return (Vec::new(), false);
    }
    let paths: Vec<_> = state.media.entries.iter().map(|e| &e.path).collect();
    let found = bundles_of_directories(&paths);
    let at = place.at as usize;
    let bundle = found.bundles.iter().find(|b| b.members.contains(&at));
    let path = |at: &usize| TreePath::new(Tree::Media, paths[*at].clone().into_owned());
    let members = bundle.map_or(&[][..], |bundle| &bundle.members);
    let is_ambiguous = members.is_empty() && found.ambiguous.contains(&at);
    (members.iter().map(path).collect(), is_ambiguous)
}

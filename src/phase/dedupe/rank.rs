//! Which copies in media are rather kept than others.

use crate::model::index::Entry;
use crate::model::keep::Keep;
use crate::model::path::TreePath;
use crate::model::state::State;
use crate::model::tree::Tree;
use rayon::prelude::*;

/// The order in which files of media are kept.
pub(super) enum Rank {
    /// That of their paths.
    Path,
    /// The rank of each file, none of which is another's.
    Rule(Vec<u32>),
}

impl Rank {
    /// The order that the settings of `state` ask for: files in preferred directories first, then
    /// by the rule, then by path.
    pub(super) fn of(state: &State<'_>) -> Rank {
        let keep = state.settings.keep.unwrap_or_default();
        let prefer = &state.settings.prefer;
        if keep == Keep::First && prefer.is_empty() {
            return Rank::Path;
        }
        let entries = state.media.entries.par_iter().enumerate();
        let mut order: Vec<_> = entries
            .map(|(at, entry)| (preference(entry, prefer), weight(entry, keep), at as u32))
            .collect();
        order.par_sort_unstable();
        let mut ranks = vec![0; order.len()];
        for ((.., file), rank) in order.into_iter().zip(0..) {
            ranks[file as usize] = rank;
        }
        Rank::Rule(ranks)
    }

    /// The rank of a file of media: the lower, the rather it is kept.
    pub(super) fn of_file(&self, file: u32) -> u32 {
        match self {
            Rank::Path => file,
            Rank::Rule(ranks) => ranks[file as usize],
        }
    }
}

/// The place among the preferred directories of the first that the file lies in.
fn preference(entry: &Entry<'_>, prefer: &[TreePath<'_>]) -> usize {
    let is_in = |dir: &TreePath<'_>| dir.tree == Tree::Media && entry.path.starts_with(&dir.rel);
    prefer.iter().position(is_in).unwrap_or(prefer.len())
}

fn weight(entry: &Entry<'_>, keep: Keep) -> i128 {
    let modified = entry.stamp.modified;
    let time = i128::from(modified.seconds()) * 1_000_000_000 + i128::from(modified.nanoseconds());
    let length = entry.path.as_bytes().len() as i128;
    match keep {
        Keep::First => 0,
        Keep::Oldest => time,
        Keep::Newest => -time,
        Keep::ShortestPath => length,
        Keep::LongestPath => -length,
    }
}

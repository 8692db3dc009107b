//! Ingest: the files of the drop directory get names by date and hash, and go where the files of
//! their time are.
//!
//! Content that media or the archive has already goes to duplicates, and so does what is in the drop
//! directory twice. Files that belong together bear one stem, that of the main one, and move
//! together or not at all. What may not be whole yet, and what is no file, stays and is named.

mod aside;
pub mod date;
mod known;
mod pairs;
mod place;
mod plan;
mod shot;
mod sorting;
#[cfg(test)]
mod tests;

pub use self::plan::plan;

use crate::model::path::TreePath;
use crate::model::state::{Listed, State};
use crate::model::tree::Tree;

/// The directory of duplicates into which ingest brings files.
pub const IN_DUPLICATES: &str = "ingest";

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// A tree was never indexed.
    #[error("{0} was never indexed")]
    NotIndexed(Tree),
    /// The indexes hold what no disk can, and so would the plan.
    #[error("the indexes contradict themselves: {0}")]
    Unlawful(String),
}

/// The files of which is to be found out what they say of themselves and what their hash is. What
/// came of it goes to [`Intake::metadata`](crate::model::intake::Intake::metadata) and
/// [`State::proofs`].
pub fn wants<'s>(state: &'s State<'_>) -> Vec<&'s Listed> {
    let files = state.found.files.iter();
    let whole = files.filter(|file| aside::reason(file, state.now).is_none());
    whole
        .filter(|file| !state.proofs.contains_key(&in_ingest(file)))
        .collect()
}

fn in_ingest(file: &Listed) -> TreePath<'static> {
    TreePath::new(Tree::Ingest, file.path.clone())
}

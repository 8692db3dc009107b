//! Archive: the years that are complete move to volumes that each fit a disc.
//!
//! Files keep their date directories, and those that belong together stay together. Volumes are
//! ranges of dates, or whole months. A volume is sealed when the next one is opened: it gets the
//! files that make a disc readable alone, and nothing is added to it any more. The last one stays
//! open, and the next plan goes on with it.

mod burnable;
mod due;
mod filed;
mod load;
pub mod pack;
mod plan;
mod restore;
mod returning;
mod seal;
mod shelf;
#[cfg(test)]
mod tests;
pub mod texts;

pub use self::plan::plan;
pub use self::restore::{restore, restore_doubts, restore_wants};
pub use self::returning::{Returning, returning};
pub use self::seal::seal;

use crate::model::path::{RelPath, TreePath};
use crate::model::state::State;
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// A tree was never indexed.
    #[error("{0} was never indexed")]
    NotIndexed(Tree),
    /// What the tool adds to each volume leaves room for nothing else.
    #[error(
        "volumes of {capacity} sectors are too small: what makes a disc readable alone takes that much"
    )]
    TooSmall {
        /// Sectors of a volume.
        capacity: u64,
    },
    /// There is no number left for a new volume, because of this one.
    #[error("no number is left for a new volume: archive/{0} is beyond all that a volume can have")]
    NoNumber(String),
    /// The index has no such volume, or no file of it.
    #[error("the index has no file of volume {0}")]
    Unknown(VolumeName),
    /// The files of the volume are on discs alone.
    #[error("volume {0} is gone from the disk")]
    Gone(VolumeName),
    /// The volume was burned, and nothing is added to it any more.
    #[error("volume {0} is burned, and its discs would not hold what sealing adds")]
    Burned(VolumeName),
    /// The volume was never burned, and no disc can hold it.
    #[error("volume {0} was never burned, as far as is known")]
    NeverBurned(VolumeName),
    /// The volume cannot be sealed.
    #[error("volume {0} cannot be sealed: {1}")]
    Unsealable(VolumeName, String),
    /// The indexes hold what no disk can, and so would the plan.
    #[error("the indexes contradict themselves: {0}")]
    Unlawful(String),
}

/// The volume that the next plan goes on with, if there is one: the names that are taken in it are to
/// be put into [`State::taken`].
pub fn open_volume(state: &State<'_>) -> Option<VolumeName> {
    shelf::open(state).map(|open| open.name)
}

/// The path in media of a file of its index.
fn in_media<'p>(path: &'p RelPath<'_>) -> TreePath<'p> {
    TreePath::new(Tree::Media, path.borrowed())
}

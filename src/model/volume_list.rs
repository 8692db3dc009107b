//! The volumes and their discs, as `volumes list` tells them.

use super::index::{Totals, UnitState};
use super::medium::Medium;
use super::time::Time;
use super::volume::{Holds, VolumeState};
use schemars::JsonSchema;
use serde::Serialize;
use std::num::NonZeroU32;

/// The `format` of what `volumes list --json` prints.
pub const VOLUME_LIST_FORMAT: &str = "mediastruct/volume-list/1";

/// What `volumes list --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "mediastruct volume list")]
pub struct VolumeList {
    /// `mediastruct/volume-list/1`.
    pub format: String,
    /// What volumes are to fit.
    pub medium: Medium,
    /// The sectors of 2048 bytes that it has.
    pub sectors: u64,
    /// After how many days a disc is due to be verified again.
    pub verify_after_days: u32,
    /// The volumes by name: those in the index of the archive, and those to which something
    /// happened.
    pub volumes: Vec<ListedVolume>,
}

/// A volume: a directory `archive/NN`, or one that there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedVolume {
    /// Its name, e.g. `07`.
    pub volume: String,
    /// How far it has come on its way to discs; none where nothing was ever recorded of it.
    pub state: Option<VolumeState>,
    /// Whether its files are on the disk; none where no index knows it.
    pub on_disk: Option<UnitState>,
    /// How many files it holds, and their bytes.
    #[serde(flatten)]
    pub totals: Totals,
    /// The sectors that an image of it takes at most.
    pub sectors: u64,
    /// When it was sealed.
    pub sealed: Option<Time>,
    /// When an image of it was made last.
    pub imaged: Option<Time>,
    /// The discs that were ever burned of it, by number.
    pub copies: Vec<ListedCopy>,
}

/// A disc of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedCopy {
    /// Its number, from 1.
    pub copy: NonZeroU32,
    /// Where it is kept, in the words of whoever burned it.
    pub location: Option<String>,
    /// When it was burned.
    pub burned: Time,
    /// When it was last read and found whole.
    pub verified: Option<Time>,
    /// When it was given up.
    pub lost: Option<Time>,
    /// Whether it holds the volume just as the index has it.
    pub holds: Holds,
    /// Whether it is due to be verified: it never was, or too long ago.
    pub is_due: bool,
}

//! What an archive plan says of its volumes: recomputed on reading as far as the moves tell it, and
//! never trusted.

use crate::model::medium::Medium;
use crate::model::path::TreePath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A volume that a plan fills, goes on with, or seals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumePlan {
    /// The volume, e.g. `archive/07`.
    pub volume: TreePath<'static>,
    /// What it is to fit.
    pub medium: Medium,
    /// The sectors of 2048 bytes that are there for an image of it.
    pub capacity_sectors: u64,
    /// The most sectors that an image of all it then holds takes, with the files that seal it.
    pub used_sectors: u64,
    /// Files that come to it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The date of the first of them, as far as it is known: `2019-03-01`, or the year alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The date of the last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// How far the volume comes by this.
    pub state: Filled,
}

/// How far a plan brings a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Filled {
    /// The next plan may go on with it.
    Open,
    /// It is sealed, and waits to be burned.
    Unburned,
}

/// How well volumes are packed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packing {
    /// The fewest volumes that could hold these files, however they are cut.
    pub lower_bound: u64,
    /// The months that are parted among volumes, `2019-03`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split_months: Vec<String>,
    /// How many days are.
    pub split_days: u64,
}

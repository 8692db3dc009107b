//! The ways in which files are packed into volumes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How files are packed into volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pack {
    /// Volumes are consecutive ranges of dates: the fewest volumes, then the fewest cuts inside a
    /// day, then inside a month.
    #[default]
    Chronological,
    /// Whole months stay together where they fit, and volumes are filled with months of any date.
    Compact,
}

/// The text names no way of packing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}", Pack::ALL.map(Pack::name).join(", "))]
pub struct PackError;

impl Pack {
    /// All ways.
    pub const ALL: [Pack; 2] = [Pack::Chronological, Pack::Compact];

    /// Its name, as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Pack::Chronological => "chronological",
            Pack::Compact => "compact",
        }
    }

    /// The way of that name.
    pub fn named(name: &str) -> Option<Pack> {
        Pack::ALL.into_iter().find(|pack| pack.name() == name)
    }
}

impl FromStr for Pack {
    type Err = PackError;

    fn from_str(text: &str) -> Result<Self, PackError> {
        Pack::named(text).ok_or(PackError)
    }
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

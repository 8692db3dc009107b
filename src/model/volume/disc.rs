//! Discs, and what tells that they hold a volume.

use crate::model::digest::Digest;
use crate::model::time::Time;
use schemars::JsonSchema;
use serde::Serialize;

/// A disc that holds a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscCopy {
    /// When it was burned.
    pub burned: Time,
    /// Where it is kept, in the words of whoever burned it.
    pub location: Option<String>,
    /// The digest over what was burned, as [`contents`](fn@crate::model::contents::contents) makes it, where that was told.
    pub holds: Option<Digest>,
    /// When it was last read and found to hold every byte.
    pub verified: Option<Time>,
    /// The digest over what it held when it was last read whole, where that was told.
    pub read: Option<Digest>,
    /// When it was given up.
    pub lost: Option<Time>,
}

/// What tells that a disc holds a volume just as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// It was burned so, and not read since.
    Burned,
    /// It was read since, and held just that.
    Verified,
}

/// Whether a disc holds a volume just as the index has it, as far as its events tell; what tells
/// most is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// Nothing tells: its events do not say what it holds, or the content of a file of the volume
    /// is not known.
    Untold,
    /// It holds other contents than the index has.
    Other,
    /// It was burned just so, and not read since.
    Burned,
    /// It was read, and held just that.
    Verified,
}

impl Holds {
    /// The same as a witness; none where it holds something else, or nobody can tell.
    pub fn witness(self) -> Option<Witness> {
        match self {
            Holds::Untold | Holds::Other => None,
            Holds::Burned => Some(Witness::Burned),
            Holds::Verified => Some(Witness::Verified),
        }
    }
}

impl DiscCopy {
    /// Whether it holds these contents, which are none where they are not known. What was read of it
    /// counts, not what was burned.
    pub fn holds_of(&self, contents: Option<Digest>) -> Holds {
        let (held, as_known) = match self.read {
            Some(read) => (Some(read), Holds::Verified),
            None => (self.holds, Holds::Burned),
        };
        match held.zip(contents) {
            None => Holds::Untold,
            Some((held, contents)) if held == contents => as_known,
            Some(_) => Holds::Other,
        }
    }
}

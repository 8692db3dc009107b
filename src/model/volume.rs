//! Volumes of the archive: on which discs they are, and what became of those.
//!
//! A volume is known by what happened to it. Its events are only ever added to, and the fold of all
//! of them is what is known now. That a volume is on a disc is the one reason for which its files
//! may be gone from the disk; and from then on nothing leaves it, for the disc would not follow.
//! What a disc holds is what its events say, whatever is on the disk or in the index by now.

mod disc;

pub use self::disc::{DiscCopy, Holds, Witness};

use super::contents::contents;
use super::digest::Digest;
use super::index::Entry;
use super::path::{RelPath, TreePath};
use super::time::Time;
use super::tree::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// What is known of all volumes, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes(BTreeMap<VolumeName, Volume>);

/// What is known of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// When it was sealed: nothing is added to it any more.
    pub sealed: Option<Time>,
    /// When an image of it was made last.
    pub imaged: Option<Time>,
    /// The digest over what that image holds, where that was told.
    pub image_holds: Option<Digest>,
    /// The discs that were ever burned, by the numbers of the copies, from 1.
    pub copies: BTreeMap<NonZeroU32, DiscCopy>,
}

/// How far a volume has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VolumeState {
    /// Files may still be added.
    Open,
    /// It is sealed, and on no disc yet.
    Unburned,
    /// It is on a disc that nobody has read since.
    Burned,
    /// It is on a disc that was read and found whole.
    Verified,
    /// It was on discs, and all of them are lost.
    Lost,
}

/// Something that happened to a volume: one line of `volumes.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeRecord {
    /// The volume, e.g. `07`.
    pub volume: VolumeName,
    /// When it happened.
    pub at: Time,
    /// What happened.
    #[serde(flatten)]
    pub event: VolumeEvent,
}

/// What can happen to a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum VolumeEvent {
    /// Its first files came.
    Opened,
    /// It is full, or was closed: nothing is added any more.
    Sealed,
    /// An image of it was made.
    Imaged {
        /// The digest over path, size and hash of every file in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<Digest>,
    },
    /// A disc was burned; in the place of the one that had the number, where there was one.
    Burned {
        /// The number of the copy, from 1.
        copy: NonZeroU32,
        /// Where it is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        /// The digest over path, size and hash of every file on it; without, nothing is believed to
        /// be on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<Digest>,
    },
    /// A disc was read and found whole.
    Verified {
        /// The number of the copy.
        copy: NonZeroU32,
        /// The digest over path, size and hash of every file that was read; without, it proves
        /// nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<Digest>,
    },
    /// A disc is gone or cannot be read any more.
    Lost {
        /// The number of the copy.
        copy: NonZeroU32,
    },
}

/// Why an event cannot have happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// It tells of a disc that nothing tells was burned.
    #[error("volume {0} has no copy {1}: none was burned under that number")]
    NeverBurned(VolumeName, NonZeroU32),
}

impl Volumes {
    /// What is known after one more event.
    ///
    /// # Errors
    /// Where it cannot have happened after the others; then nothing changes.
    pub fn add(&mut self, record: VolumeRecord) -> Result<(), VolumeError> {
        let VolumeRecord { volume, at, event } = record;
        let known = self.0.get(&volume);
        match event {
            VolumeEvent::Verified { copy, .. } | VolumeEvent::Lost { copy }
                if !known.is_some_and(|v| v.copies.contains_key(&copy)) =>
            {
                return Err(VolumeError::NeverBurned(volume, copy));
            }
            event => self.0.entry(volume).or_default().add(at, event),
        }
        Ok(())
    }

    /// The volume of that name, if anything is known of it.
    pub fn get(&self, name: &str) -> Option<&Volume> {
        self.0.get(name)
    }

    /// All volumes, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&VolumeName, &Volume)> {
        self.0.iter()
    }

    /// What tells that a disc holds the volume of that name with just these `entries`, so that they
    /// may be gone from the disk; none where nothing does.
    pub fn witness(&self, name: &str, entries: &[Entry<'_>]) -> Option<Witness> {
        self.holds(name, entries)?.witness()
    }

    /// Whether a disc holds the volume of that name with just these `entries`: what tells most of
    /// all its discs; none where there is no disc.
    pub fn holds(&self, name: &str, entries: &[Entry<'_>]) -> Option<Holds> {
        let volume = self.get(name).filter(|volume| volume.is_held())?;
        let contents = contents(name, entries);
        volume
            .discs()
            .map(|(_, disc)| disc.holds_of(contents))
            .max()
    }

    /// The volume in which `path` lies, where that was ever burned: nothing leaves it.
    pub fn burned_around(&self, path: &TreePath<'_>) -> Option<&VolumeName> {
        let name = VolumeName::of(path)?;
        let (name, volume) = self.0.get_key_value(&name)?;
        volume.was_burned().then_some(name)
    }
}

impl Volume {
    /// How far it has come.
    pub fn state(&self) -> VolumeState {
        let is_verified = self.discs().any(|(_, disc)| disc.verified.is_some());
        match self.sealed {
            _ if is_verified => VolumeState::Verified,
            _ if self.is_held() => VolumeState::Burned,
            _ if self.was_burned() => VolumeState::Lost,
            Some(_) => VolumeState::Unburned,
            None => VolumeState::Open,
        }
    }

    /// The copies that are not lost, by number.
    pub fn discs(&self) -> impl Iterator<Item = (NonZeroU32, &DiscCopy)> {
        let copies = self.copies.iter().map(|(number, copy)| (*number, copy));
        copies.filter(|(_, copy)| copy.lost.is_none())
    }

    /// Whether there is a disc of it, whatever that holds.
    pub fn is_held(&self) -> bool {
        self.discs().next().is_some()
    }

    /// Whether it was ever burned, whatever became of the discs.
    pub fn was_burned(&self) -> bool {
        !self.copies.is_empty()
    }

    fn add(&mut self, at: Time, event: VolumeEvent) {
        match event {
            VolumeEvent::Opened => {}
            VolumeEvent::Sealed => self.sealed = Some(at),
            VolumeEvent::Imaged { holds } => {
                self.imaged = Some(at);
                self.image_holds = holds;
            }
            VolumeEvent::Burned {
                copy,
                location,
                holds,
            } => {
                let disc = DiscCopy {
                    burned: at,
                    location,
                    holds,
                    verified: None,
                    read: None,
                    lost: None,
                };
                self.copies.insert(copy, disc);
            }
            VolumeEvent::Verified { copy, holds } => self.change(copy, |disc| {
                disc.verified = Some(at);
                disc.read = holds.or(disc.read);
            }),
            VolumeEvent::Lost { copy } => self.change(copy, |disc| disc.lost = Some(at)),
        }
    }

    fn change(&mut self, copy: NonZeroU32, change: impl FnOnce(&mut DiscCopy)) {
        if let Some(disc) = self.copies.get_mut(&copy) {
            change(disc);
        }
    }
}

/// The name of a volume: that of its directory in the archive, which is digits only.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[0-9]{1,255}$"))]
pub struct VolumeName(String);

/// A text that names no volume.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a volume is digits only, such as 07")]
pub struct VolumeNameError;

impl VolumeName {
    /// The volume in which a path of the archive lies.
    pub fn of(path: &TreePath<'_>) -> Option<VolumeName> {
        let name = std::str::from_utf8(path.rel.first()).ok()?;
        let is_archive = path.tree == Tree::Archive;
        is_archive.then(|| name.to_owned().try_into().ok())?
    }

    /// The directory of the volume.
    pub fn path(&self) -> TreePath<'static> {
        let path = self.as_str().as_bytes().to_vec();
        TreePath::new(Tree::Archive, RelPath::derived(path))
    }

    /// Where a file with this path in the volume is, e.g. `2019/a.jpg`.
    pub fn holding(&self, path: &[u8]) -> TreePath<'static> {
        let path = [self.as_str().as_bytes(), b"/", path].concat();
        TreePath::new(Tree::Archive, RelPath::derived(path))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for VolumeName {
    type Error = VolumeNameError;

    fn try_from(name: String) -> Result<Self, VolumeNameError> {
        let is_name = Tree::Archive.is_unit_name(name.as_bytes());
        match is_name && name.len() <= RelPath::MAX_NAME {
            true => Ok(VolumeName(name)),
            false => Err(VolumeNameError),
        }
    }
}

impl Borrow<str> for VolumeName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;

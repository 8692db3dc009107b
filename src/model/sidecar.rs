//! The sidecar index of a unit: a YAML file named `.mediastruct` in its directory.

mod plain;

use super::digest::Digest;
use super::index::{Entry, Stamp, Unit, Unread};
use super::path::RelPath;
use super::time::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The `format` of the sidecar indexes that this version writes.
pub const SIDECAR_FORMAT: &str = "mediastruct/sidecar/1";

/// The name of a sidecar index in its unit.
pub const SIDECAR_NAME: &str = ".mediastruct";

/// A sidecar index: when a unit was indexed, and the hashes of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mediastruct sidecar index")]
pub struct Sidecar {
    /// What stands before the files.
    #[serde(flatten)]
    pub head: SidecarHead,
    /// Each file's path in the unit, and the BLAKE3 hash of its content; null where it could not
    /// be read.
    pub files: BTreeMap<RelPath<'static>, Option<Digest>>,
    /// Each file's path in the unit, and what tells that it changed.
    pub stamps: BTreeMap<RelPath<'static>, SidecarStamp>,
    /// The files without a hash, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<RelPath<'static>, SidecarUnread>,
}

/// What stands at the beginning of a sidecar index, before the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SidecarHead {
    /// `mediastruct/sidecar/1`.
    pub format: String,
    /// The hash algorithm, `blake3`.
    pub algorithm: String,
    /// When all files of the unit were last hashed.
    pub timestamp: Time,
    /// The BLAKE3 hash over all that is said of the files, as the unit has it in the tree's index.
    pub digest: Digest,
}

/// What tells that a file changed, written as `SIZE MTIME CTIME DEVICE:INODE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SidecarStamp(
    /// What `stat` said when the hash was taken.
    pub Stamp,
);

/// Why a file has no hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SidecarUnread {
    /// The reason, for people.
    pub why: String,
    /// The hash before the bytes changed under an unchanged size and modification time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Digest>,
}

/// Why a sidecar index says nothing about its unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SidecarError {
    /// It was written by the Python tool, whose hashes are of another kind.
    #[error("it was written by the original mediastruct, with xxHash")]
    Original,
    /// It is of another version, or something else altogether.
    #[error("it is no sidecar index of this version: {0}")]
    Other(String),
}

impl Sidecar {
    /// The sidecar index of `unit`, whose `entries` have paths relative to the tree.
    pub fn of(unit: &Unit, timestamp: Time, entries: &[Entry<'_>]) -> Sidecar {
        let mut sidecar = Sidecar {
            head: SidecarHead::of(unit, timestamp),
            files: BTreeMap::new(),
            stamps: BTreeMap::new(),
            unread: BTreeMap::new(),
        };
        let prefix = RelPath::new(unit.unit.as_bytes());
        for entry in entries {
            let inner = prefix
                .as_ref()
                .ok()
                .and_then(|p| entry.path.strip_prefix(p));
            let Some(path) = inner.map(RelPath::into_owned) else {
                continue;
            };
            sidecar.files.insert(path.clone(), entry.digest());
            if let Err(unread) = &entry.hash {
                let unread = SidecarUnread {
                    why: unread.why.clone(),
                    was: unread.was,
                };
                sidecar.unread.insert(path.clone(), unread);
            }
            sidecar.stamps.insert(path, SidecarStamp(entry.stamp));
        }
        sidecar
    }

    /// The entries of the unit of that name, with paths relative to the tree, sorted.
    pub fn entries(mut self, unit: &RelPath<'_>) -> Vec<Entry<'static>> {
        let files = std::mem::take(&mut self.files);
        let entries = files.into_iter().filter_map(|(path, digest)| {
            let stamp = self.stamps.get(&path)?.0;
            let unread = self.unread.remove(&path);
            let hash = digest.ok_or_else(|| {
                let (why, was) = unread.map_or_else(Default::default, |u| (u.why, u.was));
                Box::new(Unread { why, was })
            });
            Some(Entry {
                path: unit.join(path.as_bytes()).ok()?,
                hash,
                stamp,
            })
        });
        entries.collect()
    }

    /// Writes the text of the sidecar index of `unit` without building it first: the same bytes as
    /// [`Sidecar::of`] and [`Sidecar::to_yaml`] give.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn write(
        unit: &Unit,
        timestamp: Time,
        entries: &[Entry<'_>],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let text = SidecarText {
            head: SidecarHead::of(unit, timestamp),
            prefix: unit.unit.len() + 1,
            entries,
        };
        serde_yaml::to_writer(out, &text).map_err(io::Error::other)
    }

    /// The text of the file.
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(self).expect("sidecar indexes serialize")
    }

    /// Reads a sidecar index from its text.
    ///
    /// # Errors
    /// Where it is another tool's, of another version, or damaged.
    pub fn from_yaml(text: &[u8]) -> Result<Sidecar, SidecarError> {
        SidecarHead::from_yaml(text)?;
        refuse_bombs(text)?;
        serde_yaml::from_slice(text).map_err(|e| SidecarError::Other(e.to_string()))
    }
}

/// Refuses a text that is no sidecar index and would take long to parse.
fn refuse_bombs(text: &[u8]) -> Result<(), SidecarError> {
    let other = |why: &str| SidecarError::Other(why.to_owned());
    let text = std::str::from_utf8(text).map_err(|_| other("it is not UTF-8 text"))?;
    if plain::is_plain(text) {
        Ok(())
    } else {
        Err(other("it holds lists that no sidecar index has"))
    }
}

impl SidecarHead {
    /// The most bytes that a head takes, and so the most that need to be read for one.
    pub const MAX_BYTES: u64 = 4096;

    /// The head of the sidecar index of `unit`, all of whose files were hashed at `timestamp`.
    pub fn of(unit: &Unit, timestamp: Time) -> SidecarHead {
        SidecarHead {
            format: SIDECAR_FORMAT.to_owned(),
            algorithm: Digest::ALGORITHM.to_owned(),
            timestamp,
            digest: unit.digest,
        }
    }

    /// Reads the head from the beginning of a sidecar index, however much of it that is.
    ///
    /// # Errors
    /// Where it is another tool's, of another version, or damaged.
    pub fn from_yaml(text: &[u8]) -> Result<SidecarHead, SidecarError> {
        #[derive(Deserialize)]
        struct Format {
            format: Option<String>,
            timestamp: Option<serde_yaml::Value>,
        }
        let other = |e: serde_yaml::Error| SidecarError::Other(e.to_string());
        let end = text.windows(7).position(|w| w == b"\nfiles:");
        let head = &text[..end.unwrap_or(text.len())];
        refuse_bombs(head)?;
        let Format { format, timestamp } = serde_yaml::from_slice(head).map_err(other)?;
        match (format.as_deref(), timestamp) {
            (Some(SIDECAR_FORMAT), _) => {}
            (Some(format), _) => return Err(SidecarError::Other(format!("'{format}'"))),
            (None, Some(_)) => return Err(SidecarError::Original),
            (None, None) => return Err(SidecarError::Other("it names no format".to_owned())),
        }
        let head: SidecarHead = serde_yaml::from_slice(head).map_err(other)?;
        if head.algorithm != Digest::ALGORITHM {
            return Err(SidecarError::Other(format!("'{}' hashes", head.algorithm)));
        }
        Ok(head)
    }
}

/// A sidecar index that is written from the entries as they are, whose paths begin with the unit's
/// name and a slash: `prefix` bytes.
struct SidecarText<'a> {
    head: SidecarHead,
    prefix: usize,
    entries: &'a [Entry<'a>],
}

impl Serialize for SidecarText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unread = self.entries.iter().any(|e| e.hash.is_err());
        let mut text = serializer.serialize_map(None)?;
        text.serialize_entry("format", &self.head.format)?;
        text.serialize_entry("algorithm", &self.head.algorithm)?;
        text.serialize_entry("timestamp", &self.head.timestamp)?;
        text.serialize_entry("digest", &self.head.digest)?;
        text.serialize_entry("files", &Files(self))?;
        text.serialize_entry("stamps", &Stamps(self))?;
        if unread {
            text.serialize_entry("unread", &UnreadFiles(self))?;
        }
        text.end()
    }
}

impl<'a> SidecarText<'a> {
    /// The entries, each with the text of its path in the unit.
    fn files(&self) -> impl Iterator<Item = (RelPath<'a>, &'a Entry<'a>)> {
        let inner = |e: &'a Entry<'a>| RelPath::new(e.path.as_bytes().get(self.prefix..)?).ok();
        self.entries
            .iter()
            .filter_map(move |e| Some((inner(e)?, e)))
    }
}

struct Files<'a>(&'a SidecarText<'a>);

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.files().map(|(path, e)| (path, e.digest())))
    }
}

struct Stamps<'a>(&'a SidecarText<'a>);

impl Serialize for Stamps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .files()
                .map(|(path, e)| (path, SidecarStamp(e.stamp))),
        )
    }
}

struct UnreadFiles<'a>(&'a SidecarText<'a>);

impl Serialize for UnreadFiles<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unread = self.0.files().filter_map(|(path, entry)| {
            let unread = entry.hash.as_ref().err()?;
            let unread = SidecarUnread {
                why: unread.why.clone(),
                was: unread.was,
            };
            Some((path, unread))
        });
        serializer.collect_map(unread)
    }
}

impl Serialize for SidecarStamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Stamp {
            size,
            modified,
            changed,
            device,
            inode,
        } = self.0;
        serializer.collect_str(&format_args!(
            "{size} {modified} {changed} {device}:{inode}"
        ))
    }
}

impl<'de> Deserialize<'de> for SidecarStamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        stamp(&text)
            .map(SidecarStamp)
            .ok_or_else(|| de::Error::custom("a stamp is SIZE MTIME CTIME DEVICE:INODE"))
    }
}

fn stamp(text: &str) -> Option<Stamp> {
    let mut words = text.split(' ');
    let size = words.next()?.parse().ok()?;
    let modified = words.next()?.parse().ok()?;
    let changed = words.next()?.parse().ok()?;
    let (device, inode) = words.next()?.split_once(':')?;
    words.next().is_none().then_some(Stamp {
        size,
        modified,
        changed,
        device: device.parse().ok()?,
        inode: inode.parse().ok()?,
    })
}

impl JsonSchema for SidecarStamp {
    fn schema_name() -> Cow<'static, str> {
        "SidecarStamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]+ [^ ]+ [^ ]+ [0-9]+:[0-9]+$",
            "description": "SIZE MTIME CTIME DEVICE:INODE"
        })
    }
}

#[cfg(test)]
mod tests;

//! What a look at a disc finds: a mounted one, an image of one, or a directory with the same files.

use super::digest::Digest;
use super::path::RelPath;
use super::time::Time;
use super::volume::VolumeName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of the file at the root of a disc in which it says which one it is.
pub const LABEL_FILE: &str = "disc.json";

/// The largest file that is read as a label, in bytes.
pub const MAX_LABEL_BYTES: u64 = 64 << 10;

/// What is on a disc, by a look at its directories alone. Paths are relative to its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscListing {
    /// The regular files, sorted by path.
    pub files: Vec<DiscFile>,
    /// Symbolic links and special files, sorted by path, and what they are.
    pub special: Vec<(RelPath<'static>, &'static str)>,
    /// What could not be looked at, sorted by path, and why.
    pub unreadable: Vec<(RelPath<'static>, String)>,
}

/// A regular file on a disc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscFile {
    /// Where it is, relative to the root of the disc.
    pub path: RelPath<'static>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time, where that can be told: an image tells none.
    pub modified: Option<Time>,
}

/// What reading a file on a disc came to: its hash, or why it could not be read.
pub type DiscReading = Result<Digest, String>;

/// What a disc says of itself; a disc that somebody else made says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscLabel {
    /// The volume that it holds, e.g. `07`.
    pub volume: Option<VolumeName>,
    /// The name that it bears, e.g. `MEDIA_0007`.
    pub label: Option<String>,
    /// What tells it from the discs of other libraries.
    pub uuid: Option<String>,
    /// The digest over what it held when it was sealed, but for the files that mediastruct added.
    pub contents: Option<Digest>,
    /// The hash of the file in which it says all this.
    pub hash: Option<Digest>,
}

/// The text of a label, of which anything may be missing.
#[derive(Deserialize)]
struct LabelText {
    format: String,
    #[serde(default)]
    volume: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default)]
    contents: Option<String>,
}

impl DiscLabel {
    /// What a text says; nothing where it is no label of ours, whatever else it is.
    pub fn parse(text: &[u8]) -> DiscLabel {
        let read: Option<LabelText> = serde_json::from_slice(text).ok();
        match read.filter(|read| read.format.starts_with("mediastruct/disc/")) {
            None => DiscLabel::default(),
            Some(read) => DiscLabel {
                volume: read.volume.and_then(|name| name.try_into().ok()),
                label: read.label,
                uuid: read.uuid,
                contents: read.contents.and_then(|digest| digest.parse().ok()),
                hash: Some(Digest::of(text)),
            },
        }
    }
}

/// The name of a set of discs: at most 11 of `A` to `Z`, `0` to `9` and `_`, so that the name of a disc
/// can hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[A-Z0-9_]{0,11}$"))]
pub struct SetName(String);

/// A text that names no set of discs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at most 11 of A to Z, 0 to 9 and _, such as MEDIA")]
pub struct SetNameError;

impl SetName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SetName {
    fn default() -> SetName {
        SetName("MEDIA".to_owned())
    }
}

impl TryFrom<String> for SetName {
    type Error = SetNameError;

    fn try_from(name: String) -> Result<Self, SetNameError> {
        let is_plain =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        match name.len() <= 11 && name.bytes().all(is_plain) {
            true => Ok(SetName(name)),
            false => Err(SetNameError),
        }
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most characters in the name of a disc that all systems show.
const MAX_LABEL: usize = 16;

/// The name that a disc of a volume bears, such as `MEDIA_0007`: that of its set, which is of
/// `[A-Z0-9_]`, and the number of the volume. What is longer than 16 characters loses the end of the
/// set's name, and last the beginning of the number.
pub fn disc_label(set: &SetName, volume: &VolumeName) -> String {
    let number = volume.as_str().trim_start_matches('0');
    let number = format!("_{number:0>4}");
    let number = &number[number.len().saturating_sub(MAX_LABEL)..];
    let set: String = set
        .as_str()
        .chars()
        .take(MAX_LABEL - number.len())
        .collect();
    set + number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_disc_has_the_number_of_its_volume_in_any_case() {
        let set = |name: &str| SetName::try_from(name.to_owned()).unwrap();
        let label =
            |name, number: &str| disc_label(&set(name), &number.to_owned().try_into().unwrap());
        assert_eq!(label("MEDIA", "07"), "MEDIA_0007");
        assert_eq!(label("MEDIA", "12345"), "MEDIA_12345");
        assert_eq!(label("A_VERY_LONG", "0"), "A_VERY_LONG_0000");
        assert_eq!(label("MEDIA", &"9".repeat(40)), "9".repeat(16));
        for bad in ["<b>", "media", "ABCDEFGHIJKL"] {
            assert_eq!(SetName::try_from(bad.to_owned()), Err(SetNameError));
        }
    }

    #[test]
    fn a_label_says_what_it_can_and_hostile_ones_say_nothing() {
        let whole = br#"{"format":"mediastruct/disc/1","volume":"07","label":"MEDIA_0007","uuid":"u","x":1}"#;
        let label = DiscLabel::parse(whole);
        assert_eq!(label.volume.unwrap().as_str(), "07");
        assert_eq!(label.label.as_deref(), Some("MEDIA_0007"));
        let short = DiscLabel::parse(br#"{"format":"mediastruct/disc/1","volume":"../x"}"#);
        assert_eq!(
            DiscLabel {
                hash: None,
                ..short
            },
            DiscLabel::default()
        );
        for other in [
            &b""[..],
            b"{}",
            b"[]",
            b"\xff",
            &b"[".repeat(60_000),
            br#"{"format":"x","volume":"07"}"#,
        ] {
            assert_eq!(DiscLabel::parse(other), DiscLabel::default());
        }
    }
}

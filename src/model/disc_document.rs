//! `disc.json`: what a disc says of itself to programs.

use super::digest::{Digest, Pieces};
use super::disc::SetName;
use super::time::Time;
use super::volume::VolumeName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The `format` of the files that this version writes.
pub const DISC_FORMAT: &str = "mediastruct/disc/1";

/// The file `disc.json` on a disc. Whoever reads one believes no more of it than that it tells discs
/// apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mediastruct disc")]
pub struct DiscDocument {
    /// `mediastruct/disc/1`.
    pub format: String,
    /// The volume, e.g. `07`.
    pub volume: VolumeName,
    /// The name of the file system on the disc, e.g. `MEDIA_0007`.
    pub label: String,
    /// The name of the set of discs that it belongs to, e.g. `MEDIA`.
    pub set: String,
    /// Which disc it is: the same for every copy of the volume as it was sealed then. Derived from the
    /// set, the volume and what it holds.
    pub uuid: String,
    /// The BLAKE3 digest over path, size and hash of every file but those that mediastruct added.
    pub contents: Digest,
    /// What the volume was made to fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// When the volume was sealed.
    pub sealed: Time,
    /// How many files there are, but those that mediastruct added.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The version of mediastruct that sealed it.
    pub tool: String,
}

impl DiscDocument {
    /// The text, for people too, its last newline included.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("discs serialize") + "\n"
    }
}

/// A UUID of version 8 (RFC 9562) for the volume of a set with these contents.
pub fn uuid(set: &SetName, volume: &VolumeName, contents: Digest) -> String {
    let mut hasher = Pieces::default();
    hasher.update(&contents.0);
    // Neither holds a slash.
    hasher.update(format!("{set}/{volume}").as_bytes());
    let mut bytes: [u8; 16] = hasher.finish().0[..16].try_into().expect("there are more");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&at) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::disc::DiscLabel;

    fn name(text: &str) -> VolumeName {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn a_uuid_follows_from_the_set_the_volume_and_what_it_holds() {
        let (set, other) = (
            SetName::default(),
            SetName::try_from("B".to_owned()).unwrap(),
        );
        let contents = Digest::of(b"contents");
        let seven = uuid(&set, &name("07"), contents);
        assert_eq!(seven, uuid(&set, &name("07"), contents));
        assert_ne!(seven, uuid(&set, &name("08"), contents));
        assert_ne!(seven, uuid(&other, &name("07"), contents));
        assert_ne!(seven, uuid(&set, &name("07"), Digest::of(b"others")));
        let (version, variant) = (seven.as_bytes()[14], seven.as_bytes()[19]);
        assert_eq!(version, b'8', "{seven}");
        assert!(b"89ab".contains(&variant), "{seven}");
        assert_eq!(seven.len(), 36);
    }

    #[test]
    fn what_is_written_is_what_a_look_at_a_disc_reads() {
        let contents = Digest::of(b"contents");
        let disc = DiscDocument {
            format: DISC_FORMAT.to_owned(),
            volume: name("07"),
            label: "MEDIA_0007".to_owned(),
            set: "MEDIA".to_owned(),
            uuid: uuid(&SetName::default(), &name("07"), contents),
            contents,
            medium: None,
            sealed: Time::default(),
            files: 1,
            bytes: 2,
            tool: "mediastruct".to_owned(),
        };
        let label = DiscLabel::parse(disc.text().as_bytes());
        assert_eq!(label.volume, Some(disc.volume));
        assert_eq!(label.label, Some(disc.label));
        assert_eq!(label.uuid, Some(disc.uuid));
        assert_eq!(label.contents, Some(contents));
    }
}

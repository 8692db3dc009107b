//! `disc.json`: what a disc says of itself to programs.

use super::digest::{Digest, Pieces};
use super::limits::MAX_DISC_BYTES;
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
    /// plan that sealed the volume, and its name.
    pub uuid: String,
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
    /// What a text says of a disc; nothing where it is none of ours, whatever else it is.
    pub fn parse(text: &[u8]) -> Option<DiscDocument> {
        if text.len() as u64 > MAX_DISC_BYTES {
            return None;
        }
        let disc: DiscDocument = serde_json::from_slice(text).ok()?;
        (disc.format == DISC_FORMAT).then_some(disc)
    }

    /// The text, for people too, its last newline included.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("discs serialize") + "\n"
    }
}

/// A UUID of version 8 (RFC 9562) for the volume as the plan with this id seals it.
pub fn uuid(plan: Digest, volume: &VolumeName) -> String {
    let mut hasher = Pieces::default();
    hasher.update(&plan.0);
    hasher.update(volume.as_str().as_bytes());
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

    fn name(text: &str) -> VolumeName {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn a_uuid_follows_from_the_plan_and_the_volume() {
        let plan = Digest::of(b"plan");
        let seven = uuid(plan, &name("07"));
        assert_eq!(seven, uuid(plan, &name("07")));
        assert_ne!(seven, uuid(plan, &name("08")));
        assert_ne!(seven, uuid(Digest::of(b"other"), &name("07")));
        let (version, variant) = (seven.as_bytes()[14], seven.as_bytes()[19]);
        assert_eq!(version, b'8', "{seven}");
        assert!(b"89ab".contains(&variant), "{seven}");
        assert_eq!(seven.len(), 36);
    }

    #[test]
    fn what_is_no_disc_of_ours_is_none() {
        let disc = DiscDocument {
            format: DISC_FORMAT.to_owned(),
            volume: name("07"),
            label: "MEDIA_0007".to_owned(),
            set: "MEDIA".to_owned(),
            uuid: uuid(Digest::of(b""), &name("07")),
            medium: None,
            sealed: Time::default(),
            files: 1,
            bytes: 2,
            tool: "mediastruct".to_owned(),
        };
        assert_eq!(
            DiscDocument::parse(disc.text().as_bytes()),
            Some(disc.clone())
        );
        for other in [
            disc.text().replace("disc/1", "disc/2"),
            disc.text().replace("\"07\"", "\"../07\""),
            "[]".to_owned(),
            " ".repeat(2 << 20),
        ] {
            assert_eq!(DiscDocument::parse(other.as_bytes()), None);
        }
    }
}

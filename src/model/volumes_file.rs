//! The text of `volumes.jsonl`: a header, and one event a line, to which lines are only added.
//!
//! A torn last line is normal: the machine went down while it was being added, and nobody was told
//! yet that it stands there. One that only lacks its end may be a person's, and counts. A damaged line
//! before it stops everything.

use super::volume::{VolumeError, VolumeRecord, Volumes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `format` of the volumes' events that this version writes.
pub const VOLUMES_FORMAT: &str = "mediastruct/volumes/1";

/// The first line of `volumes.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VolumesHeader {
    /// `mediastruct/volumes/1`.
    pub format: String,
}

/// One line of `volumes.jsonl`: the first is the header, each other tells of an event.
#[derive(JsonSchema)]
#[schemars(title = "mediastruct volumes line", untagged)]
#[allow(dead_code, reason = "describes the lines in the schema")]
pub enum VolumesLine {
    /// The first line.
    Header(VolumesHeader),
    /// Any other.
    Event(VolumeRecord),
}

/// Why a text does not tell of volumes.
#[derive(Debug, thiserror::Error)]
pub enum VolumesError {
    /// It is of another major version, or something else altogether.
    #[error("its format is '{0}', and this version of mediastruct reads '{VOLUMES_FORMAT}'")]
    Format(String),
    /// The first line is no header.
    #[error("its first line names no format")]
    NoHeader,
    /// A line is no event.
    #[error("line {line} is damaged: {why}")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// A line tells of something that cannot have happened.
    #[error("line {line}: {source}")]
    Event {
        /// The number of the line, from 1.
        line: usize,
        /// What cannot be.
        source: VolumeError,
    },
}

/// The header, its newline included.
pub fn header() -> String {
    let format = VOLUMES_FORMAT.to_owned();
    let header = VolumesHeader { format };
    serde_json::to_string(&header).expect("headers serialize") + "\n"
}

/// The line of an event, its newline included.
pub fn line(record: &VolumeRecord) -> String {
    serde_json::to_string(record).expect("records serialize") + "\n"
}

/// What a text tells of volumes, and how many bytes of it do; what follows is torn. The last line of
/// these may lack its newline.
///
/// # Errors
/// Where it is of another version, a line is damaged that is not torn, or one tells of something that
/// cannot have happened.
pub fn parse(text: &[u8]) -> Result<(Volumes, usize), VolumesError> {
    let mut volumes = Volumes::default();
    let mut end = match text.iter().position(|b| *b == b'\n') {
        Some(length) => length + 1,
        // Nothing was added yet, or only a part of the header.
        None => return check_header(text, true).map(|()| (volumes, 0)),
    };
    check_header(&text[..end - 1], end == text.len())?;
    let mut number = 1;
    while let Some(length) = text[end..].iter().position(|b| *b == b'\n') {
        number += 1;
        let next = end + length + 1;
        match serde_json::from_slice::<VolumeRecord>(&text[end..next - 1]) {
            Ok(record) => volumes.add(record).map_err(|source| VolumesError::Event {
                line: number,
                source,
            })?,
            // A last line may be torn so that its newline is there and bytes before it are not. Any
            // other that cannot be read may tell what nothing else does: that a volume is burned.
            Err(_) if next == text.len() && text[end..next].contains(&0) => break,
            Err(error) => {
                return Err(VolumesError::Line {
                    line: number,
                    why: error.to_string(),
                });
            }
        }
        end = next;
    }
    if let Ok(record) = serde_json::from_slice::<VolumeRecord>(&text[end..]) {
        let line = number + 1;
        let event = |source| VolumesError::Event { line, source };
        volumes.add(record).map_err(event)?;
        end = text.len();
    }
    Ok((volumes, end))
}

/// Whether the first line is the header; one that is also the last may be torn.
fn check_header(line: &[u8], is_last: bool) -> Result<(), VolumesError> {
    match serde_json::from_slice::<VolumesHeader>(line) {
        Ok(header) if header.format == VOLUMES_FORMAT => Ok(()),
        Ok(header) => Err(VolumesError::Format(header.format)),
        Err(_) if is_last => Ok(()),
        Err(_) => Err(VolumesError::NoHeader),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Digest;
    use crate::model::time::Time;
    use crate::model::volume::{VolumeEvent, VolumeState};
    use std::num::NonZeroU32;

    fn text() -> String {
        let number = |copy| NonZeroU32::new(copy).unwrap();
        let burned = |copy| VolumeEvent::Burned {
            copy: number(copy),
            location: Some("shelf".to_owned()),
            holds: Some(Digest::of(b"07")),
        };
        let events = [
            burned(1),
            burned(2),
            VolumeEvent::Verified {
                copy: number(2),
                holds: None,
            },
        ];
        let lines = events.into_iter().map(|event| {
            line(&VolumeRecord {
                volume: "07".to_owned().try_into().unwrap(),
                at: Time::new(1, 0).unwrap(),
                event,
            })
        });
        header() + &lines.collect::<String>()
    }

    #[test]
    fn what_is_written_is_read() {
        let (volumes, end) = parse(text().as_bytes()).unwrap();
        assert_eq!(end, text().len());
        let volume = volumes.get("07").unwrap();
        assert_eq!(volume.state(), VolumeState::Verified);
        assert_eq!(
            volume.copies[&NonZeroU32::new(2).unwrap()]
                .location
                .as_deref(),
            Some("shelf")
        );
        let holds = volume.copies.values().map(|disc| disc.holds);
        assert_eq!(holds.collect::<Vec<_>>(), [Some(Digest::of(b"07")); 2]);
        assert_eq!(parse(b"").unwrap(), (Volumes::default(), 0));
    }

    #[test]
    fn a_torn_last_line_is_normal() {
        let whole = text();
        let last = whole.rfind("{\"volume\"").unwrap();
        for cut in last..whole.len() - 1 {
            let (volumes, end) = parse(&whole.as_bytes()[..cut]).unwrap();
            assert_eq!(end, last, "cut at {cut}");
            assert_eq!(volumes.get("07").unwrap().state(), VolumeState::Burned);
        }
        let (volumes, end) = parse(whole.trim_end().as_bytes()).unwrap();
        assert_eq!(end, whole.len() - 1, "it lacks its newline alone");
        assert_eq!(volumes.get("07").unwrap().state(), VolumeState::Verified);
        let zeros = [&whole.as_bytes()[..last], b"\0\0\0\n"].concat();
        assert_eq!(parse(&zeros).unwrap().1, last);
        // One whose newline is there is whole, and may say that a volume is burned.
        let damaged = whole.replacen("\"copy\":2}", "\"copy\":O2}", 1);
        assert_ne!(damaged, whole);
        assert!(parse(damaged.as_bytes()).is_err());
        for cut in 0..header().len() {
            let (volumes, _) = parse(&whole.as_bytes()[..cut]).unwrap();
            assert_eq!(volumes, Volumes::default(), "cut at {cut}");
        }
    }

    #[test]
    fn a_damaged_line_before_the_last_stops_everything() {
        for (from, to, told) in [
            ("\"burned\"", "\"drowned\"", "line 2 is damaged"),
            (
                "\"07\"",
                "\"0x7\"",
                "line 2 is damaged: the name of a volume",
            ),
            (
                "\"copy\":1",
                "\"copy\":0",
                "line 2 is damaged: invalid value",
            ),
            (
                "\"copy\":2",
                "\"copy\":3",
                "line 4: volume 07 has no copy 2",
            ),
            ("{\"format\"", "{\"x\"", "names no format"),
            (
                "volumes/1",
                "volumes/2",
                "its format is 'mediastruct/volumes/2'",
            ),
        ] {
            let text = text().replacen(from, to, 1);
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}

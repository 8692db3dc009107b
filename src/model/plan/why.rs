//! Why a file moves.

use crate::model::capture::{Clock, Confidence, Source, Taken, UtcOffset};
use crate::model::path::TreePath;
use crate::model::run::RunId;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// Why a file moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was taken then, and goes to where the files of that time are.
    Date(Box<Dated>),
    /// Its content is also in `of`, which is in the archive and stays.
    AlreadyArchived {
        /// The keeper.
        of: TreePath<'static>,
        /// When it was taken.
        dated: Box<Dated>,
    },
    /// Its content is also in `of`, which stays.
    Duplicate {
        /// The keeper; for ingest, it may be a file that the same plan brings there.
        of: TreePath<'static>,
        /// When it was taken; only ingest says so.
        dated: Option<Box<Dated>>,
    },
    /// Its content is also in `of`, which stays: both were read, or `of` is on a disc that was.
    ProvenDuplicate {
        /// The twin.
        of: TreePath<'static>,
    },
    /// It goes to a volume.
    Volume {
        /// The number of the volume.
        number: u32,
    },
    /// A run is taken back.
    Undo {
        /// That run.
        run: RunId,
    },
}

/// When a file was taken, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The date that was chosen.
    pub taken: Taken,
    /// Other dates of it that differ by more than a day, the strongest first.
    pub rivals: Vec<Taken>,
}

impl Why {
    /// The name of the kind, as it stands in plans.
    pub fn kind(&self) -> &'static str {
        match self {
            Why::Date(_) => "date",
            Why::AlreadyArchived { .. } => "already_archived",
            Why::Duplicate { .. } => "duplicate",
            Why::ProvenDuplicate { .. } => "proven_duplicate",
            Why::Volume { .. } => "volume",
            Why::Undo { .. } => "undo",
        }
    }

    /// The file whose being there is the reason, where there is one.
    pub fn keeper(&self) -> Option<&TreePath<'static>> {
        match self {
            Why::AlreadyArchived { of, .. }
            | Why::Duplicate { of, .. }
            | Why::ProvenDuplicate { of } => Some(of),
            Why::Date(_) | Why::Volume { .. } | Why::Undo { .. } => None,
        }
    }

    /// When the file was taken, where the reason says so.
    pub fn dated(&self) -> Option<&Dated> {
        match self {
            Why::Date(dated) | Why::AlreadyArchived { dated, .. } => Some(dated),
            Why::Duplicate { dated, .. } => dated.as_deref(),
            Why::ProvenDuplicate { .. } | Why::Volume { .. } | Why::Undo { .. } => None,
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        if let Some(of) = self.keeper() {
            map.serialize_entry("of", of)?;
        }
        match self {
            Why::Volume { number } => map.serialize_entry("number", number)?,
            Why::Undo { run } => map.serialize_entry("run", run)?,
            _ => {}
        }
        if let Some(Dated { taken, rivals }) = self.dated() {
            map.serialize_entry("taken", &Clock(taken.taken))?;
            map.serialize_entry("offset", &taken.offset.map(UtcOffset))?;
            map.serialize_entry("source", &taken.source)?;
            map.serialize_entry("confidence", &taken.confidence)?;
            if !rivals.is_empty() {
                map.serialize_entry("rivals", rivals)?;
            }
        }
        map.end()
    }
}

/// A reason as it stands in plans, the parts of its date beside the rest.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Text {
    /// It was taken then, and goes to where the files of that time are.
    Date {
        /// Wall-clock time where the picture was taken.
        taken: Clock,
        /// How far that clock is ahead of UTC, where that is known.
        offset: Option<UtcOffset>,
        /// What said so.
        source: Source,
        /// How far it is to be trusted.
        confidence: Confidence,
        /// Other dates of it that differ by more than a day, the strongest first.
        #[serde(default)]
        rivals: Vec<Taken>,
    },
    /// Its content is also in `of`, which is in the archive and stays.
    AlreadyArchived {
        /// The keeper.
        of: TreePath<'static>,
        /// Wall-clock time where the picture was taken.
        taken: Clock,
        /// How far that clock is ahead of UTC, where that is known.
        offset: Option<UtcOffset>,
        /// What said so.
        source: Source,
        /// How far it is to be trusted.
        confidence: Confidence,
        /// Other dates of it that differ by more than a day, the strongest first.
        #[serde(default)]
        rivals: Vec<Taken>,
    },
    /// Its content is also in `of`, which stays; of ingest, with the date of the file.
    Duplicate {
        /// The keeper.
        of: TreePath<'static>,
        /// Wall-clock time where the picture was taken.
        taken: Option<Clock>,
        /// How far that clock is ahead of UTC, where that is known.
        offset: Option<UtcOffset>,
        /// What said so.
        source: Option<Source>,
        /// How far it is to be trusted.
        confidence: Option<Confidence>,
        /// Other dates of it that differ by more than a day, the strongest first.
        #[serde(default)]
        rivals: Vec<Taken>,
    },
    /// Its content is also in `of`, which stays: both were read, or `of` is on a disc that was.
    ProvenDuplicate {
        /// The twin.
        of: TreePath<'static>,
    },
    /// It goes to a volume.
    Volume {
        /// The number of the volume.
        number: u32,
    },
    /// A run is taken back.
    Undo {
        /// That run.
        run: RunId,
    },
}

impl<'de> Deserialize<'de> for Why {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dated = |taken: Clock, offset: Option<UtcOffset>, source, confidence, rivals| {
            Box::new(Dated {
                taken: Taken {
                    taken: taken.0,
                    offset: offset.map(|offset| offset.0),
                    source,
                    confidence,
                },
                rivals,
            })
        };
        Ok(match Text::deserialize(deserializer)? {
            Text::Date {
                taken,
                offset,
                source,
                confidence,
                rivals,
            } => Why::Date(dated(taken, offset, source, confidence, rivals)),
            Text::AlreadyArchived {
                of,
                taken,
                offset,
                source,
                confidence,
                rivals,
            } => Why::AlreadyArchived {
                of,
                dated: dated(taken, offset, source, confidence, rivals),
            },
            Text::Duplicate {
                of,
                taken,
                offset,
                source,
                confidence,
                rivals,
            } => Why::Duplicate {
                of,
                dated: match (taken, source, confidence) {
                    (Some(taken), Some(source), Some(confidence)) => {
                        Some(dated(taken, offset, source, confidence, rivals))
                    }
                    (None, None, None) if offset.is_none() && rivals.is_empty() => None,
                    _ => {
                        let message = "taken, source and confidence stand together or not at all";
                        return Err(de::Error::custom(message));
                    }
                },
            },
            Text::ProvenDuplicate { of } => Why::ProvenDuplicate { of },
            Text::Volume { number } => Why::Volume { number },
            Text::Undo { run } => Why::Undo { run },
        })
    }
}

impl JsonSchema for Why {
    fn schema_name() -> Cow<'static, str> {
        "Why".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::json_schema(generator)
    }
}

//! The names of runs.

use crate::model::digest::Digest;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The name of a run: when it began, in UTC to the millisecond, and six digits of its plan's id.
/// Names sort by time, e.g. `20241122T155212.123Z-0a1b2c`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RunId(String);

/// The text is no name of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no run such as 20241122T155212.123Z-0a1b2c; see `mediastruct history`")]
pub struct RunIdError(String);

impl RunId {
    /// The name of a run of the plan `plan` that begins at `at`.
    pub fn new(at: jiff::Timestamp, plan: Digest) -> RunId {
        let text = format!(
            "{}.{:03}Z-{}",
            at.strftime("%Y%m%dT%H%M%S"),
            at.subsec_millisecond(),
            &plan.to_string()[..6]
        );
        RunId(text)
    }

    /// When the run began, to the millisecond.
    pub fn begun(&self) -> jiff::Timestamp {
        begun(&self.0).unwrap_or_default()
    }

    /// Whether a run of the plan `plan` may have this name; of a few others it may, too.
    pub fn is_of(&self, plan: Digest) -> bool {
        self.0.ends_with(&plan.to_string()[..6])
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        const FORM: &[u8] = b"00000000T000000.000Z-xxxxxx";
        let fits = text.len() == FORM.len()
            && text.bytes().zip(FORM).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b'x' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
                literal => byte == *literal,
            });
        if fits && begun(text).is_some() {
            Ok(RunId(text.to_owned()))
        } else {
            let shown = crate::model::path::Escaped(text.as_bytes()).to_string();
            Err(RunIdError(shown))
        }
    }
}

/// When the run of that name began; none where its digits are no date.
fn begun(name: &str) -> Option<jiff::Timestamp> {
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", name.get(..19)?)
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|time| time.timestamp())
        .ok()
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for RunId {
    fn schema_name() -> Cow<'static, str> {
        "RunId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]{8}T[0-9]{6}\\.[0-9]{3}Z-[0-9a-f]{6}$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_sort_by_time_and_nothing_else_is_one() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let early = RunId::new(at("2024-11-22T15:52:12.123Z"), Digest::of(b"b"));
        let late = RunId::new(at("2024-11-22T15:52:12.124Z"), Digest::of(b"a"));
        assert!(early < late);
        assert_eq!(early.begun(), at("2024-11-22T15:52:12.123Z"));
        assert_eq!(early.as_str().parse(), Ok(early.clone()));
        for bad in [
            "",
            "../../../etc",
            "20241122T155212.123Z-ABCDEF",
            "20241122T155212.123Z-0a1b2c/",
            "99991339T155212.123Z-0a1b2c",
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }
}

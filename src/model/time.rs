//! Points in time as file systems keep them.

mod plain;

use self::plain::Plain;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Seconds since 1970-01-01T00:00:00Z and nanoseconds after them, as `stat` reports them.
///
/// Written as RFC 3339 in UTC with as many digits as needed. A file system may hold a time outside
/// the years that RFC 3339 can name; such a one is written as `@SECONDS.NANOSECONDS`.
///
/// Packed, for an index holds two of them for each of millions of files: 12 bytes in place of 16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed(4))]
pub struct Time {
    seconds: i64,
    nanoseconds: u32,
}

/// The text names no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no time such as 2024-03-01T10:00:00.123456789Z")]
pub struct TimeError(String);

impl Time {
    /// The time that is spelled as mediastruct writes it, `2024-03-01T10:00:00.5Z`; none where it is
    /// spelled otherwise.
    pub(super) fn plain(text: &[u8]) -> Option<Time> {
        plain::read(text)
    }

    /// The time so many seconds and nanoseconds after 1970; nanoseconds are below 10⁹.
    pub fn new(seconds: i64, nanoseconds: u32) -> Option<Time> {
        (nanoseconds < 1_000_000_000).then_some(Time {
            seconds,
            nanoseconds,
        })
    }

    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after the whole second.
    pub fn nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Whole seconds from `earlier` to this time; negative where it is later.
    pub fn seconds_since(self, earlier: Time) -> i64 {
        self.seconds.saturating_sub(earlier.seconds)
    }

    /// Writes the text of the time.
    pub(super) fn write_to(self, text: &mut Vec<u8>) {
        match Plain::of(self) {
            Some(plain) => text.extend_from_slice(plain.as_str().as_bytes()),
            None => text.extend_from_slice(self.to_string().as_bytes()),
        }
    }

    /// The same instant for calendars, where RFC 3339 can name it.
    pub fn timestamp(self) -> Option<Timestamp> {
        let nanoseconds = i32::try_from(self.nanoseconds).ok()?;
        Timestamp::new(self.seconds, nanoseconds)
            .ok()
            .filter(|t| t.as_second() >= YEAR_ZERO)
    }
}

/// 0000-01-01T00:00:00Z, the first instant that RFC 3339 can name.
const YEAR_ZERO: i64 = -62_167_219_200;

impl From<Timestamp> for Time {
    fn from(timestamp: Timestamp) -> Self {
        let nanoseconds = timestamp.as_nanosecond();
        Time {
            seconds: nanoseconds.div_euclid(1_000_000_000) as i64,
            nanoseconds: nanoseconds.rem_euclid(1_000_000_000) as u32,
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Plain::of(*self) {
            Some(plain) => f.write_str(plain.as_str()),
            None => write!(f, "@{}.{:09}", self.seconds(), self.nanoseconds()),
        }
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        if let Some(time) = Time::plain(text.as_bytes()) {
            return Ok(time);
        }
        let error = || TimeError(super::path::Escaped(text.as_bytes()).to_string());
        let Some(number) = text.strip_prefix('@') else {
            return Ok(text.parse::<Timestamp>().map_err(|_| error())?.into());
        };
        let (seconds, nanoseconds) = number.split_once('.').ok_or_else(error)?;
        if nanoseconds.len() != 9 {
            return Err(error());
        }
        let seconds = seconds.parse().map_err(|_| error())?;
        let nanoseconds = nanoseconds.parse().map_err(|_| error())?;
        Time::new(seconds, nanoseconds).ok_or_else(error)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Plain::of(*self) {
            Some(plain) => serializer.serialize_str(plain.as_str()),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as 2024-03-01T10:00:00Z")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)|@-?[0-9]+\\.[0-9]{9})$",
            "description": "RFC 3339 in UTC, or @SECONDS.NANOSECONDS since 1970 for a time that it cannot name."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_written_as_people_read_them() {
        let shown = |s, n| Time::new(s, n).unwrap().to_string();
        assert_eq!(shown(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(
            shown(1_709_287_200, 123_456_789),
            "2024-03-01T10:00:00.123456789Z"
        );
        assert_eq!(shown(-1, 500_000_000), "1969-12-31T23:59:59.5Z");
        assert_eq!(shown(i64::MAX, 1), "@9223372036854775807.000000001");
        assert!("yesterday".parse::<Time>().is_err());
        assert!("@1.5".parse::<Time>().is_err());
    }

    proptest! {
        #[test]
        fn text_of_a_time_round_trips(
            seconds in prop_oneof![any::<i64>(), -100_000_000_000i64..300_000_000_000],
            nanoseconds in 0u32..1_000_000_000,
        ) {
            let time = Time::new(seconds, nanoseconds).unwrap();
            prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        }
    }
}

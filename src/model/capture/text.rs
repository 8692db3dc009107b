//! How the parts of a [`Taken`](super::Taken) are written.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;

/// A wall clock's time to the second, written `2019-03-01T12:00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub struct Clock(#[schemars(with = "String")] pub DateTime);

/// How far a wall clock is ahead of UTC in hours and minutes, written `+02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub struct UtcOffset(#[schemars(with = "String")] pub Offset);

impl Clock {
    const FORMAT: &str = "%Y-%m-%dT%H:%M:%S";
}

impl Serialize for Clock {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0.strftime(Clock::FORMAT))
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Clock, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let read = DateTime::strptime(Clock::FORMAT, text.as_ref());
        let read =
            read.map_err(|_| de::Error::custom("a time is written like 2019-03-01T12:00:00"));
        Ok(Clock(read?))
    }
}

impl Serialize for UtcOffset {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0.is_negative() { '-' } else { '+' };
        let minutes = self.0.seconds().unsigned_abs() / 60;
        let (hours, minutes) = (minutes / 60, minutes % 60);
        write!(f, "{sign}{hours:02}:{minutes:02}")
    }
}

impl<'de> Deserialize<'de> for UtcOffset {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<UtcOffset, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let error = || de::Error::custom("an offset is written like +02:00");
        let (sign, digits) = text.split_at_checked(1).ok_or_else(error)?;
        let (hours, minutes) = digits.split_once(':').ok_or_else(error)?;
        let number = |text: &str| match text.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => text.parse::<i32>().map_err(|_| error()),
            _ => Err(error()),
        };
        let seconds = number(hours)? * 3600 + number(minutes)? * 60;
        let seconds = match sign {
            "+" => seconds,
            "-" => -seconds,
            _ => return Err(error()),
        };
        let offset = Offset::from_seconds(seconds).map_err(|_| error())?;
        Ok(UtcOffset(offset))
    }
}

/// A [`Clock`], as serde wants it for a field.
pub(super) mod wall_clock {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(
        at: &DateTime,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        Clock(*at).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DateTime, D::Error> {
        Ok(Clock::deserialize(from)?.0)
    }
}

/// A [`UtcOffset`] or null, as serde wants it for a field.
pub(super) mod offset {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(
        offset: &Option<Offset>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        offset.map(UtcOffset).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Offset>, D::Error> {
        Ok(Option::<UtcOffset>::deserialize(from)?.map(|offset| offset.0))
    }
}

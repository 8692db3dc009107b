//! How the parts of a [`Taken`](super::Taken) are written.

/// A wall-clock time to the second, `2019-03-01T12:00:00`.
pub(super) mod wall_clock {
    use jiff::civil::DateTime;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::borrow::Cow;

    const FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

    pub(in super::super) fn serialize<S: Serializer>(
        at: &DateTime,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&at.strftime(FORMAT))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DateTime, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let read = DateTime::strptime(FORMAT, text.as_ref());
        read.map_err(|_| de::Error::custom("a time is written like 2019-03-01T12:00:00"))
    }
}

/// An offset from UTC in hours and minutes, `+02:00`, or null.
pub(super) mod offset {
    use jiff::tz::Offset;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::borrow::Cow;

    pub(in super::super) fn serialize<S: Serializer>(
        offset: &Option<Offset>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let Some(offset) = offset else {
            return to.serialize_none();
        };
        let sign = if offset.is_negative() { '-' } else { '+' };
        let minutes = offset.seconds().unsigned_abs() / 60;
        to.collect_str(&format_args!(
            "{sign}{:02}:{:02}",
            minutes / 60,
            minutes % 60
        ))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Offset>, D::Error> {
        let Some(text) = Option::<Cow<str>>::deserialize(from)? else {
            return Ok(None);
        };
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
        Offset::from_seconds(seconds).map(Some).map_err(|_| error())
    }
}

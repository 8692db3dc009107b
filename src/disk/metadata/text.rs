//! Dates as text, strictly: a digit where a digit belongs, or it is no date.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// A date as some file writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Date and time, and the offset where it is written too.
    Time(DateTime, Option<Offset>),
    /// Only the day.
    Day(Date),
}

/// The date that stands in `text`: EXIF's `2019:03:01 12:00:00` or ISO 8601's
/// `2019-03-01T12:00:00.25+01:00`, seconds and what follows them optional.
///
/// What cameras write that never knew the time, zeros and spaces, is no date.
pub(super) fn date(text: &[u8]) -> Option<Written> {
    let mut rest = Rest(until_nul(text).trim_ascii());
    let year = rest.number(4)?;
    rest.one_of(b":-/.")?;
    let month = rest.number(2)?;
    rest.one_of(b":-/.")?;
    let day = rest.number(2)?;
    let day = Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    if rest.0.is_empty() {
        return Some(Written::Day(day));
    }
    rest.one_of(b" Tt:")?;
    let hour = rest.number(2)?;
    rest.one_of(b":.")?;
    let minute = rest.number(2)?;
    let second = match rest.one_of(b":.") {
        Some(_) => rest.number(2)?,
        None => 0,
    };
    let nanoseconds = match rest.one_of(b".,") {
        Some(_) => {
            let digits = rest.0.iter().take_while(|byte| byte.is_ascii_digit());
            let (fraction, after) = rest.0.split_at(digits.count());
            rest.0 = after;
            fraction_of_a_second(fraction)
        }
        None => 0,
    };
    let at = day.at(
        i8::try_from(hour).ok().filter(|hour| *hour < 24)?,
        i8::try_from(minute).ok().filter(|minute| *minute < 60)?,
        // A leap second belongs to the minute that it ends.
        i8::try_from(second.min(59)).ok().filter(|_| second <= 60)?,
        nanoseconds,
    );
    Some(Written::Time(at, offset(rest.0)))
}

/// The offset that stands in `text`: `+01:00`, `-0330`, `+09` or `Z`.
pub(super) fn offset(text: &[u8]) -> Option<Offset> {
    let mut rest = Rest(until_nul(text).trim_ascii());
    let sign = match rest.one_of(b"+-Z")? {
        b'Z' => return rest.0.is_empty().then_some(Offset::UTC),
        b'-' => -1,
        _ => 1,
    };
    let hours = rest.number(2)?;
    rest.one_of(b":");
    let minutes = if rest.0.is_empty() {
        0
    } else {
        rest.number(2)?
    };
    // No clock is further than 14 hours from UTC, nor was any that cameras knew.
    if hours > 14 || minutes > 59 || !rest.0.is_empty() {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// `at` with the digits after the decimal point of its second, where `digits` are some.
pub(super) fn with_fraction(at: DateTime, digits: &[u8]) -> DateTime {
    let digits = until_nul(digits).trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return at;
    }
    let exact = at.with().subsec_nanosecond(fraction_of_a_second(digits));
    exact.build().unwrap_or(at)
}

/// Nanoseconds, of digits behind a decimal point.
fn fraction_of_a_second(digits: &[u8]) -> i32 {
    let padded = digits.iter().chain(std::iter::repeat(&b'0'));
    let digits = padded.take(9).map(|digit| i32::from(digit - b'0'));
    digits.fold(0, |number, digit| number * 10 + digit)
}

/// What comes before the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

/// What is left of a text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        if !number.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    /// The next byte, if it is one of these.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !bytes.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date as day, datetime};

    #[test]
    fn dates_are_read_as_cameras_and_programs_write_them() {
        let at = datetime(2019, 3, 1, 12, 0, 5, 0);
        let quarter = datetime(2019, 3, 1, 12, 0, 5, 250_000_000);
        let east = Some(Offset::from_seconds(19_800).unwrap());
        for (text, written) in [
            ("2019:03:01 12:00:05", Written::Time(at, None)),
            ("2019:03:01 12:00:05\0junk", Written::Time(at, None)),
            ("2019-03-01T12:00:05", Written::Time(at, None)),
            (
                "2019-03-01T12:00:05.25Z",
                Written::Time(quarter, Some(Offset::UTC)),
            ),
            ("2019-03-01T12:00:05+05:30", Written::Time(at, east)),
            ("2019-03-01T12:00:05+0530", Written::Time(at, east)),
            ("2019:03:01", Written::Day(day(2019, 3, 1))),
            (
                "2019-03-01T12:00",
                Written::Time(datetime(2019, 3, 1, 12, 0, 0, 0), None),
            ),
        ] {
            assert_eq!(date(text.as_bytes()), Some(written), "{text}");
        }
    }

    #[test]
    fn a_date_of_zeros_or_spaces_or_with_spaces_is_none() {
        for text in [
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "                   ",
            "2019: 3: 1 12: 0: 0",
            "2019:13:01 12:00:00",
            "2019:03:01 25:00:00",
            "2019:03:01 12:60:00",
            "171546:01:01 00:00:00",
            "",
        ] {
            assert_eq!(date(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn an_offset_that_no_clock_has_is_none() {
        for text in ["", "   :  ", "+15:00", "+1", "+01:60", "+01:00x", "01:00"] {
            assert_eq!(offset(text.as_bytes()), None, "{text:?}");
        }
    }
}

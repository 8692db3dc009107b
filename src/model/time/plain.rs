//! The one spelling of times that mediastruct writes, digit by digit: an index has two of them for
//! each of millions of files, and a parser of all that RFC 3339 allows takes several times as long.

use super::Time;
use jiff::civil;
use jiff::tz::Offset;

/// A time as it is written, e.g. `2024-03-01T10:00:00.123456789Z`.
pub(super) struct Plain {
    text: [u8; LONGEST],
    length: usize,
}

const LONGEST: usize = 30;

/// Reads `2024-03-01T10:00:00Z`, or the same with up to nine digits after the second; none where
/// the time is spelled otherwise, or is none.
pub(super) fn read(text: &[u8]) -> Option<Time> {
    let (clock, rest) = text.split_first_chunk::<19>()?;
    let nanoseconds = match rest {
        b"Z" => 0,
        [b'.', digits @ .., b'Z'] if digits.len() <= 9 => {
            number(digits)? * 10_u32.pow(9 - digits.len() as u32)
        }
        _ => return None,
    };
    let marks = [4, 7, 10, 13, 16].map(|at| clock[at]);
    if marks != *b"--T::" {
        return None;
    }
    let part = |from: usize| number(&clock[from..from + 2])?.try_into().ok();
    let year = i16::try_from(number(&clock[..4])?).ok()?;
    let date = civil::Date::new(year, part(5)?, part(8)?).ok()?;
    let clock = civil::Time::new(part(11)?, part(14)?, part(17)?, 0).ok()?;
    let at = Offset::UTC.to_timestamp(date.to_datetime(clock)).ok()?;
    Time::new(at.as_second(), nanoseconds)
}

/// The number of one digit or more.
fn number(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let digits = digits.iter().map(|digit| u32::from(digit & 15));
    is_number.then(|| digits.fold(0, |number, digit| number * 10 + digit))
}

impl Plain {
    /// The text of a time; none where RFC 3339 cannot name it.
    pub(super) fn of(time: Time) -> Option<Plain> {
        let at = Offset::UTC.to_datetime(time.timestamp()?);
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        put(&mut text[..4], at.year().unsigned_abs().into());
        let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
        for (part, from) in parts.into_iter().zip([5, 8, 11, 14, 17]) {
            put(&mut text[from..from + 2], part.unsigned_abs().into());
        }
        put(&mut text[20..29], time.nanoseconds());
        // As many digits as are needed, and no dot without a digit.
        let last = text[..29].iter().rposition(|b| *b != b'0').unwrap_or(0);
        let end = match last {
            ..=19 => 19,
            _ => last + 1,
        };
        text[end] = b'Z';
        Some(Plain {
            text,
            length: end + 1,
        })
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

/// Writes a number in decimal, with leading zeros, over the whole of `digits`.
fn put(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn what_is_spelled_otherwise_is_left_to_the_general_parser() {
        for text in [
            "",
            "2024-03-01T10:00:00",
            "2024-03-01T10:00:00.Z",
            "2024-03-01T10:00:00.1234567891Z",
            "2024-03-01 10:00:00Z",
            "2024-03-01T10:00:00z",
            "2024-03-01T10:00:00+00:00",
            "2024-03-01T10:00:60Z",
            "2024-03-01T24:00:00Z",
            "2024-02-30T10:00:00Z",
            "2024-00-01T10:00:00Z",
            "+024-03-01T10:00:00Z",
            "9999-12-31T10:00:00Z",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_reads_and_writes_as_the_general_one(
            seconds in -70_000_000_000_i64..260_000_000_000,
            nanoseconds in prop_oneof![Just(0), Just(120_000_000), 0u32..1_000_000_000],
            at in 0usize..30,
            odd in "[0-9:.TZ+ -]",
        ) {
            let time = Time::new(seconds, nanoseconds).unwrap();
            let text = Plain::of(time).map(|text| text.as_str().to_owned());
            prop_assert_eq!(&text, &time.timestamp().map(|at| at.to_string()));
            let Some(mut text) = text else { return Ok(()) };
            prop_assert_eq!(read(text.as_bytes()), Some(time));

            if at < text.len() {
                text.replace_range(at..=at, &odd);
            }
            if let Some(read) = read(text.as_bytes()) {
                prop_assert_eq!(Some(read), text.parse::<Timestamp>().ok().map(Time::from));
            }
        }
    }
}

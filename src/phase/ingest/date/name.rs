//! The date in a file's name, as cameras, phones and programs put it there, and as ingest does.
//!
//! `IMG_20190301_120000`, `20190301_120000_<hash>`, `Screenshot_20190301-120000`,
//! `2019-03-01 12.00.00`, `Screenshot 2019-03-01 at 1.00.00 PM`, `VID-20190301-WA0001`. Pixel's
//! `PXL_20190301_120000123` is in UTC. A day is only believed with a time or WhatsApp's mark after
//! it: too many other numbers look like one.

use crate::model::capture::When;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// The date in `name`, if there is a sane one.
pub(super) fn date(name: &[u8], now: Timestamp) -> Option<When> {
    (0..name.len())
        .filter(|start| *start == 0 || !name[start - 1].is_ascii_digit())
        .find_map(|start| date_at(name, start, now))
}

/// The date that begins at `start`.
fn date_at(name: &[u8], start: usize, now: Timestamp) -> Option<When> {
    let (day, rest) = day(&name[start..])?;
    if let Some(number) = rest.strip_prefix(b"-WA") {
        let is_numbered = number.first().is_some_and(u8::is_ascii_digit);
        return is_numbered.then(|| When::day(day, now)).flatten();
    }
    let at = day.to_datetime(time(rest)?);
    if name[..start] == *b"PXL_" {
        return When::instant(Offset::UTC.to_timestamp(at).ok()?, now);
    }
    When::local(at, None, now)
}

/// A day at the start of `text`, `20190301` or `2019-03-01`, and what follows it.
fn day(text: &[u8]) -> Option<(Date, &[u8])> {
    let (year, rest) = number(text, 4)?;
    let (month, day, rest) = two_numbers(rest, b"-_.")?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Some((date.ok()?, rest))
}

/// A time at the start of `text`, behind what parts it from the day.
fn time(text: &[u8]) -> Option<Time> {
    let rest = match text.strip_prefix(b" at ") {
        Some(rest) => rest,
        None => {
            let (first, rest) = text.split_first()?;
            b"_-T ".contains(first).then_some(rest)?
        }
    };
    // Only with a morning or an afternoon is the hour written with one digit.
    let is_short = rest.get(1).is_some_and(|byte| !byte.is_ascii_digit());
    let (hour, rest) = number(rest, if is_short { 1 } else { 2 })?;
    let (minute, second, rest) = two_numbers(rest, b".-:_")?;
    let hour = match half_of_day(rest) {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None if is_short => return None,
        None => hour,
    };
    // Milliseconds may follow, but no longer number, of which this would be a part.
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits != 0 && digits != 3 {
        return None;
    }
    let part = |number| i8::try_from(number).ok();
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

/// The hours that `AM` or `PM` at the start of `text` stand for, after a plain or a narrow space.
fn half_of_day(text: &[u8]) -> Option<i16> {
    const NARROW_SPACE: &[u8] = b"\xe2\x80\xaf";
    let rest = text
        .strip_prefix(b" ")
        .or_else(|| text.strip_prefix(NARROW_SPACE))?;
    match rest.get(..2)? {
        b"AM" | b"am" => Some(0),
        b"PM" | b"pm" => Some(12),
        _ => None,
    }
}

/// Two numbers of two digits, both behind the same one of `separators` or both behind none, and
/// what follows them.
fn two_numbers<'a>(text: &'a [u8], separators: &[u8]) -> Option<(i16, i16, &'a [u8])> {
    let first = text.first().filter(|byte| separators.contains(byte));
    let separator = first.map(std::slice::from_ref).unwrap_or_default();
    let (one, rest) = number(text.strip_prefix(separator)?, 2)?;
    let (other, rest) = number(rest.strip_prefix(separator)?, 2)?;
    Some((one, other, rest))
}

/// A number of exactly so many digits at the start of `text`, and what follows it.
fn number(text: &[u8], digits: usize) -> Option<(i16, &[u8])> {
    let (number, rest) = text.split_at_checked(digits)?;
    if !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = number.iter().map(|digit| i16::from(digit - b'0'));
    Some((digits.fold(0, |number, digit| number * 10 + digit), rest))
}

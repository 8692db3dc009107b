//! Under which date a file of media is filed: what it is ordered by when it is packed.
//!
//! The names that ingest gives say it to the second. Else the directories say the year at least, and
//! the day or month where they are made so; the time of the last change says the rest, as far as it
//! does not contradict them.

use crate::model::path::RelPath;
use crate::model::time::Time;
use jiff::tz::TimeZone;
use std::fmt;

/// Stands for a month or day that nothing tells: behind all that are known.
const UNKNOWN: u8 = 99;

/// A date, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filed {
    year: i16,
    month: u8,
    day: u8,
    /// Seconds since midnight.
    seconds: u32,
}

impl Filed {
    /// The date under which the file at `path` is filed, which is in the unit of `year`, and was
    /// changed last at `modified`; `zone` is on whose clock that is read.
    pub(super) fn of(path: &RelPath<'_>, year: i16, modified: Time, zone: &TimeZone) -> Filed {
        if let Some(filed) = of_name(path.file_name()).filter(|filed| filed.year == year) {
            return filed;
        }
        let (month, day) = of_directories(path, year);
        let unknown = Filed {
            year,
            month: month.unwrap_or(UNKNOWN),
            day: day.unwrap_or(UNKNOWN),
            seconds: 0,
        };
        let changed = modified.timestamp().map(|at| zone.to_datetime(at));
        let Some(changed) = changed.filter(|at| at.year() == year) else {
            return unknown;
        };
        let number = |number: i8| number.unsigned_abs();
        let agrees = |told: Option<u8>, number: u8| told.is_none_or(|told| told == number);
        if !agrees(month, number(changed.month())) || !agrees(day, number(changed.day())) {
            return unknown;
        }
        let [hour, minute, second] = [changed.hour(), changed.minute(), changed.second()]
            .map(|part| u32::from(part.unsigned_abs()));
        Filed {
            year,
            month: number(changed.month()),
            day: number(changed.day()),
            seconds: (hour * 60 + minute) * 60 + second,
        }
    }

    /// A number that tells months apart, in their order.
    pub(super) fn month(self) -> i32 {
        i32::from(self.year) * 100 + i32::from(self.month)
    }

    /// A number that tells days apart, in their order.
    pub(super) fn day(self) -> i32 {
        self.month() * 100 + i32::from(self.day)
    }
}

/// As far as it is known: `2019-03-01`, `2019-03`, `2019`.
impl fmt::Display for Filed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&month_name(self.month()))?;
        match (self.month, self.day) {
            (UNKNOWN, _) | (_, UNKNOWN) => Ok(()),
            (_, day) => write!(f, "-{day:02}"),
        }
    }
}

/// The month of a number that [`Filed::month`] gave: `2019-03`, or `2019` where it is not known.
pub(super) fn month_name(number: i32) -> String {
    match (number / 100, number % 100) {
        (year, month) if month == i32::from(UNKNOWN) => format!("{year:04}"),
        (year, month) => format!("{year:04}-{month:02}"),
    }
}

/// The date in a name that ingest gave: `20190301_120000_<16 digits of the hash>`.
fn of_name(name: &[u8]) -> Option<Filed> {
    let (date, rest) = name.split_at_checked(15)?;
    let hash = rest.get(1..17)?;
    let is_own = date[8] == b'_' && rest[0] == b'_' && hash.iter().all(u8::is_ascii_hexdigit);
    let part = |at: usize, digits: usize| number(date.get(at..at + digits)?);
    let [hour, minute, second] = [part(9, 2)?, part(11, 2)?, part(13, 2)?];
    let filed = Filed {
        year: i16::try_from(part(0, 4)?).ok()?,
        month: month_of(part(4, 2)?)?,
        day: day_of(part(6, 2)?)?,
        seconds: (hour * 60 + minute) * 60 + second,
    };
    (is_own && hour < 24 && minute < 60 && second < 60).then_some(filed)
}

/// The month and the day that directories beneath the year say: `2019/03/01`, `2019/2019-03-01`,
/// `2019/03-01`, `2019/March`.
fn of_directories(path: &RelPath<'_>, year: i16) -> (Option<u8>, Option<u8>) {
    let year = format!("{year:04}");
    let (mut known, mut directories) = (None, path.components().skip(1).peekable());
    while let Some(directory) = directories.next() {
        if directories.peek().is_none() {
            // It is the file.
            break;
        }
        let rest = directory.strip_prefix(year.as_bytes()).unwrap_or(directory);
        let rest = rest
            .strip_prefix(b"-")
            .or(rest.strip_prefix(b"_"))
            .unwrap_or(rest);
        let (number, rest) = leading(rest);
        match known {
            None => {
                let Some(month) = number.and_then(month_of).or_else(|| named(directory)) else {
                    return (None, None);
                };
                let day = rest.split_first().filter(|(byte, _)| b"-_".contains(byte));
                let day = day.and_then(|(_, rest)| leading(rest).0).and_then(day_of);
                if day.is_some() {
                    return (Some(month), day);
                }
                known = Some(month);
            }
            Some(_) => return (known, number.and_then(day_of)),
        }
    }
    (known, None)
}

/// A number of two digits at the start of a text that no other digit follows, and what follows.
fn leading(text: &[u8]) -> (Option<u32>, &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match digits {
        2 => (number(&text[..2]), &text[2..]),
        _ => (None, text),
    }
}

/// The month that a directory is named for in English, in full or by its first three letters.
fn named(directory: &[u8]) -> Option<u8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = std::str::from_utf8(directory).ok()?.to_ascii_lowercase();
    let mut months = (1..).zip(MONTHS);
    months
        .find(|(_, month)| name == *month || name == month[..3])
        .map(|(number, _)| number)
}

fn number(digits: &[u8]) -> Option<u32> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    let digits = digits
        .iter()
        .map(|digit| u32::from(digit.wrapping_sub(b'0')));
    is_number.then(|| digits.fold(0, |number, digit| number * 10 + digit))
}

fn month_of(number: u32) -> Option<u8> {
    u8::try_from(number).ok().filter(|n| (1..=12).contains(n))
}

fn day_of(number: u32) -> Option<u8> {
    u8::try_from(number).ok().filter(|n| (1..=31).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filed(path: &str, modified: &str) -> Filed {
        let path = RelPath::new(path.as_bytes()).unwrap();
        let modified: jiff::Timestamp = modified.parse().unwrap();
        let year = std::str::from_utf8(path.first()).unwrap().parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        Filed::of(&path, year, modified.into(), &zone)
    }

    #[test]
    fn what_tells_most_is_taken() {
        let changed = "2019-03-31T22:30:00Z";
        for (path, date, seconds) in [
            (
                "2019/20190301_120001_0123456789abcdef.jpg",
                "2019-03-01",
                43201,
            ),
            // What no ingest named is no date to the second.
            ("2019/20190301_120001.jpg", "2019-04-01", 1800),
            (
                "2019/20191301_120001_0123456789abcdef.jpg",
                "2019-04-01",
                1800,
            ),
            (
                "2019/20180301_120001_0123456789abcdef.jpg",
                "2019-04-01",
                1800,
            ),
            ("2019/a.jpg", "2019-04-01", 1800),
            ("2019/04/a.jpg", "2019-04-01", 1800),
            ("2019/03/a.jpg", "2019-03", 0),
            ("2019/03/07/a.jpg", "2019-03-07", 0),
            ("2019/03-07 at the sea/a.jpg", "2019-03-07", 0),
            ("2019/2019-03/a.jpg", "2019-03", 0),
            ("2019/2019-03-07/a.jpg", "2019-03-07", 0),
            ("2019/2019-03-07/deeper/a.jpg", "2019-03-07", 0),
            ("2019/March/7/a.jpg", "2019-03", 0),
            ("2019/Mar/07/a.jpg", "2019-03-07", 0),
            ("2019/13/a.jpg", "2019-04-01", 1800),
            ("2019/holidays/03/a.jpg", "2019-04-01", 1800),
            ("2018/a.jpg", "2018", 0),
            ("2018/12/a.jpg", "2018-12", 0),
        ] {
            let filed = filed(path, changed);
            assert_eq!(
                (filed.to_string().as_str(), filed.seconds),
                (date, seconds),
                "{path}"
            );
        }
    }

    #[test]
    fn what_is_not_known_comes_last() {
        let changed = "2019-03-31T12:00:00Z";
        let mut dates = [
            filed("2020/01/a", changed),
            filed("2019/12/31/a", changed),
            filed("2019/a", changed),
            filed("2018/a", changed),
            filed("2018/12/a", changed),
            filed("2018/12/31/a", changed),
        ];
        dates.sort();
        let dates = dates.map(|filed| filed.to_string());
        let order = [
            "2018-12-31",
            "2018-12",
            "2018",
            "2019-03-31",
            "2019-12-31",
            "2020-01",
        ];
        assert_eq!(dates, order);
    }
}

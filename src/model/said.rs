//! What a person said about the dates of files: one date for all of them, or a map of dates.

use super::path::{Escaped, RelPath};
use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, Zoned};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a person said about the dates of files.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What the map says, line by line; the first that matches counts.
    lines: Vec<Line>,
    /// What holds for all files that no line is about.
    pub all: Option<SaidDate>,
}

/// A date that a person gives: a wall clock's time, and its offset from UTC where that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidDate {
    /// The time; midnight where only the day was said.
    pub at: DateTime,
    /// The offset.
    pub offset: Option<Offset>,
}

/// One line of a map.
#[derive(Clone, Debug)]
struct Line {
    number: usize,
    text: String,
    glob: GlobMatcher,
    date: SaidDate,
}

impl fmt::Display for SaidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.strftime("%Y-%m-%d %H:%M:%S"))
    }
}

/// The text names no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{}' is no date such as 1987-07-14, 2019-03-01T12:00:00 or 2019-03-01T12:00:00+02:00", Escaped(.0.as_bytes()))]
pub struct SaidDateError(String);

/// A line of a map that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {why}")]
pub struct MapError {
    /// The number of the line, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Said {
    /// What the text of a map says: on each line a date, then white space, then the path of a file or
    /// directory of ingest, or a glob such as `scans/*.jpg`. What follows `#` at the start of a line
    /// is for people, and empty lines are for nobody.
    ///
    /// # Errors
    /// Where a line cannot be understood.
    pub fn parse_map(&mut self, text: &str) -> Result<(), MapError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let error = |why: String| MapError { number, why };
            let (date, path) = line.split_once(char::is_whitespace).ok_or_else(|| {
                error("a date is wanted, then the path of a file in ingest".to_owned())
            })?;
            let date: SaidDate = date
                .parse()
                .map_err(|e: SaidDateError| error(e.to_string()))?;
            let path = path.trim_start();
            let path = path.strip_prefix("ingest/").unwrap_or(path);
            let glob = GlobBuilder::new(path.trim_end_matches('/'))
                .literal_separator(true)
                .build()
                .map_err(|e| error(e.to_string()))?;
            self.lines.push(Line {
                number,
                text: path.to_owned(),
                glob: glob.compile_matcher(),
                date,
            });
        }
        Ok(())
    }

    /// The date that was said of the file at `path` in ingest.
    pub fn of(&self, path: &RelPath<'_>) -> Option<SaidDate> {
        let line = self.lines.iter().find(|line| line.matches(path));
        line.map(|line| line.date).or(self.all)
    }

    /// The first date that lies more than a day after `now`, and so is a slip of the pen.
    pub fn future(&self, now: Timestamp) -> Option<SaidDate> {
        let lines = self.lines.iter().map(|line| line.date);
        self.all
            .into_iter()
            .chain(lines)
            .find(|date| date.is_future(now))
    }

    /// The lines of the map that are about none of `paths`, in words.
    pub fn about_nothing<'p>(
        &self,
        paths: impl Iterator<Item = &'p RelPath<'p>> + Clone,
    ) -> Vec<String> {
        let lines = self.lines.iter();
        let idle = lines.filter(|line| !paths.clone().any(|path| line.matches(path)));
        idle.map(|line| {
            let Line { number, text, .. } = line;
            let text = Escaped(text.as_bytes());
            format!("line {number} of the date map is about nothing in ingest: {text}")
        })
        .collect()
    }
}

impl Line {
    /// Whether the line is about a file, or a directory that it is in.
    fn matches(&self, path: &RelPath<'_>) -> bool {
        let is_like = |path: &RelPath<'_>| {
            let path = Path::new(OsStr::from_bytes(path.as_bytes()));
            self.glob.is_match(path)
        };
        is_like(path) || path.ancestors().any(|above| is_like(&above))
    }
}

/// The years that a person can mean: from the oldest photograph on, in four digits.
const YEARS: std::ops::RangeInclusive<i16> = 1826..=9999;

impl SaidDate {
    fn is_future(&self, now: Timestamp) -> bool {
        let utc = Offset::UTC.to_timestamp(self.at);
        let day = jiff::SignedDuration::from_hours(24);
        utc.is_ok_and(|at| now.checked_add(day).is_ok_and(|latest| at > latest))
    }
}

impl std::str::FromStr for SaidDate {
    type Err = SaidDateError;

    fn from_str(text: &str) -> Result<SaidDate, SaidDateError> {
        let error = || SaidDateError(text.to_owned());
        let date = if let Ok(day) = Date::strptime("%Y-%m-%d", text) {
            SaidDate {
                at: day.at(0, 0, 0, 0),
                offset: None,
            }
        } else if let Ok(at) = DateTime::strptime("%Y-%m-%dT%H:%M:%S", text) {
            SaidDate { at, offset: None }
        } else if let Ok(at) = Zoned::strptime("%Y-%m-%dT%H:%M:%S%:z", text) {
            SaidDate {
                at: at.datetime(),
                offset: Some(at.offset()),
            }
        } else {
            return Err(error());
        };
        match YEARS.contains(&date.at.year()) {
            true => Ok(date),
            false => Err(error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath<'static> {
        RelPath::from_text(text.to_owned()).unwrap()
    }

    fn said(map: &str) -> Said {
        let mut said = Said::default();
        said.parse_map(map).unwrap();
        said
    }

    #[test]
    fn dates_are_days_or_times_with_an_offset_or_without() {
        let read = |text: &str| text.parse::<SaidDate>().unwrap();
        assert_eq!(read("1987-07-14").at.to_string(), "1987-07-14T00:00:00");
        assert_eq!(
            read("2019-03-01T12:30:05").at.to_string(),
            "2019-03-01T12:30:05"
        );
        let SaidDate { at, offset } = read("2019-03-01T12:30:05-03:30");
        assert_eq!(at.to_string(), "2019-03-01T12:30:05");
        assert_eq!(offset.unwrap().seconds(), -12_600);
        for text in [
            "",
            "1987",
            "1987-13-01",
            "2019-02-30",
            "0001-01-01",
            "14.7.1987",
            "2019-03-01T25:00:00",
            "2019-03-01 12:00:00",
            "99999-01-01",
        ] {
            assert!(text.parse::<SaidDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_line_that_matches_counts_and_a_directory_means_all_in_it() {
        let mut said = said(
            "\u{feff}# scans\r\n\n1987-07-14\tscans/a b.jpg\n1988-01-01 scans/*.jpg\n\
             1989-01-01   ingest/album/\n",
        );
        let year = |said: &Said, text: &str| said.of(&path(text)).map(|date| date.at.year());
        assert_eq!(year(&said, "scans/a b.jpg"), Some(1987));
        assert_eq!(year(&said, "scans/c.jpg"), Some(1988));
        assert_eq!(year(&said, "scans/d/c.jpg"), None);
        assert_eq!(year(&said, "album/deep/down.jpg"), Some(1989));
        assert_eq!(year(&said, "albums.jpg"), None);
        assert_eq!(
            said.future("1988-06-01T00:00:00Z".parse().unwrap()),
            said.of(&path("album/x"))
        );
        assert_eq!(said.future("1989-06-01T00:00:00Z".parse().unwrap()), None);
        said.all = Some("2001-01-01".parse().unwrap());
        assert_eq!(year(&said, "albums.jpg"), Some(2001));
        let there = [path("album/x"), path("scans/c.jpg")];
        assert_eq!(
            said.about_nothing(there.iter()),
            ["line 3 of the date map is about nothing in ingest: scans/a b.jpg"]
        );
    }

    #[test]
    fn a_line_that_cannot_be_understood_is_named() {
        for (map, told) in [
            ("1987-07-14", "line 1: a date is wanted, then"),
            ("\nsoon a.jpg", "line 2: 'soon' is no date such as"),
            ("1987-07-14 [a", "line 1: "),
        ] {
            let error = Said::default().parse_map(map).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}

//! What a person said about the dates of files: one date for all of them, or a map of dates.

use super::path::{Escaped, RelPath};
use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, Zoned};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a person said about the dates of files.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What the map says, line by line; the first that matches counts.
    lines: Vec<Line>,
    /// The numbers of the lines that give a path, in their order: all of them, for a name may hold
    /// what stands for others in a glob.
    paths: HashMap<Vec<u8>, Vec<usize>>,
    /// The numbers of the lines that give a glob, in their order.
    globs: Vec<usize>,
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
    /// Where the path is a glob.
    glob: Option<GlobMatcher>,
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
    /// directory of ingest, or a glob such as `scans/*.jpg`. Between day and time there may be a
    /// space: what looks like a time after a day is one, and a path of that look is written with
    /// `./` before it. What follows `#` at the start of a line
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
            let no_path =
                || error("a date is wanted, then the path of a file in ingest".to_owned());
            let (date, path) = parted(line).ok_or_else(no_path)?;
            let (date, path) = match parted(path) {
                Some((time, path)) if is_day(date) && is_time(time) => {
                    (format!("{date}T{time}"), path)
                }
                None if is_day(date) && is_time(path) => return Err(no_path()),
                _ => (date.to_owned(), path),
            };
            let date: SaidDate = date
                .parse()
                .map_err(|e: SaidDateError| error(e.to_string()))?;
            let path = path.strip_prefix("./").unwrap_or(path);
            let path = path.strip_prefix("ingest/").unwrap_or(path);
            let path = path.trim_end_matches('/');
            let is_glob = path.contains(['*', '?', '[', '{']);
            let glob = is_glob.then(|| {
                let glob = GlobBuilder::new(path).literal_separator(true).build();
                glob.map_err(|e| error(e.to_string()))
            });
            let glob = glob.transpose()?.map(|glob| glob.compile_matcher());
            let at = self.lines.len();
            self.globs.extend(glob.is_some().then_some(at));
            let paths = self.paths.entry(path.as_bytes().to_vec());
            paths.or_default().push(at);
            self.lines.push(Line {
                number,
                text: path.to_owned(),
                glob,
                date,
            });
        }
        Ok(())
    }

    /// The date that the map gives the file at `path` in ingest, or a directory that it is in.
    pub fn of(&self, path: &RelPath<'_>) -> Option<SaidDate> {
        let by_path = self.by_path(path).filter_map(|lines| lines.first()).min();
        let mut earlier = self
            .globs
            .iter()
            .take_while(|at| by_path.is_none_or(|by| *at < by));
        let by_glob = earlier.find(|at| self.lines[**at].is_like(path));
        by_glob.or(by_path).map(|at| self.lines[*at].date)
    }

    /// The lines that give a path itself, and a directory that it is in.
    fn by_path<'s>(&'s self, path: &RelPath<'_>) -> impl Iterator<Item = &'s [usize]> + use<'s> {
        let above = path.ancestors().map(|dir| self.paths.get(dir.as_bytes()));
        let all = std::iter::once(self.paths.get(path.as_bytes())).chain(above);
        let found: Vec<_> = all.flatten().map(Vec::as_slice).collect();
        found.into_iter()
    }

    /// The first date that lies more than a day after `now`, and so is a slip of the pen.
    pub fn future(&self, now: Timestamp) -> Option<SaidDate> {
        let lines = self.lines.iter().map(|line| line.date);
        self.all
            .into_iter()
            .chain(lines)
            .find(|date| date.is_future(now))
    }

    /// The lines of the map that are about none of `paths`, in words. Where those are all that is
    /// `within` some directories, nothing is said of lines about others; none are all.
    pub fn about_nothing<'p>(
        &self,
        paths: impl Iterator<Item = &'p RelPath<'p>> + Clone,
        within: &[RelPath<'_>],
    ) -> Vec<String> {
        let mut is_used = vec![false; self.lines.len()];
        for path in paths.clone() {
            let lines = self.by_path(path).flatten();
            lines.for_each(|at| is_used[*at] = true);
        }
        for at in &self.globs {
            is_used[*at] = is_used[*at] || paths.clone().any(|path| self.lines[*at].is_like(path));
        }
        let lines = self.lines.iter().zip(is_used);
        let idle = lines.filter(|(line, is_used)| !is_used && line.is_within(within));
        idle.map(|(line, _)| {
            let Line { number, text, .. } = line;
            let text = Escaped(text.as_bytes());
            format!("line {number} of the date map is about nothing in ingest: {text}")
        })
        .collect()
    }
}

/// What stands before the first white space of a line, and what follows.
fn parted(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once(char::is_whitespace)?;
    Some((first, rest.trim_start()))
}

fn is_day(word: &str) -> bool {
    Date::strptime("%Y-%m-%d", word).is_ok()
}

/// Whether a word is a time that may follow a day, such as `12:00:00` or `12:00:00+02:00`.
fn is_time(word: &str) -> bool {
    format!("2000-01-01T{word}").parse::<SaidDate>().is_ok()
}

impl Line {
    /// Whether it is about what is in one of these directories, or they are none.
    fn is_within(&self, directories: &[RelPath<'_>]) -> bool {
        let mut directories = directories.iter().map(RelPath::as_bytes);
        let is_beneath = |dir: &[u8]| {
            let rest = self.text.as_bytes().strip_prefix(dir);
            rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        directories.len() == 0 || directories.any(is_beneath)
    }

    /// Whether the glob matches a file, or a directory that it is in.
    fn is_like(&self, path: &RelPath<'_>) -> bool {
        let is_like = |path: &RelPath<'_>| {
            let path = Path::new(OsStr::from_bytes(path.as_bytes()));
            self.glob.as_ref().is_some_and(|glob| glob.is_match(path))
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

/// How a day and a time are written, with seconds and without.
const CLOCKS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];

fn clock(text: &str) -> Option<DateTime> {
    let mut read = CLOCKS.iter().map(|format| DateTime::strptime(format, text));
    read.find_map(Result::ok)
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
        } else if let Some(at) = clock(text) {
            SaidDate { at, offset: None }
        } else if let Some(at) = text.strip_suffix('Z') {
            SaidDate {
                at: clock(at).ok_or_else(error)?,
                offset: Some(Offset::UTC),
            }
        } else {
            let formats = CLOCKS.map(|format| format!("{format}%:z"));
            let mut read = formats.iter().map(|format| Zoned::strptime(format, text));
            let at = read.find_map(Result::ok).ok_or_else(error)?;
            SaidDate {
                at: at.datetime(),
                offset: Some(at.offset()),
            }
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
        assert_eq!(
            read("2019-03-01T12:30").at.to_string(),
            "2019-03-01T12:30:00"
        );
        let SaidDate { at, offset } = read("2019-03-01T12:30:05-03:30");
        assert_eq!(at.to_string(), "2019-03-01T12:30:05");
        assert_eq!(offset.unwrap().seconds(), -12_600);
        assert_eq!(read("2019-03-01T12:30:05Z").offset, Some(Offset::UTC));
        for text in [
            "",
            "Z",
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
             1989-01-01   ingest/album/\n1990-01-01 IMG[1].jpg\n1991-01-01 album/late.jpg\n",
        );
        let year = |said: &Said, text: &str| said.of(&path(text)).map(|date| date.at.year());
        assert_eq!(year(&said, "scans/a b.jpg"), Some(1987));
        assert_eq!(year(&said, "scans/c.jpg"), Some(1988));
        assert_eq!(year(&said, "scans/d/c.jpg"), None);
        assert_eq!(year(&said, "album/deep/down.jpg"), Some(1989));
        assert_eq!(year(&said, "albums.jpg"), None);
        assert_eq!(
            year(&said, "album/late.jpg"),
            Some(1989),
            "the first counts"
        );
        assert_eq!(year(&said, "IMG[1].jpg"), Some(1990));
        assert_eq!(year(&said, "IMG1.jpg"), Some(1990));
        assert_eq!(
            said.future("1988-06-01T00:00:00Z".parse().unwrap()),
            said.of(&path("album/x"))
        );
        assert_eq!(said.future("1991-06-01T00:00:00Z".parse().unwrap()), None);
        said.all = Some("2001-01-01".parse().unwrap());
        assert_eq!(
            year(&said, "albums.jpg"),
            None,
            "that is for all, not for one"
        );
        let there = ["album/late.jpg", "scans/c.jpg", "IMG1.jpg"].map(path);
        assert_eq!(
            said.about_nothing(there.iter(), &[]),
            ["line 3 of the date map is about nothing in ingest: scans/a b.jpg"]
        );
        for (within, told) in [
            ("scans", 1),
            ("scans/a b.jpg", 1),
            ("scan", 0),
            ("album", 0),
        ] {
            let told_within = said.about_nothing(there.iter(), &[path(within)]);
            assert_eq!(told_within.len(), told, "{within}");
        }
    }

    #[test]
    fn day_and_time_may_be_two_words() {
        for (map, file, at) in [
            ("2019-03-01 12:30:05 a b.jpg", "a b.jpg", "12:30:05"),
            ("2019-03-01\t12:30 a b.jpg", "a b.jpg", "12:30:00"),
            ("2019-03-01  12:30:05+02:00  a.jpg", "a.jpg", "12:30:05"),
            ("2019-03-01 12:30:05Z a.jpg", "a.jpg", "12:30:05"),
            ("2019-03-01 ./12:30 a.jpg", "12:30 a.jpg", "00:00:00"),
            ("2019-03-01 12:30 Uhr.jpg", "12:30 Uhr.jpg", "12:30:00"),
            ("2019-03-01 12.30 a.jpg", "12.30 a.jpg", "00:00:00"),
            ("2019-03-01 12:30:05.jpg", "12:30:05.jpg", "00:00:00"),
            ("2019-03-01T11:00 12:30", "12:30", "11:00:00"),
        ] {
            let found = said(map).of(&path(file));
            let expected = (file != "12:30 Uhr.jpg").then(|| at.to_owned());
            let found = found.map(|date| date.at.time().strftime("%T").to_string());
            assert_eq!(found, expected, "{map}");
        }
        assert_eq!(
            said("2019-03-01 12:30:05+02:00 a")
                .of(&path("a"))
                .unwrap()
                .offset,
            Some(jiff::tz::offset(2))
        );
    }

    #[test]
    fn a_line_that_cannot_be_understood_is_named() {
        for (map, told) in [
            ("1987-07-14", "line 1: a date is wanted, then"),
            ("1987-07-14 12:00:00", "line 1: a date is wanted, then"),
            ("\nsoon a.jpg", "line 2: 'soon' is no date such as"),
            ("1987-07-14 [a", "line 1: "),
        ] {
            let error = Said::default().parse_map(map).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}

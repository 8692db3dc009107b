//! How ingest calls the directories in media.

use super::path::RelPath;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;

/// A pattern such as `%Y/%m`, which begins with the year: its units are those of media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateDirs {
    pattern: String,
    pieces: Vec<Piece>,
}

/// The text is no pattern of directories.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected directories of a date that begin with the year, such as %Y, %Y/%m or %Y/%m-%d; in them \
     %m is the month, %d the day, %j the day of the year, %B and %b the month's name, %% a percent \
     sign"
)]
pub struct DateDirsError;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(char),
    Year,
    Month,
    Day,
    DayOfYear,
    MonthName,
    ShortMonthName,
}

/// In English, whatever the locale: a plan is the same everywhere.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The longest pattern, in bytes.
const LONGEST: usize = 128;

impl DateDirs {
    /// The directory for what was taken on `date`, relative to media.
    pub fn dir_of(&self, date: Date) -> RelPath<'static> {
        RelPath::derived(self.text_of(date).into_bytes())
    }

    fn text_of(&self, date: Date) -> String {
        let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(character) => text.push(*character),
                Piece::Year => text += &format!("{:04}", date.year()),
                Piece::Month => text += &format!("{:02}", date.month()),
                Piece::Day => text += &format!("{:02}", date.day()),
                Piece::DayOfYear => text += &format!("{:03}", date.day_of_year()),
                Piece::MonthName => text += month,
                Piece::ShortMonthName => text += &month[..3],
            }
        }
        text
    }
}

impl Default for DateDirs {
    /// By the year alone.
    fn default() -> DateDirs {
        DateDirs {
            pattern: "%Y".to_owned(),
            pieces: vec![Piece::Year],
        }
    }
}

impl FromStr for DateDirs {
    type Err = DateDirsError;

    fn from_str(text: &str) -> Result<DateDirs, DateDirsError> {
        let mut pieces = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let piece = match (character, character == '%') {
                (_, false) if character.is_control() => return Err(DateDirsError),
                (_, false) => Piece::Text(character),
                (_, true) => match characters.next() {
                    Some('Y') => Piece::Year,
                    Some('m') => Piece::Month,
                    Some('d') => Piece::Day,
                    Some('j') => Piece::DayOfYear,
                    Some('B') => Piece::MonthName,
                    Some('b') => Piece::ShortMonthName,
                    Some('%') => Piece::Text('%'),
                    _ => return Err(DateDirsError),
                },
            };
            pieces.push(piece);
        }
        let is_of_years = matches!(
            pieces[..],
            [Piece::Year] | [Piece::Year, Piece::Text('/'), ..]
        );
        let dirs = DateDirs {
            pattern: text.to_owned(),
            pieces,
        };
        // A day of the longest month's name stands for all: no other makes a longer path, and none
        // makes a name that is special.
        let path = RelPath::new(dirs.text_of(jiff::civil::date(2019, 9, 30)).into_bytes());
        let is_free =
            |path: RelPath<'_>| !path.is_ours() && path.ancestors().all(|dir| !dir.is_ours());
        let is_lawful = path.is_ok_and(is_free);
        match is_of_years && is_lawful && text.len() <= LONGEST {
            true => Ok(dirs),
            false => Err(DateDirsError),
        }
    }
}

impl fmt::Display for DateDirs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn directories_follow_the_pattern() {
        let day = jiff::civil::date(2019, 3, 1);
        for (pattern, dir) in [
            ("%Y", "2019"),
            ("%Y/%m", "2019/03"),
            ("%Y/%Y-%m-%d", "2019/2019-03-01"),
            ("%Y/%B %d/%j", "2019/March 01/060"),
            ("%Y/%b 100%%", "2019/Mar 100%"),
        ] {
            let dirs: DateDirs = pattern.parse().unwrap();
            assert_eq!(dirs.dir_of(day).to_string(), dir);
            assert_eq!(dirs.to_string(), pattern);
        }
        assert_eq!("%Y".parse(), Ok(DateDirs::default()));
    }

    #[test]
    fn what_is_no_pattern_of_years_is_refused() {
        let long = format!("%Y/{}", "x".repeat(256));
        for pattern in [
            "",
            "%m",
            "x%Y",
            "%Y-%m",
            "/%Y",
            "%Y/",
            "%Y//%m",
            "%Y/../x",
            "%Y/.",
            "%Y/%H",
            "%Y/%z",
            "%Y/%",
            "%Y/.mediastruct",
            "%Y/.mediastruct/%m",
            "%Y/.mediastruct.tmp-1/%m",
            "%Y/.mediastruct-%d/%m",
            "%Y/.mediastruct.d/%m",
            "%Y/a\n",
            "%Y/\0",
            &long,
        ] {
            assert_eq!(pattern.parse::<DateDirs>(), Err(DateDirsError), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_gives_lawful_paths_for_any_date(
            pattern in "%Y(/|%[YmdjBb%]|[a.% /-]|/\\.mediastruct(\\.d|-)?|\\PC){0,12}",
            days in 0..3_652_058,
        ) {
            if let Ok(dirs) = pattern.parse::<DateDirs>() {
                let date = jiff::civil::date(1, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
                let text = dirs.dir_of(date);
                prop_assert!(RelPath::new(text.as_bytes().to_vec()).is_ok());
                prop_assert!(!text.is_ours());
                prop_assert!(text.ancestors().all(|dir| !dir.is_ours()));
                let year = format!("{:04}", date.year());
                prop_assert_eq!(text.first(), year.as_bytes());
            }
        }
    }
}

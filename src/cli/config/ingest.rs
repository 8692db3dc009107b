//! How ingest works: the section Ingest.

use super::Key;
use super::value::parse_yes;
use crate::model::date_dirs::{DateDirs, DateDirsError};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// How ingest works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestSettings {
    /// How the directories in media are called.
    pub date_dirs: DateDirs,
    /// On whose clock times in UTC are put.
    pub time_zone: Zone,
    /// Whether files that belong together get one name and move together.
    pub bundles: bool,
    /// The makers whose cameras write local time into videos where UTC belongs.
    pub local_time_makes: Vec<String>,
    /// What reads the dates of files.
    pub metadata: MetadataReader,
}

/// What reads the dates of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataReader {
    /// mediastruct alone.
    Builtin,
    /// ExifTool as well, where mediastruct finds no date in a file.
    Exiftool,
}

/// A time zone, and the name by which it is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Default for IngestSettings {
    /// What holds where nothing is said; the time zone is this machine's.
    fn default() -> IngestSettings {
        IngestSettings {
            date_dirs: DateDirs::default(),
            time_zone: Zone::local(),
            bundles: true,
            local_time_makes: Vec::new(),
            metadata: MetadataReader::Builtin,
        }
    }
}

impl IngestSettings {
    /// What `text` says of a key of this section; nothing where the key is of another.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn set(&mut self, key: Key, text: &str) -> Result<(), String> {
        match key {
            Key::DateDirs => {
                let read = text.parse();
                self.date_dirs = read.map_err(|error: DateDirsError| error.to_string())?;
            }
            Key::TimeZone => self.time_zone = parse_zone(text)?,
            Key::IngestBundles => self.bundles = parse_yes(text)?,
            Key::LocalTimeMakes => {
                let makes = text.split(',').map(str::trim);
                let makes = makes.filter(|make| !make.is_empty());
                self.local_time_makes = makes.map(str::to_owned).collect();
            }
            Key::Metadata => self.metadata = parse_metadata(text)?,
            _ => {}
        }
        Ok(())
    }
}

impl Zone {
    /// The name, as [`parse_zone`] takes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// That of this machine; UTC where it has none that a name tells.
    fn local() -> Zone {
        let zone = TimeZone::system();
        match zone.iana_name() {
            Some(name) => Zone {
                name: name.to_owned(),
                zone: zone.clone(),
            },
            None => match zone.to_fixed_offset() {
                Ok(offset) => Zone::fixed(offset),
                // A rule without a name could not be told in a plan; the offset of today can.
                Err(_) => Zone::fixed(zone.to_offset(Timestamp::now())),
            },
        }
    }

    fn fixed(offset: Offset) -> Zone {
        let sign = if offset.is_negative() { '-' } else { '+' };
        let minutes = offset.seconds().unsigned_abs() / 60;
        Zone {
            name: format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
            zone: TimeZone::fixed(offset),
        }
    }
}

/// A time zone: `local`, `UTC`, a name such as `Europe/Berlin`, or an offset such as `+02:00`.
///
/// # Errors
/// What was expected instead.
pub fn parse_zone(text: &str) -> Result<Zone, String> {
    if text.eq_ignore_ascii_case("local") {
        return Ok(Zone::local());
    }
    if let Some(offset) = offset_of(text) {
        return Ok(Zone::fixed(offset));
    }
    let zone = TimeZone::get(text).ok();
    let named = zone.and_then(|zone| {
        let name = zone.iana_name()?.to_owned();
        Some(Zone { name, zone })
    });
    named.ok_or_else(|| {
        "expected local, UTC, the name of a time zone such as Europe/Berlin, or an offset such as \
         +02:00"
            .to_owned()
    })
}

/// An offset of hours and minutes with a sign, of less than a day.
fn offset_of(text: &str) -> Option<Offset> {
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, most: i32| {
        let is_number = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse::<i32>().ok().filter(|_| is_number);
        number.filter(|number| *number <= most)
    };
    let seconds = number(hours, 23)? * 3600 + number(minutes, 59)? * 60;
    match sign {
        "+" => Offset::from_seconds(seconds).ok(),
        "-" => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

fn parse_metadata(text: &str) -> Result<MetadataReader, String> {
    match text.to_ascii_lowercase().as_str() {
        "builtin" => Ok(MetadataReader::Builtin),
        "exiftool" => Ok(MetadataReader::Exiftool),
        _ => Err("expected builtin or exiftool".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_names_or_offsets_and_are_found_again() {
        for (text, name) in [
            ("UTC", "UTC"),
            ("europe/berlin", "Europe/Berlin"),
            ("+02:00", "+02:00"),
            ("-03:30", "-03:30"),
            ("+00:00", "+00:00"),
        ] {
            let zone = parse_zone(text).unwrap();
            assert_eq!(zone.name(), name);
            assert_eq!(parse_zone(zone.name()).unwrap(), zone);
        }
        let local = parse_zone("local").unwrap();
        assert_eq!(parse_zone(local.name()).unwrap().name(), local.name());
        for bad in [
            "",
            "Mars/Olympus",
            "+2",
            "02:00",
            "+24:00",
            "+02:60",
            "+2:000",
        ] {
            assert!(parse_zone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn makers_are_parted_by_commas() {
        let mut settings = IngestSettings::default();
        settings
            .set(Key::LocalTimeMakes, "Canon, NIKON CORPORATION,,")
            .unwrap();
        assert_eq!(settings.local_time_makes, ["Canon", "NIKON CORPORATION"]);
        settings.set(Key::Metadata, "exiftool").unwrap();
        assert_eq!(settings.metadata, MetadataReader::Exiftool);
        assert!(settings.set(Key::Metadata, "magic").is_err());
        assert!(settings.set(Key::DateDirs, "%m").is_err());
    }
}

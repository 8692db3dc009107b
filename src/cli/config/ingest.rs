//! How ingest works: the section Ingest.

use super::Key;
use super::value::parse_yes;
use crate::model::capture::UtcOffset;
use crate::model::date_dirs::{DateDirs, DateDirsError};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

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
    doubt: Option<String>,
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

    /// Why the zone is but a guess, and what is taken for it; none where it is not.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// That of this machine.
    fn local() -> Zone {
        let found = TimeZone::try_system();
        Zone::of_machine(found.map_err(|error| error.to_string()), Timestamp::now())
    }

    /// What was found of the machine's zone, as far as a plan can tell it.
    fn of_machine(found: Result<TimeZone, String>, now: Timestamp) -> Zone {
        let zone = match found {
            Ok(zone) => zone,
            Err(why) => {
                let doubt = format!("this machine's time zone is not known ({why}): UTC is taken");
                return Zone {
                    doubt: Some(doubt),
                    ..Zone::of(TimeZone::UTC, "UTC")
                };
            }
        };
        if let Some(name) = zone.iana_name() {
            return Zone::of(zone.clone(), name);
        }
        let today = Zone::fixed(zone.to_offset(now));
        if zone.following(Timestamp::MIN).next().is_none() {
            return today;
        }
        let doubt = format!(
            "this machine's time zone has no name, and a plan could not tell it: today's offset, {}, \
             is taken for every day of the year",
            today.name
        );
        Zone {
            doubt: Some(doubt),
            ..today
        }
    }

    fn of(zone: TimeZone, name: &str) -> Zone {
        Zone {
            name: name.to_owned(),
            zone,
            doubt: None,
        }
    }

    /// The zone of an offset, in whole minutes, as its name tells no seconds.
    fn fixed(offset: Offset) -> Zone {
        let minutes = offset.seconds() / 60;
        let whole = Offset::from_seconds(minutes * 60).unwrap_or(offset);
        Zone::of(TimeZone::fixed(whole), &UtcOffset(whole).to_string())
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
    // A machine may have no list of zones, or a part of one.
    let bundled = |_| TimeZoneDatabase::bundled().get(text);
    let zone = TimeZone::get(text).or_else(bundled).ok();
    let named = zone.and_then(|zone| Some(Zone::of(zone.clone(), zone.iana_name()?)));
    named.ok_or_else(|| {
        "expected local, UTC, the name of a time zone, such as \
         Europe/Berlin, or an offset such as +02:00"
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
    fn a_zone_that_no_plan_could_tell_is_doubted() {
        let now: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        let of_machine = |zone| Zone::of_machine(zone, now);
        let berlin = of_machine(Ok(TimeZone::get("Europe/Berlin").unwrap()));
        assert_eq!((berlin.name(), berlin.doubt()), ("Europe/Berlin", None));
        let fixed = of_machine(Ok(TimeZone::posix("<plus>-5:30").unwrap()));
        assert_eq!((fixed.name(), fixed.doubt()), ("+05:30", None));
        for (zone, name, doubt) in [
            (
                Ok(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()),
                "+01:00",
                "today's offset, +01:00",
            ),
            // Such an offset was that of Amsterdam until 1937; seconds cannot be told.
            (
                Ok(TimeZone::posix("AMT-0:19:32NST,M3.5.0,M10.5.0").unwrap()),
                "+00:19",
                "today's offset, +00:19",
            ),
            (Err("no such file".to_owned()), "UTC", "(no such file)"),
        ] {
            let zone = of_machine(zone);
            assert_eq!(zone.name(), name);
            assert!(zone.doubt().unwrap().contains(doubt), "{zone:?}");
            // Times are on the clock that the plan names.
            assert_eq!(parse_zone(name).unwrap().zone(), zone.zone());
        }
        let seconds = Offset::from_seconds(-32).unwrap();
        assert_eq!(Zone::fixed(seconds), parse_zone("+00:00").unwrap());
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

//! The dates of real files, as far as they are at hand: `MEDIASTRUCT_SAMPLES` names a folder with
//! files in `media` and, in `dates.json`, what another reader finds in each.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mediastruct::disk::metadata;
use mediastruct::disk::metadata::exiftool::{Exiftool, ExiftoolError};
use mediastruct::model::capture::{Reading, Source, Taken};
use mediastruct::model::time::Time;
use mediastruct::phase::ingest::date::{Evidence, Settings, choose};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is expected of a file.
#[derive(serde::Deserialize)]
struct Expected {
    taken: String,
    offset: Option<String>,
    from: String,
}

#[test]
fn real_files_are_dated_as_another_reader_dates_them() {
    let Some(samples) = std::env::var_os("MEDIASTRUCT_SAMPLES").map(PathBuf::from) else {
        println!("skipped: MEDIASTRUCT_SAMPLES names no folder with samples");
        return;
    };
    let expected = fs::read(samples.join("dates.json")).unwrap();
    let expected: BTreeMap<String, Option<Expected>> = serde_json::from_slice(&expected).unwrap();
    let (mut dated, mut dated_agreed, mut agreed) = (0, 0, 0);
    for (name, expected) in &expected {
        let taken = embedded_date(&samples.join("media").join(name));
        let agrees = match (&taken, expected) {
            (None, None) => true,
            (Some(taken), Some(expected)) => says(taken, expected),
            _ => false,
        };
        agreed += usize::from(agrees);
        if let Some(expected) = expected {
            dated += 1;
            dated_agreed += usize::from(agrees);
            if !agrees {
                let Expected {
                    taken,
                    offset,
                    from,
                } = expected;
                println!("{name}: expected {taken} {offset:?} of {from}");
            }
        }
        if !agrees {
            println!("{name}: found {taken:?}");
        }
    }
    println!(
        "{dated_agreed} of {dated} dated files agree, {agreed} of {} in all",
        expected.len()
    );
    assert!(dated_agreed * 100 >= dated * 98);
    // Where the other reader gives a damaged file up, a date that still stands in it is found here.
    assert!(agreed * 100 >= expected.len() * 96);
}

#[test]
fn real_files_are_dated_alike_by_the_built_in_reader_and_by_exiftool() {
    let Some(samples) = std::env::var_os("MEDIASTRUCT_SAMPLES").map(PathBuf::from) else {
        println!("skipped: MEDIASTRUCT_SAMPLES names no folder with samples");
        return;
    };
    let exiftool = match Exiftool::start() {
        Ok(exiftool) => exiftool,
        Err(ExiftoolError::Missing) => {
            println!("skipped: no exiftool is on PATH");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let expected = fs::read(samples.join("dates.json")).unwrap();
    let expected: BTreeMap<String, Option<Expected>> = serde_json::from_slice(&expected).unwrap();
    let (mut agreed, mut only_here, mut only_there) = (0, 0, 0);
    for name in expected.keys() {
        let path = samples.join("media").join(name);
        let own = embedded_date(&path);
        let reading = exiftool.read(&fs::File::open(&path).unwrap(), now());
        let other = date_of(&reading.unwrap_or_else(|error| panic!("{name}: {error}")));
        match (&own, &other) {
            _ if own == other => agreed += 1,
            (Some(_), None) => only_here += 1,
            (None, Some(_)) => only_there += 1,
            _ => {}
        }
        if own != other {
            println!("{name}: {own:?} here, {other:?} by exiftool");
        }
    }
    let all = expected.len();
    println!(
        "the readers agree on {agreed} of {all}; {only_here} are dated here alone, {only_there} by \
         exiftool alone"
    );
    assert!(agreed * 100 >= all * 96);
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// The date of a file by its content alone.
fn embedded_date(path: &Path) -> Option<Taken> {
    let mut file = fs::File::open(path).unwrap();
    date_of(&metadata::read(&mut file, now()).unwrap())
}

/// The date of a file that says this, and of which nothing else is known.
fn date_of(reading: &Reading) -> Option<Taken> {
    let evidence = Evidence {
        said: None,
        file: reading,
        sidecars: &[],
        name: b"",
        modified: Time::default(),
        still: None,
    };
    let settings = Settings {
        time_zone: TimeZone::UTC,
        local_makes: Vec::new(),
        now: now(),
    };
    Some(choose(&evidence, &settings)?.taken)
}

/// Whether a date is the expected one, and of the expected tag.
fn says(taken: &Taken, expected: &Expected) -> bool {
    let written = serde_json::to_value(taken).unwrap();
    let from = match taken.source {
        Source::ExifOriginal => "EXIF:DateTimeOriginal",
        Source::ExifDigitized => "EXIF:DateTimeDigitized",
        Source::XmpOriginal | Source::XmpCreated | Source::XmpCreateDate => "XMP",
        Source::MovieHeader => "QuickTime:CreateDate",
        _ => "another",
    };
    written["taken"] == expected.taken.as_str()
        && written["offset"].as_str() == expected.offset.as_deref()
        && from == expected.from
}

//! A date is chosen of any file with any name: the bytes as far as the first NUL are the name.
#![no_main]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use mediastruct::disk::metadata;
use mediastruct::model::time::Time;
use mediastruct::phase::ingest::date::{Evidence, Settings, choose};
use std::io::Cursor;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let name = parts.next().unwrap_or_default();
    let file = parts.next().unwrap_or_default();
    let reading = metadata::read(&mut Cursor::new(file), Timestamp::MAX);
    let reading = reading.expect("what is in memory can be read");
    let settings = Settings {
        time_zone: TimeZone::fixed(jiff::tz::offset(-9)),
        local_makes: vec!["Maker".into()],
        now: Timestamp::MAX,
    };
    let evidence = Evidence {
        said: None,
        file: &reading,
        sidecars: &[&reading],
        name,
        modified: Time::new(file.len() as i64 * 1_000_000, 0).unwrap_or_default(),
        still: None,
    };
    let choice = choose(&evidence, &settings);
    if let Some(choice) = choice {
        assert!(choice.rivals.iter().all(|rival| rival.taken != choice.taken.taken));
    }
});

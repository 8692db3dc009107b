//! Any text is a pattern of directories and a map of dates, without a panic; a pattern that is taken
//! gives lawful paths beneath the year, and stands for itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mediastruct::model::date_dirs::DateDirs;
use mediastruct::model::path::RelPath;
use mediastruct::model::said::Said;

fuzz_target!(|text: &str| {
    let mut said = Said::default();
    if said.parse_map(text).is_ok() {
        let path = RelPath::from_text("scans/album 1/a.jpg").expect("it is a path");
        let _ = said.of(&path);
    }
    let Ok(dirs) = text.parse::<DateDirs>() else {
        return;
    };
    assert_eq!(dirs.to_string(), text);
    for (year, month, day) in [(1, 1, 1), (1987, 5, 31), (2024, 9, 30), (9999, 12, 31)] {
        let dir = dirs.dir_of(jiff::civil::date(year, month, day));
        assert!(RelPath::new(dir.as_bytes().to_vec()).is_ok());
        assert!(!dir.is_ours());
        assert_eq!(dir.first(), format!("{year:04}").as_bytes());
    }
});

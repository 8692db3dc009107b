//! What a plan was asked for, in words.

use crate::cli::human::Exactly;
use crate::model::path::Escaped;
use crate::model::plan::Settings;
use std::fmt::Write;

/// What a plan of dedupe or ingest was asked for; nothing where that is what it does by default.
pub fn settings(settings: &Settings) -> String {
    let mut text = String::new();
    if let Some(keep) = settings.keep {
        let _ = writeln!(text, "keeps        {keep}");
    }
    for dir in &settings.prefer {
        let _ = writeln!(text, "prefers      {dir}");
    }
    if settings.bundles == Some(false) {
        text.push_str("bundles      are taken apart\n");
    }
    for dir in &settings.only {
        let _ = writeln!(text, "moves only   what lies in {dir}");
    }
    if let Some(size) = settings.min_size {
        let _ = writeln!(text, "moves only   files of {} or more", Exactly(size));
    }
    if let Some(zone) = &settings.time_zone {
        let zone = Escaped(zone.as_bytes());
        let _ = writeln!(text, "UTC          is put on the clock of {zone}");
    }
    if let Some(year) = settings.through {
        let _ = writeln!(text, "takes        the years up to {year}");
    }
    if let Some(pack) = settings.pack {
        let _ = writeln!(text, "packs        {pack}");
    }
    if let Some(parity) = settings.parity {
        let _ = writeln!(
            text,
            "leaves       {parity} of each volume to error correction"
        );
    }
    if settings.raw_capacity == Some(true) {
        text.push_str("fills        the sectors that drives keep for defect management\n");
    }
    if let Some(dir) = &settings.undated {
        let _ = writeln!(text, "gathers      undated files in {dir}");
    }
    text
}

//! `volumes list`: the volumes, how full they are, and where their discs are.

use super::medium::MediumChoice;
use crate::cli::args::ListArguments;
use crate::cli::bar::bar;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::human::{Bytes, Count, Things};
use crate::cli::library;
use crate::cli::table::{Column, table};
use crate::cli::terminal;
use crate::model::index::UnitState;
use crate::model::time::Time;
use crate::model::volume::{Holds, VolumeState};
use crate::model::volume_list::{ListedCopy, ListedVolume, VOLUME_LIST_FORMAT, VolumeList};
use crate::phase::volumes::list as phase;
use std::fmt::Write;

/// Lists the volumes.
///
/// # Errors
/// Where an index or the events of the volumes cannot be read or trusted.
pub fn list(arguments: &ListArguments, context: &Context) -> Result<Exit, Failure> {
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    let MediumChoice { medium, sectors } =
        MediumChoice::of(&arguments.medium, context.configuration.archive.medium);
    let days = context.configuration.archive.verify_after_days;
    let list = VolumeList {
        format: VOLUME_LIST_FORMAT.to_owned(),
        medium,
        sectors,
        verify_after_days: days,
        volumes: phase::list(&state, days),
    };
    if arguments.json {
        context.output.json(&list)?;
        return Ok(Exit::Done);
    }
    if list.volumes.is_empty() {
        let hint = "there are no volumes yet: what is in archive/NN is one, once it was crawled";
        context.output.note(hint);
        return Ok(Exit::Done);
    }
    let text = text(&list);
    context.output.data(|out| out.write_all(text.as_bytes()))?;
    for hint in hints(&list) {
        context.output.note(hint);
    }
    Ok(Exit::Done)
}

/// The volumes, one a line, and beneath each its discs.
fn text(list: &VolumeList) -> String {
    let columns = [
        Column::Words("volume"),
        Column::Words("state"),
        Column::Words("files are"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
        Column::Words("fill"),
    ];
    let rows = list.volumes.iter().map(|volume| {
        vec![
            volume.volume.clone(),
            state(volume).to_owned(),
            on_disk(volume).to_owned(),
            Count(volume.totals.files).to_string(),
            Bytes(volume.totals.bytes).to_string(),
            fill(volume.sectors, list),
        ]
    });
    let table = table(&columns, rows);
    let mut lines = table.trim_start_matches('\n').lines();
    let mut text = String::new();
    text.extend(lines.next().map(|heading| format!("{heading}\n")));
    for (line, volume) in lines.zip(&list.volumes) {
        let _ = writeln!(text, "{line}");
        for copy in &volume.copies {
            let _ = writeln!(text, "      {}", disc(copy, volume));
        }
    }
    text
}

/// How far a volume has come, in a word.
fn state(volume: &ListedVolume) -> &'static str {
    match volume.state {
        None => "no disc known",
        Some(VolumeState::Open) => "open",
        Some(VolumeState::Unburned) => "unburned",
        Some(VolumeState::Burned) => "burned",
        Some(VolumeState::Verified) => "verified",
        Some(VolumeState::Lost) => "discs lost",
    }
}

fn on_disk(volume: &ListedVolume) -> &'static str {
    match volume.on_disk {
        Some(UnitState::Present) => "on the disk",
        Some(UnitState::Offline) => "on discs alone",
        Some(UnitState::Missing) => "missing",
        None => "in no index",
    }
}

/// How much of the medium a volume takes: `████████████░░░░░░░░  61.3 % of bd25`.
fn fill(sectors: u64, list: &VolumeList) -> String {
    let over = match sectors > list.sectors {
        true => ": too large",
        false => "",
    };
    format!("{} of {}{over}", bar(sectors, list.sectors), list.medium)
}

/// A disc, where it is, and when it was last read.
fn disc(copy: &ListedCopy, volume: &ListedVolume) -> String {
    let mut text = format!("copy {}", copy.copy);
    if let Some(location) = &copy.location {
        let _ = write!(text, ", {}", terminal::line(location));
    }
    let _ = write!(text, ", burned {}", day(copy.burned));
    if let Some(lost) = copy.lost {
        let _ = write!(text, ", lost {}", day(lost));
        return text;
    }
    match copy.verified {
        Some(at) => {
            let _ = write!(text, ", verified {}", day(at));
        }
        None => text.push_str(", never verified"),
    }
    match copy.holds {
        Holds::Burned | Holds::Verified => {}
        Holds::Other => text.push_str(", holds other contents than the index has"),
        // Of a volume that no index knows, that is said already.
        Holds::Untold if volume.on_disk.is_none() => {}
        Holds::Untold => text.push_str(", nothing tells what it holds"),
    }
    if copy.is_due {
        text.push_str(" (due)");
    }
    text
}

/// The day of a time, in UTC.
fn day(at: Time) -> String {
    let text = at.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// What to do next.
fn hints(list: &VolumeList) -> Vec<String> {
    let due = list.volumes.iter().flat_map(|volume| &volume.copies);
    let due = due.filter(|copy| copy.is_due).count() as u64;
    match due {
        0 => Vec::new(),
        due => vec![format!(
            "due to be read again, or for the first time: {}; `mediastruct volumes verify NN --at PATH`",
            Things(due, "disc")
        )],
    }
}

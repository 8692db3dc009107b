//! The status of a library as text.

use crate::cli::human::{Bytes, Count, Things};
use crate::cli::table::{Column, table};
use crate::model::index::{Totals, UnitState};
use crate::model::status::{Content, IndexAge, Status, Volume};
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::{Holds, VolumeState};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is known: first what stands in the way, then media by year, volumes by state, the other
/// trees, and how old all of that is.
pub fn text(status: &Status) -> String {
    let mut text = String::new();
    if let Some(run) = &status.unfinished {
        let _ = writeln!(
            text,
            "run {run} was interrupted and is unfinished: `mediastruct recover` finishes it, or \
             takes it back"
        );
    }
    if !status.years.is_empty() {
        text.push_str(&years(status));
    }
    if !status.volumes.is_empty() {
        text.push_str(&volumes(status));
    }
    text.push_str(&others(status));
    text.push_str(&ages(status));
    text.trim_start_matches('\n').to_owned()
}

/// What to do next, where there is something to do before all of this can be told.
pub fn hints(status: &Status) -> Vec<String> {
    let is_known = |tree| {
        let index = status.indexes.iter().find(|index| index.tree == tree);
        index.is_some_and(|index| index.changed.is_some())
    };
    let mut hints = Vec::new();
    if Tree::INDEXED.into_iter().any(|tree| !is_known(tree)) {
        hints.push("`mediastruct crawl` indexes media and archive, and tells what is there".into());
    } else if status.years.is_empty() && status.volumes.is_empty() {
        hints.push(
            "there is nothing yet: sorted files go to media/YYYY, what is on discs to archive/NN; \
             then `mediastruct crawl`"
                .into(),
        );
    }
    hints
}

/// A column of the table of years.
type Part = (&'static str, fn(&Content) -> Totals);

fn years(status: &Status) -> String {
    let always: [Part; 2] = [
        ("not archived", |c| c.not_archived),
        ("archived", |c| c.archived),
    ];
    let sometimes: [Part; 4] = [
        ("duplicates", |c| c.duplicates),
        ("links", |c| c.links),
        ("empty", |c| c.empty),
        ("unread", |c| c.unread),
    ];
    let sometimes = sometimes
        .into_iter()
        .filter(|(_, of)| of(&status.media).files > 0);
    let parts: Vec<Part> = always.into_iter().chain(sometimes).collect();
    let mut columns = vec![Column::Words("media"), Column::Numbers("files")];
    columns.extend(parts.iter().map(|(name, _)| Column::Numbers(name)));
    let row = |name: String, content: &Content| {
        let cells = parts.iter().map(|(_, of)| amount(of(content)));
        let all = amount(content.all);
        [name, all].into_iter().chain(cells).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = status
        .years
        .iter()
        .map(|year| row(year.year.clone(), &year.content))
        .collect();
    if rows.len() > 1 {
        rows.push(row("all".to_owned(), &status.media));
    }
    table(&columns, rows)
}

fn volumes(status: &Status) -> String {
    let mut states: BTreeMap<String, (u64, Totals)> = BTreeMap::new();
    for volume in &status.volumes {
        let (count, totals) = states.entry(words(volume)).or_default();
        *count += 1;
        totals.files += volume.totals.files;
        totals.bytes = totals.bytes.saturating_add(volume.totals.bytes);
    }
    let columns = [
        Column::Words("archive"),
        Column::Numbers("volumes"),
        Column::Numbers("files"),
    ];
    let rows = states
        .into_iter()
        .map(|(state, (count, totals))| vec![state, Count(count).to_string(), amount(totals)]);
    let mut text = table(&columns, rows);
    for volume in &status.volumes {
        if volume.state == Some(UnitState::Missing) {
            let name = &volume.volume;
            let _ = writeln!(
                text,
                "  archive/{name} is gone from the disk, and no disc is known to hold it as it was"
            );
        }
    }
    if status.discs_due > 0 {
        let due = Things(status.discs_due, "disc");
        let _ = writeln!(
            text,
            "  due to be verified: {due}; `mediastruct volumes` says which"
        );
    }
    text
}

/// Where a volume is, in words.
fn words(volume: &Volume) -> String {
    let is_as_indexed = volume.holds.is_some_and(|holds| holds.witness().is_some());
    let disk = match volume.state {
        Some(UnitState::Present) => "on the disk",
        Some(UnitState::Offline) if is_as_indexed => "on discs alone",
        Some(UnitState::Offline) => "gone from the disk",
        Some(UnitState::Missing) => "missing",
        None => "in no index",
    };
    let disc = match (volume.holds, volume.disc) {
        (Some(Holds::Verified), _) => "verified",
        (Some(Holds::Burned), _) => "burned",
        (Some(Holds::Other), _) => "burned, but of other contents than the index has",
        (Some(Holds::Untold), _) => "burned, but nothing tells what its discs hold",
        (None, None) => return disk.to_owned(),
        (None, Some(VolumeState::Open)) => "open",
        (None, Some(VolumeState::Unburned)) => "unburned",
        (None, Some(VolumeState::Burned)) => "burned",
        (None, Some(VolumeState::Verified)) => "verified",
        (None, Some(VolumeState::Lost)) => "its discs lost",
    };
    format!("{disk}, {disc}")
}

/// The trees that no index lists, and what is parked.
fn others(status: &Status) -> String {
    let tree = |name: &str, totals: Option<Totals>, remark: &str| {
        let told = totals.map_or("not there".to_owned(), amount);
        vec![name.to_owned(), told, remark.to_owned()]
    };
    let ingest = match status.ingest {
        Some(totals) => tree("ingest", Some(totals), "as of the last crawl"),
        None => vec!["ingest".into(), "not known".into(), "never crawled".into()],
    };
    let mut rows = vec![
        ingest,
        tree("duplicates", status.duplicates, ""),
        tree("validated", status.validated, "yours to empty"),
    ];
    if status.parked.files > 0 {
        rows.push(tree(
            "parked",
            Some(status.parked),
            "`mediastruct history` says by which runs, `purge RUN` frees it",
        ));
    }
    let columns = [
        Column::Words("besides"),
        Column::Numbers("files"),
        Column::Words(""),
    ];
    table(&columns, rows)
}

fn ages(status: &Status) -> String {
    let columns = [
        Column::Words("index"),
        Column::Words("last crawled"),
        Column::Words("last changed by a crawl"),
    ];
    let second = |at: Time| Time::new(at.seconds(), 0).unwrap_or_default().to_string();
    let row = |index: &IndexAge| {
        let crawled = match (index.crawled, index.days, index.changed) {
            (Some(at), Some(days), _) => format!("{} ({})", ago(days), second(at)),
            (.., Some(_)) => "not known as a whole".to_owned(),
            _ => "never".to_owned(),
        };
        let since = match index.since_last_run {
            Some(true) => ", after the last run",
            Some(false) => ", before the last run",
            None => "",
        };
        let changed = index.changed.map(second).unwrap_or_default();
        vec![index.tree.to_string(), crawled + since, changed]
    };
    table(&columns, status.indexes.iter().map(row))
}

fn ago(days: u64) -> String {
    match days {
        0 => "today".to_owned(),
        days => format!("{} ago", Things(days, "day")),
    }
}

/// So many files and bytes: `1,234, 5.6 GB`, or `-` where there are none.
fn amount(totals: Totals) -> String {
    match totals.files {
        0 => "-".to_owned(),
        files => format!("{}, {}", Count(files), Bytes(totals.bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_words() {
        assert_eq!(
            [ago(0), ago(1), ago(400)],
            ["today", "1 day ago", "400 days ago"]
        );
    }
}

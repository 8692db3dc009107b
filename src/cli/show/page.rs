//! A plan as a page to look at: one file, no script, nothing loaded from anywhere.

use super::report::{Sheet, sheets};
use super::settings::settings;
use super::summary::{bundle, moves_by_unit, on_discs, reason};
use crate::cli::failure::Failure;
use crate::cli::human::{Bytes, Count, Exactly};
use crate::cli::table::Column;
use crate::cli::terminal;
use crate::model::index::Totals;
use crate::model::plan::{Move, Phase, Plan, UnitAction};
use askama::Template;
use std::collections::BTreeMap;

/// How many moves and files left out a page lists: more than this no browser scrolls well.
const MOST: usize = 10_000;

/// How many of the largest things a page names.
const LARGEST: usize = 100;

#[derive(Template)]
#[template(path = "plan.html", config = "src/cli/templates/askama.toml")]
struct Page {
    phase: String,
    id: String,
    run: Option<String>,
    notes: Vec<String>,
    tiles: Vec<Tile>,
    bars: Vec<Bar>,
    tables: Vec<Table>,
    units: Vec<Unit>,
    warnings: Vec<String>,
    groups: Vec<Group>,
    skipped: Vec<(String, String)>,
    cut: Option<String>,
}

/// A number that stands out.
struct Tile {
    name: &'static str,
    number: String,
    exactly: String,
}

/// What moves out of one place into a tree, as a share of the largest such.
struct Bar {
    from: String,
    to: String,
    files: String,
    bytes: String,
    share: u64,
}

/// A table of the report.
struct Table {
    title: &'static str,
    head: Vec<Cell>,
    rows: Vec<(Vec<Cell>, u64)>,
    total: Vec<Cell>,
    more: Option<String>,
}

/// A cell of such a table, and how it is set.
struct Cell {
    class: &'static str,
    text: String,
}

/// What crawl would do with a unit.
struct Unit {
    name: String,
    action: &'static str,
    why: String,
    files: String,
    bytes: String,
    hash_files: String,
    share: u64,
}

/// The moves out of one directory.
struct Group {
    directory: String,
    totals: String,
    moves: Vec<Row>,
}

/// A move.
struct Row {
    from: String,
    to: String,
    why: String,
    bytes: String,
    exactly: String,
}

/// The page of `plan`; every name in it is escaped, for people and for HTML.
///
/// # Errors
/// Where it cannot be rendered.
pub fn page(plan: &Plan) -> Result<String, Failure> {
    let listed = &plan.moves[..plan.moves.len().min(MOST)];
    let skipped = &plan.skipped[..plan.skipped.len().min(MOST)];
    let left = plan.moves.len() - listed.len() + plan.skipped.len() - skipped.len();
    let page = Page {
        phase: plan.phase.to_string(),
        id: plan.id().to_string(),
        run: plan.settings.run.as_ref().map(ToString::to_string),
        notes: notes(plan),
        tiles: tiles(plan),
        bars: bars(plan),
        tables: sheets(plan, LARGEST).into_iter().map(table).collect(),
        units: units(plan),
        warnings: plan
            .warnings
            .iter()
            .chain(plan.remarks())
            .map(|w| terminal::line(w))
            .collect(),
        groups: groups(listed),
        skipped: skipped
            .iter()
            .map(|s| (s.path.to_string(), terminal::line(&s.why)))
            .collect(),
        cut: (left > 0).then(|| Count(left as u64).to_string()),
    };
    page.render()
        .map_err(|e| Failure::failed(format!("the page cannot be made: {e}")))
}

/// What was asked for, and what stays on discs alone.
fn notes(plan: &Plan) -> Vec<String> {
    let text = settings(&plan.settings) + &on_discs(plan);
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn tiles(plan: &Plan) -> Vec<Tile> {
    let summary = plan.summary.clone().unwrap_or_default();
    let tile = |name, number: u64| Tile {
        name,
        number: Count(number).to_string(),
        exactly: String::new(),
    };
    let mut tiles = vec![tile("files seen", summary.seen)];
    if plan.phase == Phase::Crawl {
        let (files, bytes) = plan.units.iter().fold((0, 0_u64), |(f, b), u| {
            (f + u.hash_files, b.saturating_add(u.hash_bytes))
        });
        tiles.push(tile("files to hash", files));
        tiles.push(Tile {
            name: "to hash",
            number: Bytes(bytes).to_string(),
            exactly: Exactly(bytes).to_string(),
        });
    } else {
        tiles.push(tile("files move", summary.moves));
        tiles.push(Tile {
            name: "move",
            number: Bytes(summary.bytes).to_string(),
            exactly: Exactly(summary.bytes).to_string(),
        });
        tiles.push(tile("files kept", summary.kept));
    }
    tiles.push(tile("files left out", summary.skipped));
    tiles
}

/// What moves where, unless the report tells it with all that stays.
fn bars(plan: &Plan) -> Vec<Bar> {
    if !plan.accounts.is_empty() {
        return Vec::new();
    }
    let units = moves_by_unit(&plan.moves);
    let largest = units.values().map(|t| t.bytes).max().unwrap_or(0);
    let bars = units.iter().map(|((from, to), totals)| Bar {
        from: from.clone(),
        to: to.to_string(),
        files: Count(totals.files).to_string(),
        bytes: Exactly(totals.bytes).to_string(),
        share: per_mille(totals.bytes, largest),
    });
    bars.collect()
}

fn table(sheet: Sheet) -> Table {
    let cells = |texts: Vec<String>| {
        let cells = sheet.columns.iter().zip(texts).map(|(column, text)| Cell {
            class: match column {
                Column::Words(_) => "",
                Column::Paths(_) => "path",
                Column::Numbers(_) => "number",
            },
            text,
        });
        cells.collect::<Vec<_>>()
    };
    let headings = sheet.columns.iter().map(|c| c.heading().to_owned());
    let rows = sheet.rows.into_iter().map(|row| {
        let (part, whole) = row.part;
        (cells(row.cells), per_mille(part, whole))
    });
    Table {
        title: sheet.title,
        head: cells(headings.collect()),
        rows: rows.collect(),
        total: cells(sheet.total.unwrap_or_default()),
        more: (sheet.more > 0).then(|| Count(sheet.more as u64).to_string()),
    }
}

fn units(plan: &Plan) -> Vec<Unit> {
    let units = plan.units.iter().map(|unit| Unit {
        name: unit.unit.to_string(),
        action: match unit.action {
            UnitAction::Reindex => "reindex",
            UnitAction::Keep => "keep",
        },
        why: terminal::line(&unit.why),
        files: Count(unit.files).to_string(),
        bytes: Bytes(unit.bytes).to_string(),
        hash_files: Count(unit.hash_files).to_string(),
        share: per_mille(unit.hash_bytes, unit.bytes),
    });
    units.collect()
}

fn groups(moves: &[Move]) -> Vec<Group> {
    let mut groups: BTreeMap<String, (Totals, Vec<Row>)> = BTreeMap::new();
    for operation in moves {
        let Move { from, to, size, .. } = operation;
        let directory = match from.parent() {
            Some(parent) => parent.to_string(),
            None => from.tree.to_string(),
        };
        let (totals, rows) = groups.entry(directory).or_default();
        totals.add(*size);
        rows.push(Row {
            from: from.to_string(),
            to: to.to_string(),
            why: reason(&operation.why) + &bundle(operation),
            bytes: Bytes(*size).to_string(),
            exactly: Exactly(*size).to_string(),
        });
    }
    let groups = groups
        .into_iter()
        .map(|(directory, (totals, moves))| Group {
            directory,
            totals: format!("{} files, {}", Count(totals.files), Bytes(totals.bytes)),
            moves,
        });
    groups.collect()
}

fn per_mille(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * 1000 / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(1000).min(1000)
}

//! What a dedupe plan tells beside its moves, as tables: for a terminal, and for a page.

use crate::cli::bar::bar;
use crate::cli::human::{Bytes, Count, Exactly};
use crate::cli::table::{Column, table};
use crate::cli::terminal;
use crate::model::digest::Digest;
use crate::model::index::Totals;
use crate::model::path::TreePath;
use crate::model::plan::{Filled, Plan, RawPlan, VolumePlan};
use crate::model::report::Account;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many of the largest things are named on a terminal.
const FIRST: usize = 10;

/// One of the tables; names in it are escaped.
pub struct Sheet {
    /// What it tells, as a heading above it.
    pub title: &'static str,
    /// What stands in its columns.
    pub columns: &'static [Column],
    /// Its rows.
    pub rows: Vec<Row>,
    /// The sums of its rows, if it has such.
    pub total: Option<Vec<String>>,
    /// How many more rows there are than these.
    pub more: usize,
}

/// A row of a table.
pub struct Row {
    /// What stands in it, by columns.
    pub cells: Vec<String>,
    /// A part of it, and the whole against which it is to be seen.
    pub part: (u64, u64),
}

/// Every file accounted for, by unit and by the reason why it stays, and the largest of what moves;
/// as text. Each sum is that of the numbers above it.
pub fn report(plan: &Plan) -> String {
    sheets(plan, FIRST).into_iter().map(text).collect()
}

/// The same as tables, with so many of the largest things at `most`; none where a plan accounts for
/// no files.
pub fn sheets(plan: &RawPlan, most: usize) -> Vec<Sheet> {
    let mut sheets = vec![volumes(&plan.volumes)];
    if !plan.accounts.is_empty() {
        sheets.extend([
            accounts(&plan.accounts),
            remains(plan),
            largest(plan, most),
            directories(plan, most),
            partial(plan, most),
        ]);
    }
    let is_told = |sheet: &Sheet| !sheet.rows.is_empty();
    sheets.into_iter().filter(is_told).collect()
}

/// How many contents there are of which a copy moves.
pub fn contents(plan: &RawPlan) -> u64 {
    by_content(plan).len() as u64
}

fn text(sheet: Sheet) -> String {
    let rows = sheet.rows.into_iter().map(|row| row.cells);
    let mut text = table(sheet.columns, rows.chain(sheet.total));
    if sheet.more > 0 {
        text.push_str(&format!("  and {} more\n", Count(sheet.more as u64)));
    }
    text
}

fn volumes(volumes: &[VolumePlan]) -> Sheet {
    let rows = volumes.iter().map(|volume| {
        let part = (volume.used_sectors, volume.capacity_sectors);
        let dates = match (&volume.first, &volume.last) {
            (Some(first), Some(last)) if first == last => first.clone(),
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => String::new(),
        };
        let state = match volume.state {
            Filled::Open => "stays open",
            Filled::Unburned => "is sealed",
        };
        Row {
            cells: vec![
                volume.volume.to_string(),
                volume.medium.to_string(),
                bar(part.0, part.1),
                Count(volume.files).to_string(),
                Bytes(volume.bytes).to_string(),
                terminal::line(&dates).to_string(),
                state.to_owned(),
            ],
            part,
        }
    });
    Sheet {
        title: "Volumes",
        columns: &[
            Column::Paths("volume"),
            Column::Words("medium"),
            Column::Words("full"),
            Column::Numbers("files come"),
            Column::Numbers("bytes"),
            Column::Words("of"),
            Column::Words(""),
        ],
        rows: rows.collect(),
        total: None,
        more: 0,
    }
}

fn accounts(accounts: &[Account]) -> Sheet {
    let cells = |name: String, numbers: [u64; 5]| {
        let [seen, moves, bytes, kept, skipped] = numbers;
        let mut cells = vec![name];
        cells.extend([seen, moves].map(|n| Count(n).to_string()));
        cells.push(Exactly(bytes).to_string());
        cells.extend([kept, skipped].map(|n| Count(n).to_string()));
        cells
    };
    let mut sums = [0_u64; 5];
    let mut rows = Vec::with_capacity(accounts.len());
    for account in accounts {
        let Account {
            unit,
            seen,
            moves,
            bytes,
            kept,
            skipped,
        } = account;
        let numbers = [*seen, *moves, *bytes, *kept, *skipped];
        for (sum, number) in sums.iter_mut().zip(numbers) {
            *sum = sum.saturating_add(number);
        }
        rows.push(Row {
            cells: cells(unit.to_string(), numbers),
            part: (*moves, *seen),
        });
    }
    Sheet {
        title: "Every file accounted for",
        columns: &[
            Column::Paths("unit"),
            Column::Numbers("files"),
            Column::Numbers("move"),
            Column::Numbers("bytes that move"),
            Column::Numbers("kept"),
            Column::Numbers("left out"),
        ],
        rows,
        total: Some(cells("total".to_owned(), sums)),
        more: 0,
    }
}

fn remains(plan: &RawPlan) -> Sheet {
    let mut sum = Totals::default();
    for remain in &plan.remains {
        sum.files = sum.files.saturating_add(remain.files);
        sum.bytes = sum.bytes.saturating_add(remain.bytes);
    }
    let rows = plan.remains.iter().map(|remain| {
        let (files, bytes) = (remain.files, remain.bytes);
        Row {
            cells: amount(remain.why.to_string(), Totals { files, bytes }),
            part: (files, sum.files),
        }
    });
    Sheet {
        title: "Why files stay",
        columns: &[
            Column::Words("why a file stays"),
            Column::Numbers("files"),
            Column::Numbers("bytes"),
        ],
        rows: rows.collect(),
        total: Some(amount("total".to_owned(), sum)),
        more: 0,
    }
}

/// What moves of each content, and the copy that stays.
fn by_content(plan: &RawPlan) -> HashMap<Digest, (Totals, &TreePath<'static>)> {
    let mut contents = HashMap::new();
    for operation in &plan.moves {
        if let Some(keeper) = operation.why.keeper() {
            let new = (Totals::default(), keeper);
            let (totals, _): &mut (Totals, _) = contents.entry(operation.hash).or_insert(new);
            totals.add(operation.size);
        }
    }
    contents
}

fn largest(plan: &RawPlan, most: usize) -> Sheet {
    const COLUMNS: [Column; 3] = [
        Column::Paths("most bytes move as copies of"),
        Column::Numbers("copies"),
        Column::Numbers("bytes"),
    ];
    let title = "The largest contents of which copies move";
    let contents = by_content(plan).into_values().collect();
    by_bytes(title, &COLUMNS, contents, most)
}

fn directories(plan: &RawPlan, most: usize) -> Sheet {
    const COLUMNS: [Column; 3] = [
        Column::Paths("directories that are elsewhere whole, and move"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
    ];
    let directories = plan.directories.iter().map(|directory| {
        let (files, bytes) = (directory.files, directory.bytes);
        (Totals { files, bytes }, &directory.dir)
    });
    let title = "Directories that go as a whole";
    by_bytes(title, &COLUMNS, directories.collect(), most)
}

/// The first `most` of these things, those with the most bytes first.
fn by_bytes(
    title: &'static str,
    columns: &'static [Column; 3],
    mut things: Vec<(Totals, &TreePath<'_>)>,
    most: usize,
) -> Sheet {
    things.sort_unstable_by_key(|(totals, path)| (Reverse(totals.bytes), *path));
    let largest = things.first().map_or(0, |(totals, _)| totals.bytes);
    let first = things.iter().take(most);
    let rows = first.map(|(totals, path)| Row {
        cells: amount(path.to_string(), *totals),
        part: (totals.bytes, largest),
    });
    Sheet {
        title,
        columns,
        rows: rows.collect(),
        total: None,
        more: things.len().saturating_sub(most),
    }
}

fn partial(plan: &RawPlan, most: usize) -> Sheet {
    let mut bundles: BTreeMap<_, u64> = BTreeMap::new();
    for main in plan.skipped.iter().filter_map(|skip| skip.bundle.as_ref()) {
        *bundles.entry(main).or_default() += 1;
    }
    let largest = bundles.values().copied().max().unwrap_or(0);
    let first = bundles.iter().take(most);
    let rows = first.map(|(main, files)| Row {
        cells: vec![main.to_string(), Count(*files).to_string()],
        part: (*files, largest),
    });
    Sheet {
        title: "Bundles that stay",
        columns: &[
            Column::Paths("bundles that are elsewhere only in part, and stay"),
            Column::Numbers("files elsewhere"),
        ],
        rows: rows.collect(),
        total: None,
        more: bundles.len().saturating_sub(most),
    }
}

/// A name, and so many files and bytes.
fn amount(name: String, totals: Totals) -> Vec<String> {
    let (files, bytes) = (Count(totals.files), Exactly(totals.bytes));
    vec![name, files.to_string(), bytes.to_string()]
}

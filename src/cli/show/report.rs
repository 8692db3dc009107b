//! What a dedupe plan tells beside its moves, as tables.

use crate::cli::human::{Count, Exactly};
use crate::cli::table::{Column, table};
use crate::model::digest::Digest;
use crate::model::index::Totals;
use crate::model::path::TreePath;
use crate::model::plan::{Plan, RawPlan};
use crate::model::report::Account;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many of the largest things are named.
const FIRST: usize = 10;

/// Every file accounted for, by unit and by the reason why it stays; and the largest of what
/// moves. Each sum is that of the numbers above it.
pub fn report(plan: &Plan) -> String {
    let mut text = accounts(&plan.accounts);
    text.push_str(&remains(plan));
    text.push_str(&largest(plan));
    text.push_str(&directories(plan));
    text.push_str(&partial(plan));
    text
}

/// How many contents there are of which a copy moves.
pub fn contents(plan: &RawPlan) -> u64 {
    by_content(plan).len() as u64
}

fn accounts(accounts: &[Account]) -> String {
    let columns = [
        Column::Words("unit"),
        Column::Numbers("files"),
        Column::Numbers("move"),
        Column::Numbers("bytes that move"),
        Column::Numbers("kept"),
        Column::Numbers("left out"),
    ];
    let row = |name: String, numbers: [u64; 5]| {
        let [seen, moves, bytes, kept, skipped] = numbers;
        let mut row = vec![name];
        row.extend([seen, moves].map(|n| Count(n).to_string()));
        row.push(Exactly(bytes).to_string());
        row.extend([kept, skipped].map(|n| Count(n).to_string()));
        row
    };
    let mut sums = [0_u64; 5];
    let mut rows = Vec::with_capacity(accounts.len() + 1);
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
        rows.push(row(unit.to_string(), numbers));
    }
    rows.push(row("total".to_owned(), sums));
    table(&columns, rows)
}

fn remains(plan: &RawPlan) -> String {
    if plan.remains.is_empty() {
        return String::new();
    }
    let columns = [
        Column::Words("why a file stays"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
    ];
    let row = |name: String, totals: Totals| {
        let (files, bytes) = (Count(totals.files), Exactly(totals.bytes));
        vec![name, files.to_string(), bytes.to_string()]
    };
    let mut sum = Totals::default();
    let mut rows = Vec::with_capacity(plan.remains.len() + 1);
    for remain in &plan.remains {
        let (files, bytes) = (remain.files, remain.bytes);
        sum.files = sum.files.saturating_add(files);
        sum.bytes = sum.bytes.saturating_add(bytes);
        rows.push(row(remain.why.to_string(), Totals { files, bytes }));
    }
    rows.push(row("total".to_owned(), sum));
    table(&columns, rows)
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

fn largest(plan: &RawPlan) -> String {
    let mut contents: Vec<_> = by_content(plan).into_values().collect();
    if contents.is_empty() {
        return String::new();
    }
    let order = |(totals, keeper): &(Totals, _)| (Reverse(totals.bytes), *keeper);
    contents.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
    let columns = [
        Column::Words("most bytes move as copies of"),
        Column::Numbers("copies"),
        Column::Numbers("bytes"),
    ];
    let first = contents.iter().take(FIRST);
    let rows = first.map(|(totals, keeper)| {
        let (copies, bytes) = (Count(totals.files), Exactly(totals.bytes));
        vec![keeper.to_string(), copies.to_string(), bytes.to_string()]
    });
    table(&columns, rows) + &more(contents.len())
}

fn directories(plan: &RawPlan) -> String {
    let mut directories: Vec<_> = plan.directories.iter().collect();
    if directories.is_empty() {
        return String::new();
    }
    directories.sort_by_key(|d| (Reverse(d.bytes), &d.dir));
    let columns = [
        Column::Words("directories that are elsewhere whole, and move"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
    ];
    let first = directories.iter().take(FIRST);
    let rows = first.map(|directory| {
        let (files, bytes) = (Count(directory.files), Exactly(directory.bytes));
        vec![
            directory.dir.to_string(),
            files.to_string(),
            bytes.to_string(),
        ]
    });
    table(&columns, rows) + &more(directories.len())
}

fn partial(plan: &RawPlan) -> String {
    let mut bundles: BTreeMap<_, u64> = BTreeMap::new();
    for main in plan.skipped.iter().filter_map(|skip| skip.bundle.as_ref()) {
        *bundles.entry(main).or_default() += 1;
    }
    if bundles.is_empty() {
        return String::new();
    }
    let columns = [
        Column::Words("bundles that are elsewhere only in part, and stay"),
        Column::Numbers("files elsewhere"),
    ];
    let first = bundles.iter().take(FIRST);
    let rows = first.map(|(main, files)| vec![main.to_string(), Count(*files).to_string()]);
    table(&columns, rows) + &more(bundles.len())
}

/// How many more there are than are named.
fn more(all: usize) -> String {
    match all.saturating_sub(FIRST) {
        0 => String::new(),
        left => format!("  and {} more\n", Count(left as u64)),
    }
}

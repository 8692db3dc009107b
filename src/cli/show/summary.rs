//! A plan as text.

use super::report;
use super::settings::settings;
use crate::cli::human::{Bytes, Count, Exactly, Things};
use crate::cli::table::{Column, table};
use crate::cli::terminal;
use crate::model::capture::{Confidence, Taken, UtcOffset};
use crate::model::index::Totals;
use crate::model::path::{Escaped, TreePath};
use crate::model::plan::{Dated, Move, Phase, Plan, Role, Summary, UnitAction, Why};
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How much of the lists is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The first entries, and how many more there are.
    First,
    /// Everything.
    All,
}

impl Extent {
    /// How many of so many entries are shown.
    fn of(self, all: usize) -> usize {
        const FIRST: usize = 10;
        match self {
            Extent::First => all.min(FIRST),
            Extent::All => all,
        }
    }
}

/// What a plan adds up to: files and bytes, by reason and by unit, warnings. A few lines that end
/// with a newline; names are escaped.
pub fn summary(plan: &Plan) -> String {
    let mut text = format!("{} plan {}\n", plan.phase, plan.id().short());
    if let Some(run) = &plan.settings.run {
        let _ = writeln!(text, "takes back run {run}");
    }
    text.push_str(&settings(&plan.settings));
    text.push_str(&accounts(plan));
    if plan.phase == Phase::Crawl {
        text.push_str(&units(plan));
    } else if plan.phase == Phase::Archive {
        text.push_str(&report::report(plan));
        text.push_str(&packing(plan));
    } else if !plan.accounts.is_empty() {
        text.push_str(&report::report(plan));
    } else if !plan.moves.is_empty() {
        text.push_str(&by_kind(plan));
        text.push_str(&by_unit(plan));
    }
    text.push_str(&on_discs(plan));
    paragraph(&mut text, "warnings", &plan.warnings);
    paragraph(&mut text, "remarks", plan.remarks());
    text
}

/// The moves of a plan, and the files that it leaves out.
pub fn listing(plan: &Plan, extent: Extent) -> String {
    let shown = |all: usize| extent.of(all);
    let mut text = String::new();
    if !plan.moves.is_empty() {
        text.push_str("\nmoves\n");
    }
    for operation in &plan.moves[..shown(plan.moves.len())] {
        let Move { from, to, size, .. } = operation;
        let _ = writeln!(text, "  {from}\n    -> {to}");
        let (why, bundle) = (reason(&operation.why), bundle(operation));
        let _ = writeln!(text, "       {why}, {}{bundle}", Bytes(*size));
    }
    more(&mut text, plan.moves.len() - shown(plan.moves.len()));
    let makes = plan.makes.iter().map(|make| &make.dir);
    let writes = plan.writes.iter().map(|write| &write.to);
    let prunes = plan.prunes.iter().map(|prune| &prune.dir);
    let [makes, writes, prunes]: [Vec<_>; 3] =
        [makes.collect(), writes.collect(), prunes.collect()];
    for (title, paths) in [
        ("directories made", makes),
        ("files written", writes),
        ("empty directories removed", prunes),
    ] {
        if paths.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{title}");
        for path in &paths[..shown(paths.len())] {
            let _ = writeln!(text, "  {path}");
        }
        more(&mut text, paths.len() - shown(paths.len()));
    }
    text.push_str(&left_out(plan, extent));
    text
}

/// The files that a plan leaves out, each with its reason; nothing where there are none.
pub fn left_out(plan: &Plan, extent: Extent) -> String {
    let mut text = String::new();
    if !plan.skipped.is_empty() {
        text.push_str("\nleft out\n");
    }
    let shown = extent.of(plan.skipped.len());
    for skip in &plan.skipped[..shown] {
        let _ = writeln!(text, "  {}: {}", skip.path, terminal::line(&skip.why));
    }
    more(&mut text, plan.skipped.len() - shown);
    text
}

/// Why a file moves, in words.
pub fn reason(why: &Why) -> String {
    match why {
        Why::Date(dated) => date(dated),
        Why::AlreadyArchived { of, .. } => format!("archived already as {of}"),
        Why::Duplicate { of, .. } => format!("duplicate of {of}"),
        Why::ProvenDuplicate { of } => format!("proven duplicate of {of}"),
        Why::Volume { number } => format!("goes to volume {number:02}"),
        Why::Undo { run } => format!("undoes run {run}"),
    }
}

/// When a file was taken, what says so, and what says otherwise, in words.
fn date(dated: &Dated) -> String {
    let Dated { taken, rivals } = dated;
    let doubt = match taken.confidence {
        Confidence::Low => ", which is a guess",
        Confidence::Medium | Confidence::High => "",
    };
    let mut text = format!("taken {}{doubt}", moment(taken));
    for rival in rivals {
        let _ = write!(text, "; but {}", moment(rival));
    }
    text
}

fn moment(taken: &Taken) -> String {
    let day = taken.taken.strftime("%Y-%m-%d %H:%M:%S");
    let offset = taken.offset.map(|offset| format!(" {}", UtcOffset(offset)));
    let offset = offset.unwrap_or_default();
    format!("{day}{offset} ({})", taken.source)
}

/// Which bundle a file moves with, in words that follow others; empty where it is alone or the
/// main one.
pub fn bundle(operation: &Move) -> String {
    let main = operation.bundle.as_ref();
    let main = main.filter(|main| **main != operation.from);
    main.map_or_else(String::new, |main| format!(", in the bundle of {main}"))
}

/// Files and bytes that move, by the tree and the directory beneath it that they leave and the tree
/// that they go to, in the order of names.
pub fn moves_by_unit(moves: &[Move]) -> BTreeMap<(String, Tree), Totals> {
    let mut units: BTreeMap<(String, Tree), Totals> = BTreeMap::new();
    for Move { from, to, size, .. } in moves {
        units
            .entry((unit_of(from), to.tree))
            .or_default()
            .add(*size);
    }
    units
}

fn unit_of(path: &TreePath<'_>) -> String {
    let is_alone = path.rel.parent().is_none();
    if is_alone {
        return path.tree.to_string();
    }
    let first = Escaped(path.rel.first());
    format!("{}/{first}", path.tree)
}

fn accounts(plan: &Plan) -> String {
    let nothing = Summary::default();
    let Summary {
        seen,
        moves,
        bytes,
        kept,
        skipped,
        left,
        ..
    } = plan.summary.as_ref().unwrap_or(&nothing);
    let files = |n: &u64| Things(*n, "file").to_string();
    let mut text = format!("\n  seen      {}\n", files(seen));
    if plan.phase == Phase::Crawl {
        let hash: u64 = plan.units.iter().map(|u| u.hash_files).sum();
        let sizes = plan.units.iter().map(|u| u.hash_bytes);
        let bytes = sizes.fold(0, u64::saturating_add);
        let _ = writeln!(text, "  to hash   {}, {}", files(&hash), Exactly(bytes));
    } else {
        let label = match plan.is_copying() {
            true => "copies    ",
            false => "moves     ",
        };
        let _ = write!(text, "  {label}{}, {}", files(moves), Exactly(*bytes));
        match report::contents(plan) {
            _ if plan.phase == Phase::Ingest => {
                let new = Count(plan.brought().count() as u64);
                let known = Count(*moves - new.0);
                let _ = writeln!(text, ": {new} to media, {known} to duplicates");
            }
            0 => text.push('\n'),
            contents => {
                let _ = writeln!(text, ": copies of {}", Things(contents, "content"));
            }
        }
        let _ = writeln!(text, "  kept      {}", files(kept));
    }
    let _ = write!(text, "  left out  {}", files(skipped));
    let kinds = left.iter().map(|(kind, n)| format!("{} {kind}", Count(*n)));
    let kinds: Vec<_> = kinds.collect();
    match kinds.is_empty() {
        true => text.push('\n'),
        false => {
            let _ = writeln!(text, ": {}", kinds.join(", "));
        }
    }
    text
}

fn by_kind(plan: &Plan) -> String {
    let mut kinds: BTreeMap<&str, Totals> = BTreeMap::new();
    for operation in &plan.moves {
        let kind = kinds.entry(operation.why.kind()).or_default();
        kind.add(operation.size);
    }
    let columns = [
        Column::Words("why"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
    ];
    table(
        &columns,
        kinds.iter().map(|(kind, totals)| {
            let Totals { files, bytes } = *totals;
            vec![
                (*kind).to_owned(),
                Count(files).to_string(),
                Exactly(bytes).to_string(),
            ]
        }),
    )
}

fn by_unit(plan: &Plan) -> String {
    let columns = [
        Column::Words("from"),
        Column::Words("to"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
    ];
    let units = moves_by_unit(&plan.moves);
    table(
        &columns,
        units.iter().map(|((from, to), totals)| {
            let Totals { files, bytes } = *totals;
            vec![
                from.clone(),
                to.to_string(),
                Count(files).to_string(),
                Exactly(bytes).to_string(),
            ]
        }),
    )
}

/// How well the volumes are packed.
fn packing(plan: &Plan) -> String {
    let Some(packing) = &plan.packing else {
        return String::new();
    };
    let new = plan.writes.iter();
    let new = new.filter(|write| write.role == Role::Unburned).count();
    let mut text = format!(
        "\n  {}; these files cannot do with fewer than {}\n",
        Things(new as u64, "new volume"),
        Count(packing.lower_bound)
    );
    let shown = Extent::First.of(packing.split_months.len());
    let months = packing.split_months[..shown].iter();
    let months: Vec<_> = months.map(|month| terminal::line(month)).collect();
    if !months.is_empty() {
        let days = Things(packing.split_days, "day");
        let all = Things(packing.split_months.len() as u64, "month");
        let more = match packing.split_months.len() - shown {
            0 => "",
            _ => " and more",
        };
        let months = months.join(", ");
        let _ = writeln!(
            text,
            "  in more than one volume: {days} and {all}: {months}{more}"
        );
    }
    text
}

/// The files that stay and are on discs alone, and of which volumes.
pub fn on_discs(plan: &Plan) -> String {
    let needs = plan.needs.iter().filter_map(|need| need.offline.as_ref());
    let volumes: BTreeSet<_> = needs.clone().map(VolumeName::as_str).collect();
    if volumes.is_empty() {
        return String::new();
    }
    let volumes: Vec<_> = volumes.into_iter().collect();
    let files = Things(needs.count() as u64, "file");
    format!(
        "\nof what stays, {files} on discs alone, of volume {}\n",
        volumes.join(", ")
    )
}

fn units(plan: &Plan) -> String {
    let columns = [
        Column::Words("unit"),
        Column::Numbers("files"),
        Column::Numbers("bytes"),
        Column::Numbers("to hash"),
        Column::Numbers("bytes"),
        Column::Words("why"),
    ];
    if plan.units.is_empty() {
        return "\n  there is no unit to index\n".to_owned();
    }
    table(
        &columns,
        plan.units.iter().map(|unit| {
            let action = match unit.action {
                UnitAction::Reindex => "reindex",
                UnitAction::Keep => "keep",
            };
            vec![
                unit.unit.to_string(),
                Count(unit.files).to_string(),
                Bytes(unit.bytes).to_string(),
                Count(unit.hash_files).to_string(),
                Bytes(unit.hash_bytes).to_string(),
                format!("{action}: {}", terminal::line(&unit.why)),
            ]
        }),
    )
}

fn paragraph(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}");
    for line in lines {
        let _ = writeln!(text, "  {}", terminal::line(line));
    }
}

fn more(text: &mut String, left: usize) {
    if left > 0 {
        let _ = writeln!(text, "  and {} more; --all lists them", Count(left as u64));
    }
}

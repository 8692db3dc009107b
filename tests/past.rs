//! The runs of the past: how much of them is read, and that what is in doubt is told where it
//! matters.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

mod library;

use library::{Library, bury, can};
use mediastruct::model::digest::Digest;
use mediastruct::model::journal_file;
use mediastruct::model::path::TreePath;
use mediastruct::model::plan::{Move, Need, Phase, Plan, RawPlan, Why};
use mediastruct::model::plan_file;
use mediastruct::model::run::Record;
use mediastruct::model::time::Time;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Enough moves for a journal that is not read as a whole.
const MANY: u64 = 1000;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

/// A plan of many moves; each number gives another one.
fn many_moves(number: u32) -> Plan {
    let (size, modified, hash) = (3, Time::default(), Digest::of(&number.to_le_bytes()));
    let keeper = path("media/2001/k");
    let mut plan = RawPlan::of(Phase::Dedupe);
    plan.moves = (0..MANY)
        .map(|file| Move {
            from: path(&format!("media/2001/{number}-{file:04}.jpg")),
            to: path(&format!("duplicates/2001/{number}-{file:04}.jpg")),
            size,
            modified,
            hash,
            why: Why::Duplicate {
                of: keeper.clone(),
                dated: None,
            },
            bundle: None,
        })
        .collect();
    plan.needs.push(Need {
        path: keeper,
        offline: None,
        size,
        modified,
        hash,
    });
    plan.check().unwrap()
}

/// Puts the run of a plan of many moves into the datadir, and gives its place.
fn bury_many(library: &Library, number: u32, tells_ends: bool) -> PathBuf {
    bury(library, &many_moves(number), number, tells_ends)
}

/// Changes a byte in the middle of a file.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn name(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

#[test]
fn what_lies_between_the_ends_of_old_journals_is_read_only_where_it_is_asked_for() {
    let library = Library::with_duplicates();
    let runs: Vec<_> = (0..50).map(|n| bury_many(&library, n, true)).collect();
    for run in &runs {
        damage(&run.join("journal.jsonl"));
        damage(&run.join("plan.json"));
    }
    library.succeed(&["check", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    library
        .refuse(3, &["apply", "plan.json"], &["applied already"])
        .tells(&["mediastruct undo"]);
    library.succeed(&["crawl"]);
    library.succeed(&["recover"]).tells(&["nothing to recover"]);
    let history = library.succeed(&["history"]).out;
    assert_eq!(history.lines().count(), 51, "{history}");
    assert_eq!(history.matches("moved 1,000 files, 3.0 kB").count(), 50);
    library.succeed(&["undo", "--yes"]);

    let old = name(&runs[7]);
    for reader in [
        &["show", old][..],
        &["plan", "undo", old],
        &["undo", "--yes", old],
    ] {
        library.refuse(1, reader, &["the journal of run", old, "is damaged"]);
    }
    // The plan of a run is read where it may be the plan in hand.
    fs::write(library.path("old.json"), plan_file::text(&many_moves(8))).unwrap();
    let told = ["the journal of run", name(&runs[8]), "is damaged"];
    library.refuse(1, &["check", "old.json"], &told);
}

#[test]
fn an_old_journal_whose_end_is_in_doubt_stops_everything() {
    let library = Library::with_duplicates();
    let run = bury_many(&library, 1, true);
    let journal = run.join("journal.jsonl");
    let good = fs::read(&journal).unwrap();
    let last = good[..good.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;

    // Torn, it is a run that was interrupted.
    fs::write(&journal, &good[..good.len() - 3]).unwrap();
    library.refuse(5, &["apply", "plan.json"], &["is unfinished", name(&run)]);
    fs::write(&journal, &good[..last]).unwrap();
    library.refuse(5, &["crawl"], &["is unfinished", name(&run)]);
    // Damaged before its last line, and without an end, it is in doubt.
    let mut bytes = good[..last].to_vec();
    let second = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    bytes[second + 100] ^= 1;
    fs::write(&journal, bytes).unwrap();
    library.refuse(1, &["apply", "plan.json"], &["is damaged", name(&run)]);
    // So it is where its beginning is damaged.
    let mut bytes = good.clone();
    bytes[40] ^= 1;
    fs::write(&journal, bytes).unwrap();
    library.refuse(1, &["crawl"], &["line 1 is damaged", name(&run)]);
    // And records that follow an end are no end.
    let line = journal_file::line(5, &Record::Back { why: "x".into() });
    fs::write(&journal, [&good[..], line.as_bytes()].concat()).unwrap();
    library.refuse(1, &["history"], &["records follow its end"]);

    fs::write(&journal, good).unwrap();
    for file in ["plan.json", "journal.jsonl"] {
        let file = run.join(file);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
        library.refuse(1, &["crawl"], &["others may write to it"]);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn a_journal_that_says_of_its_plan_what_is_not_so_is_not_believed() {
    let library = Library::with_duplicates();
    let run = bury_many(&library, 1, true);
    let journal = run.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let begin = text.lines().next().unwrap();
    let (_, record) = begin.split_once("\"record\":").unwrap();
    let forged = record.strip_suffix('}').unwrap();
    let forged = forged.replace("\"moves\":1000", "\"moves\":999");
    let forged: Record = serde_json::from_str(&forged).unwrap();
    let rest = &text[begin.len() + 1..];
    fs::write(&journal, journal_file::line(1, &forged) + rest).unwrap();
    library.refuse(1, &["show", name(&run)], &["it holds other work"]);
}

#[test]
fn journals_of_earlier_versions_are_read_as_wholes() {
    let library = Library::with_duplicates();
    let run = bury_many(&library, 1, false);
    let history = library.succeed(&["history"]).out;
    assert!(history.contains("moved 1,000 files"), "{history}");
    library.succeed(&["apply", "plan.json"]);
    damage(&run.join("journal.jsonl"));
    library.refuse(1, &["crawl"], &["is damaged", name(&run)]);
}

#[test]
fn an_apply_opens_few_files_of_the_past() {
    if !can(&["strace", "-V"], "counting what is opened") {
        return;
    }
    let library = Library::with_duplicates();
    for number in 0..50 {
        bury_many(&library, number, true);
    }
    let strace = [
        "strace",
        "-f",
        "-e",
        "trace=openat,openat2,read,pread64",
        "-o",
        "trace",
    ];
    let said = library.run_within(&strace, &["apply", "plan.json"]);
    assert_eq!(said.code, 0, "{said:?}");
    let trace = library.read("trace");
    let opened = |name: &str| {
        let opens = trace
            .lines()
            .filter(|l| l.contains("openat") && l.contains(name));
        opens.filter(|l| l.contains("O_RDONLY")).count()
    };
    assert_eq!(
        opened("\"journal.jsonl\""),
        50,
        "each journal once: {trace}"
    );
    assert_eq!(opened("\"plan.json\""), 1, "no plan but the one in hand");
    let read = trace.lines().filter(|l| l.contains("pread64"));
    let bytes = read.filter_map(|l| l.rsplit("= ").next()?.parse::<u64>().ok());
    let bytes: u64 = bytes.sum();
    assert!(
        bytes > 0 && bytes <= 50 * 16 * 1024,
        "{bytes} bytes are read"
    );
}

#[test]
fn find_remembers_of_each_run_no_more_than_what_is_asked_for() {
    // As many runs are in memory as there are threads.
    const TIME: [&str; 5] = [
        "env",
        "RAYON_NUM_THREADS=2",
        "/usr/bin/time",
        "--format",
        "%M",
    ];
    if !can(
        &[&TIME[..], &["true"]].concat(),
        "how much memory find takes",
    ) {
        return;
    }
    let library = Library::new();
    let most_kibibytes = || -> u64 {
        let said = library.run_within(&TIME, &["find", "--name", "0-0007.jpg"]);
        assert!(said.out.contains("was there"), "{said:?}");
        said.err.lines().last().unwrap().parse().unwrap()
    };
    (0..5).for_each(|number| drop(bury_many(&library, number, true)));
    let few = most_kibibytes();
    (5..55).for_each(|number| drop(bury_many(&library, number, true)));
    let many = most_kibibytes();
    let grown = many.saturating_sub(few);
    assert!(grown < 12 * 1024, "{few} KiB for 5 runs, {many} KiB for 55");
}

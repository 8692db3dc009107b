use super::*;
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::plan::{Phase, RawPlan, Why};
use crate::model::run::{
    Begin, Copy, Done, End, FileId, Intent, JOURNAL_FORMAT, Outcome, Progress, Record, RunId,
    Verify,
};
use crate::model::schedule::Schedule;
use crate::model::time::Time;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

fn id(number: u32) -> RunId {
    format!("20240101T000000.{number:03}Z-000000")
        .parse()
        .unwrap()
}

/// A run that ended so, of these moves, the first `copied` of which went by copies. It is an undo,
/// which alone may move files from any tree to any other.
fn run(number: u32, moves: &[(&str, &str)], copied: u64, outcome: Outcome) -> Run {
    let mut plan = RawPlan::of(Phase::Undo);
    plan.settings.run = Some(id(0));
    plan.moves.extend(moves.iter().map(|(from, to)| Move {
        from: path(from),
        to: path(to),
        size: 3,
        modified: Time::default(),
        hash: Digest::of(b"abc"),
        why: Why::Undo { run: id(0) },
        bundle: None,
    }));
    let plan = plan.check().unwrap();
    let schedule = Schedule::of(&plan);
    let steps = schedule.steps().len() as u64;
    let file = FileId {
        device: 1,
        inode: 1,
    };
    let at = Time::default();
    let records = vec![
        Record::Begin(Begin {
            format: JOURNAL_FORMAT.into(),
            run: id(number),
            at,
            phase: plan.phase,
            plan: Digest::of(b""),
            trees: Vec::new(),
            texts: Vec::new(),
            verify: Verify::Stat,
            work: None,
        }),
        Record::Intent(Intent {
            first: 0,
            files: (0..steps).map(|_| Some(file)).collect(),
            directories: Vec::new(),
        }),
        Record::Copied {
            copies: (0..copied).map(|step| Copy { step, file }).collect(),
        },
        Record::Done(Done {
            first: 0,
            files: (0..steps).map(|_| Some(Stamp::default().into())).collect(),
        }),
        Record::End(End {
            outcome,
            at,
            copied: None,
        }),
    ];
    let progress = Progress::of(&plan, &schedule, records).unwrap();
    Run {
        id: id(number),
        plan,
        schedule,
        progress,
    }
}

fn applied(number: u32, moves: &[(&str, &str)]) -> Run {
    run(number, moves, moves.len() as u64, Outcome::Applied)
}

/// The places of the copies of the only file that the first of these runs parked.
fn copies(runs: &[Run]) -> Vec<String> {
    let trail = Trail::after(&runs[0], runs);
    let copies = Parked::by(&runs[0])[0].copies(&trail);
    copies.iter().map(ToString::to_string).collect()
}

#[test]
fn only_what_was_copied_is_parked() {
    let moves = [
        ("media/2024/a", "duplicates/2024/a"),
        ("media/2024/b", "duplicates/2024/b"),
    ];
    let first = run(1, &moves, 1, Outcome::Applied);
    let parked = Parked::by(&first);
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].operation.from, path("media/2024/a"));
    let [within, beside] = &parked[0].places[..] else {
        panic!("{parked:?}");
    };
    let expected = "media/.mediastruct.d/parked/20240101T000000.001Z-000000/0-a";
    assert_eq!(within.to_string(), expected);
    assert!(beside.to_string().ends_with("-0.parked"), "{beside}");
    assert_eq!(Parked::by(&run(2, &moves, 0, Outcome::Applied)), []);
}

#[test]
fn a_copy_is_where_later_runs_brought_it() {
    let first = applied(1, &[("media/2024/a", "duplicates/2024/a")]);
    let mut runs = vec![first];
    assert_eq!(copies(&runs), ["duplicates/2024/a", "media/2024/a"]);

    runs.push(applied(2, &[("duplicates/2024/a", "validated/2024/a")]));
    let all = ["validated/2024/a", "duplicates/2024/a", "media/2024/a"];
    assert_eq!(copies(&runs), all);
    let back = ("validated/2024/a", "duplicates/2024/a");
    let rolled_back = run(3, &[back], 1, Outcome::RolledBack);
    runs.push(rolled_back);
    assert_eq!(copies(&runs), all, "what was rolled back moved nothing");

    // Both runs are undone, and the first one done once more.
    runs.push(applied(4, &[back]));
    runs.push(applied(5, &[("duplicates/2024/a", "media/2024/a")]));
    assert_eq!(copies(&runs), ["media/2024/a", "duplicates/2024/a"]);
    runs.push(applied(6, &[("media/2024/a", "duplicates/2024/a")]));
    assert_eq!(copies(&runs), ["duplicates/2024/a", "media/2024/a"]);
}

#[test]
fn the_moves_of_one_run_do_not_follow_one_another() {
    let swap = [
        ("duplicates/2024/a", "duplicates/2024/b"),
        ("duplicates/2024/b", "duplicates/2024/a"),
    ];
    let runs = [
        applied(1, &[("media/2024/a", "duplicates/2024/a")]),
        applied(2, &swap),
    ];
    let all = ["duplicates/2024/b", "duplicates/2024/a", "media/2024/a"];
    assert_eq!(copies(&runs), all);
}

#[test]
fn what_waits_to_be_purged_itself_is_no_copy() {
    let aside = "media/.mediastruct.d/parked/20240101T000000.000Z-000000/w0-a";
    let runs = [applied(1, &[("media/2024/a", aside)])];
    assert_eq!(copies(&runs), ["media/2024/a"]);
}

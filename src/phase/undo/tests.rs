use super::*;
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::path::TreePath;
use crate::model::plan::{Move, Need, Why};
use crate::model::run::{
    Begin, Done, End, FileId, Intent, JOURNAL_FORMAT, Outcome, Progress, Record, Verify,
};
use crate::model::schedule::Schedule;
use crate::model::time::Time;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

pub(in crate::phase) fn id(number: u32) -> RunId {
    format!("20240101T000000.{number:03}Z-000000")
        .parse()
        .unwrap()
}

pub(in crate::phase) fn dedupe(names: &[&str]) -> Plan {
    let (size, modified, hash) = (3, Time::default(), Digest::of(b"abc"));
    let mut plan = RawPlan::of(Phase::Dedupe);
    for name in names {
        plan.moves.push(Move {
            from: path(&format!("media/2024/{name}")),
            to: path(&format!("duplicates/2024/{name}")),
            size,
            modified,
            hash,
            why: Why::Duplicate {
                of: path("media/2023/k"),
                dated: None,
            },
            bundle: None,
        });
    }
    plan.needs.push(Need {
        path: path("media/2023/k"),
        offline: None,
        size,
        modified,
        hash,
    });
    plan.check().unwrap()
}

/// A run of `plan` that ended so, with all its moves done.
pub(in crate::phase) fn run(number: u32, plan: Plan, outcome: Option<Outcome>) -> Run {
    let files = plan.moves.len() as u64;
    let file = FileId {
        device: 1,
        inode: 1,
    };
    let begin = Begin {
        format: JOURNAL_FORMAT.into(),
        run: id(number),
        at: Time::default(),
        phase: plan.phase,
        plan: Digest::of(b""),
        trees: Vec::new(),
        texts: Vec::new(),
        verify: Verify::Stat,
        work: None,
    };
    let mut records = vec![
        Record::Begin(begin),
        Record::Intent(Intent {
            first: 0,
            files: (0..files).map(|_| Some(file)).collect(),
            directories: Vec::new(),
        }),
        Record::Done(Done {
            first: 0,
            files: (0..files).map(|_| Some(Stamp::default().into())).collect(),
        }),
    ];
    records.extend(outcome.map(|outcome| {
        let at = Time::default();
        Record::End(End {
            outcome,
            at,
            copied: None,
        })
    }));
    let schedule = Schedule::of(&plan);
    let progress = Progress::of(&plan, &schedule, records).unwrap();
    Run {
        id: id(number),
        plan,
        schedule,
        progress,
    }
}

pub(in crate::phase) fn applied(number: u32, plan: Plan) -> Run {
    run(number, plan, Some(Outcome::Applied))
}

pub(in crate::phase) fn undo_of(runs: &[Run], target: Option<u32>) -> Result<Plan, UndoError> {
    let mut state = State::unknown(Time::default());
    state.runs = runs.to_vec();
    state.settings.run = target.map(id);
    plan(&state)
}

#[test]
fn undo_is_the_inverse_of_the_newest_run_and_undoing_it_is_redo() {
    let mut runs = vec![applied(1, dedupe(&["a"])), applied(2, dedupe(&["b", "c"]))];
    let undo = undo_of(&runs, None).unwrap();
    assert_eq!(undo.settings.run, Some(id(2)));
    assert_eq!(undo.moves[0].from, path("duplicates/2024/b"));
    assert_eq!(undo.moves[0].to, path("media/2024/b"));

    runs.push(applied(3, undo));
    assert_eq!(undo_of(&runs, Some(2)), Err(UndoError::Undone(id(2))));
    assert_eq!(
        undo_of(&runs, None).unwrap().settings.run,
        Some(id(1)),
        "an undo is not undone unasked"
    );

    let redo = undo_of(&runs, Some(3)).unwrap();
    assert_eq!(redo.moves[1].to, path("duplicates/2024/c"));
    runs.push(applied(4, redo));
    assert_eq!(
        undo_of(&runs, None).unwrap().settings.run,
        Some(id(2)),
        "it stands again"
    );
}

#[test]
fn what_was_taken_back_in_part_can_be_taken_back_for_the_rest() {
    let mut runs = vec![applied(1, dedupe(&["a", "b", "c"]))];
    let mut part = undo_of(&runs, None).unwrap().into_raw();
    part.moves.truncate(1);
    runs.push(applied(2, part.check().unwrap()));
    let rest = undo_of(&runs, None).unwrap();
    assert_eq!(rest.moves.len(), 2);
    assert_eq!(rest.summary.as_ref().unwrap().kept, 1);
}

#[test]
fn what_cannot_be_undone_says_why() {
    assert_eq!(undo_of(&[], None), Err(UndoError::NoRun));
    assert_eq!(undo_of(&[], Some(1)), Err(UndoError::Unknown(id(1))));
    let unfinished = run(1, dedupe(&["a"]), None);
    assert_eq!(
        undo_of(&[unfinished], Some(1)),
        Err(UndoError::Unfinished(id(1)))
    );
    let back = run(1, dedupe(&["a"]), Some(Outcome::RolledBack));
    assert_eq!(
        undo_of(std::slice::from_ref(&back), Some(1)),
        Err(UndoError::RolledBack(id(1)))
    );
    assert_eq!(undo_of(&[back], None), Err(UndoError::NoRun));
}

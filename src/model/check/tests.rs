use super::*;
use crate::model::plan::{Need, Role, Settings, Skip, SkipKind, Write};
use crate::model::report::{Account, Remain, Remains, WholeDirectory};
use crate::model::schedule::Hop;
use crate::model::time::Time;

mod ingest;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

fn duplicate(from: &str, to: &str, of: &str) -> Move {
    Move {
        from: path(from),
        to: path(to),
        size: 3,
        modified: Time::default(),
        hash: Digest::of(b"abc"),
        why: Why::Duplicate {
            of: path(of),
            dated: None,
        },
        bundle: None,
    }
}

fn need(at: &str) -> Need {
    Need {
        path: path(at),
        offline: None,
        size: 3,
        modified: Time::default(),
        hash: Digest::of(b"abc"),
    }
}

fn good() -> RawPlan {
    let mut plan = RawPlan::of(Phase::Dedupe);
    plan.moves = vec![
        duplicate("media/2024/c", "duplicates/2024/c", "media/2023/a"),
        duplicate("media/2024/b", "duplicates/2024/b", "archive/01/a"),
    ];
    plan.needs = vec![
        need("media/2023/a"),
        need("archive/01/a"),
        need("media/2020/unused"),
    ];
    plan.skipped = vec![Skip {
        path: path("media/2024/d"),
        kind: SkipKind::Unread,
        why: "unreadable".into(),
        bundle: None,
    }];
    plan
}

#[test]
fn a_good_plan_is_sorted_and_counted() {
    let plan = good().check().unwrap();
    assert_eq!(plan.moves[0].from, path("media/2024/b"));
    let needs: Vec<_> = plan.needs.iter().map(|n| n.path.to_string()).collect();
    assert_eq!(
        needs,
        ["archive/01/a", "media/2023/a"],
        "unused needs are dropped"
    );
    let summary = plan.summary.clone().unwrap();
    assert_eq!((summary.seen, summary.moves, summary.bytes), (3, 2, 6));
    assert_eq!(summary.kinds["duplicate"], 2);
    assert!(plan.remarks().is_empty());
}

#[test]
fn every_file_is_accounted_for_after_a_person_deleted_a_line() {
    let mut raw = good().check().unwrap().into_raw();
    raw.moves.pop();
    let plan = raw.check().unwrap();
    let summary = plan.summary.clone().unwrap();
    assert_eq!(summary.seen, summary.moves + summary.kept + summary.skipped);
    assert_eq!((summary.seen, summary.kept), (3, 1));
    assert_eq!(plan.remarks().len(), 2, "{:?}", plan.remarks());
}

#[test]
fn all_problems_are_told_at_once() {
    type Spoil = fn(&mut RawPlan);
    let cases: [(Spoil, &str); 18] = [
        (
            |p| p.moves[0].to = path("media/2024/x"),
            "moves nothing from media to media",
        ),
        (
            |p| p.moves[0].from = path("archive/01/x"),
            "nothing leaves the archive",
        ),
        (
            |p| p.moves[0].from = path("ingest/x"),
            "moves nothing from ingest",
        ),
        (
            |p| p.moves[0].to = path("duplicates/2024/b"),
            "two moves go here",
        ),
        (
            |p| p.moves[0].from = path("media/2024/b"),
            "two moves take this file",
        ),
        (
            |p| p.moves[0].to = path("duplicates/2024/b/x"),
            "one move makes a file of",
        ),
        (
            |p| p.moves[0].to = path("duplicates/.mediastruct.d/x"),
            "mediastruct's own",
        ),
        (
            |p| p.moves[0].from = path("media/2024/.mediastruct"),
            "mediastruct's own",
        ),
        (
            |p| {
                p.moves[0].why = Why::Duplicate {
                    of: path("media/2024/b"),
                    dated: None,
                }
            },
            "is moved by this plan",
        ),
        (
            |p| {
                p.moves[0].why = Why::Duplicate {
                    of: path("media/2024/c"),
                    dated: None,
                }
            },
            "is moved by this plan",
        ),
        (
            |p| {
                p.moves[0].why = Why::Duplicate {
                    of: path("ingest/c"),
                    dated: None,
                }
            },
            "neither in media nor",
        ),
        (|p| p.needs.clear(), "not among the plan's needs"),
        (
            |p| p.needs[0].hash = Digest::of(b"x"),
            "another size or hash",
        ),
        (|p| p.needs[0].size = 4, "another size or hash"),
        (
            |p| p.needs.push(p.needs[0].clone()),
            "stands among the needs twice",
        ),
        (|p| p.moves[0].size = 0, "an empty file is not a duplicate"),
        (
            |p| p.moves[0].bundle = Some(path("media/2023/c.cr2")),
            "which is not in the same directory",
        ),
        (
            |p| p.moves[0].bundle = Some(path("archive/2024/c.cr2")),
            "which is not in the same directory",
        ),
    ];
    let mut all = Vec::new();
    for (spoil, message) in cases {
        let mut plan = good();
        spoil(&mut plan);
        let problems = plan.check().unwrap_err();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|t| t.contains(message)),
            "{message}: {told:?}"
        );
        all.push(message);
    }
    let mut plan = good();
    plan.moves[0].from = path("archive/01/x");
    plan.needs.clear();
    assert!(plan.check().unwrap_err().len() >= 3);
}

#[test]
fn law_9_what_a_plan_tells_of_itself_is_made_to_add_up() {
    let mut raw = good();
    let seen = |unit: &str, seen| Account {
        seen,
        ..Account::of(path(unit))
    };
    raw.accounts = vec![seen("media/2024", 7), seen("archive/01", 2)];
    let remain = |files| Remain {
        why: Remains::Only,
        files,
        bytes: 1,
    };
    raw.remains = vec![remain(7)];
    let directory = |dir: &str, files| WholeDirectory {
        dir: path(dir),
        files,
        bytes: 0,
    };
    raw.directories = vec![directory("media/2024", 2), directory("media/2025", 0)];
    let plan = raw.check().unwrap();
    assert!(plan.remarks().is_empty());
    let account = &plan.accounts[1];
    assert_eq!((account.moves, account.bytes), (2, 6));
    assert_eq!((account.kept, account.skipped), (4, 1));
    let summary = plan.summary.clone().unwrap();
    assert_eq!((summary.seen, summary.kept, summary.skipped), (9, 6, 1));
    assert_eq!(plan.remains, [remain(7)]);
    let whole: Vec<_> = plan
        .directories
        .iter()
        .map(|d| (d.files, d.bytes))
        .collect();
    assert_eq!(whole, [(2, 6)]);

    // Without a move, its file remains, and its directory is whole no more.
    let mut raw = plan.into_raw();
    raw.moves.pop();
    let plan = raw.check().unwrap();
    assert_eq!(plan.remarks().len(), 2, "{:?}", plan.remarks());
    assert_eq!(plan.accounts[1].kept, 5);
    let taken_out = Remain {
        why: Remains::TakenOut,
        files: 1,
        bytes: 3,
    };
    assert_eq!(plan.remains, [remain(7), taken_out]);
    assert!(plan.directories.is_empty());

    // Numbers that cannot be are not believed.
    let mut raw = plan.into_raw();
    raw.accounts = vec![seen("media/2024/x/y", u64::MAX), seen("media/2024", 0)];
    raw.remains = vec![remain(u64::MAX), remain(u64::MAX)];
    let plan = raw.check().unwrap();
    assert_eq!(plan.accounts.len(), 1);
    let summary = plan.summary.clone().unwrap();
    assert_eq!(summary.seen, summary.moves + summary.kept + summary.skipped);
    assert!(plan.remains.is_empty());
}

#[test]
fn a_bundle_that_a_person_tore_is_told() {
    let mut raw = good();
    for operation in &mut raw.moves {
        operation.bundle = Some(path("media/2024/b"));
    }
    let mut raw = raw.check().unwrap().into_raw();
    assert_eq!(raw.moves[0].from, path("media/2024/b"));
    raw.moves.remove(0);
    let plan = raw.check().unwrap();
    let told = "media/2024/c moves without media/2024/b, the main file of its bundle";
    assert!(plan.remarks().iter().any(|r| r == told), "{plan:?}");
}

#[test]
fn law_3_no_plan_takes_a_file_out_of_the_archive() {
    for phase in [Phase::Crawl, Phase::Dedupe] {
        for to in [
            "duplicates/x",
            "media/2024/x",
            "archive/02/x",
            "validated/x",
        ] {
            let mut plan = RawPlan::of(phase);
            plan.moves = vec![duplicate("archive/01/x", to, "media/2024/y")];
            plan.needs = vec![need("media/2024/y")];
            let problems = plan.check().unwrap_err();
            let fault = Fault::LeavesArchive;
            assert!(problems.iter().any(|p| p.fault == fault), "{phase} {to}");
        }
    }
}

#[test]
fn an_undo_plan_names_one_run() {
    let run = |text: &str| text.parse().unwrap();
    let (one, other) = ("20240101T000000.000Z-000000", "20250101T000000.000Z-000000");
    let mut plan = RawPlan::of(Phase::Undo);
    let operation = duplicate("media/2024/b", "duplicates/2024/b", "media/2024/a");
    plan.moves = vec![Hop::from(&operation).inverse(&run(one))];
    assert!(plan.clone().check().is_err(), "no run in its settings");
    plan.settings = Settings {
        run: Some(run(other)),
        ..Settings::default()
    };
    assert!(plan.clone().check().is_err(), "another run in its settings");
    plan.settings.run = Some(run(one));
    assert!(plan.check().is_ok());
}

#[test]
fn operations_that_get_into_each_others_way_are_refused() {
    let run: super::super::run::RunId = "20240101T000000.000Z-000000".parse().unwrap();
    let undo = |moves: &[(&str, &str)]| {
        let mut plan = RawPlan::of(Phase::Undo);
        plan.settings.run = Some(run.clone());
        let moves = moves
            .iter()
            .map(|(from, to)| duplicate(to, from, "media/x"));
        plan.moves = moves.map(|m| Hop::from(&m).inverse(&run)).collect();
        plan
    };
    let chain = undo(&[
        ("media/2024/a", "media/2024/b"),
        ("media/2024/b", "media/2024/a"),
    ]);
    assert!(chain.check().is_ok(), "a swap is no obstacle");
    let faults = |plan: RawPlan| -> Vec<_> {
        let problems = plan.check().unwrap_err().into_iter();
        problems.map(|p| p.fault.to_string()).collect()
    };
    let nowhere = undo(&[("media/2024/a", "media/2024/a")]);
    assert_eq!(faults(nowhere), ["it is to move to where it is"]);

    let dir = |text: &str| Directory {
        dir: path(text),
        mode: 0o755,
        modified: Time::default(),
    };
    let mut pruned = undo(&[("media/2024/a", "media/2023/a")]);
    pruned.prunes = vec![dir("media/2023"), dir("media/2023")];
    let expected = [
        "this directory is pruned twice, or something goes there",
        "the directory media/2023, in which this is to be, is pruned by the same plan",
    ];
    assert_eq!(faults(pruned), expected);
    let mut made = undo(&[("media/2024/a", "media/2023")]);
    made.makes = vec![dir("media/2023")];
    assert_eq!(faults(made), ["two moves go here"]);
    let mut elsewhere = good();
    elsewhere.makes = vec![dir("media/2023")];
    elsewhere.prunes = vec![dir("media/2022")];
    let expected = [
        "dedupe makes no directories but those that its files need",
        "dedupe removes no directories in media",
    ];
    assert_eq!(faults(elsewhere), expected);
    let mut aside = undo(&[("media/2024/a", "media/.mediastruct.d/parked/x/0-a")]);
    assert_eq!(
        faults(aside.clone()),
        ["this is a file of mediastruct's own, not a media file"]
    );
    aside.moves[0].to = path("media/.mediastruct.d/parked/20240101T000000.000Z-000000/0-a");
    assert!(aside.check().is_ok(), "what a run put aside");
}

#[test]
fn files_are_written_right_beneath_a_volume_by_archive_alone() {
    let write = |to: &str| Write {
        to: path(to),
        role: Role::Unburned,
        max_bytes: 100,
        replaces: None,
    };
    let plan = |phase, to: &str| {
        let mut plan = RawPlan::of(phase);
        plan.writes = vec![write(to)];
        plan
    };
    assert!(plan(Phase::Archive, "archive/07/.unburned").check().is_ok());
    for (phase, to, told) in [
        (
            Phase::Dedupe,
            "archive/07/.unburned",
            "dedupe writes no files",
        ),
        (
            Phase::Archive,
            "media/2024/.unburned",
            "right beneath a volume only",
        ),
        (
            Phase::Archive,
            "archive/07/x/.unburned",
            "right beneath a volume only",
        ),
        (
            Phase::Archive,
            "archive/07/photo.jpg",
            "is called .unburned",
        ),
    ] {
        let problems = plan(phase, to).check().unwrap_err();
        assert!(problems[0].to_string().contains(told), "{}", problems[0]);
    }
    let mut moved = RawPlan::of(Phase::Archive);
    let mut operation = duplicate("media/2024/a", "archive/08/a", "media/x");
    operation.why = Why::Volume { number: 7 };
    moved.moves = vec![operation];
    let problems = moved.check().unwrap_err();
    assert!(
        problems[0].to_string().contains("not in that volume"),
        "{}",
        problems[0]
    );
}

#[test]
fn the_id_is_of_what_would_be_done() {
    let plan = good().check().unwrap();
    let mut reordered = good();
    reordered.moves.reverse();
    reordered.warnings = vec!["another report".into()];
    assert_eq!(reordered.check().unwrap().id(), plan.id());
    let mut other = good();
    other.moves[0].to = path("duplicates/2024/d");
    assert_ne!(other.check().unwrap().id(), plan.id());
}

#[test]
fn a_volume_that_is_told_of_twice_is_told_of_once() {
    let text = include_bytes!("../../../examples/plan-archive.json").to_vec();
    let mut raw = crate::model::plan_file::parse(text).unwrap();
    let once = raw.volumes.clone();
    raw.volumes.extend(once.clone());
    let plan = raw.check().unwrap();
    assert_eq!(plan.volumes, once);
}

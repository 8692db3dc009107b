use super::*;
use crate::model::digest::Digest;
use crate::model::index::{Stamp, Totals};
use crate::model::medium::{Medium, Pack};
use crate::model::path::TreePath;
use crate::model::plan::{
    Filled, Move, Need, Packing, Phase, Plan, RawPlan, Role, Settings, Skip, SkipKind, UnitAction,
    UnitPlan, VolumePlan, Why, Write,
};
use crate::model::plan_file;
use crate::model::report::{Account, Remain, Remains, WholeDirectory};
use crate::model::run::{
    Begin, Brief, Done, End, FileId, Intent, JOURNAL_FORMAT, Outcome, Progress, Record, Run, RunId,
    Verify,
};
use crate::model::schedule::{Hop, Schedule};
use crate::model::time::Time;
use crate::phase::history as phase;

macro_rules! snapshot {
    ($name:literal, $value:expr) => {
        insta::with_settings!({
            snapshot_path => "../../../snapshots",
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!($name, $value);
        });
    };
}

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

fn duplicate(from: &str, size: u64, of: &str) -> Move {
    Move {
        from: path(from),
        to: path(&from.replace("media/", "duplicates/")),
        size,
        modified: Time::default(),
        hash: Digest::of(of.as_bytes()),
        why: Why::Duplicate {
            of: path(of),
            dated: None,
        },
        bundle: None,
    }
}

fn dedupe() -> Plan {
    let mut plan = RawPlan::of(Phase::Dedupe);
    plan.moves = vec![
        duplicate("media/2023/b.jpg", 3_670_016, "archive/03/2019/a.jpg"),
        duplicate("media/2024/c.jpg", 3_670_016, "media/2023/c.jpg"),
        duplicate("bytes://media/2024/caf%E9.jpg", 12, "media/2023/d.jpg"),
    ];
    plan.moves[2].to = path("bytes://duplicates/2024/caf%E9.jpg");
    for operation in &mut plan.moves[1..3] {
        operation.bundle = Some(path("media/2024/c.jpg"));
    }
    let name = "media/2024/<b>\"\u{1b}[2J\u{202e}\n.jpg";
    plan.moves.push(duplicate(name, 12, "media/2023/d.jpg"));
    plan.moves.extend((0..30).map(|n| {
        let from = format!("media/2025/trip/{n:02}.mov");
        duplicate(&from, 1_000_000_000, "media/2023/e.mov")
    }));
    let keepers: Vec<_> = plan
        .moves
        .iter()
        .map(|m| (m.why.keeper().unwrap().clone(), m.size, m.hash))
        .collect();
    for (path, size, hash) in keepers {
        if plan.needs.iter().all(|n: &Need| n.path != path) {
            plan.needs.push(Need {
                path,
                offline: None,
                size,
                modified: Time::default(),
                hash,
            });
        }
    }
    plan.skipped = vec![Skip {
        path: path("media/2024/d\tx.jpg"),
        kind: SkipKind::Unread,
        why: "unreadable: permission denied".into(),
        bundle: None,
    }];
    plan.accounts = [
        ("archive/03", 3),
        ("media/2023", 4),
        ("media/2024", 7),
        ("media/2025", 31),
    ]
    .map(|(unit, seen)| Account {
        seen,
        ..Account::of(path(unit))
    })
    .into();
    plan.remains = [
        (Remains::Only, 5, 20_000_000),
        (Remains::Keeper, 4, 3),
        (Remains::Bundle, 1, 0),
    ]
    .map(|(why, files, bytes)| Remain { why, files, bytes })
    .into();
    plan.skipped[0].bundle = Some(path("media/2024/d\u{202e}.cr2"));
    plan.directories = vec![WholeDirectory {
        dir: path("media/2025/trip"),
        files: 30,
        bytes: 0,
    }];
    plan.warnings = vec!["a warning\u{1b}[31m".into()];
    plan.check().unwrap()
}

fn crawl() -> Plan {
    let mut plan = RawPlan::of(Phase::Crawl);
    let unit = |name: &str, action, why: &str, files, hash_files| UnitPlan {
        unit: path(name),
        action,
        why: why.into(),
        files,
        bytes: files * 3_000_000,
        hash_files,
        hash_bytes: hash_files * 3_000_000,
    };
    plan.units = vec![
        unit(
            "archive/03",
            UnitAction::Keep,
            "indexed 7 days ago",
            8000,
            2,
        ),
        unit(
            "media/2024",
            UnitAction::Reindex,
            "media is always hashed",
            1218,
            1218,
        ),
    ];
    plan.settings.max_age_days = Some(120);
    plan.check().unwrap()
}

fn a_run() -> Run {
    let id: RunId = "20241122T155212.123Z-0a1b2c".parse().unwrap();
    let plan = dedupe();
    let file = Some(FileId {
        device: 1,
        inode: 2,
    });
    let begin = Begin {
        format: JOURNAL_FORMAT.into(),
        run: id.clone(),
        at: Time::new(1_732_290_732, 123_000_000).unwrap(),
        phase: Phase::Dedupe,
        plan: Digest::of(b"plan"),
        trees: Vec::new(),
        texts: Vec::new(),
        verify: Verify::Stat,
        work: None,
    };
    let records = vec![
        Record::Begin(begin),
        Record::Intent(Intent {
            first: 0,
            files: vec![file, file],
            directories: Vec::new(),
        }),
        Record::Done(Done {
            first: 0,
            files: vec![Some(Stamp::default().into())],
        }),
        Record::Back {
            why: "disk full\u{1b}".into(),
        },
        Record::Leave {
            path: path("media/2024/c.jpg"),
        },
    ];
    let schedule = Schedule::of(&plan);
    let progress = Progress::of(&plan, &schedule, records).unwrap();
    Run {
        id,
        plan,
        schedule,
        progress,
    }
}

#[test]
fn a_dedupe_plan_for_people() {
    let plan = dedupe();
    let text = summary(&plan) + &listing(&plan, Extent::First);
    snapshot!("show_dedupe", text);
    assert!(listing(&plan, Extent::All).contains("media/2025/trip/29.mov"));
}

#[test]
fn an_archive_plan_for_people() {
    let mut plan = RawPlan::of(Phase::Archive);
    let volume = |name: &str, used, state| VolumePlan {
        volume: path(&format!("archive/{name}")),
        medium: Medium::default(),
        capacity_sectors: 11_826_176,
        used_sectors: used,
        files: 0,
        bytes: 0,
        first: Some("2018-12-31".to_owned()),
        last: Some("2019-03".to_owned()),
        state,
    };
    for (from, to, number) in [
        ("media/2018/z.jpg", "archive/07/2018/z.jpg", 7),
        ("media/2019/a.mov", "archive/07/2019/a.mov", 7),
        ("media/2019/b.mov", "archive/08/2019/b.mov", 8),
    ] {
        plan.moves.push(Move {
            from: path(from),
            to: path(to),
            size: 12_000_000_000,
            modified: Time::default(),
            hash: Digest::of(from.as_bytes()),
            why: Why::Volume { number },
            bundle: None,
        });
    }
    plan.volumes = vec![
        volume("07", 11_826_100, Filled::Unburned),
        volume("08", 5_860_000, Filled::Open),
    ];
    let write = |volume: &str, role: Role| Write {
        to: path(&format!("archive/{volume}/{}", role.file_name())),
        role,
        max_bytes: 100,
        replaces: None,
    };
    let sealing = Role::ALL.into_iter().map(|role| write("07", role));
    plan.writes = sealing.chain([write("08", Role::Unburned)]).collect();
    plan.packing = Some(Packing {
        lower_bound: 2,
        split_months: vec!["2019-03".to_owned()],
        split_days: 1,
    });
    plan.settings.through = Some(2019);
    plan.settings.pack = Some(Pack::Chronological);
    let plan = plan.check().unwrap();
    snapshot!(
        "show_archive",
        summary(&plan) + &listing(&plan, Extent::All)
    );
    let page = page(&plan).unwrap();
    assert!(page.contains("archive/07") && page.contains("2018-12-31 to 2019-03"));
}

#[test]
fn an_ingest_plan_for_people() {
    let text = include_bytes!("../../../examples/plan-ingest.json");
    let plan = plan_file::parse(text.to_vec()).unwrap().check().unwrap();
    snapshot!("show_ingest", summary(&plan) + &listing(&plan, Extent::All));
}

#[test]
fn a_crawl_plan_for_people() {
    snapshot!("show_crawl", summary(&crawl()));
}

/// What takes the dedupe plan back.
fn undo() -> Plan {
    let run: RunId = "20241122T155212.123Z-0a1b2c".parse().unwrap();
    let mut plan = RawPlan::of(Phase::Undo);
    plan.settings = Settings {
        run: Some(run.clone()),
        ..Settings::default()
    };
    plan.moves = dedupe()
        .moves
        .iter()
        .map(|m| Hop::from(m).inverse(&run))
        .collect();
    plan.check().unwrap()
}

#[test]
fn an_undo_plan_for_people() {
    snapshot!("show_undo", summary(&undo()));
    assert!(page(&undo()).unwrap().contains("What moves where"));
}

#[test]
fn a_run_for_people() {
    let mut interrupted = a_run();
    let entry = |run: &Run| phase::entry(&Brief::from(run), &[], Totals::default());
    snapshot!("show_run", run(&interrupted, &entry(&interrupted)));
    interrupted.progress.end = Some(End {
        outcome: Outcome::RolledBack,
        at: Time::default(),
        copied: None,
    });
    assert!(run(&interrupted, &entry(&interrupted)).contains("rolled back"));
}

#[test]
fn a_page_is_inert() {
    for plan in [dedupe(), crawl()] {
        let page = page(&plan).unwrap();
        assert!(page.contains("default-src 'none'"));
        for alive in [
            "<script", "<b>\"", "\u{1b}", "\u{202e}", "href", "src=", "onload",
        ] {
            assert!(!page.contains(alive), "{alive}");
        }
    }
    snapshot!("show_crawl_page", page(&crawl()).unwrap());
}

#[test]
fn a_page_shows_every_name_escaped() {
    let page = page(&dedupe()).unwrap();
    assert!(
        page.contains("media/2024/&#60;b&#62;&#34;\\u{1b}[2J\\u{202e}\\n.jpg"),
        "{page}"
    );
    assert!(page.contains("media/2024/caf\\xe9.jpg"));
    assert!(page.contains("media/2024/d\\tx.jpg"));
}

#[test]
fn a_page_tells_all_that_the_text_does() {
    let mut raw = dedupe().into_raw();
    raw.settings.only = vec![path("media/2024/<i>\u{1b}")];
    raw.needs[0].offline = Some("03".to_owned().try_into().unwrap());
    let plan = raw.check().unwrap();
    let shown = page(&plan).unwrap();
    let told = summary(&plan);
    for cell in [
        "archive/03",
        "30.0 GB (30,007,340,056 bytes)",
        "a copy that stays with its bundle",
        "20.0 MB (20,000,003 bytes)",
        "media/2023/e.mov",
        "media/2025/trip",
        "media/2024/d\\u{202e}.cr2",
        "of what stays, 1 file on discs alone, of volume 03",
    ] {
        assert!(told.contains(cell), "{cell} is not in: {told}");
        assert!(
            shown.contains(&format!(">{cell}<")),
            "{cell} is not in: {shown}"
        );
    }
    let asked = "what lies in media/2024/&#60;i&#62;\\u{1b}</div>";
    assert!(shown.contains(asked), "{shown}");
    snapshot!("show_dedupe_page", page(&dedupe()).unwrap());
}

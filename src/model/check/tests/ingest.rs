use super::*;
use crate::model::capture::{Confidence, Source, Taken};
use crate::model::plan::Dated;
use jiff::civil::datetime;

fn dated() -> Box<Dated> {
    Box::new(Dated {
        taken: Taken {
            taken: datetime(2019, 3, 1, 12, 0, 0, 0),
            offset: None,
            source: Source::FileName,
            confidence: Confidence::Medium,
        },
        rivals: Vec::new(),
    })
}

/// A new file, a twin of it, one that media has, and one that the archive has.
fn plan() -> RawPlan {
    let to = |from: &str, to: &str, why: Why| Move {
        from: path(from),
        to: path(to),
        why,
        ..duplicate(from, to, "media/x")
    };
    let twin = |of: &str| Why::Duplicate {
        of: path(of),
        dated: Some(dated()),
    };
    let mut plan = RawPlan::of(Phase::Ingest);
    plan.moves = vec![
        to("ingest/a", "media/2019/a", Why::Date(dated())),
        to("ingest/b", "duplicates/ingest/b", twin("media/2019/a")),
        to("ingest/c", "duplicates/ingest/c", twin("media/2018/old")),
        to(
            "ingest/d",
            "duplicates/ingest/d",
            Why::AlreadyArchived {
                of: path("archive/01/old"),
                dated: dated(),
            },
        ),
    ];
    plan.needs = vec![need("archive/01/old"), need("media/2018/old")];
    plan
}

#[test]
fn a_plan_of_ingest_brings_files_and_keeps_their_twins() {
    let plan = plan().check().unwrap();
    let summary = plan.summary.as_ref().unwrap();
    assert_eq!((summary.kinds["date"], summary.kinds["duplicate"]), (1, 2));
    let brought: Vec<_> = plan.brought().map(|m| m.from.to_string()).collect();
    assert_eq!(brought, ["ingest/a"]);
    let text = serde_json::to_string(&plan.moves[0].why).unwrap();
    assert_eq!(
        text,
        r#"{"kind":"date","taken":"2019-03-01T12:00:00","offset":null,"source":"filename","confidence":"medium"}"#
    );
    for operation in &plan.moves {
        let text = serde_json::to_string(&operation.why).unwrap();
        let read: Why = serde_json::from_str(&text).unwrap();
        assert_eq!(read, operation.why);
    }
}

#[test]
fn what_a_plan_of_ingest_may_not_do_is_refused() {
    type Case = (fn(&mut RawPlan), &'static str);
    let cases: [Case; 9] = [
        (
            |p| p.moves[0].to = path("duplicates/ingest/a"),
            "names no file of which it is one",
        ),
        (
            |p| p.moves[0].to = path("archive/01/a"),
            "moves nothing from ingest to archive",
        ),
        (
            |p| {
                p.moves.remove(0);
            },
            "nor brought there by it",
        ),
        (
            |p| p.moves[0].hash = Digest::of(b"other"),
            "another size or hash",
        ),
        (|p| p.moves[0].size = 4, "another size or hash"),
        (
            |p| {
                p.moves[1].why = Why::Duplicate {
                    of: path("media/2019/a"),
                    dated: None,
                }
            },
            "does not say when it was taken",
        ),
        (
            |p| {
                p.moves[3].why = Why::AlreadyArchived {
                    of: path("media/2018/old"),
                    dated: dated(),
                }
            },
            "is said to be archived",
        ),
        (|p| p.moves[2].size = 0, "an empty file is not a duplicate"),
        (
            |p| p.phase = Phase::Dedupe,
            "dedupe moves nothing from ingest",
        ),
    ];
    for (spoil, told) in cases {
        let mut plan = plan();
        spoil(&mut plan);
        let problems = plan.check().unwrap_err();
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(problems.iter().any(|p| p.contains(told)), "{problems:?}");
    }
}

#[test]
fn a_reason_says_all_of_a_date_or_nothing() {
    for text in [
        r#"{"kind":"date","source":"mtime","confidence":"low"}"#,
        r#"{"kind":"date","taken":"2019-03-01","source":"mtime","confidence":"low"}"#,
        r#"{"kind":"date","taken":"2019-03-01T12:00:00","offset":"CET","source":"mtime","confidence":"low"}"#,
        r#"{"kind":"date","taken":"2019-03-01T12:00:00","source":"a guess","confidence":"low"}"#,
        r#"{"kind":"duplicate","of":"media/a","taken":"2019-03-01T12:00:00"}"#,
        r#"{"kind":"duplicate","of":"media/a","offset":"+01:00"}"#,
        r#"{"kind":"duplicate","of":"media/a","by":"me"}"#,
    ] {
        assert!(serde_json::from_str::<Why>(text).is_err(), "{text}");
    }
}

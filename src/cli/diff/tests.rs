use super::*;
use crate::model::digest::Digest;
use crate::model::plan::{Need, Phase, Skip, SkipKind, Why};
use crate::model::time::Time;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

fn plan(names: &[&str]) -> RawPlan {
    let mut plan = RawPlan::of(Phase::Dedupe);
    let of = path("archive/03/a.jpg");
    plan.moves = names
        .iter()
        .map(|name| Move {
            from: path(&format!("media/2024/{name}")),
            to: path(&format!("duplicates/2024/{name}")),
            size: 3,
            modified: Time::default(),
            hash: Digest::of(b"abc"),
            why: Why::Duplicate {
                of: of.clone(),
                dated: None,
            },
            bundle: None,
        })
        .collect();
    plan.needs = vec![Need {
        path: of,
        offline: None,
        size: 3,
        modified: Time::default(),
        hash: Digest::of(b"abc"),
    }];
    plan
}

fn two() -> (Plan, Plan) {
    let old = plan(&["a", "b\u{1b}[2J", "c"]);
    let mut new = plan(&["a", "c", "d"]);
    new.moves[1].to = path("duplicates/2024/c~2");
    new.settings.force = Some(true);
    new.skipped = vec![Skip {
        path: path("media/2024/e"),
        kind: SkipKind::Unread,
        why: "unreadable: no\nsuch luck".into(),
        bundle: None,
    }];
    new.warnings = vec!["look out".into()];
    (old.check().unwrap(), new.check().unwrap())
}

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

#[test]
fn operations_that_differ() {
    let (old, new) = two();
    snapshot!("diff", operations(&old, &new));
    assert_eq!(operations(&old, &old), "");
}

#[test]
fn a_unified_diff_names_the_files_and_is_safe_to_show() {
    let (old, new) = two();
    let text = unified(&old, &new, "old.json", "new.json");
    assert!(
        text.starts_with("--- old.json\n+++ new.json\n@@ "),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
    assert!(
        text.contains("\n-{\"from\":\"media/2024/b\\u001b[2J\""),
        "{text}"
    );
    assert_eq!(unified(&old, &old, "a", "b"), "");
}

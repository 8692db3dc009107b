//! Plans that move a part of what could move.

use super::*;

/// What moves of this state, with these settings.
fn moving(state: &mut State<'_>, only: &[&str], min_size: Option<u64>) -> Vec<String> {
    let path = |text: &&str| TreePath::from_text(text).unwrap().into_owned();
    state.settings.only = only.iter().map(path).collect();
    state.settings.min_size = min_size;
    let plan = plan(state).unwrap();
    let summary = plan.summary.as_ref().unwrap();
    assert_eq!(summary.seen, summary.moves + summary.kept + summary.skipped);
    assert!(plan.skipped.is_empty());
    plan.moves.iter().map(|m| m.from.to_string()).collect()
}

#[test]
fn law_9_a_part_of_a_plan_leaves_the_rest_kept() {
    let mut state = state(
        &[("01/big", "BIG BIG", None)],
        &[
            ("2018/a", "AA", None),
            ("2018/big", "BIG BIG", None),
            ("2019/a", "AA", None),
            ("2019/b.CR2", "RAW RAW", None),
            ("2019/b.xmp", "XMP", None),
            ("2019/x/a", "AA", None),
            ("2020/b.CR2", "RAW RAW", None),
            ("2020/b.xmp", "XMP", None),
        ],
    );
    let all = [
        "media/2018/big",
        "media/2019/a",
        "media/2019/x/a",
        "media/2020/b.CR2",
        "media/2020/b.xmp",
    ];
    assert_eq!(moving(&mut state, &[], None), all);
    assert_eq!(moving(&mut state, &["media/2019"], None), all[1..3]);
    assert_eq!(moving(&mut state, &["media/2019/x/a"], None), all[2..3]);
    // The first path stays, whatever else is left where it is.
    assert_eq!(moving(&mut state, &["media/2018"], None), all[..1]);
    assert!(moving(&mut state, &["media/201"], None).is_empty());
    // A bundle is as large as the largest file in it, and is not torn.
    let large = ["media/2018/big", "media/2020/b.CR2", "media/2020/b.xmp"];
    assert_eq!(moving(&mut state, &[], Some(7)), large);
    assert_eq!(moving(&mut state, &["media/2020"], Some(7)), large[1..]);
    assert!(moving(&mut state, &[], Some(8)).is_empty());
    assert!(moving(&mut state, &["media/2020/b.CR2"], None).is_empty());
}

#[test]
fn names_of_one_file_are_not_parted() {
    let mut state = state(
        &[("01/a", "AA", None)],
        &[("2018/a", "AA", Some(7)), ("2019/a", "AA", Some(7))],
    );
    assert!(moving(&mut state, &["media/2018"], None).is_empty());
    assert_eq!(
        moving(&mut state, &["media/2018", "media/2019"], None).len(),
        2
    );
}

#[test]
fn a_directory_without_files_is_told() {
    let mut state = state(&[], &[("2018/a-b/x", "AA", None), ("2018/c", "AA", None)]);
    let path = |text: &str| TreePath::from_text(text).unwrap().into_owned();
    state.settings.only = vec![path("media/2018/a"), path("media/2018/c")];
    state.settings.prefer = vec![path("media/2018/a-b"), path("media/2019")];
    assert_eq!(
        plan(&state).unwrap().warnings,
        [
            "nothing is indexed in media/2019",
            "nothing is indexed in media/2018/a"
        ]
    );
}

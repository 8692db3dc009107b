//! Which copy is kept.

use super::*;
use crate::model::keep::Keep;

/// Where the files of this state go, by a rule and preferred directories.
fn kept(state: &mut State<'_>, keep: Option<Keep>, prefer: &[&str]) -> Vec<String> {
    let path = |text: &&str| TreePath::from_text(text).unwrap().into_owned();
    state.settings.keep = keep;
    state.settings.prefer = prefer.iter().map(path).collect();
    let plan = plan(state).unwrap();
    assert_eq!(plan.settings, state.settings);
    plan.needs.iter().map(|n| n.path.to_string()).collect()
}

/// One content in media, thrice: under the first path, under the longest, and under the shortest.
fn thrice() -> State<'static> {
    let mut state = state(
        &[],
        &[
            ("2018/a.jpg", "AA", None),
            ("2019/best of/a.jpg", "AA", None),
            ("2020/a", "AA", None),
        ],
    );
    for (entry, seconds) in state.media.entries.iter_mut().zip([3, 1, 2]) {
        entry.stamp.modified = Time::new(seconds, 0).unwrap();
    }
    state
}

#[test]
fn a_rule_says_which_copy_of_media_is_kept() {
    let mut state = thrice();
    for (keep, path) in [
        (None, "media/2018/a.jpg"),
        (Some(Keep::First), "media/2018/a.jpg"),
        (Some(Keep::Oldest), "media/2019/best of/a.jpg"),
        (Some(Keep::Newest), "media/2018/a.jpg"),
        (Some(Keep::ShortestPath), "media/2020/a"),
        (Some(Keep::LongestPath), "media/2019/best of/a.jpg"),
    ] {
        assert_eq!(kept(&mut state, keep, &[]), [path], "{keep:?}");
    }
    // Ties go to the first path.
    for entry in &mut state.media.entries {
        entry.stamp.modified = Time::default();
    }
    for keep in [Keep::Oldest, Keep::Newest] {
        assert_eq!(kept(&mut state, Some(keep), &[]), ["media/2018/a.jpg"]);
    }
}

#[test]
fn preferred_directories_go_before_the_rule() {
    let mut state = thrice();
    for (prefer, path) in [
        (&["media/2020"][..], "media/2020/a"),
        (&["media/2019/best of"], "media/2019/best of/a.jpg"),
        (&["media/2021", "media/2020", "media/2019"], "media/2020/a"),
        // The name of a directory is not the beginning of another's.
        (&["media/202", "archive/2020"], "media/2018/a.jpg"),
    ] {
        let keep = Some(Keep::Newest);
        assert_eq!(kept(&mut state, keep, prefer), [path], "{prefer:?}");
    }
}

#[test]
fn law_3_the_archive_wins_whatever_is_preferred() {
    let mut state = thrice();
    state.archive = index(
        Tree::Archive,
        &[("02/a", "AA", None), ("03/longer/a.jpg", "AA", None)],
    );
    for keep in Keep::ALL {
        assert_eq!(
            kept(&mut state, Some(keep), &["media/2019"]),
            ["archive/02/a"]
        );
        assert_eq!(plan(&state).unwrap().moves.len(), 3);
    }
}

#[test]
fn a_bundle_goes_by_its_main_file() {
    let mut state = state(
        &[],
        &[
            ("2018/a.CR2", "RAW", None),
            ("2018/a.JPG", "JPG", None),
            ("2019/a.CR2", "RAW", None),
            ("2019/a.JPG", "JPG", None),
        ],
    );
    for (entry, seconds) in state.media.entries.iter_mut().zip([1, 9, 2, 0]) {
        entry.stamp.modified = Time::new(seconds, 0).unwrap();
    }
    assert_eq!(
        kept(&mut state, Some(Keep::Oldest), &[]),
        ["media/2018/a.CR2", "media/2018/a.JPG"]
    );
    assert_eq!(
        kept(&mut state, Some(Keep::Newest), &[]),
        ["media/2019/a.CR2", "media/2019/a.JPG"]
    );
}

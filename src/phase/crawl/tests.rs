use super::*;
use crate::model::index::{Reading, Stamp};
use crate::model::sidecar::SidecarError;

const NOW: i64 = 2_000_000_000;

fn time(seconds: i64) -> Time {
    Time::new(seconds, 0).unwrap()
}

fn listed(path: &str, modified: i64) -> Listed {
    Listed {
        path: RelPath::from_text(path.to_owned()).unwrap(),
        stamp: Stamp {
            size: 3,
            modified: time(modified),
            changed: time(1),
            ..Stamp::default()
        },
    }
}

/// A state of one unit, `archive/03` or `media/2024`, that the index knows as it is listed.
fn state(tree: Tree, names: &[&str]) -> State<'static> {
    let name = if tree == Tree::Archive { "03" } else { "2024" };
    let files: Vec<_> = names
        .iter()
        .map(|n| listed(&format!("{name}/{n}"), 1))
        .collect();
    let entries: Vec<_> = files
        .iter()
        .map(|f| Entry {
            path: f.path.clone(),
            hash: Ok(Digest::of(b"abc")),
            stamp: f.stamp,
        })
        .collect();
    let unit = Unit::of(name, Some(time(NOW - 10)), &entries);
    let index = Index {
        indexed: Some(time(NOW - 10)),
        totals: entries.iter().collect(),
        units: vec![unit.clone()],
        entries,
        ..Index::empty(tree)
    };
    let mut state = State::unknown(time(NOW));
    state.listing = vec![TreeListing {
        tree,
        only: None,
        units: vec![UnitListing {
            name: name.to_owned(),
            sidecar: Some(Ok(SidecarHead::of(&unit, time(NOW - 10)))),
            files,
            unreadable: Vec::new(),
            special: Vec::new(),
            excluded: Vec::new(),
        }],
        excluded: Vec::new(),
        strays: Vec::new(),
    }];
    match tree {
        Tree::Archive => state.archive = index,
        _ => state.media = index,
    }
    state
}

fn unit<'s>(state: &'s mut State<'static>) -> &'s mut UnitListing {
    &mut state.listing[0].units[0]
}

fn wanted(state: &State<'_>) -> Vec<String> {
    wants(state)
        .iter()
        .map(|(tree, f)| format!("{tree}/{}", f.path))
        .collect()
}

fn action(state: &State<'_>) -> (UnitAction, String) {
    let plan = plan(state);
    (plan.units[0].action, plan.units[0].why.clone())
}

fn aged(seconds: i64) -> State<'static> {
    let mut state = state(Tree::Archive, &["a"]);
    let Some(Ok(head)) = &mut unit(&mut state).sidecar else {
        panic!("there is one");
    };
    head.timestamp = time(NOW - seconds);
    state
}

#[test]
fn the_archive_is_hashed_again_when_over_120_days_old() {
    let limit = 120 * SECONDS_OF_DAY;
    let of = |seconds| action(&aged(seconds));
    assert_eq!(of(limit).0, UnitAction::Keep);
    assert_eq!(of(limit).1, "it was hashed 120 days ago, within 120");
    assert_eq!(of(limit + 1).0, UnitAction::Reindex);
    assert_eq!(of(limit + 1).1, "it was hashed 120 days ago, over 120");
    assert_eq!(of(-1).1, "its sidecar index is dated in the future");
    let mut young = aged(2 * SECONDS_OF_DAY);
    young.settings.max_age_days = Some(1);
    assert_eq!(action(&young).0, UnitAction::Reindex);
    let mut forced = aged(0);
    forced.settings.force = Some(true);
    assert_eq!(action(&forced).1, "asked for by --force");
}

#[test]
fn a_sidecar_index_that_says_nothing_is_reason_to_hash() {
    let of = |sidecar| {
        let mut state = state(Tree::Archive, &["a"]);
        unit(&mut state).sidecar = sidecar;
        assert_eq!(wanted(&state), ["archive/03/a"]);
        action(&state).1
    };
    assert_eq!(of(None), "it has no sidecar index");
    let original = of(Some(Err(SidecarError::Original)));
    assert!(original.contains("original mediastruct"), "{original}");
}

#[test]
fn media_is_always_hashed_but_where_the_user_trusts_it() {
    let mut state = state(Tree::Media, &["a"]);
    assert_eq!(action(&state).1, "media is always indexed again");
    state.settings.incremental = Some(true);
    assert_eq!(action(&state).0, UnitAction::Keep);
    assert!(wanted(&state).is_empty());
    state.media = Index::empty(Tree::Media);
    assert_eq!(action(&state).1, "it was never indexed");
}

#[test]
fn in_a_unit_that_is_kept_only_what_changed_is_hashed() {
    type Change = fn(&mut Stamp);
    let changes: [(Change, bool); 5] = [
        (|s| s.size = 4, true),
        (|s| s.modified = time(2), true),
        (|s| s.changed = time(2), true),
        (|s| s.inode = 2, true),
        (|s| s.device = 2, false),
    ];
    for (at, (change, hashed)) in changes.into_iter().enumerate() {
        let mut state = state(Tree::Archive, &["a", "b", "c"]);
        change(&mut unit(&mut state).files[1].stamp);
        assert_eq!(wanted(&state).len(), usize::from(hashed), "{at}");
    }
    let mut state = state(Tree::Archive, &["a", "c"]);
    unit(&mut state).files.insert(1, listed("03/b", 1));
    assert_eq!(wanted(&state), ["archive/03/b"]);
    let unread = crate::model::index::Unread {
        why: "permission denied".into(),
        was: Some(Digest::of(b"abc")),
    };
    state.archive.entries[0].hash = Err(Box::new(unread));
    assert_eq!(wanted(&state), ["archive/03/a", "archive/03/b"]);
}

#[test]
fn a_file_that_changed_right_before_it_was_read_is_hashed_once_more() {
    for (modified, changed) in [(NOW - 1, 1), (1, NOW - 1), (NOW, NOW), (NOW + 9, NOW + 9)] {
        let mut state = state(Tree::Archive, &["a", "b"]);
        let stamp = &mut unit(&mut state).files[0].stamp;
        (stamp.modified, stamp.changed) = (time(modified), time(changed));
        let read = |state: &State<'_>| {
            let wanted = wanted(state).len();
            let crawled = index(state, vec![Reading::Same(Digest::of(b"abc")); wanted]);
            (wanted, crawled.trees[0].index.clone().into_owned())
        };
        let (wanted, index) = read(&state);
        assert_eq!(wanted, 1, "its stamp is another");
        state.archive = index;
        // Its stamp is the same; an edit within the tick of the clock would not show in it.
        state.now = time(NOW + 20);
        let (wanted, index) = read(&state);
        assert_eq!(wanted, 1, "{modified} {changed}");
        state.archive = index;
        assert_eq!(read(&state).0, 0, "it is settled by now");
    }
}

#[test]
fn every_file_is_accounted_for() {
    let mut state = state(Tree::Archive, &["a", "b"]);
    let path = |text: &str| RelPath::from_text(text.to_owned()).unwrap();
    unit(&mut state).unreadable = vec![(path("03/dir"), "permission denied".into())];
    unit(&mut state).special = vec![(path("03/link"), "a symbolic link")];
    state.listing[0].strays = vec![(path("loose"), "a regular file")];
    let plan = plan(&state);
    let summary = plan.summary.clone().unwrap();
    assert_eq!((summary.seen, summary.kept, summary.skipped), (5, 2, 3));
    assert_eq!(plan.skipped[0].why, "unreadable: permission denied");
    assert!(!plan.has_work());
}

#[test]
fn what_a_sidecar_index_knows_is_taken_in() {
    let mut state = state(Tree::Archive, &["a", "b"]);
    let known = state.archive.clone();
    let sidecar = Sidecar::of(&known.units[0], time(NOW - 10), &known.entries);
    assert!(adoptable(&state.archive, &state.listing[0]).is_empty());
    state.archive = Index::empty(Tree::Archive);
    assert_eq!(adoptable(&state.archive, &state.listing[0]), ["03"]);
    adopt(&mut state.archive, vec![("03".into(), sidecar.clone())]);
    assert_eq!(state.archive.entries, known.entries);
    assert_eq!(state.archive.units, known.units);
    assert!(wanted(&state).is_empty());
    let crawled = index(&state, Vec::new());
    assert!(crawled.trees[0].changed, "the index on the disk is another");
    assert!(crawled.trees[0].sidecars.is_empty());

    let mut newer = sidecar;
    newer.head.timestamp = time(NOW - 5);
    unit(&mut state).sidecar = Some(Ok(newer.head.clone()));
    assert_eq!(adoptable(&state.archive, &state.listing[0]), ["03"]);
    adopt(&mut state.archive, vec![("03".into(), newer.clone())]);
    assert_eq!(state.archive.entries, known.entries, "and not twice");
    newer.head.digest = Digest::of(b"other");
    state.archive = Index::empty(Tree::Archive);
    adopt(&mut state.archive, vec![("03".into(), newer)]);
    assert!(state.archive.entries.is_empty(), "it is not whole");
}

mod merging;

use super::*;
use crate::model::contents::contents;
use crate::model::index::{Reading, UnitState, Unread};
use crate::model::volume::{VolumeEvent, VolumeRecord};
use std::num::NonZeroU32;

fn digest(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}

fn forced(tree: Tree) -> State<'static> {
    let mut state = state(tree, &["a", "b"]);
    state.settings.force = Some(true);
    state
}

/// The state after the crawl, as the next crawl finds it.
fn next(mut state: State<'static>, readings: &[Reading]) -> (State<'static>, Report) {
    let crawled = index(&state, readings.to_vec());
    let report = crawled.report.clone();
    let new = crawled.trees[0].index.clone().into_owned();
    drop(crawled);
    match new.tree {
        Tree::Archive => state.archive = new,
        _ => state.media = new,
    }
    (state, report)
}

fn same(bytes: &[u8]) -> Reading {
    Reading::Same(digest(bytes))
}

#[test]
fn bytes_that_change_by_themselves_are_bit_rot_until_they_are_back() {
    let state = forced(Tree::Archive);
    let (state, report) = next(state, &[same(b"rot"), same(b"abc")]);
    assert!(report.left_out());
    assert_eq!(report.rot[0].to_string(), "archive/03/a");
    let unread = state.archive.entries[0].hash.clone().unwrap_err();
    assert_eq!(unread.was, Some(digest(b"abc")));

    let (state, report) = next(state, &[same(b"rot"), same(b"abc")]);
    assert_eq!(report.rot.len(), 1, "it is told again and again");
    let (state, report) = next(state, &[same(b"worse"), same(b"abc")]);
    assert_eq!(report.rot.len(), 1);

    let (healed, report) = next(state.clone(), &[same(b"abc"), same(b"abc")]);
    assert!(!report.left_out());
    assert_eq!(report.healed.len(), 1);
    assert_eq!(healed.archive.entries[0].hash, Ok(digest(b"abc")));

    let mut touched = state;
    unit(&mut touched).files[0].stamp.modified = time(7);
    let (touched, report) = next(touched, &[same(b"new"), same(b"abc")]);
    assert!(!report.left_out());
    assert_eq!(touched.archive.entries[0].hash, Ok(digest(b"new")));
}

#[test]
fn a_unit_is_as_old_as_the_crawl_of_which_hashes_are_taken_over() {
    let begun = time(NOW - 5);
    let before = |bytes: &[u8]| Reading::Before(digest(bytes), begun);
    let (state, report) = next(forced(Tree::Archive), &[same(b"abc"), before(b"abc")]);
    assert!(!report.left_out());
    assert_eq!(state.archive.units[0].indexed, Some(begun));
    assert_eq!(state.archive.entries[1].hash, Ok(digest(b"abc")));
    let (state, _) = next(state, &[same(b"abc"), same(b"abc")]);
    assert_eq!(state.archive.units[0].indexed, Some(time(NOW)));
    // What was hashed then is held against what was known before.
    let (_, report) = next(state, &[same(b"abc"), before(b"rot")]);
    assert_eq!(report.rot.len(), 1);
}

#[test]
fn an_edit_is_no_bit_rot() {
    let mut state = forced(Tree::Media);
    unit(&mut state).files[0].stamp.modified = time(7);
    let stamp = Stamp {
        size: 9,
        ..unit(&mut state).files[1].stamp
    };
    let changed = Reading::Changed(Box::new((digest(b"longer"), stamp)));
    let (state, report) = next(state, &[same(b"new"), changed]);
    assert!(!report.left_out());
    assert_eq!(report.units[0].changed, 2);
    assert_eq!(state.media.entries[1].stamp, stamp);
    assert_eq!(state.media.units[0].indexed, Some(time(NOW)));
}

#[test]
fn a_file_that_cannot_be_read_keeps_its_place_and_matches_nothing() {
    let state = forced(Tree::Archive);
    let failed = Reading::Failed("input/output error".into());
    let (mut state, report) = next(state, &[failed.clone(), same(b"abc")]);
    assert!(report.left_out());
    let unread = Unread {
        why: "input/output error".into(),
        was: Some(digest(b"abc")),
    };
    assert_eq!(state.archive.entries[0].hash, Err(Box::new(unread)));
    // Edited meanwhile, and still not to be read: its hash of before says nothing of it any more.
    unit(&mut state).files[0].stamp.modified = time(7);
    let (state, _) = next(state, &[failed, same(b"abc")]);
    let unread = state.archive.entries[0].hash.clone().unwrap_err();
    assert_eq!(unread.was, None);
    let (_, report) = next(state, &[same(b"edited"), same(b"abc")]);
    assert!(!report.left_out());
}

#[test]
fn files_under_a_directory_that_cannot_be_read_stay_known() {
    let mut state = state(Tree::Archive, &["a", "dir/b", "dir/c", "e"]);
    let dir = RelPath::from_text("03/dir".to_owned()).unwrap();
    let kept = unit(&mut state).files.drain(1..3).collect::<Vec<_>>();
    unit(&mut state).unreadable = vec![(dir, "permission denied".into())];
    let (mut state, report) = next(state, &[]);
    assert!(report.left_out());
    assert!(report.gone.is_empty());
    let paths: Vec<_> = state
        .archive
        .entries
        .iter()
        .map(|e| e.path.to_string())
        .collect();
    assert_eq!(paths, ["03/a", "03/dir/b", "03/dir/c", "03/e"]);
    let unread = state.archive.entries[1].hash.clone().unwrap_err();
    assert_eq!(
        unread.why,
        "archive/03/dir cannot be read: permission denied"
    );
    unit(&mut state).unreadable.clear();
    unit(&mut state).files.splice(1..1, kept);
    assert_eq!(wanted(&state), ["archive/03/dir/b", "archive/03/dir/c"]);
    let (_, report) = next(state, &[same(b"abc"), same(b"abc")]);
    assert_eq!(report.healed.len(), 2);
}

#[test]
fn where_nothing_changed_nothing_is_written() {
    for tree in Tree::INDEXED {
        let state = state(tree, &["a", "b"]);
        let readings = vec![same(b"abc"); wants(&state).len()];
        let crawled = index(&state, readings);
        assert!(!crawled.trees[0].changed, "{tree}");
        assert!(crawled.trees[0].sidecars.is_empty(), "{tree}");
        assert_eq!(&crawled.trees[0].index, state.index_of(tree));
    }
}

#[test]
fn a_unit_of_the_archive_that_was_hashed_is_young_again() {
    let state = forced(Tree::Archive);
    let crawled = index(&state, vec![same(b"abc"), same(b"abc")]);
    assert!(crawled.trees[0].changed);
    assert_eq!(crawled.trees[0].sidecars, ["03"]);
    assert_eq!(crawled.trees[0].index.units[0].indexed, Some(time(NOW)));
}

#[test]
fn a_unit_that_is_kept_keeps_its_age_when_files_come_and_go() {
    let mut state = state(Tree::Archive, &["a", "b"]);
    unit(&mut state).files[0] = listed("03/a2", 1);
    let crawled = index(&state, vec![same(b"new")]);
    let tree = &crawled.trees[0];
    assert_eq!(tree.sidecars, ["03"]);
    assert_eq!(tree.index.units[0].indexed, Some(time(NOW - 10)));
    assert_eq!(tree.index.indexed, Some(time(NOW)));
    let unit = &crawled.report.units[0];
    assert_eq!((unit.new, unit.gone), (1, 1));
    assert_eq!(crawled.report.gone[0].to_string(), "archive/03/a");
}

#[test]
fn a_unit_of_the_archive_that_is_gone_is_an_error_and_remembered() {
    let mut first = state(Tree::Archive, &["a", "b"]);
    let listing = first.listing[0].units.pop().unwrap();
    assert_eq!(plan(&first).warnings.len(), 1);
    let (state, report) = next(first, &[]);
    assert!(report.left_out());
    assert_eq!(report.missing[0].to_string(), "archive/03");
    assert_eq!(state.archive.units[0].state, UnitState::Missing);
    assert!(state.archive.entries.iter().all(|e| e.digest().is_none()));
    let (mut state, report) = next(state, &[]);
    assert_eq!(report.missing.len(), 1, "it is told again and again");
    state.listing[0].units.push(listing);
    assert!(
        wanted(&state).is_empty(),
        "nothing needs hashing when it is back"
    );
    let (state, report) = next(state, &[]);
    assert!(!report.left_out());
    assert_eq!(state.archive.units[0].state, UnitState::Present);
    assert_eq!(state.archive.entries[0].hash, Ok(digest(b"abc")));
}

#[test]
fn units_that_were_not_looked_for_stay_as_they_are() {
    for tree in Tree::INDEXED {
        let mut state = state(tree, &["a"]);
        state.listing[0].units.clear();
        state.listing[0].only = Some(["1999".to_owned()].into());
        let crawled = index(&state, Vec::new());
        assert!(!crawled.trees[0].changed && !crawled.report.left_out());
        state.listing[0].only = None;
        let crawled = index(&state, Vec::new());
        assert!(crawled.trees[0].changed);
        assert_eq!(
            crawled.report.vanished.len(),
            usize::from(tree == Tree::Media)
        );
    }
}

#[test]
fn a_damaged_index_may_name_units_that_are_none() {
    for name in ["", "..", "a//b"] {
        let mut state = state(Tree::Archive, &["a"]);
        state.archive.units.insert(0, Unit::of(name, None, &[]));
        let crawled = index(&state, Vec::new());
        assert_eq!(crawled.trees[0].index.units.len(), 1);
        assert!(plan(&state).warnings.is_empty());
    }
}

/// The same state, of whose volume 03 a disc was burned that holds what the index has.
fn burned(mut state: State<'static>) -> State<'static> {
    let record = VolumeRecord {
        volume: "03".to_owned().try_into().unwrap(),
        at: time(NOW),
        event: VolumeEvent::Burned {
            copy: NonZeroU32::MIN,
            location: None,
            holds: contents("03", &state.archive.entries),
        },
    };
    state.volumes.add(record).unwrap();
    state
}

#[test]
fn a_burned_volume_that_is_gone_is_offline_and_keeps_its_hashes() {
    let mut first = burned(state(Tree::Archive, &["a", "b"]));
    let listing = first.listing[0].units.pop().unwrap();
    assert!(plan(&first).warnings.is_empty());
    let (state, report) = next(first, &[]);
    assert!(!report.left_out());
    assert_eq!(report.offline[0].to_string(), "archive/03");
    assert_eq!(state.archive.units[0].state, UnitState::Offline);
    assert!(state.archive.entries.iter().all(|e| e.digest().is_some()));
    let again = index(&state, Vec::new());
    assert!(!again.trees[0].changed);
    // When its files are back, they are known.
    let mut state = state;
    state.listing[0].units.push(listing);
    assert!(wanted(&state).is_empty());
    let (state, report) = next(state, &[]);
    assert!(report.offline.is_empty());
    assert_eq!(state.archive.units[0].state, UnitState::Present);
    // So it is where the directory of the unit stays, and holds nothing.
    let mut state = state;
    unit(&mut state).files.clear();
    assert!(wanted(&state).is_empty());
    let (state, report) = next(state, &[]);
    assert_eq!((report.offline.len(), report.gone.len()), (1, 0));
    assert_eq!(state.archive.units[0].state, UnitState::Offline);
}

#[test]
fn a_volume_whose_discs_are_lost_is_missing_until_one_is_burned_again() {
    let mut first = burned(state(Tree::Archive, &["a"]));
    first.listing[0].units.clear();
    let (mut state, _) = next(first, &[]);
    let volumes = std::mem::take(&mut state.volumes);
    let (mut state, report) = next(state, &[]);
    assert_eq!(report.missing.len(), 1);
    assert_eq!(state.archive.units[0].state, UnitState::Missing);
    assert_eq!(state.archive.entries[0].digest(), None);
    state.volumes = volumes;
    let (state, _) = next(state, &[]);
    assert_eq!(state.archive.units[0].state, UnitState::Offline);
    assert_eq!(state.archive.entries[0].hash, Ok(digest(b"abc")));
}

#[test]
fn what_changed_after_the_burn_is_on_no_disc() {
    let mut first = burned(state(Tree::Archive, &["a", "b"]));
    let whole = unit(&mut first).clone();
    unit(&mut first).files[1].stamp.modified = time(7);
    let (state, report) = next(first, &[same(b"edited")]);
    let told: Vec<_> = report
        .unlike
        .iter()
        .map(|(p, w)| format!("{p}: {w}"))
        .collect();
    let unlike = "archive/03: no disc is known that holds it as it is now";
    assert_eq!(told, [unlike, "archive/03/b: it changed"]);
    assert!(report.left_out());
    let (mut state, report) = next(state, &[]);
    assert_eq!(
        report.unlike.len(),
        1,
        "the volume is told of again and again"
    );
    state.listing[0].units.clear();
    let (state, report) = next(state, &[]);
    assert!(report.left_out());
    assert_eq!(report.unheld[0].to_string(), "archive/03");
    assert_eq!(state.archive.units[0].state, UnitState::Missing);
    let hashes = |state: &State<'_>| state.archive.entries.iter().map(Entry::digest).collect();
    let found: Vec<_> = hashes(&state);
    assert_eq!(found, [None, None]);
    // A disc that was burned later holds it.
    let (offline, report) = next(burned(state.clone()), &[]);
    assert!(!report.left_out());
    let found: Vec<_> = hashes(&offline);
    assert_eq!(found, [Some(digest(b"abc")), Some(digest(b"edited"))]);
    // So does the first one, once the edit is undone.
    let mut state = state;
    state.listing[0].units.push(whole);
    let (mut state, report) = next(state, &[same(b"abc")]);
    assert!(!report.left_out(), "{report:?}");
    state.listing[0].units.clear();
    let (state, report) = next(state, &[]);
    assert!(!report.left_out());
    assert_eq!(state.archive.units[0].state, UnitState::Offline);
}

#[test]
fn a_file_that_is_gone_alone_from_a_burned_volume_is_known_on() {
    let mut state = burned(state(Tree::Archive, &["a", "b"]));
    unit(&mut state).files.pop();
    let (state, report) = next(state, &[]);
    let (path, what) = &report.unlike[0];
    assert_eq!(
        (path.to_string().as_str(), *what),
        ("archive/03/b", "it is gone, and on the discs")
    );
    assert_eq!(state.archive.entries[1].digest(), None, "it equals nothing");
    let (mut state, report) = next(state, &[]);
    assert!(report.unlike.is_empty(), "it was told");
    assert_eq!(state.archive.entries.len(), 2);
    state.listing[0].units.clear();
    let (state, _) = next(state, &[]);
    assert_eq!(state.archive.entries[1].hash, Ok(digest(b"abc")));
}

#[test]
fn a_file_that_went_before_the_burn_is_not_known_on() {
    let mut state = state(Tree::Archive, &["a", "b"]);
    let b = state.archive.entries.pop().unwrap();
    let mut state = burned(state);
    state.archive.entries.push(b);
    unit(&mut state).files.pop();
    let (mut state, report) = next(state, &[]);
    assert_eq!((report.gone.len(), report.unlike.len()), (1, 0));
    assert_eq!(state.archive.entries.len(), 1);
    state.listing[0].units.clear();
    let (state, report) = next(state, &[]);
    assert!(!report.left_out());
    assert_eq!(state.archive.units[0].state, UnitState::Offline);
}

#[test]
fn a_volume_of_which_files_were_left_out_or_not_read_is_not_offline() {
    let path = || RelPath::from_text("03/a".to_owned()).unwrap();
    let hide: [fn(&mut UnitListing, RelPath<'static>); 3] = [
        |unit, path| unit.excluded.push((path, 0)),
        |unit, path| unit.special.push((path, "a symbolic link")),
        |unit, path| unit.unreadable.push((path, "permission denied".to_owned())),
    ];
    for hide in hide {
        let mut state = burned(state(Tree::Archive, &["a"]));
        unit(&mut state).files.clear();
        hide(unit(&mut state), path());
        let (state, report) = next(state, &[]);
        assert!(report.offline.is_empty());
        assert_eq!(state.archive.units[0].state, UnitState::Present);
        assert!(state.archive.entries.iter().all(|e| e.digest().is_none()));
    }
}

use super::*;
use crate::model::found::{KnownBy, Presence};
use crate::model::pattern::Pattern;
use crate::model::time::Time;
use crate::model::volume::{Holds, VolumeRecord};
use crate::phase::status::tests::{burned, index};
use crate::phase::undo::tests::{applied, dedupe, id, run, undo_of};
use std::ffi::OsStr;

/// A state in which these runs of `dedupe(["a"])`, whose content is `abc`, are known.
fn state(archive: &[(&str, &str)], media: &[(&str, &str)], runs: Vec<Run>) -> State<'static> {
    let mut state = State::unknown(Time::default());
    state.archive = index(Tree::Archive, 0, archive);
    state.media = index(Tree::Media, 0, media);
    state.runs = runs;
    state
}

fn one(state: &State<'_>, ways: Vec<Way>) -> Answer {
    let query = Query {
        what: "it".into(),
        ways,
    };
    answer(state, query).unwrap()
}

/// The answer to one query, as who reads one run at a time gets it.
fn answer(state: &State<'_>, query: Query) -> Result<Answer, FindError> {
    let queries = [query];
    let heard: Vec<_> = state.runs.iter().map(|run| hear(&queries, run)).collect();
    let wanted = wants(state, &queries, &heard)?;
    let asked = state
        .runs
        .iter()
        .filter(|run| wanted.runs.contains(&run.id));
    let steps: Vec<_> = asked.flat_map(|run| steps(&wanted, run)).collect();
    Ok(find(state, &queries, &wanted, &steps).remove(0))
}

fn named(state: &State<'_>, text: &str) -> Vec<Content> {
    one(state, vec![Way::Name(Pattern::new(OsStr::new(text)))]).contents
}

fn places(content: &Content) -> Vec<String> {
    content.places.iter().map(|p| p.path.to_string()).collect()
}

fn was(content: &Content) -> Vec<String> {
    content.was.iter().map(ToString::to_string).collect()
}

#[test]
fn a_content_is_found_at_all_its_places_by_any_of_its_names() {
    let state = state(
        &[("03/2019/a.jpg", "AA"), ("04/x", "other")],
        &[("2024/copy.jpg", "AA"), ("2024/b.jpg", "BB")],
        Vec::new(),
    );
    for text in ["a.jpg", "copy", "*PY.jpg", "archive/03"] {
        let found = named(&state, text);
        assert_eq!(found.len(), 1, "{text}");
        let expected = ["archive/03/2019/a.jpg", "media/2024/copy.jpg"];
        assert_eq!(places(&found[0]), expected);
        let volume = found[0].places[0].volume.as_ref().unwrap();
        assert_eq!(volume.volume, "03");
        assert!(volume.state.is_some() && found[0].places[1].volume.is_none());
    }
    assert_eq!(named(&state, "2024").len(), 2, "each content by itself");
    assert!(named(&state, "nothing").is_empty());
}

#[test]
fn what_a_run_moved_out_of_the_indexes_is_where_the_journals_say() {
    let state = state(&[], &[("2023/k", "abc")], vec![applied(1, dedupe(&["a"]))]);
    for text in ["media/2024/a", "duplicates/2024/a"] {
        let found = named(&state, text);
        assert_eq!(places(&found[0]), ["duplicates/2024/a", "media/2023/k"]);
        assert_eq!(found[0].places[0].known_by, KnownBy::Journal);
        assert_eq!(found[0].places[0].presence, Presence::Unknown);
        assert_eq!(was(&found[0]), ["media/2024/a"]);
        let passage = &found[0].moves[0];
        assert_eq!(
            (&passage.run, passage.taken_back_by.as_ref()),
            (&id(1), None)
        );
    }
}

#[test]
fn moves_that_were_undone_and_done_again_are_told_as_such() {
    let mut runs = vec![applied(1, dedupe(&["a"]))];
    runs.push(applied(2, undo_of(&runs, None).unwrap()));
    let media = [("2023/k", "abc"), ("2024/a", "abc")];
    let undone = state(&[], &media, runs.clone());
    let found = named(&undone, "duplicates/2024/a").pop().unwrap();
    assert_eq!(places(&found), ["media/2023/k", "media/2024/a"]);
    assert_eq!(was(&found), ["duplicates/2024/a"]);
    let by = |content: &Content| -> Vec<_> {
        let moves = content.moves.iter();
        moves.map(|m| m.taken_back_by.clone()).collect()
    };
    assert_eq!(by(&found), [Some(id(2)), None]);

    runs.push(applied(3, undo_of(&runs, Some(2)).unwrap()));
    let redone = state(&[], &media[..1], runs);
    let found = named(&redone, "duplicates").pop();
    assert!(
        found.is_none(),
        "the name of a tree alone is no part of a path"
    );
    let found = named(&redone, "media/2024/a").pop().unwrap();
    assert_eq!(places(&found), ["duplicates/2024/a", "media/2023/k"]);
    assert_eq!(by(&found), [None, Some(id(3)), None]);
}

#[test]
fn what_was_rolled_back_never_was_and_what_is_unfinished_is_told_so() {
    let back = run(1, dedupe(&["a"]), Some(Outcome::RolledBack));
    let unfinished = run(2, dedupe(&["b"]), None);
    let state = state(&[], &[], vec![back, unfinished]);
    assert!(named(&state, "media/2024/a").is_empty());
    let found = named(&state, "media/2024/b").pop().unwrap();
    assert!(found.moves[0].unfinished);
}

#[test]
fn a_hash_is_found_by_its_first_digits_where_they_are_its_alone() {
    let state = state(&[("03/a", "AA")], &[("2024/b", "BB")], Vec::new());
    let digest = Digest::of(b"AA").to_string();
    for length in [8, 9, 63, 64] {
        let answer = one(&state, vec![Way::Hash(Start::of(&digest[..length]))]);
        assert_eq!(answer.read_as, ReadAs::Hash);
        assert_eq!(places(&answer.contents[0]), ["archive/03/a"], "{length}");
    }
    let mut other = digest.clone().into_bytes();
    other[8] = if other[8] == b'0' { b'1' } else { b'0' };
    let other = String::from_utf8(other).unwrap();
    assert!(
        one(&state, vec![Way::Hash(Start::of(&other[..9]))])
            .contents
            .is_empty()
    );
    let query = Query {
        what: "it".into(),
        ways: vec![Way::Hash(Start::of(""))],
    };
    let error = answer(&state, query).unwrap_err();
    assert_eq!(error, FindError::Ambiguous(String::new(), 2));
}

#[test]
fn digits_that_begin_no_hash_are_a_name() {
    let state = state(&[], &[("2024/20240315_1.jpg", "AA")], Vec::new());
    let name = Pattern::new(OsStr::new("20240315"));
    let answer = one(
        &state,
        vec![Way::Hash(Start::of("20240315")), Way::Name(name)],
    );
    assert_eq!((answer.read_as, answer.contents.len()), (ReadAs::Name, 1));
    let digest = Digest::of(b"AA");
    let answer = one(&state, vec![Way::File(digest)]);
    assert_eq!((answer.read_as, answer.contents.len()), (ReadAs::File, 1));
}

#[test]
fn files_without_a_hash_stand_alone_with_their_reasons() {
    let state = state(&[], &[("2024/a1", "?"), ("2024/a2", "?")], Vec::new());
    let found = named(&state, "2024/A");
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].hash, None);
    assert_eq!(found[0].places[0].why.as_deref(), Some("permission denied"));
}

#[test]
fn a_disc_is_told_with_what_is_known_of_what_it_holds() {
    let mut state = state(&[("07/a", "AA")], &[], Vec::new());
    for (copy, content) in [(1, Some("AA")), (2, Some("BB")), (3, None)] {
        let record = VolumeRecord {
            volume: "07".to_owned().try_into().unwrap(),
            at: Time::default(),
            event: burned("07", copy, content),
        };
        state.volumes.add(record).unwrap();
    }
    let found = named(&state, "a").pop().unwrap();
    let volume = found.places[0].volume.as_ref().unwrap();
    let holds: Vec<_> = volume.discs.iter().map(|disc| disc.holds).collect();
    assert_eq!(holds, [Holds::Burned, Holds::Other, Holds::Untold]);
}

#[test]
fn only_runs_that_moved_what_is_wanted_are_asked_for_their_moves() {
    let other = |number, name: &str| {
        let mut plan = dedupe(&[name]).into_raw();
        plan.moves[0].hash = Digest::of(name.as_bytes());
        plan.needs[0].hash = plan.moves[0].hash;
        applied(number, plan.check().unwrap())
    };
    let runs = [other(1, "x"), applied(2, dedupe(&["a"])), other(3, "y")];
    let state = state(&[], &[], runs.to_vec());
    let run_of = |text: &str| {
        let queries = [Query {
            what: text.into(),
            ways: vec![Way::Name(Pattern::new(OsStr::new(text)))],
        }];
        let heard: Vec<_> = runs.iter().map(|run| hear(&queries, run)).collect();
        let wanted = wants(&state, &queries, &heard).unwrap();
        let steps = runs.iter().flat_map(|run| steps(&wanted, run)).count();
        (wanted.runs, steps)
    };
    assert_eq!(run_of("a"), (vec![id(2)], 1));
    assert_eq!(run_of("duplicates/2024/y"), (vec![id(3)], 1));
    assert_eq!(run_of("media/2024"), (vec![id(1), id(2), id(3)], 3));
    assert_eq!(run_of("z"), (vec![], 0));
}

use super::*;
use crate::phase::undo::tests::{applied, dedupe, id, run, undo_of};

/// The states of these runs, and which runs took them back.
fn told(runs: &[Run]) -> Vec<(Standing, u64, Vec<RunId>)> {
    let told = runs.iter().map(|run| {
        let entry = entry(&Brief::from(run), runs, Totals::default());
        assert_eq!(entry.run, run.id);
        (entry.state, entry.taken_back, entry.taken_back_by)
    });
    told.collect()
}

#[test]
fn a_run_stands_is_taken_back_in_part_or_as_a_whole_and_stands_again() {
    let mut runs = vec![applied(1, dedupe(&["a", "b", "c"]))];
    let standing = (Standing::Applied, 0, Vec::new());
    assert_eq!(told(&runs), vec![standing.clone()]);

    let mut part = undo_of(&runs, None).unwrap().into_raw();
    part.moves.truncate(1);
    runs.push(applied(2, part.check().unwrap()));
    let partly = (Standing::PartlyUndone, 1, vec![id(2)]);
    assert_eq!(told(&runs), [partly, standing.clone()]);

    runs.push(applied(3, undo_of(&runs, Some(1)).unwrap()));
    let whole = (Standing::Undone, 3, vec![id(2), id(3)]);
    assert_eq!(told(&runs), [whole, standing.clone(), standing.clone()]);

    // An undo of an undo: what the one took back stands again.
    runs.push(applied(4, undo_of(&runs, Some(3)).unwrap()));
    let partly = (Standing::PartlyUndone, 1, vec![id(2)]);
    let undone = (Standing::Undone, 2, vec![id(4)]);
    assert_eq!(told(&runs), [partly, standing.clone(), undone, standing]);
}

#[test]
fn what_did_not_end_well_is_told_as_it_ended() {
    let back = run(1, dedupe(&["a"]), Some(Outcome::RolledBack));
    let unfinished = run(2, dedupe(&["a"]), None);
    let states: Vec<_> = told(&[back, unfinished]).into_iter().map(|t| t.0).collect();
    assert_eq!(states, [Standing::RolledBack, Standing::Unfinished]);
}

#[test]
fn a_report_lists_what_is_where_the_run_brought_it() {
    let of = |run: &Run| report(run, std::slice::from_ref(run), Totals::default());
    let done = of(&applied(1, dedupe(&["a", "b"]))).done;
    let places: Vec<_> = done.iter().map(|d| d.to.to_string()).collect();
    assert_eq!(places, ["duplicates/2024/a", "duplicates/2024/b"]);
    let mut back = run(1, dedupe(&["a", "b"]), Some(Outcome::RolledBack));
    back.progress.back = Some("disk full".into());
    let told = of(&back);
    assert_eq!(told.turned_back.as_deref(), Some("disk full"));
    assert!(
        told.done.is_empty(),
        "nothing of it is where it was brought"
    );
    assert_eq!(told.entry.work.moves, 2);
}

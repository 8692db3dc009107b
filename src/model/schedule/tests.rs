use super::*;
use crate::model::digest::Digest;
use crate::model::plan::Phase;

fn plan(moves: &[(&str, &str)]) -> RawPlan {
    let mut plan = RawPlan::of(Phase::Undo);
    let path = |text: &str| TreePath::from_text(text).unwrap().into_owned();
    plan.moves = moves
        .iter()
        .map(|(from, to)| Move {
            from: path(&format!("media/{from}")),
            to: path(&format!("media/{to}")),
            size: 1,
            modified: Time::default(),
            hash: Digest::of(from.as_bytes()),
            why: Why::Volume { number: 1 },
            bundle: None,
        })
        .collect();
    plan
}

fn steps(moves: &[(&str, &str)]) -> Vec<Step> {
    Schedule::of(&plan(moves)).steps
}

#[test]
fn moves_that_do_not_meet_keep_their_order() {
    let schedule = Schedule::of(&plan(&[("a", "x"), ("b", "y")]));
    assert_eq!(schedule.steps, [Step::Move(0), Step::Move(1)]);
    assert_eq!(schedule.arrivals(), [0, 1]);
    assert_eq!(schedule.taker(&plan(&[("a", "x")]).moves[0].to), None);
}

#[test]
fn a_chain_is_done_from_its_end() {
    let schedule = Schedule::of(&plan(&[("E01", "E02"), ("E02", "E03"), ("E03", "E04")]));
    assert_eq!(
        schedule.steps,
        [Step::Move(2), Step::Move(1), Step::Move(0)]
    );
    assert_eq!(schedule.arrivals(), [2, 1, 0]);
    let path = TreePath::from_text("media/E02").unwrap();
    assert_eq!(schedule.taker(&path), Some(2));
}

#[test]
fn in_a_circle_one_file_steps_aside() {
    let circle = [("E01", "E02"), ("E02", "E03"), ("E03", "E01")];
    let schedule = Schedule::of(&plan(&circle));
    let expected = [Step::Aside(0), Step::Move(2), Step::Move(1), Step::Land(0)];
    assert_eq!(schedule.steps, expected);
    assert_eq!(schedule.detour(Step::Land(0)), Some((0, 3)));
    assert_eq!(schedule.arrivals(), [3, 2, 1]);
    let swap = steps(&[("a", "b"), ("b", "a")]);
    assert_eq!(swap, [Step::Aside(0), Step::Move(1), Step::Land(0)]);
}

#[test]
fn names_that_differ_only_in_case_or_composition_count_as_one() {
    let once = steps(&[("a.jpg", "a.JPG")]);
    assert_eq!(once, [Step::Aside(0), Step::Land(0)]);
    let composed = steps(&[("Cafe\u{301}", "Caf\u{e9}")]);
    assert_eq!(composed, [Step::Aside(0), Step::Land(0)]);
    let chain = steps(&[("a", "B"), ("b", "c")]);
    assert_eq!(chain, [Step::Move(1), Step::Move(0)]);
    let long_s = steps(&[("\u{17f}", "S")]);
    assert_eq!(long_s, [Step::Aside(0), Step::Land(0)]);
}

#[test]
fn one_name_may_be_waited_for_by_several() {
    // On a file system that tells case, two files leave what counts as one name.
    let moves = [("A", "x"), ("a", "y"), ("b", "A"), ("c", "a")];
    let steps = steps(&moves);
    assert_eq!(
        steps,
        [Step::Move(0), Step::Move(1), Step::Move(2), Step::Move(3)]
    );
}

#[test]
fn names_on_the_way_are_ours_and_fit() {
    let run: RunId = "20241122T155212.123Z-0a1b2c".parse().unwrap();
    let names = Names::of(&run);
    let long = format!("media/2024/{}", "n".repeat(255));
    let path = TreePath::from_text(&long).unwrap();
    let [parked, beside] = names.parked(&path, usize::MAX);
    for name in [
        names.temporary(&path, 3),
        names.part(&path, 3),
        names.written(&path, 3),
        names.replaced(&path, 3),
        parked,
        beside,
    ] {
        assert!(name.rel.is_ours(), "{name}");
        assert!(name.rel.file_name().len() <= 255, "{name}");
    }
    assert!(names.written(&path, 3).rel.is_aside());
    assert!(!names.part(&path, 3).rel.is_aside());
    let dirs: Vec<_> = names.directories().map(|d| d.to_string()).collect();
    assert_eq!(dirs[0], ".mediastruct.d/parked/20241122T155212.123Z-0a1b2c");
}

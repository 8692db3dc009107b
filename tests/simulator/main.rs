//! The mover on a simulated machine, over every small plan and over a great many random ones.
//!
//! `MEDIASTRUCT_CASES` says how many random cases are tried, `MEDIASTRUCT_SEED` which. A case that
//! fails names its seed, and that seed alone plays it again.

mod cases;
mod machine;
mod trial;

use cases::{Case, across, chain, chain_of_links, every_small_plan};
use machine::{Blow, Make, Mutant};
use rayon::prelude::*;
use rustix::io::Errno;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use trial::{Fate, Scene, Verdict};

const MAKES: [Make; 4] = [
    Make {
        refuses: true,
        syncs_whole: true,
        renumbers: false,
    },
    Make {
        refuses: true,
        syncs_whole: false,
        renumbers: true,
    },
    Make {
        refuses: false,
        syncs_whole: false,
        renumbers: false,
    },
    Make {
        refuses: false,
        syncs_whole: true,
        renumbers: true,
    },
];

/// Says something even where the test passes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn setting(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
        Err(_) => otherwise,
    }
}

/// Plays a scene with a blow at each step, until none falls any more; says how many blows fell.
fn play_through(scene: &Scene, make: Make, blow: Blow, rollback: bool, seed: u64) -> u64 {
    for step in 0.. {
        let fate = Fate {
            first: Some((step, blow)),
            second: None,
            rollback,
            batch: 2,
            seed: seed + step as u64,
        };
        match scene.play(make, Mutant::None, fate) {
            Ok(Verdict::Held { first: true, .. }) => {}
            Ok(Verdict::Held { first: false, .. } | Verdict::Refused) => return step as u64,
            Err(violation) => panic!("{violation}\n{make:?} {fate:?}\n{:#?}", scene.plan.moves),
        }
    }
    unreachable!("every run ends")
}

#[test]
fn all_plans_of_one_to_three_moves_reach_an_end_wherever_they_are_struck() {
    let scenes = every_small_plan();
    let (played, struck) = (AtomicU64::new(0), AtomicU64::new(0));
    scenes.par_iter().enumerate().for_each(|(number, scene)| {
        let make = MAKES[number % MAKES.len()];
        let rollback = number % 2 == 1;
        // Each plan meets each blow on one make; over all plans each make meets each.
        let mut blows_of_plan = 0;
        let blows = [
            Blow::Kill,
            Blow::PowerCut,
            Blow::Error(Errno::IO),
            Blow::Unplug,
        ];
        for (blow, seed) in blows.into_iter().zip(7..) {
            let blows = play_through(scene, make, blow, rollback, seed * number as u64);
            blows_of_plan += blows;
        }
        // Where it is never struck, the plan does not fit the disk.
        played.fetch_add(u64::from(blows_of_plan > 0), Ordering::Relaxed);
        struck.fetch_add(blows_of_plan, Ordering::Relaxed);
    });
    let (played, struck) = (played.into_inner(), struck.into_inner());
    say(&format!(
        "{played} plans of one to three moves, struck {struck} times, 0 violations"
    ));
    assert!(played > 500 && struck > 50_000, "{played} {struck}");
}

#[test]
fn random_plans_reach_an_end_whatever_strikes_them() {
    let cases = setting("MEDIASTRUCT_CASES", 40_000);
    let first = setting("MEDIASTRUCT_SEED", 1);
    let [struck, twice] = [AtomicU64::new(0), AtomicU64::new(0)];
    (first..first + cases).into_par_iter().for_each(|seed| {
        let case = Case::random(seed);
        match case.play(Mutant::None) {
            Ok(Verdict::Refused) => {}
            Ok(Verdict::Held { first, second }) => {
                struck.fetch_add(u64::from(first), Ordering::Relaxed);
                twice.fetch_add(u64::from(first && second), Ordering::Relaxed);
            }
            Err(violation) => {
                panic!("MEDIASTRUCT_SEED={seed} MEDIASTRUCT_CASES=1: {violation}\n{case:?}")
            }
        }
    });
    let (struck, twice) = (struck.into_inner(), twice.into_inner());
    say(&format!(
        "{cases} random cases, {struck} struck, {twice} twice, 0 violations"
    ));
    assert!(cases < 100 || struck > cases / 4, "{struck}");
}

#[test]
fn a_person_may_give_up_any_file_of_a_chain_that_was_struck() {
    let scene = chain();
    let mut struck = 0;
    for lost in scene
        .start
        .keys()
        .filter(|name| scene.start[*name].is_some())
    {
        for (make, rollback) in MAKES.into_iter().flat_map(|m| [(m, false), (m, true)]) {
            for step in 0.. {
                let fate = Fate {
                    first: Some((step, Blow::Kill)),
                    second: None,
                    rollback,
                    batch: 2,
                    seed: 1,
                };
                match scene.play_without(make, fate, lost) {
                    Ok(true) => struck += 1,
                    Ok(false) => break,
                    Err(violation) => panic!("without {lost}: {violation}\n{make:?} {fate:?}"),
                }
            }
        }
    }
    assert!(struck > 500, "{struck}");
}

#[test]
fn recover_puts_no_source_aside_whose_copy_the_disk_has_damaged() {
    let scene = across();
    let mut damaged = 0;
    for step in 0.. {
        let fate = Fate {
            first: Some((step, Blow::Kill)),
            second: None,
            rollback: false,
            batch: 2,
            seed: 1,
        };
        match scene.play_with_damage(MAKES[0], fate) {
            Ok(Some(is_damaged)) => damaged += u32::from(is_damaged),
            Ok(None) => break,
            Err(violation) => panic!("{violation}\n{fate:?}"),
        }
    }
    assert!(damaged > 0);
}

#[test]
fn no_stranger_who_replaces_a_file_loses_theirs() {
    let came = AtomicU64::new(0);
    let cases = setting("MEDIASTRUCT_CASES", 40_000);
    (1..=cases).into_par_iter().for_each(|seed| {
        let case = Case::random(seed);
        match case.play_with_stranger() {
            Ok(has_come) => {
                came.fetch_add(u64::from(has_come), Ordering::Relaxed);
            }
            Err(violation) => panic!("seed {seed}: {violation}\n{case:?}"),
        }
    });
    let came = came.into_inner();
    say(&format!(
        "a stranger came in {came} of {cases} random cases, 0 violations"
    ));
    assert!(cases < 100 || came > cases / 4, "{came}");
}

#[test]
fn names_of_one_file_that_follow_one_another_are_refused() {
    let fate = Fate {
        first: None,
        second: None,
        rollback: false,
        batch: 2,
        seed: 1,
    };
    let play = |scene: Scene| scene.play(MAKES[0], Mutant::None, fate).unwrap();
    assert!(matches!(play(chain()), Verdict::Held { .. }));
    assert_eq!(play(chain_of_links()), Verdict::Refused);
}

#[test]
fn the_suite_catches_intents_that_are_not_durable_and_results_recorded_too_early() {
    for mutant in [Mutant::LateIntents, Mutant::EarlyDone] {
        let cases = 4000;
        let caught = (1..=cases).into_par_iter().filter(|seed| {
            let case = Case::random(*seed);
            case.play(mutant).is_err()
        });
        let caught = caught.count();
        say(&format!(
            "{mutant:?}: caught in {caught} of {cases} random cases"
        ));
        assert!(caught > 0, "{mutant:?} goes unnoticed");
    }
}

//! Every changing system call of apply, undo and recover, struck by a kill and by errors.

use crate::can_trace;
use crate::fault::{Fault, Strike, struck_at};
use crate::library::{Mounts, mount_quick_disk, mounts_of};
use crate::scene::Scene;
use crate::site::Site;
use std::sync::{Mutex, PoisonError};

/// Trials that run at once; they mostly wait for the disk.
const THREADS: usize = 8;

/// How many of the trials of a scene were struck.
#[derive(Default)]
struct Tally {
    kills: usize,
    errors: usize,
    renames: usize,
    violations: Vec<String>,
}

#[test]
fn law_6_struck_at_any_system_call_it_reaches_its_start_or_its_end() {
    if !can_trace("kills and errors at every system call") {
        return;
    }
    let test = law_6_struck_at_any_system_call_it_reaches_its_start_or_its_end;
    let mut sites = vec![Site::Near, Site::Unrefusing];
    match mounts_of(test, "kills and errors across file systems") {
        Mounts::Own => {
            mount_quick_disk();
            sites.push(Site::Across);
        }
        Mounts::RunElsewhere => return,
        Mounts::None => {}
    }
    let scenes: Vec<_> = sites.into_iter().flat_map(Scene::all).collect();
    let mut work = Vec::new();
    for (number, scene) in scenes.iter().enumerate() {
        for call in struck_at(scene.site).filter(|call| scene.is_struck_at(call)) {
            work.extend([Fault::Kill, Fault::Errors].map(|fault| (number, fault, call)));
        }
    }
    // Those that take longest first.
    work.reverse();
    let work = Mutex::new(work);
    let tallies: Vec<_> = scenes
        .iter()
        .map(|_| Mutex::new(Tally::default()))
        .collect();
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                while let Some((scene, fault, call)) = lock(&work).pop() {
                    strike_all(&scenes[scene], fault, call, &tallies[scene]);
                }
            });
        }
    });
    let mut violations = Vec::new();
    for (scene, tally) in scenes.iter().zip(tallies) {
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        println!(
            "{}, {}: {} kill points, {} fault points, {} violations",
            scene.site.name(),
            scene.name,
            tally.kills,
            tally.errors,
            tally.violations.len()
        );
        assert!(tally.renames > 0, "{}: no rename was struck", scene.name);
        violations.extend(tally.violations);
    }
    assert!(violations.is_empty(), "{}", violations.join("\n\n"));
}

/// Strikes at the first call of a kind, the second, and so on, until there are no more.
fn strike_all(scene: &Scene, fault: Fault, call: &'static str, tally: &Mutex<Tally>) {
    for number in 1.. {
        let strike = Strike {
            fault,
            call,
            number,
        };
        let struck = scene.strike(strike);
        let mut tally = lock(tally);
        match struck {
            Ok(false) => return,
            Ok(true) => {}
            Err(violation) => tally.violations.push(violation),
        }
        match fault {
            Fault::Kill => tally.kills += 1,
            Fault::Errors => tally.errors += 1,
        }
        tally.renames += usize::from(["renameat2", "linkat"].contains(&call));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

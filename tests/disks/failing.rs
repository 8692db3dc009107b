//! A disk that fails while the power is on: a bad sector under a file, and a pulled cable.

use crate::bench::Bench;
use crate::blocks::BLOCK;
use crate::logged::{Holds, LoggedDisk};
use crate::system::{Kind, is_able, say};
use crate::trial::{Moment, Order, Outcome, longest_content};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The disk is unplugged at each step that is a multiple of this.
const STRIDE: usize = 5;

#[test]
fn a_file_on_a_bad_sector_is_refused_when_it_is_to_be_read() {
    for kind in Kind::ALL.into_iter().filter(|k| can_log(*k)) {
        let mut bench = Bench::new(kind);
        let places = bench.start.find(&longest_content()[..BLOCK]);
        assert_eq!(places.len(), 2, "the file and its keeper");
        let disk = LoggedDisk::<()>::serve(bench.start.clone(), &bench.served()).unwrap();
        let mut refused = BTreeSet::new();
        for place in places {
            disk.spoil(place..place + BLOCK as u64);
            let mounted = bench.mount(&disk.file());
            let problems = bench.trial.verify().unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            let told = problems[0].to_string();
            assert!(told.contains("input/output error"), "{told}");
            refused.insert(told.split('/').next().unwrap().to_owned());
            mounted.unmount().unwrap();
        }
        assert_eq!(refused, ["archive", "media"].map(str::to_owned).into());

        // Nothing happened, and with the sector mended the plan can be applied.
        disk.spoil(0..0);
        let mounted = bench.mount(&disk.file());
        bench.trial.judge_settled().unwrap();
        bench.trial.verify().unwrap();
        let outcome = bench.trial.apply(Order::Right, &|_| Ok(()));
        assert_eq!(outcome, Ok(Outcome::Applied));
        bench.trial.judge(true).unwrap();
        mounted.unmount().unwrap();
        say(&format!("{}: 2 bad sectors, 0 violations", kind.name()));
    }
}

#[test]
fn a_disk_that_was_unplugged_is_recovered_when_it_is_back() {
    for kind in Kind::ALL.into_iter().filter(|k| can_log(*k)) {
        let mut bench = Bench::new(kind);
        let mut times = 0;
        for holds in [Holds::Flushed, Holds::Written] {
            for step in (0..).step_by(STRIDE) {
                if !unplug(&mut bench, step, holds) {
                    break;
                }
                times += 1;
            }
        }
        say(&format!(
            "{}: unplugged {times} times, 0 violations",
            kind.name()
        ));
    }
}

fn can_log(kind: Kind) -> bool {
    is_able(kind, &["/dev/fuse"])
}

/// Unplugs the disk at one step, and says whether there was such a step.
fn unplug(bench: &mut Bench, step: usize, holds: Holds) -> bool {
    let disk = LoggedDisk::<()>::serve(bench.start.clone(), &bench.served()).unwrap();
    let mounted = bench.mount(&disk.file());
    let (moments, followed) = (Mutex::new(0), Mutex::new(false));
    let outcome = bench.trial.apply(Order::Right, &|moment| {
        let mut moments = moments.lock().unwrap();
        if *moments == step {
            disk.unplug();
        }
        *moments += 1;
        if matches!(moment, Moment::Followed) {
            *followed.lock().unwrap() = true;
        }
        Ok(())
    });
    let (moments, followed) = (
        moments.into_inner().unwrap(),
        followed.into_inner().unwrap(),
    );
    // What cannot be written any more is lost, and the kernel may say so.
    mounted.unmount().ok();
    disk.plug_in(holds);
    let mounted = bench.mount(&disk.file());
    let judged = bench.trial.judge(followed);
    let place = format!("{}: step {step}, {holds:?}", bench.kind.name());
    judged.unwrap_or_else(|why| panic!("{place}: {outcome:?}: {why}"));
    mounted.unmount().unwrap();
    bench.trial.forget_runs();
    moments > step
}

//! The file system is cut off its disk at each step of a run, as by a power cut: what the file
//! system had not written itself is gone, and nothing works any more until it is mounted again.

use crate::bench::Bench;
use crate::system::{Kind, Mounted, is_able, say, shut_down};
use crate::trial::{DiskError, Moment, Order, Outcome, Trial, fault};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

/// What becomes of the journal, which is on another disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Journal {
    /// It is cut off as well, and keeps what was synced.
    Stops,
    /// It works on, and the mover can write there that it gives up.
    WorksOn,
}

/// The step at which the disk is cut off, and how far it came.
struct Strike {
    step: usize,
    journal: Journal,
    point: PathBuf,
    so_far: Mutex<SoFar>,
}

#[derive(Default)]
struct SoFar {
    moments: usize,
    durable: usize,
    followed: bool,
    struck: bool,
}

impl Strike {
    fn at(step: usize, journal: Journal, point: PathBuf) -> Strike {
        Strike {
            step,
            journal,
            point,
            so_far: Mutex::default(),
        }
    }

    /// Lets a moment pass, and strikes where it is the one.
    fn meet(&self, moment: Moment) -> Result<(), DiskError> {
        let mut so_far = self.so_far.lock().unwrap();
        let stops = |so_far: &SoFar| so_far.struck && self.journal == Journal::Stops;
        if stops(&so_far) {
            return Err(fault());
        }
        match moment {
            Moment::Durable(bytes) => so_far.durable = bytes,
            Moment::Followed => so_far.followed = true,
            _ => {}
        }
        if so_far.moments == self.step {
            shut_down(&self.point).unwrap();
            so_far.struck = true;
        }
        so_far.moments += 1;
        if stops(&so_far) { Err(fault()) } else { Ok(()) }
    }

    /// Takes from the journal what did not become durable, and says whether the strike came and
    /// whether the indexes had followed the files.
    fn leave(self, trial: &Trial) -> (bool, bool) {
        let so_far = self.so_far.into_inner().unwrap();
        if so_far.struck && self.journal == Journal::Stops {
            let written = trial.journal();
            trial.set_journal(&written[..so_far.durable]);
        }
        (so_far.struck, so_far.followed)
    }
}

/// Steps of recover, for one step of the run after the other.
const AGAIN: [usize; 7] = [12, 1, 22, 4, 15, 7, 30];

#[test]
fn ext4_may_be_cut_off_its_disk_at_any_step() {
    cut_off_at_each_step(Kind::Ext4, &[]);
}

#[test]
fn xfs_may_be_cut_off_its_disk_at_any_step() {
    cut_off_at_each_step(Kind::Xfs, &[]);
}

#[test]
fn ext4_may_be_cut_off_again_while_recovering() {
    cut_off_at_each_step(Kind::Ext4, &AGAIN);
}

#[test]
fn xfs_may_be_cut_off_again_while_recovering() {
    cut_off_at_each_step(Kind::Xfs, &AGAIN);
}

#[test]
fn the_number_of_the_device_may_change_before_each_recovery() {
    let kind = Kind::Ext4;
    if !is_able(kind, &["xfs_io"]) {
        return;
    }
    let mut bench = Bench::new(kind);
    let image = bench.image(&bench.start);
    let mounted = bench.mount(&image);
    let first = bench.device();
    let strike = Strike::at(15, Journal::Stops, bench.point());
    let outcome = bench
        .trial
        .apply(Order::Right, &|moment| strike.meet(moment));
    mounted.unmount().unwrap();
    assert!(strike.leave(&bench.trial).0, "{outcome:?}");

    // Other disks take the number; it is free again for the last recovery.
    let mut in_the_way = Vec::new();
    let mounted = loop {
        let other = bench.image(&bench.start);
        let point = other.with_extension("mount");
        fs::create_dir(&point).unwrap();
        in_the_way.push(Mounted::new(kind, &other, &point).unwrap());
        let mounted = bench.mount(&image);
        if bench.device() != first {
            break mounted;
        }
        mounted.unmount().unwrap();
        assert!(in_the_way.len() < 20, "no other number is to be had");
    };
    let strike = Strike::at(22, Journal::Stops, bench.point());
    bench
        .trial
        .recover(false, false, &|moment| strike.meet(moment));
    mounted.unmount().unwrap();
    drop(in_the_way);
    assert!(strike.leave(&bench.trial).0);

    let mounted = bench.mount(&image);
    bench.trial.judge(false).unwrap();
    mounted.unmount().unwrap();
}

/// Cuts the disk off at each step of a run, and while recovering at one of the steps `again`.
fn cut_off_at_each_step(kind: Kind, again: &[usize]) {
    if !is_able(kind, &["xfs_io"]) {
        return;
    }
    let mut bench = Bench::new(kind);
    let mut cuts = 0;
    for journal in [Journal::Stops, Journal::WorksOn] {
        for step in 0.. {
            if !cut_off(&mut bench, step, journal, again) {
                assert!(step > 20, "{step} steps are too few");
                break;
            }
            cuts += 1;
        }
    }
    say(&format!(
        "{}: cut off {cuts} times, 0 violations",
        kind.name()
    ));
}

/// Cuts the disk off at one step, and says whether there was such a step.
fn cut_off(bench: &mut Bench, step: usize, journal: Journal, again: &[usize]) -> bool {
    let place = format!("{}: step {step}, journal {journal:?}", bench.kind.name());
    let image = bench.image(&bench.start);
    let mounted = bench.mount(&image);
    let strike = Strike::at(step, journal, bench.point());
    let outcome = bench
        .trial
        .apply(Order::Right, &|moment| strike.meet(moment));
    mounted.unmount().unwrap();
    let (struck, mut followed) = strike.leave(&bench.trial);
    assert!(struck || outcome == Ok(Outcome::Applied), "{place}");

    if !again.is_empty() {
        // On its way forward or back.
        let mounted = bench.mount(&image);
        let strike = Strike::at(again[step % again.len()], journal, bench.point());
        let (rollback, witness) = (step % 2 == 1, |moment| strike.meet(moment));
        bench.trial.recover(rollback, followed, &witness);
        mounted.unmount().unwrap();
        followed |= strike.leave(&bench.trial).1;
    }
    let mounted = bench.mount(&image);
    let judged = bench.trial.judge(followed);
    judged.unwrap_or_else(|why| panic!("{place}: {outcome:?}: {why}"));
    // What recover says is durable: the next cut takes nothing of it away.
    shut_down(&bench.point()).unwrap();
    mounted.unmount().unwrap();
    let mounted = bench.mount(&image);
    let settled = bench.trial.judge_settled();
    settled.unwrap_or_else(|why| panic!("{place}: cut off again after recover: {why}"));
    mounted.unmount().unwrap();
    bench.trial.forget_runs();
    fs::remove_file(image).unwrap();
    struck
}

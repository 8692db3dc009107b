//! The power fails at any moment, and the disk kept any of the writes that were not flushed.

use crate::bench::Bench;
use crate::chance::Chance;
use crate::image::{Crash, Tail, Timeline};
use crate::logged::{Entry, LoggedDisk};
use crate::system::{Kind, Mounted, is_able, say};
use crate::tally::Tally;
use crate::trial::{Moment, Note, Order, Outcome};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// Crash images for each file system, where [`MORE`] does not say otherwise.
const IMAGES: usize = 240;

/// Runs that these images are taken from, each with other disturbances.
const RUNS: u64 = 4;

/// Crash images for each file system on which a mover in a wrong order is to be caught.
const MUTANT_IMAGES: usize = 160;

/// The environment variable that says how many crash images to try for each file system.
const MORE: &str = "MEDIASTRUCT_CRASH_IMAGES";

/// The environment variable with the seed of all chance.
const SEED: &str = "MEDIASTRUCT_CRASH_SEED";

/// Crashes after which recover is itself watched, and interrupted by further crashes.
const RECOVERIES: usize = 6;

#[test]
fn the_power_may_fail_at_any_write_on_ext4() {
    survives(Kind::Ext4);
}

#[test]
fn the_power_may_fail_at_any_write_on_xfs() {
    survives(Kind::Xfs);
}

#[test]
fn the_power_may_fail_at_any_write_on_btrfs() {
    survives(Kind::Btrfs);
}

#[test]
fn the_power_may_fail_while_recovering_on_ext4() {
    survives_in_recovery(Kind::Ext4);
}

#[test]
fn the_power_may_fail_while_recovering_on_xfs() {
    survives_in_recovery(Kind::Xfs);
}

#[test]
fn the_power_may_fail_while_recovering_on_btrfs() {
    survives_in_recovery(Kind::Btrfs);
}

#[test]
fn the_suite_catches_a_journal_that_is_not_synced_before_renames() {
    catches(Order::JournalUnsynced);
}

#[test]
fn the_suite_catches_done_before_the_sync() {
    catches(Order::DoneBeforeSync);
}

#[test]
fn a_sync_reaches_the_disk_as_a_flush() {
    for kind in Kind::ALL.into_iter().filter(|k| can_log(*k)) {
        let bench = Bench::new(kind);
        let disk = LoggedDisk::<Note>::serve(bench.start.clone(), &bench.served()).unwrap();
        let mounted = bench.mount(&disk.file());
        let before = disk.log().len();
        fs::create_dir(bench.point().join("new")).unwrap();
        rustix::fs::syncfs(fs::File::open(bench.point()).unwrap()).unwrap();
        let timeline = Timeline {
            start: bench.start.clone(),
            journal: 0,
            log: disk.log(),
        };
        mounted.unmount().unwrap();
        let (writes, flushes) = count(&timeline.log[before..]);
        assert!(
            writes > 0 && flushes > 0,
            "{writes} writes, {flushes} flushes"
        );
        // Without anything that was not flushed, the disk has what was synced.
        let flushed = Crash {
            at: timeline.log.len(),
            tail: Tail::Lost,
            torn: None,
        };
        let image = bench.image(&timeline.image(flushed));
        let mounted = bench.mount(&image);
        assert!(bench.point().join("new").exists(), "{}", kind.name());
        mounted.unmount().unwrap();
    }
}

fn survives(kind: Kind) {
    if !can_log(kind) {
        return;
    }
    let seed = setting(SEED, 1);
    let images = setting(MORE, IMAGES as u64) as usize;
    let mut bench = Bench::new(kind);
    let mut tally = Tally::default();
    for seed in seed..seed + RUNS {
        let timeline = record(&mut bench, Order::Right, seed);
        tally.join(crash(&bench, &timeline, images / RUNS as usize, seed), "");
        bench.trial.forget_runs();
    }
    tally.say(kind.name());
    assert!(tally.bad.is_empty(), "{}", tally.bad.join("\n"));
    assert!(tally.finished > 0 && tally.taken_back > 0 && tally.ended > 0);
}

fn survives_in_recovery(kind: Kind) {
    if !can_log(kind) {
        return;
    }
    let seed = setting(SEED, 1);
    let images = setting(MORE, IMAGES as u64) as usize;
    let mut bench = Bench::new(kind);
    let timeline = record(&mut bench, Order::Right, seed);
    let journal = bench.trial.journal();
    let mut again = Tally::default();
    let unfinished = |c: &Crash| c.torn.is_none() && timeline.journal(*c) < journal.len();
    let mut crashes = timeline.crashes(images, seed);
    crashes.retain(unfinished);
    let stride = crashes.len().div_ceil(RECOVERIES);
    for (number, first) in crashes.iter().step_by(stride).enumerate() {
        bench
            .trial
            .set_journal(&journal[..timeline.journal(*first)]);
        let rollback = number % 2 == 1;
        let recovery = record_recovery(&bench, &timeline, *first, rollback);
        let tally = crash(&bench, &recovery, images / RECOVERIES, seed);
        let place = format!("recover (rollback: {rollback}) from {first:?}, and ");
        again.join(tally, &place);
    }
    again.say(&format!("{}: in recover", kind.name()));
    assert!(again.bad.is_empty(), "{}", again.bad.join("\n"));
    // Which ends there are depends on how much of it the disk kept.
    assert!(again.finished + again.taken_back + again.ended > 0);
}

fn catches(order: Order) {
    for kind in Kind::ALL.into_iter().filter(|k| can_log(*k)) {
        let seed = setting(SEED, 1);
        let mut bench = Bench::new(kind);
        let mut tally = Tally::default();
        for seed in seed..seed + RUNS {
            let timeline = record(&mut bench, order, seed);
            tally.join(
                crash(&bench, &timeline, MUTANT_IMAGES / RUNS as usize, seed),
                "",
            );
            bench.trial.forget_runs();
        }
        let (name, bad, images) = (kind.name(), tally.bad.len(), tally.images());
        say(&format!(
            "{name}: {order:?}: {bad} of {images} crash images are bad"
        ));
        assert!(bad > 0, "{name}: nobody noticed {order:?}");
    }
}

fn can_log(kind: Kind) -> bool {
    is_able(kind, &["/dev/fuse"])
}

/// Recovers from crashes at many moments of what was recorded last.
fn crash(bench: &Bench, timeline: &Timeline, images: usize, seed: u64) -> Tally {
    let journal = bench.trial.journal();
    let mut tally = Tally::default();
    for crash in timeline.crashes(images, seed) {
        bench.trial.set_journal(&journal[..timeline.journal(crash)]);
        let of = timeline.log.len();
        let place = format!("{}: seed {seed}: {crash:?} of {of}", bench.kind.name());
        tally.add(&place, recover(bench, timeline, crash));
    }
    tally
}

/// Applies the plan on a logged disk, while somebody else syncs the disk now and then.
fn record(bench: &mut Bench, order: Order, seed: u64) -> Timeline {
    let (point, served) = (bench.point(), bench.served());
    let disk = LoggedDisk::<Note>::serve(bench.start.clone(), &served).unwrap();
    let mounted = bench.mount(&disk.file());
    let chance = Mutex::new(Chance::of(seed));
    let outcome = bench.trial.apply(order, &|moment| {
        if let Some(note) = moment.note() {
            disk.note(note);
        }
        if matches!(moment, Moment::Renamed) {
            disturb(&point, chance.lock().unwrap().below(10));
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(Outcome::Applied));
    let timeline = Timeline {
        start: bench.start.clone(),
        journal: 0,
        log: disk.log(),
    };
    mounted.unmount().unwrap();
    let (writes, flushes) = count(&timeline.log);
    assert!(
        writes > 5 && flushes > 5,
        "{writes} writes, {flushes} flushes"
    );
    timeline
}

/// Does what others do on a disk meanwhile, in 5 of 10 cases; some of it makes renames durable.
fn disturb(point: &Path, case: usize) {
    let file = point.join("neighbour");
    match case {
        0 | 1 => rustix::fs::syncfs(fs::File::open(point).unwrap()).unwrap(),
        2 | 3 => {
            fs::write(&file, [1; 6000]).unwrap();
            fs::File::open(&file).unwrap().sync_all().unwrap();
        }
        4 => fs::write(&file, [2; 3000]).unwrap(),
        _ => {}
    }
}

/// Recovers from a crash on a logged disk; the journal is as the crash left it.
fn record_recovery(bench: &Bench, from: &Timeline, crash: Crash, rollback: bool) -> Timeline {
    let start = from.image(crash);
    let disk = LoggedDisk::<Note>::serve(start.clone(), &bench.served()).unwrap();
    let journal = bench.trial.journal().len();
    if from.followed(crash) {
        disk.note(Note::Followed);
    }
    let mounted = bench.mount(&disk.file());
    let recovered = bench
        .trial
        .recover(rollback, from.followed(crash), &|moment| {
            moment.note().into_iter().for_each(|note| disk.note(note));
            Ok(())
        });
    if let Some(recovered) = recovered {
        recovered.unwrap();
    }
    let log = disk.log();
    mounted.unmount().unwrap();
    Timeline {
        start,
        journal,
        log,
    }
}

/// How many writes and flushes there are.
fn count<N>(log: &[Entry<N>]) -> (usize, usize) {
    let writes = log.iter().filter(|e| matches!(e, Entry::Write { .. }));
    let flushes = log.iter().filter(|e| matches!(e, Entry::Flush));
    (writes.count(), flushes.count())
}

/// Mounts what a crash left, recovers, and says which law was broken.
fn recover(bench: &Bench, timeline: &Timeline, crash: Crash) -> Result<Option<Outcome>, String> {
    let image = bench.image(&timeline.image(crash));
    let mounted = Mounted::new(bench.kind, &image, &bench.point());
    fs::remove_file(&image).unwrap();
    let mounted = mounted?;
    let outcome = bench.trial.judge(timeline.followed(crash))?;
    mounted.unmount()?;
    Ok(outcome)
}

/// A number from the environment.
fn setting(variable: &str, usual: u64) -> u64 {
    let set = std::env::var(variable).ok();
    set.map_or(usual, |text| text.parse().expect(variable))
}

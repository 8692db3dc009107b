//! The mover on a disk under test: trees, a plan over them, a run, and what must hold after it.
//!
//! All that these tests know of the mover is in this module.

mod laid_out;
mod law;
mod watched;

pub use self::laid_out::longest_content;
pub use mediastruct::disk::error::DiskError;
pub use mediastruct::model::run::Outcome;

use self::watched::{Watched, WatchedJournal};
use mediastruct::disk::apply::{ApplyError, Course, Mover, Tools};
use mediastruct::disk::filesystem::Filesystem;
use mediastruct::disk::journal::Runs;
use mediastruct::disk::monitor::Unwatched;
use mediastruct::disk::preflight::{Ready, Undone, World, Writing, preflight};
use mediastruct::disk::recover::{RecoverError, Recovery};
use mediastruct::disk::trees::Trees;
use mediastruct::model::index::{Index, Moved};
use mediastruct::model::layout::Layout;
use mediastruct::model::plan::Plan;
use mediastruct::model::plan_file;
use mediastruct::model::problem::Problem;
use mediastruct::model::run::{Begin, JOURNAL_FORMAT, Run, RunId, Standing, Verify};
use mediastruct::model::schedule::Schedule;
use mediastruct::model::time::Time;
use mediastruct::model::volume::Volumes;
use std::fs;
use std::path::{Path, PathBuf};

/// What stands in the log of a disk between its writes.
#[derive(Clone, Copy, Debug)]
pub enum Note {
    /// The journal has so many bytes, the last of which may not be durable.
    Appended(usize),
    /// So many bytes of the journal are durable.
    Durable(usize),
    /// The indexes have followed the files.
    Followed,
}

/// What the mover is about to do, or has just done.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// It makes a directory.
    MakingDirectory,
    /// It renames a file.
    Renaming,
    /// It has renamed one.
    Renamed,
    /// It makes the renames durable.
    Syncing,
    /// It has made them durable.
    Synced,
    /// It adds a record to the journal.
    Appending,
    /// The journal has so many bytes now.
    Appended(usize),
    /// So many bytes of the journal are durable.
    Durable(usize),
    /// The indexes have followed the files.
    Followed,
}

impl Moment {
    /// What of it belongs into the log of the disk.
    pub fn note(self) -> Option<Note> {
        match self {
            Moment::Appended(bytes) => Some(Note::Appended(bytes)),
            Moment::Durable(bytes) => Some(Note::Durable(bytes)),
            Moment::Followed => Some(Note::Followed),
            _ => None,
        }
    }
}

/// Is told each moment; where it errs, the mover sees that as an error of the disk.
pub type Witness<'w> = dyn Fn(Moment) -> Result<(), DiskError> + Sync + 'w;

/// In which order renames and records are made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As the mover wants it.
    Right,
    /// Intents are not durable before the renames.
    JournalUnsynced,
    /// Renames are not durable before the records that they are done.
    DoneBeforeSync,
}

/// Moves in a batch.
const BATCH: usize = 3;

/// Trees on a mounted disk, a datadir elsewhere, and a plan.
pub struct Trial {
    layout: Layout,
    archive: Index<'static>,
    /// What media holds at the start, and after the run.
    media: [Index<'static>; 2],
    plan: Plan,
    /// All names at the start and at the end.
    census: [law::Census; 2],
}

impl Trial {
    /// Applies the plan in a new run, and learns from it what the end is like.
    pub fn prove(&mut self) -> Result<(), String> {
        match self.apply(Order::Right, &|_| Ok(()))? {
            Outcome::Applied => {}
            outcome => return Err(format!("nothing went wrong, and yet it is {outcome:?}")),
        }
        self.census[1] = law::census(&self.layout)?;
        if self.census[0] == self.census[1] {
            return Err("nothing moved".to_owned());
        }
        self.forget_runs();
        Ok(())
    }

    /// Holds the plan against the disk, reading all files.
    pub fn verify(&self) -> Result<(), Vec<Problem>> {
        let trees = Trees::open(&self.layout).unwrap();
        let ready = self.preflight(
            &trees,
            None,
            &every(&self.plan),
            &self.media[0],
            Verify::Hash,
        );
        ready.map(|_| ())
    }

    /// Applies the plan as a new run.
    pub fn apply(&mut self, order: Order, witness: &Witness<'_>) -> Result<Outcome, String> {
        let trees = Trees::open(&self.layout).map_err(|e| e.to_string())?;
        let ready = self.preflight(
            &trees,
            None,
            &every(&self.plan),
            &self.media[0],
            Verify::Stat,
        );
        let ready = ready.map_err(|p| format!("{p:?}"))?;
        let plan = &self.plan;
        let runs = Runs::in_datadir(&self.layout.datadir);
        let text = runs.write_plan(plan_file::text(plan));
        let run = RunId::new(jiff::Timestamp::UNIX_EPOCH, plan.id());
        let begin = Begin {
            format: JOURNAL_FORMAT.into(),
            run: run.clone(),
            at: Time::default(),
            phase: plan.phase,
            plan: text.hash(),
            trees: trees.identities(),
            texts: Vec::new(),
            verify: Verify::Stat,
            work: None,
        };
        let journal = runs.begin(&text, &[], begin.clone());
        let journal = journal.map_err(|e| e.to_string())?;
        let begun = self.journal().len();
        witness(Moment::Durable(begun)).map_err(|e| e.to_string())?;

        let filesystem = Watched::new(trees, witness, order);
        let mut ledger = WatchedJournal::new(journal, self.journal_path(&run), &filesystem);
        let [start, end] = &mut self.media;
        let mut follow = |moved: &[Moved<'_>]| {
            *end = start.clone().after(moved);
            Ok(witness(Moment::Followed)?)
        };
        let tools = Tools {
            filesystem: &filesystem,
            ledger: &mut ledger,
            follow: &mut follow,
            now: &Time::default,
            monitor: &Unwatched,
            interrupted: &|| false,
            batch: BATCH,
        };
        let course = Course {
            plan,
            schedule: &Schedule::of(plan),
            begin: &begin,
        };
        match Mover::new(tools, course).apply(&ready, &[]) {
            Ok(()) => Ok(Outcome::Applied),
            Err(ApplyError::RolledBack(_)) => Ok(Outcome::RolledBack),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Recovers the run; none where it is finished. `rollback` asks for the way back, and
    /// `followed` tells whether the indexes have followed the files.
    pub fn recover(
        &self,
        rollback: bool,
        followed: bool,
        witness: &Witness<'_>,
    ) -> Option<Result<Outcome, RecoverError>> {
        let run = self.last_run().filter(|r| !r.is_finished())?;
        let runs = Runs::in_datadir(&self.layout.datadir);
        let (run, journal) = runs.reopen(&run.id).unwrap().unwrap();
        let trees = Trees::open(&self.layout).unwrap();
        if let Err(error) = witness(Moment::Durable(self.journal().len())) {
            return Some(Err(RecoverError::Stopped(error.into())));
        }
        let filesystem = Watched::new(trees, witness, Order::Right);
        let mut ledger = WatchedJournal::new(journal, self.journal_path(&run.id), &filesystem);
        let media = &self.media[usize::from(followed)];
        let tools = Tools {
            filesystem: &filesystem,
            ledger: &mut ledger,
            follow: &mut |_| Ok(witness(Moment::Followed)?),
            now: &Time::default,
            monitor: &Unwatched,
            interrupted: &|| false,
            batch: BATCH,
        };
        let recovery = Recovery {
            run: &run,
            trees: filesystem.identities(),
            rollback,
            leave: Vec::new(),
            leftover: Vec::new(),
        };
        let check = |steps: &[usize]| {
            assert_eq!(run.plan, self.plan);
            self.preflight(&filesystem, Some(&run.id), steps, media, Verify::Stat)
        };
        Some(recovery.recover(tools, &check))
    }

    fn preflight(
        &self,
        filesystem: &dyn Filesystem,
        run: Option<&RunId>,
        steps: &[usize],
        media: &Index<'_>,
        verify: Verify,
    ) -> Result<Ready, Vec<Problem>> {
        let world = World {
            layout: &self.layout,
            archive: &self.archive,
            media,
            volumes: &Volumes::default(),
            hashed: None,
            undone: None,
            standing: Standing::default(),
            writing: Writing::default(),
        };
        let undone = Undone {
            plan: &self.plan,
            schedule: &Schedule::of(&self.plan),
            run,
            steps,
        };
        preflight(undone, filesystem, &world, verify)
    }

    /// The bytes of the journal.
    pub fn journal(&self) -> Vec<u8> {
        let run = Runs::in_datadir(&self.layout.datadir).ids().unwrap().pop();
        run.map_or_else(Vec::new, |run| fs::read(self.journal_path(&run)).unwrap())
    }

    /// Lets the journal hold other bytes.
    pub fn set_journal(&self, bytes: &[u8]) {
        let run = Runs::in_datadir(&self.layout.datadir).ids().unwrap().pop();
        fs::write(self.journal_path(&run.unwrap()), bytes).unwrap();
    }

    /// Removes all runs, as if there had never been one.
    pub fn forget_runs(&self) {
        fs::remove_dir_all(self.layout.datadir.join("runs")).unwrap();
    }

    fn journal_path(&self, run: &RunId) -> PathBuf {
        let runs = self.layout.datadir.join("runs");
        runs.join(run.as_str()).join("journal.jsonl")
    }

    fn last_run(&self) -> Option<Run> {
        let runs = Runs::in_datadir(&self.layout.datadir);
        let ids = runs.ids().unwrap();
        runs.each(&ids, Run::clone).unwrap().pop()
    }
}

/// What the disk says when it is gone.
pub fn fault() -> DiskError {
    DiskError::at("reach", Path::new("the disk"), rustix::io::Errno::IO)
}

fn every(plan: &Plan) -> Vec<usize> {
    (0..plan.moves.len()).collect()
}

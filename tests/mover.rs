//! The mover against faults at each of its steps: errors, kills, and kills while recovering.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

use mediastruct::disk::apply::{ApplyError, Course, Mover, Stop, Tools};
use mediastruct::disk::error::DiskError;
use mediastruct::disk::filesystem::{Filesystem, Node, Owner, Room};
use mediastruct::disk::journal::{Ledger, Runs};
use mediastruct::disk::monitor::Unwatched;
use mediastruct::disk::preflight::{Ready, Undone, World, Writing, preflight};
use mediastruct::disk::recover::{RecoverError, Recovery};
use mediastruct::disk::trees::Trees;
use mediastruct::model::digest::Digest;
use mediastruct::model::index::{Entry, Index, Moved};
use mediastruct::model::layout::Layout;
use mediastruct::model::path::{RelPath, TreePath};
use mediastruct::model::plan::{Move, Need, Phase, Plan, RawPlan, Why};
use mediastruct::model::plan_file;
use mediastruct::model::problem::{Fault, Problem};
use mediastruct::model::run::{
    Begin, JOURNAL_FORMAT, Outcome, Record, Run, RunId, Standing, Verify,
};
use mediastruct::model::schedule::Schedule;
use mediastruct::model::state::State;
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use mediastruct::model::volume::Volumes;
use mediastruct::phase::undo;
use std::collections::{BTreeMap, HashSet};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Trees in a temporary directory, their index, and a plan over them.
struct Trial {
    dir: tempfile::TempDir,
    layout: Layout,
    media: Index<'static>,
    archive: Index<'static>,
    plan: Plan,
}

const FILES: [&str; 5] = [
    "2024/a",
    "2024/deep/er/b",
    "2024/deep/c",
    "2024/d\n",
    "2023/e",
];

impl Trial {
    fn new() -> Trial {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let trees = Tree::ALL.map(|t| root.join(t.name()));
        let layout = Layout::new(trees, root.join("data"), root.join("logs")).unwrap();
        for tree in Tree::ALL {
            std::fs::create_dir(layout.dir(tree)).unwrap();
        }
        std::fs::create_dir(&layout.datadir).unwrap();
        write(&layout.dir(Tree::Archive).join("01/k"), "same");
        for name in FILES {
            write(&layout.dir(Tree::Media).join(name), "same");
        }
        write(&layout.dir(Tree::Media).join("2024/other"), "other");
        let deep = layout.dir(Tree::Media).join("2024/deep");
        std::fs::set_permissions(deep, std::fs::Permissions::from_mode(0o750)).unwrap();
        let (archive, media) = (
            index_of(&layout, Tree::Archive),
            index_of(&layout, Tree::Media),
        );
        let mut raw = RawPlan::of(Phase::Dedupe);
        let keeper = &archive.entries[0];
        let of = TreePath::new(Tree::Archive, keeper.path.clone());
        raw.needs.push(Need {
            path: of.clone(),
            offline: None,
            size: keeper.stamp.size,
            modified: keeper.stamp.modified,
            hash: keeper.digest().unwrap(),
        });
        for entry in media
            .entries
            .iter()
            .filter(|e| e.digest() == keeper.digest())
        {
            raw.moves.push(Move {
                from: TreePath::new(Tree::Media, entry.path.clone()),
                to: TreePath::new(Tree::Duplicates, entry.path.clone()),
                size: entry.stamp.size,
                modified: entry.stamp.modified,
                hash: entry.digest().unwrap(),
                why: Why::Duplicate {
                    of: of.clone(),
                    dated: None,
                },
                bundle: None,
            });
        }
        let plan = raw.check().unwrap();
        Trial {
            dir,
            layout,
            media,
            archive,
            plan,
        }
    }

    fn runs(&self) -> Runs {
        Runs::in_datadir(&self.layout.datadir)
    }

    /// All runs, oldest first.
    fn all_runs(&self) -> Vec<Run> {
        let runs = self.runs();
        runs.each(&runs.ids().unwrap(), Run::clone).unwrap()
    }

    /// All files and directories in the trees, with what undo is to give back.
    fn snapshot(&self) -> BTreeMap<String, (u32, u32, i64, Vec<u8>)> {
        let mut all = BTreeMap::new();
        for tree in Tree::ALL {
            for entry in walkdir::WalkDir::new(self.layout.dir(tree)) {
                let entry = entry.unwrap();
                let meta = entry.metadata().unwrap();
                let name = entry
                    .path()
                    .strip_prefix(self.dir.path().canonicalize().unwrap())
                    .unwrap();
                let content = if meta.is_file() {
                    std::fs::read(entry.path()).unwrap()
                } else {
                    Vec::new()
                };
                let mtime = if meta.is_file() { meta.mtime() } else { 0 };
                all.insert(
                    name.to_string_lossy().into_owned(),
                    (meta.mode(), meta.uid(), mtime, content),
                );
            }
        }
        all
    }

    fn files_in(&self, tree: Tree) -> usize {
        let walk = walkdir::WalkDir::new(self.layout.dir(tree));
        walk.into_iter()
            .filter(|e| e.as_ref().unwrap().file_type().is_file())
            .count()
    }

    /// Applies `plan` as a new run, with faults.
    fn apply(&mut self, plan: &Plan, faults: &Faults) -> Result<Outcome, String> {
        let runs = self.runs();
        let all = self.all_runs();
        let undone = plan
            .settings
            .run
            .as_ref()
            .and_then(|id| all.iter().find(|r| r.id == *id));
        let trees = Trees::open(&self.layout).unwrap();
        let world = World {
            layout: &self.layout,
            archive: &self.archive,
            media: &self.media,
            volumes: &Volumes::default(),
            hashed: None,
            undone,
            standing: undone.map(|r| undo::standing(r, &all)).unwrap_or_default(),
            writing: Writing::default(),
        };
        let ready =
            survey(plan, None, &every(plan), &trees, &world).map_err(|p| format!("{p:?}"))?;
        let text = runs.write_plan(plan_file::text(plan));
        let at: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        let at = at + jiff::SignedDuration::from_millis(all.len() as i64);
        let run = RunId::new(at, plan.id());
        let begin = Begin {
            format: JOURNAL_FORMAT.into(),
            run,
            at: at.into(),
            phase: plan.phase,
            plan: text.hash(),
            trees: trees.identities(),
            texts: Vec::new(),
            verify: Verify::Stat,
            work: None,
        };
        let begun = runs.begin(&text, &[], begin.clone());
        let mut ledger = Guarded::new(begun.unwrap(), faults);
        let filesystem = Guarded::new(&trees, faults);
        let media = &mut self.media;
        let mut follow = |moved: &[Moved<'_>]| {
            faults.strike()?;
            *media = media.clone().after(moved);
            Ok(())
        };
        let tools = Tools {
            filesystem: &filesystem,
            ledger: &mut ledger,
            follow: &mut follow,
            now: &|| Time::default(),
            monitor: &Unwatched,
            interrupted: &|| false,
            batch: 2,
        };
        let leftover = undone
            .map(|r| r.progress.directories.clone())
            .unwrap_or_default();
        match Mover::new(tools, course(plan, &Schedule::of(plan), &begin)).apply(&ready, &leftover)
        {
            Ok(()) => Ok(Outcome::Applied),
            Err(ApplyError::RolledBack(_)) => Ok(Outcome::RolledBack),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Recovers the newest run, with faults; nothing where it is finished.
    fn recover(
        &mut self,
        faults: &Faults,
        rollback: bool,
        leave: &[&str],
    ) -> Option<Result<Outcome, RecoverError>> {
        let runs = self.runs();
        let all = self.all_runs();
        let unfinished = all.iter().find(|r| !r.is_finished())?.id.clone();
        let (run, journal) = runs.reopen(&unfinished).unwrap().unwrap();
        let undone = run
            .plan
            .settings
            .run
            .as_ref()
            .and_then(|id| all.iter().find(|r| r.id == *id));
        let trees = Trees::open(&self.layout).unwrap();
        let (archive, media) = (self.archive.clone(), self.media.clone());
        let world = World {
            layout: &self.layout,
            archive: &archive,
            media: &media,
            volumes: &Volumes::default(),
            hashed: None,
            undone,
            standing: undone.map(|r| undo::standing(r, &all)).unwrap_or_default(),
            writing: Writing::default(),
        };
        let filesystem = Guarded::new(&trees, faults);
        let index = &mut self.media;
        let mut follow = |moved: &[Moved<'_>]| {
            faults.strike()?;
            *index = index.clone().after(moved);
            Ok(())
        };
        let mut ledger = Guarded::new(journal, faults);
        let tools = Tools {
            filesystem: &filesystem,
            ledger: &mut ledger,
            follow: &mut follow,
            now: &|| Time::default(),
            monitor: &Unwatched,
            interrupted: &|| false,
            batch: 2,
        };
        let recovery = Recovery {
            run: &run,
            trees: trees.identities(),
            rollback,
            leave: leave
                .iter()
                .map(|p| TreePath::from_text(p).unwrap().into_owned())
                .collect(),
            leftover: undone
                .map(|r| r.progress.directories.clone())
                .unwrap_or_default(),
        };
        let id = Some(&run.id);
        let check = |steps: &[usize]| survey(&run.plan, id, steps, &trees, &world);
        Some(recovery.recover(tools, &check))
    }

    /// The index is as the disk is; of a file that nobody has read since it may know only when its
    /// inode changed before, which lets the next reader doubt it.
    fn assert_index_follows(&self) {
        let mut found = index_of(&self.layout, Tree::Media).entries;
        for (found, entry) in found.iter_mut().zip(&self.media.entries) {
            if entry.stamp.changed < found.stamp.changed {
                found.stamp.changed = entry.stamp.changed;
            }
        }
        assert_eq!(self.media.entries, found);
    }

    fn last_run(&self) -> Run {
        self.all_runs().pop().unwrap()
    }
}

/// The numbers of all steps of a plan.
fn every(plan: &Plan) -> Vec<usize> {
    (0..Schedule::of(plan).steps().len()).collect()
}

fn course<'c>(plan: &'c Plan, schedule: &'c Schedule, begin: &'c Begin) -> Course<'c> {
    Course {
        plan,
        schedule,
        begin,
    }
}

/// Holds those steps of a plan against the disk.
fn survey(
    plan: &Plan,
    run: Option<&RunId>,
    steps: &[usize],
    trees: &Trees,
    world: &World<'_>,
) -> Result<Ready, Vec<Problem>> {
    let undone = Undone {
        plan,
        schedule: &Schedule::of(plan),
        run,
        steps,
    };
    preflight(undone, trees, world, Verify::Stat)
}

fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn index_of(layout: &Layout, tree: Tree) -> Index<'static> {
    let trees = Trees::open(layout).unwrap();
    let mut index = Index::empty(tree);
    for entry in walkdir::WalkDir::new(layout.dir(tree)).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let rel = entry.path().strip_prefix(layout.dir(tree)).unwrap();
        let rel = RelPath::new(rel.as_os_str().as_encoded_bytes().to_vec()).unwrap();
        let path = TreePath::new(tree, rel.clone());
        let stamp = trees.look(&path).unwrap().unwrap().stamp;
        let hash = Ok(trees.hash(&path).unwrap());
        index.entries.push(Entry {
            path: rel,
            hash,
            stamp,
        });
    }
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index
}

/// What goes wrong, and when.
struct Faults {
    left: AtomicUsize,
    dead: AtomicBool,
    kills: bool,
    /// Renames that are not durable yet, whoever made them.
    renames: Mutex<Vec<(TreePath<'static>, TreePath<'static>)>>,
    /// A directory that somebody else makes right before the run does.
    made_before: Option<&'static str>,
}

impl Faults {
    fn none() -> Faults {
        Faults::error_after(usize::MAX)
    }

    /// The step of that number fails, once.
    fn error_after(steps: usize) -> Faults {
        Faults {
            left: AtomicUsize::new(steps),
            dead: AtomicBool::new(false),
            kills: false,
            renames: Mutex::default(),
            made_before: None,
        }
    }

    /// The step of that number and everything after it fails, as after a kill.
    fn kill_after(steps: usize) -> Faults {
        Faults {
            kills: true,
            ..Faults::error_after(steps)
        }
    }

    fn strike(&self) -> Result<(), DiskError> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 && self.kills {
            self.dead.store(true, Ordering::Relaxed);
        }
        if left != usize::MAX {
            self.left
                .store(left.checked_sub(1).unwrap_or(usize::MAX), Ordering::Relaxed);
        }
        if left == 0 {
            Err(fault())
        } else {
            self.alive()
        }
    }

    fn alive(&self) -> Result<(), DiskError> {
        if self.dead.load(Ordering::Relaxed) {
            Err(fault())
        } else {
            Ok(())
        }
    }

    /// Lets the power fail: what is not durable never happened.
    fn lose_power(&self, layout: &Layout) {
        let trees = Trees::open(layout).unwrap();
        for (from, to) in self.renames.lock().unwrap().drain(..).rev() {
            trees.rename(&to, &from).unwrap();
        }
    }

    /// After a kill: another process, which knows nothing of what the first left in the air.
    fn survived(self) -> Faults {
        Faults {
            renames: self.renames,
            ..Faults::none()
        }
    }

    fn struck(&self) -> bool {
        self.left.load(Ordering::Relaxed) == usize::MAX || self.dead.load(Ordering::Relaxed)
    }
}

fn fault() -> DiskError {
    DiskError::at("reach", Path::new("the disk"), rustix::io::Errno::IO)
}

/// Something that works until the fault strikes.
struct Guarded<'f, T>(T, &'f Faults, Mutex<HashSet<Option<TreePath<'static>>>>);

impl<'f, T> Guarded<'f, T> {
    fn new(inner: T, faults: &'f Faults) -> Self {
        Guarded(inner, faults, Mutex::default())
    }

    /// The directory of `path` is made durable by the next sync of this process.
    fn touch(&self, path: &TreePath<'_>) {
        let parent = path.parent().map(TreePath::into_owned);
        self.2.lock().unwrap().insert(parent);
    }
}

impl Filesystem for Guarded<'_, &Trees> {
    fn look(&self, path: &TreePath<'_>) -> Result<Option<Node>, DiskError> {
        self.1.alive()?;
        self.0.look(path)
    }

    fn root(&self, tree: Tree) -> Option<Node> {
        self.0.root(tree)
    }

    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError> {
        self.1.alive()?;
        self.0.hash(path)
    }

    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.rename(from, to)?;
        self.touch(from);
        self.touch(to);
        let ends = (from.clone().into_owned(), to.clone().into_owned());
        self.1.renames.lock().unwrap().push(ends);
        Ok(())
    }

    fn mount(&self, tree: Tree) -> Option<u64> {
        self.0.mount(tree)
    }

    fn dress_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.dress_directory(path, like)
    }

    fn link(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.link(from, to)
    }

    fn put_aside(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.put_aside(from, to)
    }

    fn copy(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        hash: Digest,
        owner: Owner,
        progress: &dyn Fn(u64),
    ) -> Result<Node, DiskError> {
        self.1.strike()?;
        self.0.copy(from, to, hash, owner, progress)
    }

    fn may_give(&self, owner: (u32, u32)) -> bool {
        self.0.may_give(owner)
    }

    fn write(&self, to: &TreePath<'_>, text: &[u8], modified: Time) -> Result<Node, DiskError> {
        self.1.strike()?;
        self.0.write(to, text, modified)
    }

    fn unlink(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.unlink(path)
    }

    fn names(&self, path: &TreePath<'_>) -> Result<Vec<TreePath<'static>>, DiskError> {
        self.1.alive()?;
        self.0.names(path)
    }

    fn room(&self, path: &TreePath<'_>) -> Result<Room, DiskError> {
        self.0.room(path)
    }

    fn folds(&self, tree: Tree, path: Option<&TreePath<'_>>) -> Result<bool, DiskError> {
        self.0.folds(tree, path)
    }

    fn date_directory(&self, path: &TreePath<'_>, modified: Time) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.date_directory(path, modified)
    }

    fn mark(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        self.1.alive()?;
        self.touch(path);
        self.0.mark(path)
    }

    fn refresh(&self) {
        self.0.refresh();
    }

    fn make_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        self.1.strike()?;
        if self
            .1
            .made_before
            .is_some_and(|dir| path.to_string() == dir)
        {
            self.0.make_directory(path, like)?;
        }
        self.0.make_directory(path, like)
    }

    fn remove_directory(&self, path: &TreePath<'_>) -> Result<bool, DiskError> {
        self.1.strike()?;
        self.0.remove_directory(path)
    }

    fn sync(&self) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.sync()?;
        let touched = std::mem::take(&mut *self.2.lock().unwrap());
        let is_touched =
            |path: &TreePath<'static>| touched.contains(&path.parent().map(TreePath::into_owned));
        let mut renames = self.1.renames.lock().unwrap();
        renames.retain(|(from, to)| !is_touched(from) || !is_touched(to));
        Ok(())
    }
}

impl<T: Ledger> Ledger for Guarded<'_, T> {
    fn append(&mut self, record: &Record) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.append(record)
    }

    fn text(&mut self, number: usize) -> Result<Vec<u8>, DiskError> {
        self.0.text(number)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.1.strike()?;
        self.0.sync()
    }
}

#[test]
fn law_10_apply_and_undo_restore_names_bytes_modes_and_times() {
    let mut trial = Trial::new();
    let (before, index) = (trial.snapshot(), trial.media.clone());
    let plan = trial.plan.clone();
    assert_eq!(trial.apply(&plan, &Faults::none()), Ok(Outcome::Applied));
    assert_eq!(trial.files_in(Tree::Duplicates), FILES.len());
    assert_eq!(trial.media.entries.len(), 1);
    let deep = trial.layout.dir(Tree::Duplicates).join("2024/deep");
    assert_eq!(
        std::fs::metadata(deep).unwrap().mode() & 0o777,
        0o750,
        "no wider than its origin"
    );

    let mut state = State::unknown(Time::default());
    state.runs = trial.all_runs();
    let plan = undo::plan(&state).unwrap();
    assert_eq!(trial.apply(&plan, &Faults::none()), Ok(Outcome::Applied));
    assert_eq!(trial.snapshot(), before);
    assert_eq!(
        trial.media.basis(),
        index.basis(),
        "no second crawl is needed"
    );
    trial.assert_index_follows();
}

#[test]
fn law_10_a_directory_that_somebody_else_made_meanwhile_stays() {
    let made_before = "duplicates/2024/deep/er";
    let theirs = |trial: &Trial| trial.layout.dir(Tree::Duplicates).join("2024/deep/er");
    let mut trial = Trial::new();
    let plan = trial.plan.clone();
    let faults = Faults {
        made_before: Some(made_before),
        ..Faults::none()
    };
    assert_eq!(trial.apply(&plan, &faults), Ok(Outcome::Applied));
    let mut state = State::unknown(Time::default());
    state.runs = trial.all_runs();
    let plan = undo::plan(&state).unwrap();
    assert_eq!(trial.apply(&plan, &Faults::none()), Ok(Outcome::Applied));
    assert_eq!(trial.files_in(Tree::Duplicates), 0);
    assert!(theirs(&trial).is_dir(), "undo takes what the run made");
    let trees = Trees::open(&trial.layout).unwrap();
    let ours = TreePath::from_text("duplicates/2023").unwrap();
    assert_eq!(trees.look(&ours).unwrap(), None);

    let mut known = 0;
    for step in 0.. {
        let mut trial = Trial::new();
        let plan = trial.plan.clone();
        let faults = Faults {
            made_before: Some(made_before),
            ..Faults::kill_after(step)
        };
        let outcome = trial.apply(&plan, &faults);
        if !faults.struck() {
            assert_eq!(outcome, Ok(Outcome::Applied));
            break;
        }
        // Killed between the two, nobody can know which of them made it.
        let is_known = theirs(&trial).is_dir() && !trial.all_runs().is_empty() && {
            let mut made = trial.last_run().progress.directories.into_iter();
            made.all(|dir| dir.to_string() != made_before)
        };
        trial.recover(&Faults::none(), true, &[]);
        assert!(!is_known || theirs(&trial).is_dir(), "step {step}");
        known += u32::from(is_known);
    }
    assert!(known > 5, "the journal knows it after {known} of the steps");
}

#[test]
fn law_6_an_error_at_any_step_is_rolled_back() {
    for step in 0.. {
        let mut trial = Trial::new();
        let (before, plan) = (trial.snapshot(), trial.plan.clone());
        let faults = Faults::error_after(step);
        let outcome = trial.apply(&plan, &faults);
        if !faults.struck() {
            assert_eq!(outcome, Ok(Outcome::Applied));
            assert!(step > 20, "{step} steps are too few");
            break;
        }
        assert_ne!(outcome, Ok(Outcome::Applied), "step {step}");
        if trial.last_run().is_applied() {
            // Only the record of the end was in question, and everything is moved.
            assert_eq!(trial.files_in(Tree::Duplicates), FILES.len(), "step {step}");
            trial.assert_index_follows();
            continue;
        }
        if outcome.is_err() {
            // What could not be recorded as finished is finished by recover.
            let recovered = trial.recover(&Faults::none(), true, &[]).unwrap();
            assert_eq!(recovered.unwrap(), Outcome::RolledBack, "step {step}");
        }
        assert_eq!(trial.snapshot(), before, "step {step}");
        trial.assert_index_follows();
    }
}

#[test]
fn law_6_killed_at_any_step_recover_reaches_the_end_or_the_start() {
    for rollback in [false, true] {
        for step in 0.. {
            let mut trial = Trial::new();
            let (before, plan) = (trial.snapshot(), trial.plan.clone());
            let faults = Faults::kill_after(step);
            let outcome = trial.apply(&plan, &faults);
            if !faults.struck() {
                assert_eq!(outcome, Ok(Outcome::Applied));
                break;
            }
            // Recover is itself killed, later and later, until it comes through.
            for again in 0.. {
                match trial.recover(&Faults::kill_after(again), rollback, &[]) {
                    Some(Err(_)) => {}
                    Some(Ok(outcome)) => {
                        let end = if rollback {
                            Outcome::RolledBack
                        } else {
                            Outcome::Applied
                        };
                        assert_eq!(outcome, end, "step {step}, again {again}");
                        break;
                    }
                    None => break,
                }
            }
            assert!(trial.recover(&Faults::none(), false, &[]).is_none());
            let run = trial.last_run();
            assert!(run.is_finished());
            if run.is_applied() {
                assert_eq!(trial.files_in(Tree::Duplicates), FILES.len(), "step {step}");
            } else {
                assert_eq!(trial.snapshot(), before, "step {step}");
            }
            trial.assert_index_follows();
        }
    }
}

#[test]
fn an_undo_that_is_killed_at_any_step_is_recovered() {
    for step in 0.. {
        let mut trial = Trial::new();
        let (before, plan) = (trial.snapshot(), trial.plan.clone());
        trial.apply(&plan, &Faults::none()).unwrap();
        let applied = trial.snapshot();
        let mut state = State::unknown(Time::default());
        state.runs = trial.all_runs();
        let plan = undo::plan(&state).unwrap();
        let faults = Faults::kill_after(step);
        let outcome = trial.apply(&plan, &faults);
        if !faults.struck() {
            assert_eq!(outcome, Ok(Outcome::Applied));
            break;
        }
        let rollback = step % 2 == 1;
        if let Some(recovered) = trial.recover(&Faults::none(), rollback, &[]) {
            recovered.unwrap();
        }
        let end = if trial.last_run().is_applied() {
            &before
        } else {
            &applied
        };
        assert_eq!(&trial.snapshot(), end, "step {step}");
    }
}

#[test]
fn law_5_a_file_or_keeper_that_changes_under_the_run_stops_it() {
    for spoiled in ["media/2024/deep/c", "archive/01/k"] {
        let mut trial = Trial::new();
        let plan = trial.plan.clone();
        let path = trial
            .layout
            .dir(Tree::Media)
            .parent()
            .unwrap()
            .join(spoiled);
        let trees = Trees::open(&trial.layout).unwrap();
        let (archive, media) = (trial.archive.clone(), trial.media.clone());
        let layout = trial.layout.clone();
        let world = World {
            layout: &layout,
            archive: &archive,
            media: &media,
            volumes: &Volumes::default(),
            hashed: None,
            undone: None,
            standing: Standing::default(),
            writing: Writing::default(),
        };
        let ready = survey(&plan, None, &every(&plan), &trees, &world).unwrap();

        // Edited within the same second, with size and mtime put back: only the ctime tells.
        let mtime = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, "evil").unwrap();
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(mtime)
            .unwrap();
        let before = trial.snapshot();

        let problems = survey(&plan, None, &every(&plan), &trees, &world).unwrap_err();
        assert!(
            problems.iter().all(|p| p.fault == Fault::OtherContent),
            "{problems:?}"
        );

        let runs = trial.runs();
        let run = RunId::new(jiff::Timestamp::UNIX_EPOCH, plan.id());
        let text = runs.write_plan(plan_file::text(&plan));
        let begin = Begin {
            format: JOURNAL_FORMAT.into(),
            run,
            at: Time::default(),
            phase: plan.phase,
            plan: text.hash(),
            trees: trees.identities(),
            texts: Vec::new(),
            verify: Verify::Stat,
            work: None,
        };
        let mut ledger = runs.begin(&text, &[], begin.clone()).unwrap();
        let mut follow = |_: &[Moved<'_>]| Ok(());
        let tools = Tools {
            filesystem: &trees,
            ledger: &mut ledger,
            follow: &mut follow,
            now: &|| Time::default(),
            monitor: &Unwatched,
            interrupted: &|| false,
            batch: 2,
        };
        let error = Mover::new(tools, course(&plan, &Schedule::of(&plan), &begin))
            .apply(&ready, &[])
            .unwrap_err();
        assert!(
            matches!(error, ApplyError::RolledBack(Stop::Changed(_))),
            "{error}"
        );
        assert_eq!(trial.snapshot(), before);
        trial.media = media;
    }
}

#[test]
fn law_2_a_name_that_appears_during_the_run_is_not_replaced() {
    let mut trial = Trial::new();
    let plan = trial.plan.clone();
    let squatter = trial.layout.dir(Tree::Duplicates).join("2024/deep/c");
    write(&squatter, "here first");
    let trees = Trees::open(&trial.layout).unwrap();
    let from = TreePath::from_text("media/2024/deep/c").unwrap();
    let to = TreePath::from_text("duplicates/2024/deep/c").unwrap();
    let error = trees.rename(&from, &to).unwrap_err();
    assert!(error.is(rustix::io::Errno::EXIST), "{error}");
    let problems = trial.apply(&plan, &Faults::none()).unwrap_err();
    assert!(problems.contains("Occupied"), "{problems}");
    assert_eq!(std::fs::read_to_string(squatter).unwrap(), "here first");
}

#[test]
fn files_in_doubt_are_touched_by_nobody_until_a_person_says_so() {
    let mut trial = Trial::new();
    let plan = trial.plan.clone();
    // Killed within the second batch: some files are moved, some are not.
    let faults = Faults::kill_after(12);
    trial.apply(&plan, &faults).unwrap_err();
    let run = trial.last_run();
    let number = run.progress.steps.len() - 1;
    let operation = &run.plan.moves[number];
    let root = trial
        .layout
        .dir(Tree::Media)
        .parent()
        .unwrap()
        .to_path_buf();
    for path in [&operation.from, &operation.to] {
        let path = root.join(path.to_text());
        if path.exists() {
            std::fs::remove_file(&path).unwrap();
        }
    }
    let before = trial.snapshot();
    let error = trial
        .recover(&Faults::none(), false, &[])
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(&error, RecoverError::Conflicts(c) if c.len() == 1),
        "{error}"
    );
    assert_eq!(trial.snapshot(), before);

    let wrong = trial
        .recover(&Faults::none(), false, &["media/2000/x"])
        .unwrap()
        .unwrap_err();
    assert!(matches!(wrong, RecoverError::NotOfRun(_)));
    let leave = operation.from.to_text();
    let outcome = trial
        .recover(&Faults::none(), false, &[&leave])
        .unwrap()
        .unwrap();
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(trial.files_in(Tree::Duplicates), FILES.len() - 1);
    assert_eq!(trial.last_run().done().count(), FILES.len() - 1);
}

#[test]
fn a_run_without_a_whole_first_record_never_began() {
    let mut trial = Trial::new();
    let plan = trial.plan.clone();
    trial.apply(&plan, &Faults::kill_after(0)).unwrap_err();
    let id = trial.last_run().id;
    let journal = trial
        .layout
        .datadir
        .join("runs")
        .join(id.as_str())
        .join("journal.jsonl");
    let whole = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &whole[..whole.len() / 2]).unwrap();
    assert!(trial.runs().load(&id).unwrap().is_none());
    std::fs::remove_file(&journal).unwrap();
    assert!(trial.runs().load(&id).unwrap().is_none());
}

#[test]
fn a_journal_that_others_could_have_written_is_not_trusted() {
    let mut trial = Trial::new();
    let plan = trial.plan.clone();
    trial.apply(&plan, &Faults::kill_after(9)).unwrap_err();
    let id = trial.last_run().id;
    let dir = trial.layout.datadir.join("runs").join(id.as_str());
    assert_eq!(std::fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
    for name in ["journal.jsonl", "plan.json"] {
        let path = dir.join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o622)).unwrap();
        let error = trial.runs().load(&id).unwrap_err().to_string();
        assert!(error.contains("others may write to it"), "{error}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let plan = dir.join("plan.json");
    let text = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, text.replace("2024/a", "2024/A")).unwrap();
    let error = trial.runs().load(&id).unwrap_err().to_string();
    assert!(
        error.contains("not the one that the run began with"),
        "{error}"
    );
    std::fs::remove_file(&plan).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &plan).unwrap();
    assert!(trial.runs().load(&id).is_err());
}

#[test]
fn everything_that_does_not_fit_is_told_at_once() {
    let trial = Trial::new();
    let media = trial.layout.dir(Tree::Media).to_path_buf();
    std::fs::remove_file(media.join("2024/a")).unwrap();
    std::fs::write(media.join("2024/deep/c"), "longer now").unwrap();
    std::fs::remove_file(media.join("2024/d\n")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", media.join("2024/d\n")).unwrap();
    std::fs::rename(media.join("2023"), media.join("real")).unwrap();
    std::os::unix::fs::symlink("real", media.join("2023")).unwrap();
    write(
        &trial.layout.dir(Tree::Duplicates).join("2024/deep/er/b"),
        "here first",
    );
    let trees = Trees::open(&trial.layout).unwrap();
    let world = World {
        layout: &trial.layout,
        archive: &trial.archive,
        media: &trial.media,
        volumes: &Volumes::default(),
        hashed: None,
        undone: None,
        standing: Standing::default(),
        writing: Writing::default(),
    };
    let plan = &trial.plan;
    let problems = survey(plan, None, &every(plan), &trees, &world).unwrap_err();
    let told: Vec<_> = problems.iter().map(Problem::to_string).collect();
    let expected = [
        "media/2023/e: it cannot be reached: media/2023 is a symbolic link or no directory",
        "media/2024/a: it is not there",
        "media/2024/d\\n: it is a symbolic link, not a regular file",
        "media/2024/deep/c: it changed: 10 bytes, and 4 in the plan",
        "duplicates/2024/deep/er/b: something is there already; nothing is ever overwritten",
    ];
    assert_eq!(told, expected);
}

#[test]
fn invariant_4_what_is_recorded_as_done_outlives_the_power() {
    for rollback in [false, true] {
        for step in 0.. {
            let mut trial = Trial::new();
            let (before, plan) = (trial.snapshot(), trial.plan.clone());
            let faults = Faults::kill_after(step);
            let outcome = trial.apply(&plan, &faults);
            if !faults.struck() {
                assert_eq!(outcome, Ok(Outcome::Applied));
                faults.lose_power(&trial.layout);
                assert_eq!(trial.files_in(Tree::Duplicates), FILES.len());
                break;
            }
            let faults = faults.survived();
            if let Some(recovered) = trial.recover(&faults, rollback, &[]) {
                recovered.unwrap();
            }
            faults.lose_power(&trial.layout);
            if trial.last_run().is_applied() {
                assert_eq!(trial.files_in(Tree::Duplicates), FILES.len(), "step {step}");
            } else {
                let files = |all: BTreeMap<String, (u32, u32, i64, Vec<u8>)>| {
                    all.into_iter()
                        .filter(|(_, f)| !f.3.is_empty())
                        .collect::<Vec<_>>()
                };
                assert_eq!(files(trial.snapshot()), files(before), "step {step}");
            }
        }
    }
}

/// Other bytes of the same length, with the modification time put back: only the ctime tells.
fn edit_unseen(path: &Path) {
    let mtime = std::fs::metadata(path).unwrap().modified().unwrap();
    std::fs::write(path, "evil").unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(mtime).unwrap();
}

#[test]
fn law_5_recover_moves_no_file_that_changed_since_the_kill() {
    let mut trial = Trial::new();
    let plan = trial.plan.clone();
    // The third step is the first rename or a directory: nothing has moved yet.
    trial.apply(&plan, &Faults::kill_after(3)).unwrap_err();
    edit_unseen(&trial.layout.dir(Tree::Media).join("2024/a"));
    let before = trial.files_in(Tree::Media);
    let outcome = trial.recover(&Faults::none(), false, &[]).unwrap().unwrap();
    assert_eq!(outcome, Outcome::RolledBack);
    assert_eq!(trial.files_in(Tree::Media), before);
}

#[test]
fn law_5_a_rollback_does_not_vouch_for_files_that_it_has_not_read() {
    for step in 0..40 {
        let mut trial = Trial::new();
        let plan = trial.plan.clone();
        let faults = Faults::error_after(step);
        trial.apply(&plan, &faults).ok();
        if !faults.struck() {
            break;
        }
        if trial.last_run().is_applied() {
            continue;
        }
        trial.recover(&Faults::none(), true, &[]);
        // Whatever the rollback wrote into the index, an edit after the crawl is found out.
        edit_unseen(&trial.layout.dir(Tree::Media).join("2024/a"));
        let refused = trial.apply(&plan, &Faults::none()).unwrap_err();
        assert!(refused.contains("OtherContent"), "step {step}: {refused}");
    }
}

//! One plan on one machine: applied, struck, recovered, and held against what must hold.

use crate::machine::{Blow, Machine, Make, Mutant, Name, Pen, STRANGERS, device, root_inode};
use mediastruct::disk::apply::{ApplyError, Course, Follow, Mover, Tools};
use mediastruct::disk::filesystem::Filesystem;
use mediastruct::disk::monitor::Unwatched;
use mediastruct::disk::preflight::{Ready, Undone, World, Writing, preflight};
use mediastruct::disk::recover::{RecoverError, Recovery};
use mediastruct::disk::store::StoreError;
use mediastruct::model::digest::Digest;
use mediastruct::model::index::{Entry, Index, Moved};
use mediastruct::model::layout::Layout;
use mediastruct::model::mark;
use mediastruct::model::medium::Medium;
use mediastruct::model::path::TreePath;
use mediastruct::model::plan::{Move, Phase, Plan, RawPlan, Role, Write};
use mediastruct::model::problem::Problem;
use mediastruct::model::run::{
    Begin, JOURNAL_FORMAT, Progress, Record, Run, RunId, Standing, Text, TreeId, Verify,
};
use mediastruct::model::schedule::{Hop, Schedule};
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use mediastruct::model::volume::Volumes;
use std::collections::{BTreeMap, BTreeSet};

/// What there is on a machine: files and what they hold, and directories.
pub type Listing = BTreeMap<Name, Option<Vec<u8>>>;

/// A plan over files, as a case states it.
pub struct Scene {
    pub start: Listing,
    pub plan: Plan,
    /// Two names of one file, among those of the start.
    pub link: Option<(Name, Name)>,
    schedule: Schedule,
    layout: Layout,
}

/// What befalls the run: a blow at a step of apply, and perhaps one at a step of recover.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    pub first: Option<(usize, Blow)>,
    pub second: Option<(usize, Blow)>,
    pub rollback: bool,
    pub batch: usize,
    pub seed: u64,
}

/// How a trial went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The plan does not fit the disk, and nothing was done.
    Refused,
    /// It came to one of its ends; which blows fell.
    Held { first: bool, second: bool },
}

impl Scene {
    /// These files, and this plan over them; none where the plan breaks a law.
    pub fn new(start: Listing, plan: RawPlan) -> Option<Scene> {
        let plan = plan.check().ok()?;
        let schedule = Schedule::of(&plan);
        let trees = Tree::ALL.map(|tree| format!("/{tree}").into());
        let layout = Layout::new(trees, "/data".into(), "/logs".into()).unwrap();
        Some(Scene {
            start,
            plan,
            link: None,
            schedule,
            layout,
        })
    }

    /// Whether some files hold the same.
    pub fn has_equal_files(&self) -> bool {
        let held: BTreeSet<_> = self.start.values().flatten().collect();
        held.len() < self.start.values().flatten().count()
    }

    /// Carries the plan out on a machine of that make, and lets fate strike.
    ///
    /// # Errors
    /// What must hold and did not, in words.
    pub fn play(&self, make: Make, mutant: Mutant, fate: Fate) -> Result<Verdict, String> {
        let mut trial = self.trial(make, mutant, fate);
        let Some(mut settled) = trial.begun() else {
            return Ok(Verdict::Refused);
        };
        trial.all_reachable("after apply")?;
        let first = trial.machine.was_struck();
        trial.without_its_disk()?;
        trial.machine.start(fate.second);
        settled |= matches!(trial.recover(fate.rollback), Ok(true));
        trial.all_reachable("after the first recover")?;
        let second = trial.machine.was_struck();
        trial.without_its_disk()?;
        trial.machine.start(None);
        settled |= trial.recover(fate.rollback).map_err(|error| told(&error))?;
        trial.check_end("at the end")?;
        trial.machine.cut_power();
        if !settled {
            // Its end may have been written by a process that was killed before it was durable.
            trial.machine.start(None);
            trial.recover(fate.rollback).map_err(|error| told(&error))?;
        }
        trial.check_end("after a last power cut")?;
        Ok(Verdict::Held { first, second })
    }

    /// Carries the plan out until it is struck; then a stranger removes the file that was at `lost`,
    /// a person accepts that, and the run is recovered. Says whether the blow fell.
    ///
    /// # Errors
    /// Where another file is lost, or is at neither of its ends once the run is finished.
    pub fn play_without(&self, make: Make, fate: Fate, lost: &Name) -> Result<bool, String> {
        let mut trial = self.trial(make, Mutant::None, fate);
        trial.begun().ok_or("the plan does not fit the disk")?;
        if !trial.machine.was_struck() {
            return Ok(false);
        }
        let content = self.start[lost].clone().ok_or("a directory is lost")?;
        trial.machine.remove(&content);
        trial.machine.start(None);
        if trial.recover(fate.rollback).is_err() {
            trial.leave.push(lost.clone());
            let recovered = trial.recover(fate.rollback);
            recovered.map_err(|error| told(&error))?;
        }
        let run = trial.run();
        if !run.is_finished() {
            return Err("the run is unfinished".to_owned());
        }
        let found = trial.machine.listing();
        let is_at = |path: &Name, from: &Name| found.get(path) == Some(&self.start[from]);
        for Move { from, to, .. } in self.plan.moves.iter().filter(|m| m.from != *lost) {
            // Nothing is done with what comes to a path, or leaves it, that is left as it is.
            let is_left = trial.leave.contains(to);
            let end = if run.is_applied() { to } else { from };
            if !is_at(end, from) && !(is_left && (is_at(from, from) || is_at(to, from))) {
                let found = shown(&found);
                return Err(format!("{from} is not at {end}: found {found}"));
            }
        }
        Ok(true)
    }

    /// Carries out a plan whose first move copies a file, until it is struck; where the copy is at
    /// its place and the source is still at its own, the disk damages the copy. Says whether it
    /// did; none where the blow did not fall.
    ///
    /// # Errors
    /// Where the file is not at its source once the run is recovered.
    pub fn play_with_damage(&self, make: Make, fate: Fate) -> Result<Option<bool>, String> {
        let mut trial = self.trial(make, Mutant::None, fate);
        trial.begun().ok_or("the plan does not fit the disk")?;
        if !trial.machine.was_struck() {
            return Ok(None);
        }
        let Move { from, to, .. } = &self.plan.moves[0];
        let content = self.start[from].as_deref().ok_or("a directory moves")?;
        let is_there = trial.machine.listing().get(from) == Some(&self.start[from]);
        let is_damaged = is_there && trial.machine.damage(to, content);
        trial.machine.start(None);
        trial.recover(fate.rollback).map_err(|error| told(&error))?;
        if is_damaged {
            trial.check_end("with a damaged copy")?;
            if trial.run().is_applied() {
                return Err("a damaged copy took the place of its source".to_owned());
            }
        }
        Ok(Some(is_damaged))
    }

    /// Carries out a plan during which a stranger replaces some file, perhaps one that just moved,
    /// and recovers as far as that can be done. Says whether a stranger came.
    ///
    /// # Errors
    /// Where the stranger's file is lost, or any but the one that it replaced.
    pub fn play_with_stranger(&self, make: Make, fate: Fate) -> Result<bool, String> {
        let mut trial = self.trial(make, Mutant::None, fate);
        if trial.begun().is_none() {
            return Ok(false);
        }
        let first = trial.machine.was_struck();
        trial.all_reachable_with_stranger("after apply")?;
        trial.machine.start(fate.second);
        // Where files are in doubt, nothing is touched.
        let _ = trial.recover(fate.rollback);
        trial.all_reachable_with_stranger("after the first recover")?;
        trial.machine.start(None);
        let _ = trial.recover(fate.rollback);
        trial.all_reachable_with_stranger("at the end")?;
        Ok(first || trial.machine.replaced().is_some())
    }

    fn trial(&self, make: Make, mutant: Mutant, fate: Fate) -> Trial<'_> {
        let texts: Vec<_> = self.plan.writes.iter().map(text_of).collect();
        let machine = Machine::new(make, mutant, fate.seed, texts.clone());
        for (name, content) in &self.start {
            machine.put(name, content.as_deref());
        }
        if let Some((name, link)) = &self.link {
            machine.put_link(name, link);
        }
        machine.start(fate.first);
        Trial {
            scene: self,
            indexes: Tree::INDEXED.map(|tree| index_of(&machine, tree)),
            machine,
            begin: begin(&self.plan, &texts),
            batch: fate.batch,
            leave: Vec::new(),
        }
    }

    /// Holds the steps of these numbers against the machine.
    fn survey(
        &self,
        machine: &Machine,
        [archive, media]: &[Index<'static>; 2],
        run: Option<&RunId>,
        steps: &[usize],
    ) -> Result<Ready, Vec<Problem>> {
        let plan = &self.plan;
        // What an undo takes back is what its plan says, turned round.
        let back = |m| {
            let hop = Hop::from(m);
            let (from, to) = (hop.to.clone(), hop.from.clone());
            Hop { from, to, ..hop }
        };
        let standing = match plan.phase {
            Phase::Undo => Standing {
                hops: plan.moves.iter().map(back).collect(),
                made: plan.prunes.iter().collect(),
                pruned: plan.makes.iter().collect(),
            },
            _ => Standing::default(),
        };
        let world = World {
            layout: &self.layout,
            archive,
            media,
            volumes: &Volumes::default(),
            hashed: None,
            undone: None,
            standing,
            writing: Writing::default(),
        };
        let undone = Undone {
            plan,
            schedule: &self.schedule,
            run,
            steps,
        };
        preflight(undone, machine, &world, Verify::Stat)
    }
}

struct Trial<'s> {
    scene: &'s Scene,
    machine: Machine,
    /// Those of the archive and of media.
    indexes: [Index<'static>; 2],
    begin: Begin,
    batch: usize,
    /// At which paths a person accepts what is there.
    leave: Vec<Name>,
}

fn told(error: &RecoverError) -> String {
    format!("recover: {error:?}")
}

fn begin(plan: &Plan, texts: &[Vec<u8>]) -> Begin {
    let at: jiff::Timestamp = "2024-11-22T15:52:12.123Z".parse().unwrap();
    let identity = |tree| TreeId {
        tree,
        device: device(tree),
        inode: root_inode(tree),
    };
    Begin {
        format: JOURNAL_FORMAT.into(),
        run: RunId::new(at, plan.id()),
        at: at.into(),
        phase: plan.phase,
        plan: plan.id(),
        trees: Tree::ALL.map(identity).to_vec(),
        texts: texts.iter().map(|text| Text::of(text)).collect(),
        verify: Verify::Stat,
        work: None,
    }
}

fn index_of(machine: &Machine, tree: Tree) -> Index<'static> {
    let mut index = Index::empty(tree);
    for (name, content) in machine.listing() {
        let Some(content) = content.filter(|_| name.tree == tree) else {
            continue;
        };
        index.entries.push(Entry {
            hash: Ok(Digest::of(&content)),
            stamp: machine.look(&name).unwrap().unwrap().stamp,
            path: name.rel,
        });
    }
    index
}

/// What lets the indexes follow, unless the machine is struck.
fn following<'m>(
    machine: &'m Machine,
    indexes: &'m mut [Index<'static>; 2],
) -> impl FnMut(&[Moved<'_>]) -> Result<(), StoreError> + 'm {
    move |moved| {
        machine.strike()?;
        *indexes = indexes.clone().map(|index| index.after(moved));
        Ok(())
    }
}

fn tools<'t>(
    machine: &'t Machine,
    pen: &'t mut Pen<'t>,
    follow: &'t mut Follow<'t>,
    batch: usize,
) -> Tools<'t> {
    Tools {
        filesystem: machine,
        ledger: pen,
        follow,
        now: &Time::default,
        monitor: &Unwatched,
        interrupted: &|| false,
        batch,
    }
}

impl Trial<'_> {
    /// Carries the plan out where it fits the disk, and says whether it came to an end of which it
    /// said so.
    fn begun(&mut self) -> Option<bool> {
        let steps: Vec<_> = (0..self.scene.schedule.steps().len()).collect();
        let ready = self
            .scene
            .survey(&self.machine, &self.indexes, None, &steps);
        let ready = ready.ok()?;
        self.machine.begin(Record::Begin(self.begin.clone()));
        Some(self.apply(&ready))
    }

    /// Carries the plan out, and says whether it came to an end of which it said so.
    fn apply(&mut self, ready: &Ready) -> bool {
        let scene = self.scene;
        let course = Course {
            plan: &scene.plan,
            schedule: &scene.schedule,
            begin: &self.begin,
        };
        let (machine, indexes) = (&self.machine, &mut self.indexes);
        let mut follow = following(machine, indexes);
        let mut pen = Pen(machine);
        let tools = tools(machine, &mut pen, &mut follow, self.batch);
        let applied = Mover::new(tools, course).apply(ready, &[]);
        matches!(applied, Ok(()) | Err(ApplyError::RolledBack(_)))
    }

    /// The run as the journal tells it.
    fn run(&self) -> Run {
        let plan = self.scene.plan.clone();
        let schedule = self.scene.schedule.clone();
        let progress = Progress::of(&plan, &schedule, self.machine.records());
        Run {
            id: self.begin.run.clone(),
            plan,
            schedule,
            progress: progress.expect("the journal is lawful"),
        }
    }

    /// Where a disk was unplugged: as long as it is not mounted nothing of a run that needs it may
    /// be touched. Then it is plugged in again.
    fn without_its_disk(&mut self) -> Result<(), String> {
        if !self.machine.unmount() {
            return Ok(());
        }
        let steps = self.scene.schedule.steps().iter();
        let trees = steps.map(|step| step.trees(&self.scene.plan));
        let is_needed = trees
            .flat_map(|(from, to)| [from, to])
            .any(|tree| self.machine.is_unmounted(tree));
        if is_needed && !self.run().is_finished() {
            let before = self.machine.listing();
            self.machine.start(None);
            if self.recover(false).is_ok() {
                return Err("recovered without one of its disks".to_owned());
            }
            if self.machine.listing() != before {
                return Err("something was touched while a disk was away".to_owned());
            }
        }
        self.machine.plug_in();
        self.all_reachable("with its disk plugged in again")
    }

    /// Recovers the run, and says whether there was anything to recover.
    fn recover(&mut self, rollback: bool) -> Result<bool, RecoverError> {
        let run = self.run();
        if run.is_finished() {
            return Ok(false);
        }
        let (scene, machine, before) = (self.scene, &self.machine, self.indexes.clone());
        let check = |steps: &[usize]| scene.survey(machine, &before, Some(&run.id), steps);
        let indexes = &mut self.indexes;
        let mut follow = following(machine, indexes);
        let mut pen = Pen(machine);
        let tools = tools(machine, &mut pen, &mut follow, self.batch);
        let identity = |tree| {
            let stamp = machine.root(tree).unwrap().stamp;
            TreeId {
                tree,
                device: stamp.device,
                inode: stamp.inode,
            }
        };
        let recovery = Recovery {
            run: &run,
            trees: (Tree::ALL.into_iter())
                .filter(|tree| !machine.is_unmounted(*tree))
                .map(identity)
                .collect(),
            rollback,
            leave: self.leave.clone(),
            leftover: Vec::new(),
        };
        recovery.recover(tools, &check).map(|_| true)
    }

    /// The same, where a stranger may have replaced a file.
    fn all_reachable_with_stranger(&self, when: &str) -> Result<(), String> {
        let Some(replaced) = self.machine.replaced() else {
            return self.all_reachable(when);
        };
        let held = self.machine.holders();
        if !held.contains_key(STRANGERS) {
            return Err(format!("{when}: what the stranger brought is lost"));
        }
        let mut files = self.scene.start.values().flatten();
        match files.find(|content| **content != replaced && !held.contains_key(*content)) {
            None => Ok(()),
            Some(lost) => Err(format!("{when}: {} is lost", String::from_utf8_lossy(lost))),
        }
    }

    /// Whatever happened, everything that there was can be found under some name.
    fn all_reachable(&self, when: &str) -> Result<(), String> {
        let held = self.machine.holders();
        let mut start: BTreeMap<&Vec<u8>, usize> = BTreeMap::new();
        let link = self.scene.link.as_ref();
        for (name, content) in &self.scene.start {
            let Some(content) = content
                .as_ref()
                .filter(|_| link.is_none_or(|l| l.1 != *name))
            else {
                continue;
            };
            let count = start.entry(content).or_default();
            *count += 1;
            if held.get(content).is_none_or(|held| held < count) {
                return Err(format!("{when}: what {name} held is lost"));
            }
        }
        Ok(())
    }

    /// The run is finished, and everything is as its plan or its start says.
    fn check_end(&self, when: &str) -> Result<(), String> {
        self.all_reachable(when)?;
        let run = self.run();
        if !run.is_finished() {
            return Err(format!("{when}: the run is unfinished"));
        }
        let (ours, users): (Listing, Listing) = self
            .machine
            .listing()
            .into_iter()
            .partition(|(name, _)| name.rel.is_ours());
        let expected = if run.is_applied() {
            self.scene.end()
        } else {
            self.scene.start.clone()
        };
        if users != expected {
            let (outcome, found) = (run.is_applied(), shown(&users));
            let expected = shown(&expected);
            return Err(format!(
                "{when}: applied: {outcome}, found {found}, and expected {expected}"
            ));
        }
        let parked: Vec<_> = ours.into_values().flatten().collect();
        let expected = if run.is_applied() {
            self.scene.parked()
        } else {
            Vec::new()
        };
        let sorted = |mut all: Vec<Vec<u8>>| {
            all.sort();
            all
        };
        // A parked name goes where the same file has come to bear the name that it left.
        let is_link_gone = self.scene.link.is_some() && parked.len() + 1 == expected.len();
        if sorted(parked.clone()) != sorted(expected) && !is_link_gone {
            return Err(format!("{when}: {} files are aside", parked.len()));
        }
        for index in &self.indexes {
            self.check_index(index)
                .map_err(|why| format!("{when}: {why}"))?;
        }
        Ok(())
    }

    fn check_index(&self, index: &Index<'static>) -> Result<(), String> {
        // The mark of a volume stands in no index.
        let marks = self.scene.plan.writes.iter();
        let marks = marks.filter(|write| write.role == Role::Unburned);
        let marks: BTreeSet<_> = marks.map(|write| &write.to).collect();
        let found: Vec<_> = index_of(&self.machine, index.tree)
            .entries
            .into_iter()
            .filter(|entry| !entry.path.is_ours())
            .filter(|e| !marks.contains(&TreePath::new(index.tree, e.path.clone())))
            .map(|entry| (entry.path.clone(), entry.digest()))
            .collect();
        let told = index.entries.iter().map(|e| (e.path.clone(), e.digest()));
        let told = told.filter(|(p, _)| !marks.contains(&TreePath::new(index.tree, p.clone())));
        let told: Vec<_> = told.collect();
        if told == found {
            Ok(())
        } else {
            Err(format!("the index tells {told:?}, and there is {found:?}"))
        }
    }
}

impl Scene {
    /// What there is once the plan is carried out.
    pub fn end(&self) -> Listing {
        let mut end = self.start.clone();
        let moved = self
            .plan
            .moves
            .iter()
            .map(|m| match self.plan.is_copying() {
                true => (&m.to, end[&m.from].clone()),
                false => (&m.to, end.remove(&m.from).flatten()),
            });
        let moved: Vec<_> = moved.collect();
        for (to, content) in moved {
            add_directories(&mut end, to);
            end.insert(to.clone(), content);
        }
        for write in &self.plan.writes {
            add_directories(&mut end, &write.to);
            end.insert(write.to.clone(), Some(text_of(write)));
        }
        for make in &self.plan.makes {
            add_directories(&mut end, &make.dir);
            end.insert(make.dir.clone(), None);
        }
        for prune in &self.plan.prunes {
            end.remove(&prune.dir);
        }
        end
    }

    /// What the files hold that the plan leaves aside: sources that were copied, and what was
    /// replaced.
    fn parked(&self) -> Vec<Vec<u8>> {
        let is_parting = !self.plan.is_copying();
        let copied = |m: &&Move| is_parting && device(m.from.tree) != device(m.to.tree);
        let copied = self.plan.moves.iter().filter(copied).map(|m| &m.from);
        let replaced = self.plan.writes.iter().filter(|w| w.replaces.is_some());
        copied
            .chain(replaced.map(|w| &w.to))
            .filter_map(|name| self.start[name].clone())
            .collect()
    }
}

/// What a file says that a plan writes: that of each role has its own.
fn text_of(write: &Write) -> Vec<u8> {
    match write.role {
        Role::Unburned => mark::text(Medium::default()),
        role => role.file_name().as_bytes().to_vec(),
    }
}

fn add_directories(listing: &mut Listing, name: &Name) {
    for dir in name.rel.ancestors() {
        let dir = TreePath::new(name.tree, dir.into_owned());
        listing.entry(dir).or_insert(None);
    }
}

fn shown(listing: &Listing) -> String {
    let held = |content: &Option<Vec<u8>>| match content {
        Some(content) => String::from_utf8_lossy(content).into_owned(),
        None => "/".to_owned(),
    };
    let all = listing
        .iter()
        .map(|(name, content)| format!("{name}={}", held(content)));
    all.collect::<Vec<_>>().join(" ")
}

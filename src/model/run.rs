//! One execution of a plan: its name, the records of its journal, and what they add up to.

mod brief;
mod id;
mod records;

pub use self::brief::{Brief, Work};
pub use self::id::{RunId, RunIdError};
pub use self::records::{
    Begin, Copy, Done, End, FileId, Intent, Outcome, Placed, Record, Text, TreeId, Verify,
};

use super::index::Stamp;
use super::path::TreePath;
use super::plan::{Directory, Plan, RawPlan};
use super::schedule::{Hop, Names, Schedule, Step};
use super::time::Time;
use super::tree::Tree;
use foldhash::{HashMap, HashSet};

/// The `format` of the journals that this version writes.
pub const JOURNAL_FORMAT: &str = "mediastruct/journal/1";

/// A run: the plan that it executes, and how far it came.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its name, which is also that of its directory.
    pub id: RunId,
    /// What it executes.
    pub plan: Plan,
    /// In which order.
    pub schedule: Schedule,
    /// How far it came.
    pub progress: Progress,
}

/// What the records of a journal add up to.
#[derive(Clone, Debug)]
pub struct Progress {
    /// How the run began.
    pub begin: Begin,
    /// For each step that was intended, in the schedule's order: how far it came.
    pub steps: Vec<Mark>,
    /// The files that steps made to take the places of others, by the numbers of the steps.
    pub copies: HashMap<usize, FileId>,
    /// The directories that the run made, or was about to make, parents first; those that somebody
    /// else made before it could are not among them.
    pub directories: Vec<TreePath<'static>>,
    /// Why the run turned back, if it did.
    pub back: Option<String>,
    /// The paths at which a person accepted what was there.
    pub left: Vec<TreePath<'static>>,
    /// How and when the run ended, if it did.
    pub end: Option<End>,
    /// The trees as they were when the run was last begun or recovered; identities are kept as they
    /// were when it began.
    trees: Vec<TreeId>,
}

/// What of a run no later undo has taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing<'r> {
    /// The files that it brought to their places.
    pub hops: Vec<Hop<'r>>,
    /// The directories that it made for their own sake.
    pub made: Vec<&'r Directory>,
    /// The directories that it removed.
    pub pruned: Vec<&'r Directory>,
}

impl Standing<'_> {
    /// Whether nothing of the run stands.
    pub fn is_empty(&self) -> bool {
        self.hops.is_empty() && self.made.is_empty() && self.pruned.is_empty()
    }
}

/// How far one step came, as far as the journal says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The file or directory to which it was about to be done; none where it makes one.
    pub file: Option<FileId>,
    /// Whether it is durably done.
    pub done: bool,
    /// What `stat` said of the file in its new place.
    pub placed: Option<Stamp>,
}

impl Begin {
    /// The modification time of the files that the run writes: its beginning, to the second, which
    /// every file system can keep.
    pub fn written(&self) -> Time {
        Time::new(self.at.seconds(), 0).unwrap_or_default()
    }

    /// The write of that number as the move as which it counts: from its name aside.
    pub fn written_as<'p>(&self, plan: &'p RawPlan, number: usize) -> Hop<'p> {
        let to = &plan.writes[number].to;
        let Text { size, hash } = self.texts[number];
        Hop {
            from: Names::of(&self.run).written(to, number),
            to: to.borrowed(),
            size,
            modified: self.written(),
            hash,
        }
    }
}

impl Progress {
    /// Adds up the records of the journal of a run of `plan`, whose steps `schedule` orders.
    ///
    /// # Errors
    /// Where the records do not follow from one another, or do not fit the plan.
    pub fn of(
        plan: &Plan,
        schedule: &Schedule,
        records: Vec<Record>,
    ) -> Result<Progress, JournalError> {
        let mut records = records.into_iter();
        let Some(Record::Begin(begin)) = records.next() else {
            return Err(JournalError::Headless);
        };
        if begin.format != JOURNAL_FORMAT {
            return Err(JournalError::Format(begin.format));
        }
        if begin.texts.len() != plan.writes.len() {
            return Err(JournalError::Order(
                "another number of texts than the plan writes",
            ));
        }
        let mut progress = Progress {
            trees: begin.trees.clone(),
            begin,
            steps: Vec::new(),
            copies: HashMap::default(),
            directories: Vec::new(),
            back: None,
            left: Vec::new(),
            end: None,
        };
        for record in records {
            progress.add(plan, schedule.steps(), record)?;
        }
        Ok(progress)
    }

    fn add(&mut self, plan: &Plan, steps: &[Step], record: Record) -> Result<(), JournalError> {
        if self.end.is_some() {
            return Err(JournalError::AfterEnd);
        }
        match record {
            Record::Begin(_) => return Err(JournalError::Order("a second beginning")),
            Record::Intent(intent) => self.intend(plan, steps, intent)?,
            Record::Found { directories } => {
                if !directories.iter().all(|dir| self.directories.contains(dir)) {
                    let what = "a directory found that was not to be made";
                    return Err(JournalError::Order(what));
                }
                self.directories.retain(|dir| !directories.contains(dir));
            }
            Record::Copied { copies } => {
                for copy in copies {
                    let step = usize::try_from(copy.step).unwrap_or(usize::MAX);
                    if step >= self.steps.len() {
                        return Err(JournalError::Order("a copy that was not intended"));
                    }
                    let (_, tree) = steps[step].trees(plan);
                    self.copies.insert(step, self.as_begun(copy.file, tree));
                }
            }
            Record::Done(done) => {
                let first = usize::try_from(done.first).unwrap_or(usize::MAX);
                let last = first.saturating_add(done.files.len());
                if self.steps.get(first..last).is_none() {
                    return Err(JournalError::Order("something done that was not intended"));
                }
                for (at, file) in (first..last).zip(done.files) {
                    let placed = file.and_then(|file| {
                        let (_, tree) = steps[at].trees(plan);
                        let id = FileId {
                            device: file.device,
                            inode: file.inode,
                        };
                        let FileId { device, inode } = self.as_begun(id, tree);
                        let placed = Placed {
                            device,
                            inode,
                            ..file
                        };
                        Some(placed.of(content(&self.begin, plan, steps[at])?))
                    });
                    let mark = &mut self.steps[at];
                    mark.done = true;
                    mark.placed = placed;
                }
            }
            Record::Recover { trees } => self.trees = trees,
            Record::Back { why } => self.back = Some(why),
            Record::Leave { path } => self.left.push(path),
            Record::End(end) => self.end = Some(end),
        }
        Ok(())
    }

    fn intend(&mut self, plan: &Plan, steps: &[Step], intent: Intent) -> Result<(), JournalError> {
        let first = self.steps.len();
        if self.back.is_some() || intent.first != first as u64 {
            return Err(JournalError::Order("an intent out of its turn"));
        }
        let Some(steps) = steps.get(first..first + intent.files.len()) else {
            return Err(JournalError::Order("more steps than the plan has"));
        };
        let mut needed = HashSet::default();
        for step in steps {
            let to = match *step {
                Step::Make(number) => {
                    let dir = &plan.makes[number].dir;
                    needed.insert((dir.tree, dir.rel.borrowed()));
                    dir
                }
                Step::Write(number) => &plan.writes[number].to,
                Step::Move(number) | Step::Copy(number) | Step::Land(number) => {
                    &plan.moves[number].to
                }
                Step::Aside(_) | Step::Replace(_) | Step::Prune(_) => continue,
            };
            needed.extend(to.rel.ancestors().map(|dir| (to.tree, dir)));
        }
        let is_needed = |dir: &TreePath<'static>| needed.contains(&(dir.tree, dir.rel.borrowed()));
        if !intent.directories.iter().all(is_needed) {
            return Err(JournalError::Order("a directory that no move needs"));
        }
        for (step, file) in steps.iter().zip(intent.files) {
            let (tree, _) = step.trees(plan);
            let file = file.map(|file| self.as_begun(file, tree));
            self.steps.push(Mark {
                file,
                ..Mark::default()
            });
        }
        self.directories.extend(intent.directories);
        Ok(())
    }
}

impl Progress {
    /// An identity that was recorded since the run was last recovered, with the number that its
    /// device had when it began.
    fn as_begun(&self, id: FileId, tree: Tree) -> FileId {
        id.renumbered(tree, &self.trees, &self.begin.trees)
    }
}

/// Size and modification time of the file of a step.
fn content(begin: &Begin, plan: &Plan, step: Step) -> Option<(u64, Time)> {
    match step {
        Step::Move(number) | Step::Copy(number) | Step::Aside(number) | Step::Land(number) => {
            let operation = &plan.moves[number];
            Some((operation.size, operation.modified))
        }
        Step::Replace(number) => {
            let replaced = plan.writes[number].replaces?;
            Some((replaced.size, replaced.modified))
        }
        Step::Write(number) => Some((begin.texts[number].size, begin.written())),
        Step::Make(_) | Step::Prune(_) => None,
    }
}

impl Run {
    /// Whether it ended, one way or the other.
    pub fn is_finished(&self) -> bool {
        self.progress.end.is_some()
    }

    /// Whether it ended with every move done.
    pub fn is_applied(&self) -> bool {
        let outcome = self.progress.end.as_ref().map(|e| e.outcome);
        outcome == Some(Outcome::Applied)
    }

    /// What of its plan is durably done; files of which a person accepted what was there do not
    /// count.
    pub fn tally(&self) -> Work {
        let mut tally = Work {
            undoes: self.plan.settings.run.clone(),
            copies: self.plan.is_copying(),
            ..Work::default()
        };
        let left = &self.progress.left;
        let steps = self.schedule.steps().iter().zip(&self.progress.steps);
        for (step, mark) in steps.filter(|(_, mark)| mark.done) {
            let (from, to) = step.ends(&self.plan);
            let is_left = left.contains(from) || left.contains(to);
            match *step {
                Step::Make(_) => tally.makes += 1,
                Step::Prune(_) => tally.prunes += 1,
                Step::Move(number) | Step::Copy(number) | Step::Land(number)
                    if mark.placed.is_some() && !is_left =>
                {
                    tally.moves += 1;
                    let size = self.plan.moves[number].size;
                    tally.bytes = tally.bytes.saturating_add(size);
                }
                Step::Write(_) if mark.placed.is_some() && !is_left => tally.writes += 1,
                _ => {}
            }
        }
        tally
    }

    /// The hops that people know: as [`Run::done`] gives them, but what was copied came from where its
    /// source is.
    pub fn told(&self) -> impl Iterator<Item = Hop<'_>> {
        let copied = self.plan.moves.iter().filter(|_| self.plan.is_copying());
        let sources: HashMap<_, _> = copied.map(|m| (&m.to, &m.from)).collect();
        self.done().map(move |(hop, _)| match sources.get(&hop.to) {
            Some(source) => Hop {
                from: source.borrowed(),
                ..hop
            },
            None => hop,
        })
    }

    /// The files that are durably in their new places, each with the hop that brought it there and
    /// what `stat` said of it; those of which a person accepted what was there are not among them.
    /// A file that the run wrote came from a name aside, as [`Names::written`] gives it, and so did a
    /// copy whose source stays, as [`Names::copied`] does.
    pub fn done(&self) -> impl Iterator<Item = (Hop<'_>, Stamp)> {
        let left = &self.progress.left;
        let names = Names::of(&self.id);
        let steps = self.schedule.steps().iter().zip(&self.progress.steps);
        let done = steps.filter_map(move |(step, mark)| {
            let stamp = mark.placed?;
            let hop = match *step {
                Step::Move(number) | Step::Land(number) => Hop::from(&self.plan.moves[number]),
                Step::Copy(number) => {
                    let operation = &self.plan.moves[number];
                    Hop {
                        from: names.copied(&operation.to, number),
                        ..Hop::from(operation)
                    }
                }
                Step::Replace(_) => step.hop(&self.plan, &names)?,
                Step::Write(number) => self.progress.begin.written_as(&self.plan, number),
                Step::Make(_) | Step::Aside(_) | Step::Prune(_) => return None,
            };
            Some((hop, stamp))
        });
        done.filter(|(hop, _)| !left.contains(&hop.from) && !left.contains(&hop.to))
    }
}

/// Why a journal cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Its first record is not the beginning of a run.
    #[error("it does not begin with the beginning of a run")]
    Headless,
    /// It is a journal of another major version.
    #[error("its format is '{0}', and this version of mediastruct reads '{JOURNAL_FORMAT}'")]
    Format(String),
    /// A line before the last is damaged.
    #[error("line {line} is damaged: {why}")]
    Line {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong there.
        why: String,
    },
    /// A record does not follow from those before it.
    #[error("it holds {0}")]
    Order(&'static str),
    /// Records follow the end.
    #[error("records follow its end")]
    AfterEnd,
    /// The plan beside it is not the one that the run began with.
    #[error("the plan beside it is not the one that the run began with: {0}")]
    OtherPlan(String),
}

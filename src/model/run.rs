//! One execution of a plan: its name, the records of its journal, and what they add up to.

mod records;

pub use self::records::{
    Begin, Copy, Done, End, FileId, Intent, Outcome, Placed, Record, Text, TreeId, Verify,
};

use super::digest::Digest;
use super::index::Stamp;
use super::path::TreePath;
use super::plan::{Directory, Plan};
use super::schedule::{Hop, Names, Schedule, Step};
use super::time::Time;
use super::tree::Tree;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

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
    /// The directories that the run made, or was about to make, parents first.
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
            copies: HashMap::new(),
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
        let mut needed = HashSet::new();
        for step in steps {
            let to = match *step {
                Step::Make(number) => {
                    let dir = &plan.makes[number].dir;
                    needed.insert((dir.tree, dir.rel.borrowed()));
                    dir
                }
                Step::Write(number) => &plan.writes[number].to,
                Step::Move(number) | Step::Land(number) => &plan.moves[number].to,
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
        Step::Move(number) | Step::Aside(number) | Step::Land(number) => {
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

    /// The files that are durably in their new places, each with the hop that brought it there and
    /// what `stat` said of it; those of which a person accepted what was there are not among them.
    /// A file that the run wrote came from a name aside, as [`Names::written`] gives it.
    pub fn done(&self) -> impl Iterator<Item = (Hop<'_>, Stamp)> {
        let left = &self.progress.left;
        let names = Names::of(&self.id);
        let steps = self.schedule.steps().iter().zip(&self.progress.steps);
        let done = steps.filter_map(move |(step, mark)| {
            let stamp = mark.placed?;
            let hop = match *step {
                Step::Move(number) | Step::Land(number) => Hop::from(&self.plan.moves[number]),
                Step::Replace(_) => step.hop(&self.plan, &names)?,
                Step::Write(number) => {
                    let to = &self.plan.writes[number].to;
                    Hop {
                        from: names.written(to, number),
                        to: to.borrowed(),
                        size: stamp.size,
                        modified: stamp.modified,
                        hash: self.progress.begin.texts[number].hash,
                    }
                }
                Step::Make(_) | Step::Aside(_) | Step::Prune(_) => return None,
            };
            Some((hop, stamp))
        });
        done.filter(|(hop, _)| !left.contains(&hop.from) && !left.contains(&hop.to))
    }
}

/// The name of a run: when it began, in UTC to the millisecond, and six digits of its plan's id.
/// Names sort by time, e.g. `20241122T155212.123Z-0a1b2c`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RunId(String);

/// The text is no name of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no run such as 20241122T155212.123Z-0a1b2c; see `mediastruct history`")]
pub struct RunIdError(String);

impl RunId {
    /// The name of a run of the plan `plan` that begins at `at`.
    pub fn new(at: jiff::Timestamp, plan: Digest) -> RunId {
        let text = format!(
            "{}.{:03}Z-{}",
            at.strftime("%Y%m%dT%H%M%S"),
            at.subsec_millisecond(),
            &plan.to_string()[..6]
        );
        RunId(text)
    }

    /// When the run began, to the millisecond.
    pub fn begun(&self) -> jiff::Timestamp {
        begun(&self.0).unwrap_or_default()
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        const FORM: &[u8] = b"00000000T000000.000Z-xxxxxx";
        let fits = text.len() == FORM.len()
            && text.bytes().zip(FORM).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b'x' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
                literal => byte == *literal,
            });
        if fits && begun(text).is_some() {
            Ok(RunId(text.to_owned()))
        } else {
            let shown = super::path::Escaped(text.as_bytes()).to_string();
            Err(RunIdError(shown))
        }
    }
}

/// When the run of that name began; none where its digits are no date.
fn begun(name: &str) -> Option<jiff::Timestamp> {
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", name.get(..19)?)
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|time| time.timestamp())
        .ok()
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for RunId {
    fn schema_name() -> Cow<'static, str> {
        "RunId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]{8}T[0-9]{6}\\.[0-9]{3}Z-[0-9a-f]{6}$"})
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_sort_by_time_and_nothing_else_is_one() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let early = RunId::new(at("2024-11-22T15:52:12.123Z"), Digest::of(b"b"));
        let late = RunId::new(at("2024-11-22T15:52:12.124Z"), Digest::of(b"a"));
        assert!(early < late);
        assert_eq!(early.begun(), at("2024-11-22T15:52:12.123Z"));
        assert_eq!(early.as_str().parse(), Ok(early.clone()));
        for bad in [
            "",
            "../../../etc",
            "20241122T155212.123Z-ABCDEF",
            "20241122T155212.123Z-0a1b2c/",
            "99991339T155212.123Z-0a1b2c",
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }
}

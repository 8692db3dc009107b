//! One execution of a plan: its name, the records of its journal, and what they add up to.

mod records;

pub use self::records::{Begin, Done, End, FileId, Intent, Outcome, Placed, Record, TreeId};

use super::digest::Digest;
use super::index::{Moved, Stamp};
use super::path::TreePath;
use super::plan::Plan;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::collections::HashSet;
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
    /// How far it came.
    pub progress: Progress,
}

/// What the records of a journal add up to.
#[derive(Clone, Debug)]
pub struct Progress {
    /// How the run began.
    pub begin: Begin,
    /// For each move that was intended, in the plan's order: the file, and whether it was done.
    pub moves: Vec<Step>,
    /// The directories that the run made, or was about to make, parents first.
    pub directories: Vec<TreePath<'static>>,
    /// Why the run turned back, if it did.
    pub back: Option<String>,
    /// The paths at which a person accepted what was there.
    pub left: Vec<TreePath<'static>>,
    /// How and when the run ended, if it did.
    pub end: Option<End>,
}

/// How far one move came, as far as the journal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was about to be done to the file of this identity.
    Intended(FileId),
    /// It is durably done, and this is what `stat` said of the file in its new place.
    Done(Stamp),
}

impl Progress {
    /// Adds up the records of the journal of a run of `plan`.
    ///
    /// # Errors
    /// Where the records do not follow from one another, or do not fit the plan.
    pub fn of(plan: &Plan, records: Vec<Record>) -> Result<Progress, JournalError> {
        let mut records = records.into_iter();
        let Some(Record::Begin(begin)) = records.next() else {
            return Err(JournalError::Headless);
        };
        if begin.format != JOURNAL_FORMAT {
            return Err(JournalError::Format(begin.format));
        }
        let mut progress = Progress {
            begin,
            moves: Vec::new(),
            directories: Vec::new(),
            back: None,
            left: Vec::new(),
            end: None,
        };
        for record in records {
            progress.add(plan, record)?;
        }
        Ok(progress)
    }

    fn add(&mut self, plan: &Plan, record: Record) -> Result<(), JournalError> {
        if self.end.is_some() {
            return Err(JournalError::AfterEnd);
        }
        match record {
            Record::Begin(_) => return Err(JournalError::Order("a second beginning")),
            Record::Intent(intent) => {
                if self.back.is_some() || intent.first != self.moves.len() as u64 {
                    return Err(JournalError::Order("an intent out of its turn"));
                }
                if self.moves.len() + intent.files.len() > plan.moves.len() {
                    return Err(JournalError::Order("more moves than the plan has"));
                }
                let first = self.moves.len();
                let moves = &plan.moves[first..first + intent.files.len()];
                let needed: HashSet<_> = moves
                    .iter()
                    .flat_map(|m| m.to.rel.ancestors().map(|dir| (m.to.tree, dir)))
                    .collect();
                let is_needed =
                    |dir: &TreePath<'static>| needed.contains(&(dir.tree, dir.rel.borrowed()));
                if !intent.directories.iter().all(is_needed) {
                    return Err(JournalError::Order("a directory that no move needs"));
                }
                let files = intent.files.into_iter();
                self.moves.extend(files.map(Step::Intended));
                self.directories.extend(intent.directories);
            }
            Record::Done(done) => {
                let first = usize::try_from(done.first).unwrap_or(usize::MAX);
                let last = first.saturating_add(done.files.len());
                let Some(steps) = self.moves.get_mut(first..last) else {
                    return Err(JournalError::Order("something done that was not intended"));
                };
                let moves = &plan.moves[first..last];
                for ((step, file), operation) in steps.iter_mut().zip(done.files).zip(moves) {
                    *step = Step::Done(Stamp {
                        size: operation.size,
                        modified: operation.modified,
                        changed: file.changed,
                        device: file.device,
                        inode: file.inode,
                    });
                }
            }
            Record::Back { why } => self.back = Some(why),
            Record::Leave { path } => self.left.push(path),
            Record::End(end) => self.end = Some(end),
        }
        Ok(())
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

    /// The moves that are durably done, with the files in their new places; those of which a
    /// person accepted what was there are not among them.
    pub fn done(&self) -> impl Iterator<Item = Moved<'_>> {
        let left = &self.progress.left;
        let steps = self.plan.moves.iter().zip(&self.progress.moves);
        steps.filter_map(|(operation, step)| match *step {
            Step::Done(_) if left.contains(&operation.from) || left.contains(&operation.to) => None,
            Step::Done(stamp) => Some(Moved {
                operation,
                stamp: Some(stamp),
            }),
            Step::Intended(_) => None,
        })
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

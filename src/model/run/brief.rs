//! A run in brief: what the ends of its journal tell, so that the many runs of the past can be told
//! without reading what each of them moved.

use super::{Begin, End, JOURNAL_FORMAT, Outcome, Run, RunId};
use crate::model::index::Totals;
use crate::model::parked::Parked;
use crate::model::plan::{Phase, RawPlan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A run in brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Its name.
    pub id: RunId,
    /// How it began.
    pub begin: Begin,
    /// What its plan holds.
    pub work: Work,
    /// How and when it ended; none where it is unfinished.
    pub end: Option<End>,
    /// How many files it copied to other file systems, whose sources it parked.
    pub copied: u64,
}

/// What a plan holds, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The run that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// Files that move.
    pub moves: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether they are copied, and stay where they were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copies: bool,
    /// Directories that are made for their own sake.
    pub makes: u64,
    /// Files of mediastruct's own that are written.
    pub writes: u64,
    /// Empty directories that go.
    pub prunes: u64,
}

impl Work {
    /// What `plan` holds.
    pub fn of(plan: &RawPlan) -> Work {
        let mut moved = Totals::default();
        plan.moves.iter().for_each(|m| moved.add(m.size));
        Work {
            undoes: plan.settings.run.clone(),
            moves: moved.files,
            bytes: moved.bytes,
            copies: plan.is_copying(),
            makes: plan.makes.len() as u64,
            writes: plan.writes.len() as u64,
            prunes: plan.prunes.len() as u64,
        }
    }
}

impl Brief {
    /// What the first and the last record of a journal tell; none where they do not tell enough, as
    /// those of other versions.
    pub fn of_ends(begin: &Begin, end: &End) -> Option<Brief> {
        (begin.format == JOURNAL_FORMAT).then_some(())?;
        Some(Brief {
            id: begin.run.clone(),
            work: begin.work.clone()?,
            copied: end.copied?,
            begin: begin.clone(),
            end: Some(end.clone()),
        })
    }

    /// Whether it ended, one way or the other.
    pub fn is_finished(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it ended with every move done.
    pub fn is_applied(&self) -> bool {
        let outcome = self.end.as_ref().map(|end| end.outcome);
        outcome == Some(Outcome::Applied)
    }

    /// The run that it has taken back, all of it or some.
    pub fn took_back(&self) -> Option<&RunId> {
        let undoes = self.work.undoes.as_ref();
        undoes.filter(|_| self.begin.phase == Phase::Undo && self.is_applied())
    }
}

impl From<&Run> for Brief {
    fn from(run: &Run) -> Self {
        Brief {
            id: run.id.clone(),
            begin: run.progress.begin.clone(),
            work: Work::of(&run.plan),
            end: run.progress.end.clone(),
            copied: Parked::sources(run),
        }
    }
}

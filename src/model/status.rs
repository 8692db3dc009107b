//! How a library stands: what is archived, what is there twice, and what waits.

use super::index::{Totals, UnitState};
use super::run::RunId;
use super::time::Time;
use super::tree::Tree;
use super::volume::{Holds, VolumeState};
use schemars::JsonSchema;
use serde::Serialize;

/// The `format` of what `status --json` prints.
pub const STATUS_FORMAT: &str = "mediastruct/status/1";

/// What `status --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "mediastruct status")]
pub struct Status {
    /// `mediastruct/status/1`.
    pub format: String,
    /// The run that was interrupted; as long as there is one, nothing else can be done.
    pub unfinished: Option<RunId>,
    /// The years of media, in order.
    pub years: Vec<Year>,
    /// All years together.
    pub media: Content,
    /// The volumes of the archive, in order: those in its index, and those to which something
    /// happened.
    pub volumes: Vec<Volume>,
    /// How many of their discs are due to be verified: they never were, or too long ago.
    pub discs_due: u64,
    /// The files in ingest as of the last crawl; none where there was no crawl.
    pub ingest: Option<Totals>,
    /// The files in duplicates, as they are now; none where there is no such tree.
    pub duplicates: Option<Totals>,
    /// The files in validated, as they are now; none where there is no such tree.
    pub validated: Option<Totals>,
    /// What runs parked and is there still; `purge` frees it.
    pub parked: Totals,
    /// How old the indexes are.
    pub indexes: Vec<IndexAge>,
    /// The newest run, if there is one.
    pub last_run: Option<LastRun>,
}

/// A year of media: a directory `media/YYYY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Year {
    /// The name of the directory, e.g. `2024`.
    pub year: String,
    /// Whether it is on the disk.
    pub state: UnitState,
    /// What is in it.
    pub content: Content,
}

/// Files by what is known of their content. `all` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Content {
    /// All files.
    pub all: Totals,
    /// Files whose content is in no volume, the first one by path of each content.
    pub not_archived: Totals,
    /// Files whose content is in a volume that is on the disk, or just so on a disc.
    pub archived: Totals,
    /// Files whose content is in no volume, and in another file at an earlier path of media.
    pub duplicates: Totals,
    /// Further names of files that count already: hard links, which take no room of their own.
    pub links: Totals,
    /// Empty files, which have no content to be archived.
    pub empty: Totals,
    /// Files without a hash: nothing can be told of their content.
    pub unread: Totals,
}

/// A volume: a directory `archive/NN`, or one that there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Volume {
    /// The name of the directory, e.g. `07`.
    pub volume: String,
    /// Whether its files are on the disk; none where no index knows it, but what happened to it.
    pub state: Option<UnitState>,
    /// How far it has come on its way to discs, by what happened to it; none where nothing is known
    /// of any disc.
    pub disc: Option<VolumeState>,
    /// Whether a disc holds it just as the index has it: what tells most of all that are not lost;
    /// none where there is no such disc, or nothing in the index.
    pub holds: Option<Holds>,
    /// How many files it holds, and their bytes.
    #[serde(flatten)]
    pub totals: Totals,
    /// Those of them without a hash.
    pub unread: Totals,
}

/// How old what an index says is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IndexAge {
    /// Whose index it is.
    pub tree: Tree,
    /// When the last crawl of the whole tree began; none where there was none, or nothing tells of
    /// it.
    pub crawled: Option<Time>,
    /// How many whole days ago that was.
    pub days: Option<u64>,
    /// Whether that was after the last run ended. None where there was no such crawl or no run.
    pub since_last_run: Option<bool>,
    /// When a crawl last changed it; none where there was no crawl. One that finds nothing new
    /// changes nothing.
    pub changed: Option<Time>,
}

/// The newest run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LastRun {
    /// Its name.
    pub run: RunId,
    /// When it ended; none where it is unfinished.
    pub ended: Option<Time>,
}

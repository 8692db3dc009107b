//! What a phase wants done, for a person to read and `apply` to do.

mod line;
mod operations;
mod packing;
mod why;

pub use self::operations::{Directory, Move, Need, Replaced, Role, Skip, SkipKind, Write};
pub use self::packing::{Filled, Packing, VolumePlan};
pub use self::why::{Dated, Why};

use super::digest::Digest;
use super::disc::SetName;
use super::keep::Keep;
use super::limits;
use super::medium::{DefectManagement, Medium, Pack, Parity};
use super::path::TreePath;
use super::report::{Account, Remain, WholeDirectory};
use super::run::RunId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

/// The `format` of the plans that this version writes.
pub const PLAN_FORMAT: &str = "mediastruct/plan/1";

/// A plan that obeys the laws, as far as a text can: its destinations are unique, its paths lie in
/// trees, nothing leaves the archive, every duplicate has its keeper.
///
/// Only [`RawPlan::check`] makes one. Whether it fits the disk is for the preflight to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    raw: RawPlan,
    id: Digest,
    remarks: Vec<String>,
}

impl Plan {
    pub(super) fn checked(raw: RawPlan, id: Digest, remarks: Vec<String>) -> Plan {
        Plan { raw, id, remarks }
    }

    /// The BLAKE3 hash over everything that the plan would do: two plans with one id do the same.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// What was told and not refused when the plan was checked: keys that did not fit the rest.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The plan as data, e.g. to change it and check it again.
    pub fn into_raw(self) -> RawPlan {
        self.raw
    }
}

impl Deref for Plan {
    type Target = RawPlan;

    fn deref(&self) -> &RawPlan {
        &self.raw
    }
}

/// A plan as it was read, by whomever it was written; anything may be wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mediastruct plan")]
pub struct RawPlan {
    /// `mediastruct/plan/1`.
    pub format: String,
    /// What made the plan.
    pub phase: Phase,
    /// The BLAKE3 hash of the canonical body; recomputed on reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Digest>,
    /// The state that it was made from; another one is told, and refused only where a file changed.
    #[serde(default)]
    pub basis: Basis,
    /// What the phase derived from its options and the configuration.
    #[serde(default)]
    pub settings: Settings,
    /// Every file accounted for; recomputed on reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// The files of each unit accounted for, sorted by unit; recomputed on reading.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub accounts: Vec<Account>,
    /// Why files stay, in numbers; made to add up on reading.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub remains: Vec<Remain>,
    /// Directories of which every file moves, sorted by path; recounted on reading.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub directories: Vec<WholeDirectory>,
    /// What moves where, sorted by `from`.
    #[serde(default, deserialize_with = "limits::list")]
    pub moves: Vec<Move>,
    /// Directories that are made, sorted by path: those that an undone run had pruned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub makes: Vec<Directory>,
    /// Files of mediastruct's own that are written, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<Write>,
    /// Directories that go, once they are empty, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prunes: Vec<Directory>,
    /// Files that must be there and unchanged, and are not acted on, sorted by path.
    #[serde(default, deserialize_with = "limits::list")]
    pub needs: Vec<Need>,
    /// Files that were left out, and why, sorted by path.
    #[serde(default, deserialize_with = "limits::list")]
    pub skipped: Vec<Skip>,
    /// What crawl would do with each unit.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub units: Vec<UnitPlan>,
    /// The volumes that archive fills, sorted by name.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub volumes: Vec<VolumePlan>,
    /// How well archive packs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing: Option<Packing>,
    /// What a person should know before applying.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub warnings: Vec<String>,
}

/// A verb of the pipeline.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Takes files from the drop directory.
    Ingest,
    /// Indexes media and archive.
    Crawl,
    /// Moves the copies that media does not need to duplicates.
    Dedupe,
    /// Moves those duplicates to validated of which another copy was read.
    Validate,
    /// Packs years into volumes.
    Archive,
    /// Takes a run back.
    Undo,
}

impl RawPlan {
    /// A plan of `phase` without anything in it.
    pub fn of(phase: Phase) -> RawPlan {
        RawPlan {
            format: PLAN_FORMAT.to_owned(),
            phase,
            id: None,
            basis: Basis::default(),
            settings: Settings::default(),
            summary: None,
            accounts: Vec::new(),
            remains: Vec::new(),
            directories: Vec::new(),
            moves: Vec::new(),
            makes: Vec::new(),
            writes: Vec::new(),
            prunes: Vec::new(),
            needs: Vec::new(),
            skipped: Vec::new(),
            units: Vec::new(),
            volumes: Vec::new(),
            packing: None,
            warnings: Vec::new(),
        }
    }

    /// Whether its files are copied to their destinations, and stay at their sources.
    pub fn is_copying(&self) -> bool {
        self.settings.copy == Some(true)
    }

    /// Whether it copies files of a volume back from a disc, which stands in for the drop directory.
    pub fn is_restoring(&self) -> bool {
        self.phase == Phase::Archive && self.is_copying()
    }

    /// The moves of ingest that bring files to stay, of which others may be duplicates.
    pub fn brought(&self) -> impl Iterator<Item = &Move> {
        let is_ingest = self.phase == Phase::Ingest;
        let brought = move |m: &&Move| is_ingest && matches!(m.why, Why::Date(_));
        self.moves.iter().filter(brought)
    }

    /// Whether carrying it out would change anything.
    pub fn has_work(&self) -> bool {
        self.has_operations() || self.units.iter().any(|u| u.hash_files > 0)
    }

    /// Whether it leaves files out that should have been taken.
    pub fn is_in_trouble(&self) -> bool {
        self.skipped.iter().any(|skip| skip.kind.is_trouble())
    }

    /// Whether there is anything for the mover to do.
    pub fn has_operations(&self) -> bool {
        !(self.moves.is_empty()
            && self.makes.is_empty()
            && self.writes.is_empty()
            && self.prunes.is_empty())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Ingest => "ingest",
            Phase::Crawl => "crawl",
            Phase::Dedupe => "dedupe",
            Phase::Validate => "validate",
            Phase::Archive => "archive",
            Phase::Undo => "undo",
        })
    }
}

/// The hashes over the indexes that a plan was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Over path, size, modification time and hash of the entries of the archive's index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<Digest>,
    /// Over path, size, modification time and hash of the entries of media's index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<Digest>,
}

/// What a phase derived from its options and the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The run that an undo plan takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Whether crawl hashes every unit again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// Whether crawl trusts unchanged files of media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<bool>,
    /// The age in days at which crawl hashes a unit of archive again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
    /// The patterns of files that crawl leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// False where dedupe lets files of a bundle move by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundles: Option<bool>,
    /// Which of the copies in media dedupe keeps; the first by path where this is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// Directories of media whose copies dedupe rather keeps, the most preferred first.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub prefer: Vec<TreePath<'static>>,
    /// Directories and files of media beyond which dedupe moves nothing; none where it moves
    /// whatever it can.
    #[serde(
        default,
        deserialize_with = "limits::list",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub only: Vec<TreePath<'static>>,
    /// Whether ingest copies files, and leaves them where they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<bool>,
    /// The directory of media in which ingest gathers files of which nothing but their last change
    /// is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undated: Option<TreePath<'static>>,
    /// How ingest calls the directories in media, where not by the year alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_dirs: Option<String>,
    /// The time zone on whose clock ingest puts moments in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The size in bytes below which dedupe moves no file, unless it is in a bundle with a larger
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<u64>,
    /// What each volume of archive is to fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// Whether archive fills the sectors that drives keep back for their defect management.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_capacity: Option<bool>,
    /// The share of a volume that archive leaves to error-correction data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parity: Option<Parity>,
    /// How archive packs files into volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<Pack>,
    /// The last year that archive takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<i16>,
    /// Whether archive seals the last volume as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<bool>,
    /// The name of the set of discs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<SetName>,
}

impl Settings {
    /// The sectors of a volume that may be filled, where it is said what that is to fit.
    pub fn capacity(&self) -> Option<u64> {
        let defects = match self.raw_capacity {
            Some(true) => DefectManagement::Off,
            _ => DefectManagement::On,
        };
        let sectors = self.medium?.sectors(defects);
        Some(sectors - self.parity.unwrap_or_default().of(sectors))
    }
}

/// Every file accounted for: seen = moves + kept + skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Files that the phase looked at.
    pub seen: u64,
    /// Files that move.
    pub moves: u64,
    /// Bytes that move.
    pub bytes: u64,
    /// Files that stay where they are.
    pub kept: u64,
    /// Files that were left out, each with its reason.
    pub skipped: u64,
    /// The moves, counted by the kind of their reason.
    #[serde(default)]
    pub kinds: BTreeMap<String, u64>,
    /// The files that were left out, counted by the kind of their reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left: BTreeMap<SkipKind, u64>,
}

/// What crawl would do with a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitPlan {
    /// The unit, e.g. `archive/03`.
    pub unit: TreePath<'static>,
    /// Whether all of it is hashed again.
    pub action: UnitAction,
    /// The reason, for people.
    pub why: String,
    /// Files in it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are to be hashed.
    pub hash_files: u64,
    /// Their bytes.
    pub hash_bytes: u64,
}

/// Whether crawl hashes all files of a unit again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnitAction {
    /// All files are hashed.
    Reindex,
    /// Only files that are new or changed are hashed.
    Keep,
}

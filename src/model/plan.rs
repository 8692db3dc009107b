//! What a phase wants done, for a person to read and `apply` to do.

use super::digest::Digest;
use super::keep::Keep;
use super::limits;
use super::path::{RelPath, TreePath};
use super::report::{Account, Remain, WholeDirectory};
use super::run::RunId;
use super::time::Time;
use super::tree::Tree;
use super::volume::VolumeName;
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
            warnings: Vec::new(),
        }
    }

    /// Whether carrying it out would change anything.
    pub fn has_work(&self) -> bool {
        self.has_operations() || self.units.iter().any(|u| u.hash_files > 0)
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
    /// The size in bytes below which dedupe moves no file, unless it is in a bundle with a larger
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<u64>,
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
}

/// A file that takes another place; [`Hop::inverse`](super::schedule::Hop::inverse) takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Where the file is.
    pub from: TreePath<'static>,
    /// Where it goes; nothing may be there.
    pub to: TreePath<'static>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
    /// Why it moves.
    pub why: Why,
    /// The main file of the bundle that it moves with, which names itself; none where it is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<TreePath<'static>>,
}

/// A file of mediastruct's own that is written, e.g. the mark of a volume that is not burned yet.
///
/// Its text is rendered when the plan is applied. It counts as a move from the name aside that
/// [`Names::written`](super::schedule::Names::written) gives, and is undone as one: the file goes
/// there if it still holds the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Where the file goes.
    pub to: TreePath<'static>,
    /// What it says.
    pub role: Role,
    /// The most bytes that it may take.
    pub max_bytes: u64,
    /// The file of ours that is there now, and is put aside; none where nothing may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaced>,
}

/// What a file of mediastruct's own says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// That a volume is on no disc yet: `.unburned`.
    Unburned,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 1] = [Role::Unburned];

    /// The name of a file of this role, right beneath its volume.
    pub fn file_name(self) -> &'static str {
        match self {
            Role::Unburned => ".unburned",
        }
    }

    /// The role of the file at `path` in `tree`; none where it is the user's.
    pub fn at(tree: Tree, path: &RelPath<'_>) -> Option<Role> {
        let is_beneath_volume = tree == Tree::Archive && path.components().count() == 2;
        let mut all = Role::ALL.into_iter().filter(|_| is_beneath_volume);
        all.find(|role| path.file_name() == role.file_name().as_bytes())
    }
}

/// A file of mediastruct's own that another takes the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
}

/// An empty directory that goes or comes; each is the inverse of the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Where it is.
    pub dir: TreePath<'static>,
    /// Its permission bits.
    pub mode: u32,
    /// Its modification time.
    pub modified: Time,
}

/// Why a file moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Why {
    /// Its content is also in `of`, which stays.
    Duplicate {
        /// The keeper.
        of: TreePath<'static>,
    },
    /// Its content is also in `of`, which stays: both were read, or `of` is on a disc that was.
    ProvenDuplicate {
        /// The twin.
        of: TreePath<'static>,
    },
    /// It goes to a volume.
    Volume {
        /// The number of the volume.
        number: u32,
    },
    /// A run is taken back.
    Undo {
        /// That run.
        run: RunId,
    },
}

impl Why {
    /// The name of the kind, as it stands in plans.
    pub fn kind(&self) -> &'static str {
        match self {
            Why::Duplicate { .. } => "duplicate",
            Why::ProvenDuplicate { .. } => "proven_duplicate",
            Why::Volume { .. } => "volume",
            Why::Undo { .. } => "undo",
        }
    }

    /// The file whose being there is the reason, where there is one.
    pub fn keeper(&self) -> Option<&TreePath<'static>> {
        match self {
            Why::Duplicate { of } | Why::ProvenDuplicate { of } => Some(of),
            Why::Volume { .. } | Why::Undo { .. } => None,
        }
    }
}

/// A file that must be there and unchanged for the plan to hold; or one on a disc, which must be
/// known to hold it still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Where the file is.
    pub path: TreePath<'static>,
    /// The volume in which it is, where that is on discs alone and gone from the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline: Option<VolumeName>,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time.
    pub modified: Time,
    /// The hash of its content.
    pub hash: Digest,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Where it is.
    pub path: TreePath<'static>,
    /// The reason, for people.
    pub why: String,
    /// The main file of the bundle that it stays with, though it has a copy elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<TreePath<'static>>,
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

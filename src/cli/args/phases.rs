//! The arguments of the phases, and of planning them.

use super::examples;
use crate::cli::config::{Zone, parse_bytes, parse_disk, parse_keep, parse_zone};
use crate::disk::disks::DiskKind;
use crate::model::keep::Keep;
use crate::model::medium::{Medium, Pack, Parity};
use crate::model::run::RunId;
use crate::model::said::SaidDate;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::str::FromStr;

/// Of `crawl`.
#[derive(Debug, Args)]
pub struct CrawlArguments {
    /// What to index, and how.
    #[command(flatten)]
    pub options: CrawlOptions,
}

/// What to index, and how.
#[derive(Clone, Debug, Default, Args)]
pub struct CrawlOptions {
    /// Hash every file again, also in archive units that are indexed already
    #[arg(long, conflicts_with = "incremental")]
    pub force: bool,
    /// Hash in media only files that are new or changed
    ///
    /// Trusts size, dates and inode. A file whose bytes rotted under an unchanged date is not found
    /// so.
    #[arg(long)]
    pub incremental: bool,
    /// What the disks are like: auto, rotational or ssd [default: auto]
    ///
    /// On a rotating disk one file is read after another, in the order in which they lie there; else
    /// as many side by side as --jobs says. Linux tells which disks rotate, but not of those behind a
    /// network. Also: disk, in the section Crawl of the configuration.
    #[arg(long, value_name = "KIND", value_parser = parse_disk)]
    pub disk: Option<DiskKind>,
    /// Leave out of the index what matches GLOB, such as '*.tmp' or 'media/*/cache'; may be repeated
    ///
    /// A pattern without a slash is held against the names of files and directories in units, one
    /// with a slash against whole paths: media/2019 is that year as a whole. What is left out is
    /// counted, and named by `plan crawl`. Also: exclude, in the section Crawl of the configuration, to
    /// which these are added.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Index only these: a tree, or units such as media/2024 [default: media and archive]
    #[arg(value_name = "DIR")]
    pub directories: Vec<PathBuf>,
}

/// What is taken in, and how it is dated.
#[derive(Clone, Debug, Default, Args)]
pub struct IngestOptions {
    /// Gather in DIR, such as media/2024/undated, what no date is known of but its last change
    ///
    /// Such files keep their names and directories there. Without it they are named and placed by
    /// that time, and the plan says that it is a guess.
    #[arg(long, value_name = "DIR")]
    pub undated: Option<OsString>,
    /// Say when all files were taken: 1987-07-14, or 2019-03-01T12:00:00+02:00
    ///
    /// Whatever they say themselves. Files that --date-map is about go by that.
    #[arg(long, value_name = "DATE", value_parser = SaidDate::from_str)]
    pub date: Option<SaidDate>,
    /// Read from FILE when files were taken: on each line a date, and a path or glob in ingest
    ///
    /// Such as `1987-07-14 scans/album 3`, for all that is in that directory, or `2019-03-01 12:00
    /// party/a.jpg`; a path that looks like a time is written with `./` before it. The first line
    /// that matches a file counts; `-` reads the standard input.
    #[arg(long, value_name = "FILE")]
    pub date_map: Option<PathBuf>,
    /// Put times that are known in UTC on the clock of ZONE, such as Europe/Berlin or +02:00
    /// [default: this machine's]
    ///
    /// Videos and Google Takeout give UTC; a picture's own clock is taken as it is. Also: time_zone,
    /// in the section Ingest of the configuration.
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub time_zone: Option<Zone>,
    /// Copy the files, and leave those in ingest as they are: for a memory card
    ///
    /// Each copy is read back and compared before it counts. What is known already is not copied.
    /// `undo` puts the copies aside, into `.mediastruct.d` of their tree.
    #[arg(long)]
    pub copy: bool,
    /// Remove the directories of ingest in which nothing is left; `undo` makes them again
    #[arg(long, conflicts_with = "copy")]
    pub prune_empty: bool,
    /// Take in only what is in these directories of ingest [default: all of it]
    ///
    /// Or one that is in no tree, such as a memory card: it stands in for ingest then. To take such
    /// a run back, or to apply such a plan, name it once more: MEDIASTRUCT_INGEST_DIR=DIR.
    #[arg(value_name = "DIR")]
    pub directories: Vec<PathBuf>,
}

/// Of `ingest`.
#[derive(Debug, Args)]
pub struct IngestArguments {
    /// What is taken in.
    #[command(flatten)]
    pub options: IngestOptions,
    /// Do not ask before moving files
    #[arg(short, long)]
    pub yes: bool,
}

/// Which copies move, and which stay.
#[derive(Clone, Debug, Default, Args)]
pub struct DedupeOptions {
    /// Which copy in media stays, where the archive has none [default: first]
    ///
    /// The first by path, the oldest or newest by the date of modification, or the one with the
    /// shortest or longest path. A bundle goes by its main file; ties go to the first path. Also:
    /// keep in the section Dedupe of the configuration.
    #[arg(
        long,
        value_name = "RULE",
        value_parser = PossibleValuesParser::new(Keep::ALL.map(Keep::name)).try_map(|name| parse_keep(&name))
    )]
    pub keep: Option<Keep>,
    /// Rather keep copies in DIR, such as media/2019; may be repeated, the most preferred first
    ///
    /// A copy in the archive goes before them. Also: prefer in the section Dedupe of the
    /// configuration.
    #[arg(long, value_name = "DIR")]
    pub prefer: Vec<OsString>,
    /// Move only files in DIR, such as media/2019; may be repeated
    ///
    /// The plan is the part of the whole one that moves files there; what is left aside is counted
    /// as kept, and can be moved another time. A single file may be named, too.
    #[arg(long, value_name = "DIR")]
    pub only: Vec<OsString>,
    /// Move only files of at least SIZE, e.g. 1MB, and the bundles of such files
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub min_size: Option<u64>,
}

/// Of `plan dedupe`.
#[derive(Clone, Debug, Args)]
pub struct DedupePlan {
    /// Which copies move.
    #[command(flatten)]
    pub options: DedupeOptions,
    /// In place of the plan, tell why the file at PATH stays or moves
    ///
    /// With its hash, all its copies, its bundle and its hard links. PATH is as in plans, such as
    /// media/2019/a.jpg, or a path of the system.
    #[arg(long, value_name = "PATH")]
    pub why: Option<OsString>,
}

/// Of `dedupe`.
#[derive(Debug, Args)]
pub struct DedupeArguments {
    /// Which copies move.
    #[command(flatten)]
    pub options: DedupeOptions,
    /// Do not ask before moving files
    #[arg(short, long)]
    pub yes: bool,
}

/// Of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// Do not ask before moving files
    #[arg(short, long)]
    pub yes: bool,
}

/// What volumes are to fit, and how much of that is filled.
#[derive(Clone, Debug, Default, Args)]
pub struct CapacityOptions {
    /// What each volume is to fit [default: bd25, or what the volume was opened for]
    ///
    /// A disc: cd700, dvd+r, dvd-r, dvd+r-dl, dvd-r-dl, bd25, bd50, bd100 or bd128. Or dir:SIZE, such
    /// as dir:4TB, for a directory on a hard disk. Also: medium in the section Archive of the
    /// configuration.
    #[arg(long, value_name = "MEDIUM", value_parser = Medium::from_str)]
    pub medium: Option<Medium>,
    /// Fill N sectors of 2048 bytes, whatever the medium
    #[arg(long, value_name = "N", conflicts_with_all = ["medium", "raw_capacity"])]
    pub sectors: Option<NonZeroU64>,
    /// Fill Blu-rays to the last sector
    ///
    /// Drives keep 3 % back for sectors that turn out bad, unless told to burn without their defect
    /// management.
    #[arg(long)]
    pub raw_capacity: bool,
    /// Leave this share of each volume to error-correction data, such as 10% [default: 0%]
    ///
    /// Also: parity in the section Archive of the configuration.
    #[arg(long, value_name = "PERCENT", value_parser = Parity::from_str)]
    pub parity: Option<Parity>,
}

/// What goes to the archive, and into which volumes.
#[derive(Clone, Debug, Default, Args)]
pub struct ArchiveOptions {
    /// What volumes are to fit.
    #[command(flatten)]
    pub capacity: CapacityOptions,
    /// How files are packed into volumes: chronological or compact [default: chronological]
    ///
    /// Chronological volumes are ranges of dates: as few volumes as can be, and then as few days and
    /// months parted as can be. Compact ones hold whole months of any date. Files that belong
    /// together are never parted. Also: pack in the section Archive of the configuration.
    #[arg(
        long,
        value_name = "WAY",
        value_parser = PossibleValuesParser::new(Pack::ALL.map(Pack::name)).try_map(|name| Pack::from_str(&name))
    )]
    pub pack: Option<Pack>,
    /// Take the years up to YEAR [default: the last one]
    ///
    /// The year that is under way is not taken unless it is named.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1..=9999))]
    pub through: Option<i16>,
    /// Seal the last volume, too
    ///
    /// Else it stays open, and the next plan goes on with it.
    #[arg(long)]
    pub seal: bool,
}

/// Of `archive`.
#[derive(Debug, Args)]
pub struct ArchiveArguments {
    /// What goes to the archive.
    #[command(flatten)]
    pub options: ArchiveOptions,
    /// Do not ask before moving files
    #[arg(short, long)]
    pub yes: bool,
}

/// Of `plan`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// The phase.
    #[command(subcommand)]
    pub phase: PlanPhase,
    /// Write the plan to FILE
    ///
    /// An earlier plan there is replaced; anything else is not.
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit 2 where the plan holds work, 0 where there is nothing to do
    #[arg(long, global = true)]
    pub detailed_exitcode: bool,
}

/// The phases that can be planned.
#[derive(Clone, Debug, Subcommand)]
pub enum PlanPhase {
    /// Plan which names and places the files in ingest get: reads them
    #[command(after_help = examples::PLAN_INGEST)]
    Ingest(IngestOptions),
    /// Plan what crawl would hash
    Crawl(CrawlOptions),
    /// Plan which copies move from media to duplicates
    #[command(after_help = examples::PLAN_DEDUPE)]
    Dedupe(DedupePlan),
    /// Plan which duplicates move to validated: reads them, and a twin of each
    Validate,
    /// Plan which years move from media to which volumes of the archive
    #[command(after_help = examples::PLAN_ARCHIVE)]
    Archive(ArchiveOptions),
    /// Plan how a run is taken back
    Undo {
        /// The run [default: the newest that is neither undone nor itself an undo]
        #[arg(value_name = "RUN")]
        run: Option<RunId>,
    },
}

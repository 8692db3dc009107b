//! The arguments of `volumes`.

use super::examples;
use super::phases::CapacityOptions;
use crate::model::medium::Medium;
use crate::model::volume::VolumeName;
use clap::{Args, Subcommand};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Of `volumes`.
#[derive(Debug, Args)]
pub struct VolumesArguments {
    /// What to do; where nothing is said, they are listed.
    #[command(subcommand)]
    pub command: Option<VolumesCommand>,
    /// How they are listed.
    #[command(flatten)]
    pub list: ListArguments,
}

/// What can be done with volumes and their discs.
#[derive(Debug, Subcommand)]
pub enum VolumesCommand {
    /// List the volumes: how full they are, how far they have come, and where their discs are
    ///
    /// How full is told by the largest image that can become of the files. A disc is due to be
    /// verified where it was not for two years, or never; verify_after_days of the configuration says
    /// how long.
    #[command(after_help = examples::VOLUMES_LIST)]
    List(ListArguments),
    /// Seal a volume: add what makes its disc readable alone, and nothing after that
    ///
    /// All of it is read and compared with the index. Then it gets a README, a manifest for
    /// `sha256sum -c`, a catalogue for any browser, and the index of the whole archive as of today.
    /// `archive` does so when it opens the next volume, and `volumes image` before it makes the image.
    /// Names that other systems do not take as they are, and what does not fit, are told before.
    ///
    /// A run like any other: `undo` takes it back. Undoing that puts the seal back only where the volume
    /// holds what it held then.
    #[command(after_help = examples::VOLUMES_SEAL)]
    Seal(SealArguments),
    /// Make the image of a volume, to be burned on a disc
    ///
    /// The volume must be on the disk as the index has it; every file of it goes into the image, and
    /// `.unburned` and `.mediastruct` stay out. A symbolic link, or anything else that is no regular file,
    /// has to leave the volume, or be left out by `exclude`. The image is read back, and every file in it compared
    /// with the index by its hash. Where anything is wrong, or the image is larger than the medium, no
    /// image is left. What is at FILE already is never replaced.
    ///
    /// Needs xorriso (the Debian package of that name): ISO level 3 for files of any size, with Rock
    /// Ridge, Joliet, and the MD5 sums of xorriso.
    #[command(after_help = examples::VOLUMES_IMAGE)]
    Image(ImageArguments),
    /// Copy files of a volume back from a disc: plan, show, ask, apply
    ///
    /// What the index has of the volume and is not on the disk is copied from the disc to where it was,
    /// and has to have the hash that the index says. The disc is only read. What it does not hold, or
    /// holds otherwise, is named, and makes the exit code 4.
    ///
    /// What is on the disk is read, too: a file that is damaged there is named and stays, as nothing is
    /// overwritten (exit 4). Move it out of the archive, and restore again.
    #[command(after_help = examples::VOLUMES_RESTORE)]
    Restore(RestoreArguments),
    /// Record that a volume was burned on a disc
    ///
    /// From then on nothing is added to the volume and nothing leaves it, and its files may go from
    /// the disk: they stay known. Where the volume is still on the disk, it must be as the index
    /// has it (`mediastruct crawl` brings that up to date), as it was sealed, and as its image.
    #[command(after_help = examples::VOLUMES_BURNED)]
    Burned(BurnedArguments),
    /// Read every file of a volume, on a disc or on the disk, and compare it with the index
    ///
    /// With --at, PATH is a mounted disc, a drive such as /dev/sr0, an image file, of which nothing is
    /// mounted, or any directory with the files of the volume; without it, the volume in the archive
    /// is read. Each file that is damaged, missing, extra or unreadable is named. Exits 0 only where
    /// all is whole, else 1.
    ///
    /// A disc that passes is recorded as verified, where its burn was recorded (`volumes burned`).
    /// With several copies, --copy says which one it is. An image file or a directory that is no
    /// mounted disc may be gone tomorrow: that it is whole is told, and recorded only where --copy
    /// says that it is that copy.
    ///
    /// With --against, every file on some old disc is read, and looked for in media and the archive by
    /// its content, under whatever name. Exits 0 only where all of it is there; a volume that is on
    /// discs alone counts where a disc is known to hold it that is another one than this. A part of the
    /// library on another mount is no disc, and a file is no proof of itself.
    #[command(after_help = examples::VOLUMES_VERIFY)]
    Verify(VerifyArguments),
    /// Record that a disc is lost or cannot be read, and say what nothing else holds
    ///
    /// Names the files of the volume whose content is neither on the disk nor, as far as is known, on
    /// any other disc; where there are any, the exit code is 4.
    #[command(after_help = examples::VOLUMES_LOST)]
    Lost(LostArguments),
    /// Take an old disc into the index: its files are known then, and are on discs alone
    ///
    /// Every file on it is read and hashed. From then on `find` finds them, and dedupe and ingest
    /// know them again. So an index that was lost is rebuilt from the discs, one after another; and a
    /// disc that another program made gets a number.
    ///
    /// A disc in a drive, or one that is mounted, counts as read and whole; an image file or any other
    /// directory as burned, unless --copy says that it is that copy. Refused where the number is known
    /// with other files, and where a disc of ours does not hold what was sealed on it (--damaged takes
    /// it in all the same), or says another number (--renumber, for a disc of another set). Where a copy is known that holds just this, it is that one; --copy says
    /// that it is a further one.
    #[command(after_help = examples::VOLUMES_IMPORT)]
    Import(ImportArguments),
}

impl VolumesArguments {
    /// Whether it is said before a command how volumes are to be listed, which is none of its
    /// business.
    pub fn is_confused(&self) -> bool {
        let MediumOptions {
            medium,
            raw_capacity,
        } = self.list.medium;
        self.command.is_some() && (self.list.json || raw_capacity || medium.is_some())
    }
}

/// Of `volumes list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// What volumes are to fit.
    #[command(flatten)]
    pub medium: MediumOptions,
    /// Print JSON, of which `schema volume-list` tells the form
    #[arg(long)]
    pub json: bool,
}

/// What a volume is to fit.
#[derive(Clone, Copy, Debug, Args)]
pub struct MediumOptions {
    /// What volumes are to fit: bd25, bd50, dvd+r, sectors:N, dir:SIZE ... [default: that of the configuration, bd25]
    #[arg(long, value_name = "MEDIUM")]
    pub medium: Option<Medium>,
    /// Count every sector of a Blu-ray, for drives whose defect management is off
    #[arg(long)]
    pub raw_capacity: bool,
}

/// Of `volumes verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The volume, e.g. 07; with --against, the one in which all must be
    #[arg(value_name = "NN", value_parser = parse_volume, required_unless_present = "against")]
    pub volume: Option<VolumeName>,
    /// The disc, drive, image or directory to read [default: the volume in the archive]
    #[arg(long, value_name = "PATH")]
    pub at: Option<PathBuf>,
    /// Which copy of the volume this is
    #[arg(long, value_name = "K", requires = "at")]
    pub copy: Option<NonZeroU32>,
    /// Read some other disc or directory, and name what is on it and not in media or the archive
    #[arg(long, value_name = "PATH", conflicts_with_all = ["at", "copy"])]
    pub against: Option<PathBuf>,
}

/// Of `volumes seal`.
#[derive(Debug, Args)]
pub struct SealArguments {
    /// The volume, e.g. 07
    #[arg(value_name = "NN", value_parser = parse_volume)]
    pub volume: VolumeName,
    /// What it is to fit.
    #[command(flatten)]
    pub capacity: CapacityOptions,
    /// Do not ask before writing files
    #[arg(short, long)]
    pub yes: bool,
}

/// Of `volumes restore`.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The volume, e.g. 07
    #[arg(value_name = "NN", value_parser = parse_volume)]
    pub volume: VolumeName,
    /// The directory on which the disc is mounted, or any with the files of the volume
    #[arg(long, value_name = "DIR")]
    pub at: PathBuf,
    /// Write the plan to FILE, and copy nothing
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Do not ask before copying files
    #[arg(short, long)]
    pub yes: bool,
}

/// Of `volumes image`.
#[derive(Debug, Args)]
pub struct ImageArguments {
    /// The volume, e.g. 07
    #[arg(value_name = "NN", value_parser = parse_volume)]
    pub volume: VolumeName,
    /// Write the image to FILE, which must not exist
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// What the image must fit.
    #[command(flatten)]
    pub medium: MediumOptions,
}

/// Of `volumes burned`.
#[derive(Debug, Args)]
pub struct BurnedArguments {
    /// The volume, e.g. 07
    #[arg(value_name = "NN", value_parser = parse_volume)]
    pub volume: VolumeName,
    /// Which copy this is; one that there was under that number is replaced [default: the next one]
    #[arg(long, value_name = "K")]
    pub copy: Option<NonZeroU32>,
    /// Where the disc is kept
    #[arg(long, value_name = "TEXT")]
    pub location: Option<String>,
}

/// Of `volumes lost`.
#[derive(Debug, Args)]
pub struct LostArguments {
    /// The volume, e.g. 07
    #[arg(value_name = "NN", value_parser = parse_volume)]
    pub volume: VolumeName,
    /// Which copy is lost [default: the only one]
    #[arg(long, value_name = "K")]
    pub copy: Option<NonZeroU32>,
    /// Name all files that nothing else holds, not only the first ones
    #[arg(long)]
    pub all: bool,
}

/// Of `volumes import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The number that the volume is to have, e.g. 07 [default: what the disc says itself]
    #[arg(value_name = "NN", value_parser = parse_volume)]
    pub volume: Option<VolumeName>,
    /// The mounted disc, drive, image or directory to read
    #[arg(long, value_name = "PATH")]
    pub at: PathBuf,
    /// Which copy this is; one that there was under that number is replaced [default: the next one]
    #[arg(long, value_name = "K")]
    pub copy: Option<NonZeroU32>,
    /// Where the disc is kept
    #[arg(long, value_name = "TEXT")]
    pub location: Option<String>,
    /// Take it in as volume NN though it says another number itself: a disc of another set
    ///
    /// Whose numbers are not yours. It is known under NN from then on, also where it is verified or
    /// restored.
    #[arg(long, requires = "volume")]
    pub renumber: bool,
    /// Take it in though it does not hold what was sealed on it; it does not count as read then
    #[arg(long)]
    pub damaged: bool,
}

fn parse_volume(text: &str) -> Result<VolumeName, String> {
    let name = VolumeName::try_from(text.to_owned());
    name.map_err(|e| e.to_string())
}

//! `init`: a new library.

use super::args::InitArguments;
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::disk::init::{self, Made};
use crate::model::path::Escaped;
use std::path::Path;

/// Makes a library and says what to do next.
///
/// # Errors
/// Where something is in the way, or making fails.
pub fn init(arguments: &InitArguments, output: Output) -> Result<Exit, Failure> {
    let dir = Escaped::path(&arguments.dir);
    for Made { path, was_there } in init::make(&arguments.dir, CONFIG)? {
        let what = if was_there { "is there" } else { "made" };
        output.note(format_args!("{what:>8}  {}", Escaped::path(&path)));
    }
    output.note(format_args!(
        "\nPut files into {dir}/media/YYYY, e.g. {dir}/media/2024, and what is on discs into \
         {dir}/archive/NN.\nThen:\n\
         \x20 mediastruct --root {dir} crawl\n\
         \x20 mediastruct --root {dir} plan dedupe -o plan.json\n\
         \x20 mediastruct show plan.json\n\
         \x20 mediastruct --root {dir} apply plan.json"
    ));
    Ok(Exit::Done)
}

/// Makes what is missing of a library in `dir`, and says nothing of it.
///
/// # Errors
/// As [`init`].
pub fn lay_out(dir: &Path) -> Result<(), Failure> {
    init::make(dir, CONFIG)?;
    Ok(())
}

/// Every key with its default, commented out.
const CONFIG: &str = "\
# The configuration of this mediastruct library. Every key stands here with its
# default, commented out; take the '#' away to set one. Relative paths are
# relative to the directory of this file. A line beginning with '#' or ';' is a
# comment; nothing else is: '#', quotes and backslashes in a path are part of it.
#
# What is set here is overridden by MEDIASTRUCT_* variables, such as
# MEDIASTRUCT_MEDIA_DIR or MEDIASTRUCT_CRAWL_JOBS, and those by flags.

[Paths]
# Where the log, mediastruct.log, is kept.
#logdir = logs

# Where indexes are kept, and the journals with which runs are undone.
#datadir = data

# Where you drop new files.
#ingest_dir = ingest

# The sorted files, by year: media/2024.
#media_dir = media

# The volumes, each fit for one disc: archive/01. Nothing ever leaves it.
#archive_dir = archive

# Where dedupe moves the copies that media does not need.
#duplicates_dir = duplicates

# Duplicates that were proven to exist elsewhere; yours to empty.
#validated_dir = validated

[Crawl]
# Units of archive are hashed again when their index is this many days old.
#max_age_days = 120

# The machine's used memory is kept below this share.
#memory = 80%

# How many files are read at once at most; by default, the number of cores.
#jobs = 4

# What the disks are like: auto, rotational or ssd. On rotating disks one file is
# read after another, in the order in which they lie there.
#disk = auto

# Patterns of files and directories that are left out of the indexes, with commas
# between them; media/*/cache is one directory of each year. What is left out is
# counted at each crawl; by default, nothing is.
#exclude = *.tmp, Thumbs.db

[Ingest]
# How the directories in media are called; the first is the year. %m is the month,
# %d the day, %j the day of the year, %B and %b its month's name.
#date_dirs = %Y

# On whose clock times are put that are known in UTC, as those of most videos:
# local, a name such as Europe/Berlin, or an offset such as +02:00.
#time_zone = local

# Files that belong together (raw file and JPEG, Live Photo and movie, sidecars)
# get one name and move together or not at all: yes or no.
#bundles = yes

# The makers whose cameras write local time into videos where UTC belongs, parted by
# commas; by default, none.
#local_time_makes = Canon, FUJIFILM

# What reads the dates of files: builtin, or exiftool for those in which the built-in
# reader finds none; the program exiftool has to be installed.
#metadata = builtin

[Dedupe]
# Files that belong together (raw file and JPEG, Live Photo and movie, sidecars)
# move together or not at all: yes or no.
#bundles = yes

# Which of the copies in media stays, where the archive has none: the first by
# path, the oldest, the newest, or the one with the shortest-path or longest-path.
#keep = first

# Directories in which copies are rather kept, parted by commas, the most
# preferred first; copies in the archive go before them. By default, none.
#prefer = media/2019, media/2018/best of

[Archive]
# What each volume is to fit: cd700, dvd+r, dvd-r, dvd+r-dl, dvd-r-dl, bd25, bd50, bd100,
# bd128, sectors:N of 2048 bytes, or dir:SIZE for a directory on a hard disk.
#medium = bd25

# The share of each volume that is left to error-correction data.
#parity = 0%

# How files are packed: chronological volumes are ranges of dates, compact ones hold
# whole months of any date.
#pack = chronological

# The name of the set of discs, at most 11 of A to Z, 0 to 9 and _: the discs are
# called MEDIA_0001 and so on.
#set = MEDIA

# After how many days a disc is to be read again.
#verify_after_days = 730

[Log]
# The size that the log does not outgrow before a new one is begun.
#max_size = 500MB

# How many older logs are kept.
#keep = 5

[Safety]
# Root refuses to work on trees in which other users can write, or whose parents
# are such, unless this says that these users are trusted: yes or no.
#shared_trees = no
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::Key;

    #[test]
    fn the_configuration_explains_every_key() {
        for key in Key::ALL {
            let line = format!("\n#{} = ", key.name());
            let begin = CONFIG.find(&format!("[{}]", key.section())).unwrap();
            let section = &CONFIG[begin..];
            let section = &section[..section.find("\n[").unwrap_or(section.len())];
            assert!(section.contains(&line), "{}", key.name());
            if let Some(beneath) = key.beneath_root() {
                assert!(CONFIG.contains(&format!("{line}{beneath}\n")));
            }
        }
    }
}

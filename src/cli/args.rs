//! The command line, as clap parses it.

mod examples;
mod global;
mod phases;
mod runs;
mod tools;
mod views;
mod volumes;

pub use global::{Color, GlobalOptions};
pub use phases::{
    ArchiveArguments, ArchiveOptions, CapacityOptions, CrawlArguments, CrawlOptions,
    DedupeArguments, DedupeOptions, DedupePlan, IngestArguments, IngestOptions, PlanArguments,
    PlanPhase, ValidateArguments,
};
pub use runs::{
    ApplyArguments, HistoryArguments, PurgeArguments, RecoverArguments, UndoArguments, Verify,
};
pub use tools::{
    CompletionsArguments, DemoArguments, InitArguments, ManArguments, MediagenArguments,
    SchemaArguments,
};
pub use views::{CheckArguments, DiffArguments, FindArguments, ShowArguments, StatusArguments};
pub use volumes::{
    BurnedArguments, ImageArguments, ImportArguments, ListArguments, LostArguments, MediumOptions,
    RestoreArguments, SealArguments, VerifyArguments, VolumesArguments, VolumesCommand,
};

use clap::{Parser, Subcommand};

/// Plan, then apply, for media archives: sort, find what is there twice, pack for discs.
///
/// Every phase first writes a plan: a JSON text with one move a line, to read, to edit, to keep
/// under version control. `apply` carries a plan out, all of it or none of it, and `undo` takes it
/// back. Nothing is deleted (but by `purge`, which asks), nothing is overwritten, and nothing leaves
/// the archive.
#[derive(Debug, Parser)]
#[command(name = "mediastruct", version, max_term_width = 100, after_help = examples::TOP)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub global: GlobalOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the directories and the configuration of a new library
    ///
    /// Makes DIR/ingest, media, archive, duplicates, validated, data and logs, and a DIR/config.ini
    /// that explains every key. What is there is left as it is.
    #[command(after_help = examples::INIT)]
    Init(InitArguments),
    /// Make a bogus dataset to try things on
    ///
    /// Fills the trees of a library beneath DIR with small pictures that hold nothing, some of them
    /// twice, so that you can see what mediastruct does before it does it to your files. The same
    /// seed makes the same files.
    #[command(after_help = examples::MEDIAGEN)]
    Mediagen(MediagenArguments),
    /// Take in what is in the drop directory: plan, show, ask, apply
    ///
    /// Each file gets a name of the time at which it was taken and of its content, such as
    /// 20190301_120000_17762fddd969a453.jpg, and goes to media/2019. The time is what the picture or
    /// video says itself, its sidecars, its name, and at last when it was changed; the plan says
    /// which, and what speaks against it. Files that belong together, such as a raw file and its
    /// JPEG, a Live Photo and its movie, or a picture and its sidecars, get one name and go together.
    ///
    /// What media or the archive hold already goes to duplicates, as does what is there twice. What
    /// may still be written stays for the next time, as does what cannot be read; both make the exit
    /// code 4.
    #[command(after_help = examples::INGEST)]
    Ingest(IngestArguments),
    /// Index media and archive
    ///
    /// Reads and hashes the files of media/YYYY, and those of archive/NN whose index is older than
    /// 120 days or which changed. Moves nothing and asks nothing. Exits 4 where files were left
    /// out: those that cannot be read, and those whose bytes changed under an unchanged date.
    ///
    /// Ctrl-C ends it; what was hashed is kept, and the next crawl goes on from there.
    #[command(after_help = examples::CRAWL)]
    Crawl(CrawlArguments),
    /// Write the plan of a phase; change nothing
    ///
    /// The plan goes to the standard output or to -o FILE, a summary to the standard error. It
    /// names every move with its reason, every file that must be there unchanged, and every file
    /// that was left out.
    #[command(
        after_help = examples::PLAN,
        subcommand_value_name = "PHASE",
        subcommand_help_heading = "Phases",
        disable_help_subcommand = true
    )]
    Plan(PlanArguments),
    /// Move the copies that media does not need to duplicates: plan, show, ask, apply
    ///
    /// Compares the hashes that crawl took, and reads no file again. The archive's copy stays, else
    /// the first one by path in media, or the one that --keep and --prefer choose; every other one
    /// in media moves to duplicates, keeping its directories. Nothing in the archive moves.
    ///
    /// Files that belong together, such as a raw file and its JPEG, a Live Photo and its movie, or a
    /// picture and its sidecars, move together where each of them has a copy that stays, or not at
    /// all.
    #[command(after_help = examples::DEDUPE)]
    Dedupe(DedupeArguments),
    /// Move the duplicates that are proven to exist elsewhere to validated: plan, show, ask, apply
    ///
    /// Reads each duplicate, and the file of archive or media that should hold the same, and
    /// compares; for a volume that is on discs alone, a disc must have been read and found whole.
    /// What is proven moves to validated and keeps its directories. What is not stays, is named with
    /// its reason, and makes the exit code 4. What is in validated is yours to delete; until then
    /// nothing is freed.
    #[command(after_help = examples::VALIDATE)]
    Validate(ValidateArguments),
    /// Move the years that are complete to volumes that each fit a disc: plan, show, ask, apply
    ///
    /// Takes what is indexed of media, up to the last year, and is not in the archive already. Files
    /// keep their date directories, and those that belong together stay together. The last volume
    /// that is neither sealed nor burned is gone on with; the others get new numbers.
    ///
    /// A volume is sealed when the next one is opened, or with --seal: all of it is read and compared
    /// with the index, and it gets a README, a manifest for `sha256sum -c`, a catalogue for any
    /// browser and the index of the whole archive, so that each disc is of use by itself. Nothing is
    /// added to it any more. A file that is too large for a volume is named, stays, and makes the exit
    /// code 4.
    #[command(after_help = examples::ARCHIVE)]
    Archive(ArchiveArguments),
    /// Show a plan or a run to people
    ///
    /// Summary and tables on the standard output; with --html also as a page to look at in a
    /// browser.
    #[command(after_help = examples::SHOW)]
    Show(ShowArguments),
    /// Check a plan: its form, the laws, and whether it still fits this disk
    ///
    /// Names all problems at once, changes nothing, and exits 3 where there are any.
    Check(CheckArguments),
    /// Show what differs between two plans
    ///
    /// Operations that went, came or changed, by the file that moves; and what else differs. Exits
    /// 0 whether or not there are differences.
    #[command(after_help = examples::DIFF)]
    Diff(DiffArguments),
    /// Carry out a plan: all of it or none of it
    ///
    /// Checks the plan as `check` does, then moves the files, writing down each step before it is
    /// taken. Where something goes wrong it takes back what it did. Asks nothing.
    ///
    /// Ctrl-C takes everything back, too; a second one ends it at once, and `recover` then goes on.
    #[command(after_help = examples::APPLY)]
    Apply(ApplyArguments),
    /// Take back the last run, or the named one
    ///
    /// Plans the way back, shows it, asks, and applies it. Every file gets its name, date and mode
    /// back; directories that the run made go where they are empty. Refused, naming the paths,
    /// where something has since touched what would move. Undoing an undo is redoing.
    #[command(after_help = examples::UNDO)]
    Undo(UndoArguments),
    /// Finish, or take back, a run that was interrupted
    ///
    /// Looks at the disk, finishes what can be finished, and else takes it all back. Does nothing
    /// where nothing was interrupted.
    #[command(after_help = examples::RECOVER)]
    Recover(RecoverArguments),
    /// Delete the sources that a run parked, once their copies are verified again
    ///
    /// A move to another file system copies the file, reads the copy back, and parks the source in
    /// `.mediastruct.d/parked` of its tree, where it takes room until this frees it. It is the one
    /// command that deletes: it shows what, asks, and cannot be undone.
    ///
    /// Before a parked file goes, it is read, and must be what the run parked; and a copy of it is
    /// read from the disk: where the run put it, where an undo brought it back to, or where a later
    /// run moved it. What cannot be verified so stays and is named with its reason; the rest goes,
    /// and the exit code is 4. Undoing the run still works after that: it copies the file back.
    ///
    /// An undo of such a run parks the copies that it takes back, and has a purge of its own. Copies
    /// of `ingest --copy` that an undo put aside go by the run that made them, once their sources, or
    /// other copies, are read. Files of mediastruct's own, such as those that sealed a volume until that
    /// was undone, need no copy; after that, the undo cannot be undone.
    ///
    /// Where this is interrupted, run it again.
    #[command(after_help = examples::PURGE)]
    Purge(PurgeArguments),
    /// List the runs, newest first
    ///
    /// With the time, the phase, what each did, how it ended, which run took it back, and what of it
    /// is parked until `purge` frees it. `show RUN` tells more.
    #[command(after_help = examples::HISTORY)]
    History(HistoryArguments),
    /// The volumes of the archive and their discs: list, seal, image, burned, verify, lost, import
    ///
    /// A volume is a directory archive/NN that fits on one disc. Without a command they are listed.
    #[command(after_help = examples::VOLUMES, disable_help_subcommand = true)]
    Volumes(VolumesArguments),
    /// Find where files are and were: by name, by hash, or by a file in hand
    ///
    /// Tells every place of each content that is found, on which volume it is, whether it is still
    /// there, where it was before, and the runs that moved it. Nothing is read but a file in hand:
    /// indexes and journals know the rest, and a look at each place says whether the file is there.
    ///
    /// A WHAT that is the path of a file is a file in hand: it is hashed, and found by its content.
    /// One of 64 hexadecimal digits, or of at least 8 with which only one known hash begins, is a
    /// hash. Any other is part of a path, whatever its case: `wedding` finds what is in directories
    /// of such names, too. With a `/` it is part of a whole path such as media/2024/a.jpg. With any
    /// of `*?[{` it is also a glob: of the name of a file, or with a `/` of a whole path, in which
    /// `**` stands for directories however deep.
    ///
    /// Exits 1 where nothing is found of any WHAT, and names it: what a card holds may go once `find
    /// --file` has found all of it, there and not gone.
    #[command(after_help = examples::FIND)]
    Find(FindArguments),
    /// Tell how the library stands: what is archived, what is there twice, what waits
    ///
    /// For each year of media: files whose content is in no volume yet, in one already, or in media
    /// at another path before; hard links, empty files and files that could not be read by
    /// themselves, so that each row adds up. Then the volumes, what is in the other trees, what is
    /// parked, and when each tree was last crawled. An unfinished run comes first of all.
    ///
    /// Media, archive and ingest are told as their indexes know them; duplicates and validated are
    /// counted on the disk. Changes nothing.
    #[command(after_help = examples::STATUS)]
    Status(StatusArguments),
    /// Show the whole pipeline on a bogus dataset
    ///
    /// Makes one in a temporary directory, crawls, plans, applies and undoes, saying what it does.
    /// Touches nothing of yours.
    #[command(after_help = examples::DEMO)]
    Demo(DemoArguments),
    /// Print the JSON Schema of a file that mediastruct writes
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArguments),
    /// Print completions for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArguments),
    /// Print the manual page, or that of a command
    #[command(after_help = examples::MAN)]
    Man(ManArguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::num::NonZeroUsize;
    use std::path::PathBuf;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_may_stand_after_the_command() {
        let line = [
            "mediastruct",
            "crawl",
            "--force",
            "--jobs",
            "3",
            "--root",
            "/x",
            "/x/media",
        ];
        let arguments = Arguments::try_parse_from(line).unwrap();
        assert_eq!(arguments.global.jobs.map(NonZeroUsize::get), Some(3));
        let Command::Crawl(crawl) = arguments.command else {
            panic!("{:?}", arguments.command);
        };
        assert!(crawl.options.force);
        assert_eq!(crawl.options.directories, [PathBuf::from("/x/media")]);
    }

    #[test]
    fn every_command_says_what_it_is() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }
}

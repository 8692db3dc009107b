//! What holds for every command.

use crate::cli::config::{Percent, parse_jobs, parse_percent};
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Read the configuration from FILE
    ///
    /// In place of /etc/mediastruct/config.ini and ~/.config/mediastruct/config.ini, or of
    /// DIR/config.ini with --root.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Use the library beneath DIR
    ///
    /// Its trees are DIR/ingest, media, archive, duplicates and validated; it keeps indexes and
    /// runs in DIR/data and the log in DIR/logs. No configuration is needed; DIR/config.ini is read
    /// where it exists. Also: the variable MEDIASTRUCT_ROOT.
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,

    /// Read at most N files at once [default: the number of cores]
    #[arg(long, global = true, value_name = "N", value_parser = parse_jobs)]
    pub jobs: Option<NonZeroUsize>,

    /// Keep the machine's used memory below this share [default: 80%]
    ///
    /// Measured while files are hashed: where other programs want more, fewer files are read at once,
    /// into smaller buffers, and more again later. The limits of control groups and of the address
    /// space count as well, and the page cache does not.
    #[arg(long, global = true, value_name = "PERCENT", value_parser = parse_percent)]
    pub memory: Option<Percent>,

    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Show on the standard error what is logged
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,

    /// Do not have the kernel confine what is written while files move
    ///
    /// apply, undo, recover and purge otherwise let Landlock (Linux 5.19 or newer) refuse this process
    /// every write outside the trees, the datadir and the logdir, whatever bug or trick may ask for
    /// one. Where the kernel cannot do that, the log says so and the work goes on. Turn it off only
    /// where it is in the way, such as of a file system that writes elsewhere by itself.
    #[arg(long, global = true)]
    pub no_landlock: bool,

    /// As root, work on trees in which other users can write, too
    ///
    /// Who can write in a directory above a tree could turn it into something else while root works
    /// on it; so root refuses, unless this says that these users are trusted. Sticky directories
    /// such as /tmp are fine. Also: shared_trees = yes in the configuration, in its
    /// section Safety.
    #[arg(long, global = true)]
    pub shared_trees: bool,

    /// Show no progress
    #[arg(long, global = true)]
    pub no_progress: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

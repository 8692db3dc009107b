//! The arguments of carrying plans out and taking them back.

use crate::model::path::TreePath;
use crate::model::run::RunId;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// The plan; - is the standard input
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// How to make sure that files are as the plan says
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Verify::Stat)]
    pub verify: Verify,
    /// Check everything, say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// How to make sure that files are as a plan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verify {
    /// By size, date and index; files that look moved or copied are read.
    Stat,
    /// By reading every file.
    Hash,
}

/// Of `undo`.
#[derive(Debug, Args)]
pub struct UndoArguments {
    /// The run [default: the newest that is neither undone nor itself an undo]
    #[arg(value_name = "RUN")]
    pub run: Option<RunId>,
    /// Do not ask before moving files
    #[arg(short, long)]
    pub yes: bool,
    /// How to make sure that files are as the run left them
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Verify::Stat)]
    pub verify: Verify,
}

/// Of `recover`.
#[derive(Debug, Args)]
pub struct RecoverArguments {
    /// Take back what was done, though it could be finished
    #[arg(long)]
    pub rollback: bool,
    /// Accept what is at PATH of a move, e.g. media/2024/a.jpg, whatever it is
    #[arg(long, value_name = "PATH", value_parser = parse_tree_path)]
    pub leave: Vec<TreePath<'static>>,
}

/// Of `purge`.
#[derive(Debug, Args)]
pub struct PurgeArguments {
    /// The run, such as 20241122T155212.123Z-0a1b2c
    #[arg(value_name = "RUN")]
    pub run: RunId,
    /// Do not ask before deleting files
    #[arg(short, long)]
    pub yes: bool,
    /// Verify everything, say what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Of `history`.
#[derive(Debug, Args)]
pub struct HistoryArguments {
    /// List the newest N runs only
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u32>,
    /// Print JSON, of which `schema history` tells the form
    #[arg(long)]
    pub json: bool,
}

fn parse_tree_path(text: &str) -> Result<TreePath<'static>, String> {
    let path = TreePath::from_text(text).map_err(|e| e.to_string())?;
    Ok(path.into_owned())
}

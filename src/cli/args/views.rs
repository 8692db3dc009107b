//! Of the commands that show what is, and change nothing.

use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// Of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// A plan, a run such as 20241122T155212.123Z-0a1b2c, or - for a plan on the standard input
    #[arg(value_name = "PLAN|RUN")]
    pub what: OsString,
    /// List every move and every file left out, not only the first ones
    #[arg(long)]
    pub all: bool,
    /// Write a page to look at in a browser to FILE, in place of the text
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print JSON, of which `schema run` tells the form; of a plan, that is the plan itself
    #[arg(long, conflicts_with_all = ["all", "html"])]
    pub json: bool,
}

/// Of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The plan; - is the standard input
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
}

/// Of `diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The plan as it was; - is the standard input
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The plan as it is; - is the standard input
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Show a unified diff of the two texts
    #[arg(long)]
    pub text: bool,
}

/// Of `find`.
#[derive(Debug, Args)]
pub struct FindArguments {
    /// A name or part of one, a glob, a hash, or a file
    #[arg(value_name = "WHAT", required = true)]
    pub what: Vec<OsString>,
    /// Each WHAT is a file in hand
    #[arg(long, group = "reading")]
    pub file: bool,
    /// Each WHAT is a name, also where a file of that name is at hand
    #[arg(long, group = "reading")]
    pub name: bool,
    /// Each WHAT is a hash, or at least 8 digits with which one begins
    #[arg(long, group = "reading")]
    pub hash: bool,
    /// Print JSON, of which `schema find` tells the form
    #[arg(long)]
    pub json: bool,
}

/// Of `status`.
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// Print JSON, of which `schema status` tells the form
    #[arg(long)]
    pub json: bool,
}

//! Of the commands around the pipeline: those to begin with, and those for editors and shells.

use crate::cli::config::{Percent, parse_bytes, parse_percent};
use clap::Args;
use std::path::PathBuf;

/// Of `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Where to make the library
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Of `mediagen`.
#[derive(Debug, Args)]
pub struct MediagenArguments {
    /// The library, as `init` makes it; made where it is missing
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// How many files to make
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub files: u64,
    /// How large a file is on average, e.g. 40kB
    #[arg(long, value_name = "SIZE", default_value = "40kB", value_parser = parse_bytes)]
    pub size: u64,
    /// The seed: the same one makes the same files
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many of the files are copies of others
    #[arg(long, value_name = "PERCENT", default_value = "20%", value_parser = parse_percent)]
    pub duplicates: Percent,
    /// Write what was made, as JSON, to FILE; - is the standard output
    #[arg(long, value_name = "FILE")]
    pub truth: Option<PathBuf>,
}

/// Of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Keep the library, and say where it is
    #[arg(long)]
    pub keep: bool,
    /// The seed of the dataset
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// Of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Which file's
    #[arg(value_name = "NAME", value_parser = crate::model::schema::SCHEMAS)]
    pub name: String,
}

/// Of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command, e.g. plan
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

//! The configuration: what is set where, and which of it holds.
//!
//! Later layers win: the defaults of `--root`, the configuration files, `MEDIASTRUCT_*` variables,
//! flags.

mod archive;
mod draft;
mod ingest;
mod key;
mod source;
mod value;

pub use archive::ArchiveSettings;
pub use ingest::{IngestSettings, MetadataReader, Zone, parse_zone};
pub use key::Key;
pub use value::{Percent, parse_bytes, parse_disk, parse_jobs, parse_keep, parse_percent};

use self::draft::Draft;
use self::source::Source;
use super::failure::Failure;
use crate::disk::config_file;
use crate::disk::disks::DiskKind;
use crate::disk::log::Rotation;
use crate::disk::place::{Found, look, resolve};
use crate::model::keep::Keep;
use crate::model::layout::Layout;
use crate::model::path::{Escaped, TreePath};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What holds for a command, wherever it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Where the trees, the datadir and the logdir are.
    pub layout: Layout,
    /// How crawl works.
    pub crawl: CrawlSettings,
    /// How dedupe decides.
    pub dedupe: DedupeSettings,
    /// How ingest works.
    pub ingest: IngestSettings,
    /// How archive works.
    pub archive: ArchiveSettings,
    /// When the log is rotated.
    pub log: Rotation,
    /// Whether root may work where others can write.
    pub shared_trees: bool,
    /// The configuration files that were read, in the order of their reading.
    pub sources: Vec<PathBuf>,
}

/// How crawl works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrawlSettings {
    /// The age in days at which a unit of archive is hashed again.
    pub max_age_days: u32,
    /// How much of the machine's memory may be in use.
    pub memory: Percent,
    /// How many files are read at once at most.
    pub jobs: NonZeroUsize,
    /// What kind of disks the files are on.
    pub disk: DiskKind,
    /// The patterns of files that are left out.
    pub exclude: Vec<String>,
}

/// How dedupe decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DedupeSettings {
    /// Whether files that belong together stay together.
    pub bundles: bool,
    /// Which copy is kept.
    pub keep: Keep,
    /// Directories of media whose copies are rather kept, the most preferred first.
    pub prefer: Vec<TreePath<'static>>,
}

/// What the command line says of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--root`.
    pub root: Option<PathBuf>,
    /// `--jobs`.
    pub jobs: Option<NonZeroUsize>,
    /// `--memory`.
    pub memory: Option<Percent>,
    /// `--shared-trees`.
    pub shared_trees: bool,
}

impl Configuration {
    /// Puts the layers together; `environment` gives the variables, and is none but the process's
    /// outside tests. Warnings are told to `warn`.
    ///
    /// # Errors
    /// Where a file cannot be read or understood, a key is missing, or a directory cannot be used.
    pub fn load(
        flags: &Flags,
        environment: &[(OsString, OsString)],
        warn: &mut dyn FnMut(String),
    ) -> Result<Configuration, Failure> {
        let mut draft = Draft::new();
        let variable = |name: &str| {
            let found = environment
                .iter()
                .find(|(n, v)| n == name && !v.is_empty())?;
            Some(found.1.as_os_str())
        };
        let root = flags.root.clone();
        let root = root.or_else(|| variable("MEDIASTRUCT_ROOT").map(PathBuf::from));
        let files = match &root {
            Some(root) => {
                let root = existing_root(root)?;
                draft.embed(&root);
                match &flags.config {
                    Some(config) => vec![(config.clone(), Must::Exist)],
                    None => vec![(root.join("config.ini"), Must::Nothing)],
                }
            }
            None => files_without_root(flags, &variable),
        };
        let mut sources = Vec::new();
        for (path, must) in files {
            match (config_file::read(&path)?, must) {
                (Some(text), _) => {
                    draft.add_file(&path, &text)?;
                    sources.push(path);
                }
                (None, Must::Exist) => {
                    let shown = Escaped::path(&path);
                    let message = format!("{shown}: there is no such configuration file");
                    return Err(Failure::usage(message)
                        .hint("`mediastruct init DIR` makes a library with one"));
                }
                (None, Must::Nothing) => {}
            }
        }
        draft.add_environment(environment, warn)?;
        draft.add_flags(flags);
        draft.finish(sources)
    }
}

enum Must {
    Exist,
    Nothing,
}

/// The files that are read where no root is given: the named one, or the machine's and the user's.
fn files_without_root<'e>(
    flags: &Flags,
    variable: &impl Fn(&str) -> Option<&'e std::ffi::OsStr>,
) -> Vec<(PathBuf, Must)> {
    if let Some(config) = &flags.config {
        return vec![(config.clone(), Must::Exist)];
    }
    let mut files = vec![(PathBuf::from("/etc/mediastruct/config.ini"), Must::Nothing)];
    let own = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    // The XDG Base Directory Specification has relative paths ignored.
    let own = own.filter(|dir| dir.is_absolute());
    let own = own.or_else(|| Some(Path::new(variable("HOME")?).join(".config")));
    if let Some(own) = own {
        files.push((own.join("mediastruct/config.ini"), Must::Nothing));
    }
    files
}

fn existing_root(root: &Path) -> Result<PathBuf, Failure> {
    let place = resolve(root)?;
    let shown = Escaped::path(root);
    match look(&place)? {
        Found::Directory => Ok(place),
        Found::Nothing => Err(Failure::usage(format!(
            "{shown}: there is no such directory, and --root names one that holds a library"
        ))
        .hint(format!("`mediastruct init {shown}` makes a library there"))),
        Found::Link | Found::Other => Err(Failure::usage(format!(
            "{shown} is no directory, and --root names one that holds a library"
        ))),
    }
}

#[cfg(test)]
mod tests;

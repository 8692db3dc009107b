//! A configuration while its layers are laid one upon the other.

use super::key::nearest;
use super::value::{parse_disk, parse_jobs, parse_keep, parse_number, parse_yes};
use super::{
    ArchiveSettings, Configuration, CrawlSettings, DedupeSettings, Flags, IngestSettings, Key,
    Percent, Source,
};
use super::{parse_bytes, parse_percent};
use crate::cli::failure::Failure;
use crate::cli::tree_path::directory_of_media;
use crate::disk::disks::DiskKind;
use crate::disk::log::Rotation;
use crate::disk::place::{PlaceError, resolve, resolve_tree};
use crate::model::exclude::{self, Excludes};
use crate::model::keep::Keep;
use crate::model::layout::Layout;
use crate::model::path::{Escaped, TreePath};
use crate::model::tree::Tree;
use ini::{Ini, ParseOption};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Directories, parted by commas, until it is known where the trees are.
struct Preferred {
    directories: String,
    /// What relative paths are relative to.
    base: PathBuf,
    /// Where they were set.
    place: String,
}

/// The values that hold so far.
pub struct Draft {
    directories: BTreeMap<Key, PathBuf>,
    max_age_days: u32,
    memory: Percent,
    jobs: Option<NonZeroUsize>,
    disk: DiskKind,
    exclude: Vec<String>,
    ingest: IngestSettings,
    archive: ArchiveSettings,
    bundles: bool,
    keep: Keep,
    prefer: Option<Preferred>,
    log: Rotation,
    shared_trees: bool,
}

impl Draft {
    /// The defaults: no directory is known.
    pub fn new() -> Draft {
        Draft {
            directories: BTreeMap::new(),
            max_age_days: 120,
            memory: Percent::new(80).expect("80 is a percentage"),
            jobs: None,
            disk: DiskKind::Auto,
            exclude: Vec::new(),
            ingest: IngestSettings::default(),
            archive: ArchiveSettings::default(),
            bundles: true,
            keep: Keep::First,
            prefer: None,
            log: Rotation {
                max_size: 500_000_000,
                keep: 5,
            },
            shared_trees: false,
        }
    }

    /// The directories beneath a root.
    pub fn embed(&mut self, root: &Path) {
        for key in Key::ALL {
            if let Some(name) = key.beneath_root() {
                self.directories.insert(key, root.join(name));
            }
        }
    }

    /// What the file at `path` says; relative paths in it are relative to its directory.
    pub fn add_file(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        let shown = Escaped::path(path);
        let options = ParseOption {
            enabled_quote: false,
            enabled_escape: false,
            ..ParseOption::default()
        };
        let ini = Ini::load_from_str_opt(text, options)
            .map_err(|e| Failure::usage(format!("{shown}: line {}: {}", e.line, e.msg)))?;
        let base = path.parent().unwrap_or(Path::new(""));
        let mut seen = BTreeSet::new();
        for (section, properties) in &ini {
            let known = section.filter(|s| Key::sections().any(|k| k == *s));
            let Some(section) = known else {
                if section.is_none() && properties.is_empty() {
                    continue;
                }
                return Err(unknown_section(path, section));
            };
            for (name, value) in properties.iter() {
                let key = Key::find(section, name).ok_or_else(|| unknown(path, section, name))?;
                if !seen.insert(key) {
                    let name = key.name();
                    let message = format!("{shown}: [{section}] {name} stands there twice");
                    return Err(Failure::usage(message).hint("leave one of the two"));
                }
                self.set(key, value.as_ref(), Source::File(path), base)?;
            }
        }
        Ok(())
    }

    /// What the `MEDIASTRUCT_*` variables say; an unknown one is told to `warn`.
    pub fn add_environment(
        &mut self,
        environment: &[(OsString, OsString)],
        warn: &mut dyn FnMut(String),
    ) -> Result<(), Failure> {
        let variables: Vec<_> = Key::ALL.into_iter().map(Key::variable).collect();
        for (name, value) in environment {
            if !name.as_bytes().starts_with(b"MEDIASTRUCT_") || value.is_empty() {
                continue;
            }
            let at = variables.iter().position(|v| name == v.as_str());
            if let Some(at) = at {
                self.set(Key::ALL[at], value, Source::Variable, Path::new(""))?;
            } else if name != "MEDIASTRUCT_ROOT" {
                let shown = Escaped(name.as_bytes()).to_string();
                let near = nearest(&shown, variables.iter().map(String::as_str));
                let near = near.map(|n| format!("; did you mean {n}?"));
                warn(format!(
                    "the variable {shown} means nothing to mediastruct{}",
                    near.unwrap_or_default()
                ));
            }
        }
        Ok(())
    }

    /// What the command line says.
    pub fn add_flags(&mut self, flags: &Flags) {
        self.jobs = flags.jobs.or(self.jobs);
        self.memory = flags.memory.unwrap_or(self.memory);
        self.shared_trees |= flags.shared_trees;
    }

    fn set(
        &mut self,
        key: Key,
        value: &OsStr,
        source: Source<'_>,
        base: &Path,
    ) -> Result<(), Failure> {
        let bad = |expected: String| {
            let shown = Escaped(value.as_bytes());
            let place = source.place_of(key);
            Failure::usage(format!("{place}: bad value '{shown}'")).hint(expected)
        };
        if key.beneath_root().is_some() {
            if value.is_empty() || value.as_bytes().contains(&0) {
                return Err(bad("expected the path of a directory".to_owned()));
            }
            self.directories.insert(key, base.join(value));
            return Ok(());
        }
        let text = value
            .to_str()
            .ok_or_else(|| bad("expected text in UTF-8".to_owned()))?;
        match key {
            Key::MaxAgeDays => {
                let days = parse_number(text, 0, u64::from(u32::MAX)).map_err(bad)?;
                self.max_age_days = u32::try_from(days).unwrap_or(u32::MAX);
            }
            Key::Memory => self.memory = parse_percent(text).map_err(bad)?,
            Key::Jobs => self.jobs = Some(parse_jobs(text).map_err(bad)?),
            Key::Disk => self.disk = parse_disk(text).map_err(bad)?,
            Key::Exclude => {
                self.exclude = exclude::split(text);
                Excludes::new(self.exclude.clone()).map_err(|e| bad(e.to_string()))?;
            }
            Key::DateDirs
            | Key::TimeZone
            | Key::IngestBundles
            | Key::LocalTimeMakes
            | Key::Metadata => self.ingest.set(key, text).map_err(bad)?,
            Key::Medium | Key::Parity | Key::Pack | Key::Set | Key::VerifyAfterDays => {
                self.archive.set(key, text).map_err(bad)?;
            }
            Key::Bundles => self.bundles = parse_yes(text).map_err(bad)?,
            Key::KeepRule => self.keep = parse_keep(text).map_err(bad)?,
            Key::Prefer => {
                self.prefer = Some(Preferred {
                    directories: text.to_owned(),
                    base: base.to_owned(),
                    place: source.place_of(key).to_string(),
                });
            }
            Key::MaxSize => {
                let size = parse_bytes(text).map_err(bad)?;
                self.log.max_size = size.max(1);
            }
            Key::Keep => {
                let keep = parse_number(text, 0, 1000).map_err(bad)?;
                self.log.keep = usize::try_from(keep).unwrap_or(1000);
            }
            Key::SharedTrees => self.shared_trees = parse_yes(text).map_err(bad)?,
            Key::Logdir | Key::Datadir | Key::Tree(_) => {}
        }
        Ok(())
    }

    /// The configuration, its directories resolved.
    pub fn finish(mut self, sources: Vec<PathBuf>) -> Result<Configuration, Failure> {
        let missing: Vec<_> = Key::ALL
            .into_iter()
            .filter(|k| k.beneath_root().is_some() && !self.directories.contains_key(k))
            .map(Key::name)
            .collect();
        if !missing.is_empty() {
            return Err(not_configured(&missing, &sources));
        }
        let mut take = |key: Key| self.directories.remove(&key).unwrap_or_default();
        let datadir = own_directory(Key::Datadir, &take(Key::Datadir))?;
        let logdir = own_directory(Key::Logdir, &take(Key::Logdir))?;
        let mut trees = Vec::with_capacity(Tree::ALL.len());
        for tree in Tree::ALL {
            let key = Key::Tree(tree);
            let dir = resolve_tree(&take(key)).map_err(|e| place_of(key, e))?;
            for (own, name) in [(&datadir, "datadir"), (&logdir, "logdir")] {
                if *own == dir {
                    let (key, shown) = (key.name(), Escaped::path(&dir));
                    let message = format!("{name} and {key} are one directory, {shown}");
                    return Err(Failure::usage(message).hint("give each a directory of its own"));
                }
            }
            trees.push(dir);
        }
        let trees = trees.try_into().expect("there are as many as trees");
        let layout = Layout::new(trees, datadir, logdir).map_err(|e| {
            Failure::usage(e.to_string()).hint("give each tree a directory of its own")
        })?;
        let prefer = match &self.prefer {
            Some(preferred) => preferred.resolve(&layout)?,
            None => Vec::new(),
        };
        let jobs = self
            .jobs
            .unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
        Ok(Configuration {
            layout,
            crawl: CrawlSettings {
                max_age_days: self.max_age_days,
                memory: self.memory,
                jobs,
                disk: self.disk,
                exclude: self.exclude,
            },
            ingest: self.ingest,
            archive: self.archive,
            dedupe: DedupeSettings {
                bundles: self.bundles,
                keep: self.keep,
                prefer,
            },
            log: self.log,
            shared_trees: self.shared_trees,
            sources,
        })
    }
}

impl Preferred {
    fn resolve(&self, layout: &Layout) -> Result<Vec<TreePath<'static>>, Failure> {
        let names = self.directories.split(',').map(str::trim);
        let named = names.filter(|name| !name.is_empty());
        let resolved = named.map(|name| directory_of_media(name.as_ref(), &self.base, layout));
        resolved.collect::<Result<_, _>>().map_err(|mut failure| {
            failure.message = format!("{}: {}", self.place, failure.message);
            failure
        })
    }
}

fn own_directory(key: Key, dir: &Path) -> Result<PathBuf, Failure> {
    resolve(dir).map_err(|e| place_of(key, e))
}

fn place_of(key: Key, error: PlaceError) -> Failure {
    let is_link = matches!(error, PlaceError::Link(_));
    let mut failure = Failure::from(error);
    failure.message = format!("{}: {}", key.name(), failure.message);
    if is_link {
        return failure.hint(format!(
            "set {} to the directory that it leads to; a link could be turned elsewhere",
            key.name()
        ));
    }
    failure
}

fn not_configured(missing: &[&str], sources: &[PathBuf]) -> Failure {
    let read = match sources {
        [] => "no configuration was found".to_owned(),
        sources => {
            let shown: Vec<_> = sources
                .iter()
                .map(|s| Escaped::path(s).to_string())
                .collect();
            format!("read: {}", shown.join(", "))
        }
    };
    Failure::usage(format!(
        "it is not configured where things are ({read}); missing in [Paths]: {}",
        missing.join(", ")
    ))
    .hint("`mediastruct init DIR` makes a library beneath DIR, with a config.ini to edit")
    .hint("`--root DIR` uses a library beneath DIR, `--config FILE` another configuration")
}

fn unknown_section(path: &Path, section: Option<&str>) -> Failure {
    let shown = Escaped::path(path);
    let Some(section) = section else {
        return Failure::usage(format!("{shown}: a key stands before any section"))
            .hint("the first section is [Paths]");
    };
    let failure = Failure::usage(format!(
        "{shown}: there is no section [{}]",
        Escaped(section.as_bytes())
    ));
    match nearest(section, Key::sections()) {
        Some(near) => failure.hint(format!("did you mean [{near}]?")),
        None => failure.hint(
            "the sections are [Paths], [Crawl], [Ingest], [Dedupe], [Archive], [Log] and [Safety]",
        ),
    }
}

fn unknown(path: &Path, section: &str, name: &str) -> Failure {
    let failure = Failure::usage(format!(
        "{}: [{section}] has no key '{}'",
        Escaped::path(path),
        Escaped(name.as_bytes())
    ));
    let elsewhere = Key::ALL
        .into_iter()
        .find(|k| k.name().eq_ignore_ascii_case(name));
    if let Some(key) = elsewhere {
        return failure.hint(format!("{} stands in [{}]", key.name(), key.section()));
    }
    let known = Key::ALL.into_iter().filter(|k| k.section() == section);
    let near = nearest(name, known.map(Key::name));
    let near = near.or_else(|| nearest(name, Key::ALL.into_iter().map(Key::name)));
    match near {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => failure.hint("`mediastruct init DIR` writes a config.ini with all keys"),
    }
}

//! What a command that works on a library has in hand.

use super::args::GlobalOptions;
use super::config::{Configuration, Flags};
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::disk::log;
use crate::disk::place::{Found, look, resolve};
use crate::disk::trees::owners::{self, Shared};
use crate::model::layout::Layout;
use crate::model::path::Escaped;
use crate::model::tree::Tree;
use std::path::{Path, PathBuf};

/// What a command that works on a library has in hand.
#[derive(Clone, Debug)]
pub struct Context {
    /// What holds, wherever it was set.
    pub configuration: Configuration,
    /// Where words go.
    pub output: Output,
    /// Whether the kernel is to confine what is written while files move.
    pub landlock: bool,
    /// The directory that stands in for the configured drop directory in this command alone.
    pub card: Option<PathBuf>,
}

impl Context {
    /// Reads the configuration and opens the log; one that cannot be written is told once, and
    /// stops nothing.
    ///
    /// # Errors
    /// Where the configuration cannot be understood or its directories cannot be used.
    pub fn new(global: &GlobalOptions, output: Output) -> Result<Context, Failure> {
        let flags = Flags {
            config: global.config.clone(),
            root: global.root.clone(),
            jobs: global.jobs,
            memory: global.memory,
            shared_trees: global.shared_trees,
        };
        let environment: Vec<_> = std::env::vars_os().collect();
        let mut warnings = Vec::new();
        let configuration = Configuration::load(&flags, &environment, &mut |w| warnings.push(w))?;
        let logdir = &configuration.layout.logdir;
        if let Err(error) = log::start(logdir, configuration.log, output.verbose) {
            output.warn(error);
        }
        warnings.iter().for_each(|w| output.warn(w));
        Ok(Context {
            configuration,
            output,
            landlock: !global.no_landlock,
            card: None,
        })
    }

    /// How a later command has to begin so that it works on what this one does.
    pub fn program(&self) -> String {
        match &self.card {
            Some(dir) => format!("MEDIASTRUCT_INGEST_DIR={} mediastruct", quoted(dir)),
            None => "mediastruct".to_owned(),
        }
    }

    /// Where the trees are.
    pub fn layout(&self) -> &Layout {
        &self.configuration.layout
    }
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let shown = Escaped::path(path).to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    match shown.chars().all(is_plain) {
        true => shown,
        false => format!("'{}'", shown.replace('\'', "'\\''")),
    }
}

/// Makes sure, for a command that is to change things as root, that nobody else could turn the
/// trees or the datadir into something else under its hands.
///
/// # Errors
/// Where somebody could, and the configuration does not say that it is meant.
pub fn refuse_shared(context: &Context) -> Result<(), Failure> {
    if context.configuration.shared_trees || !owners::is_root() {
        return Ok(());
    }
    let found = owners::shared(context.layout())?;
    let told = found.iter().map(|Shared { path, with }| {
        let path = Escaped::path(path);
        format!("{path}: {with} could write there, while mediastruct runs as root")
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        return Ok(());
    }
    Err(Failure::refused(told.join("\n"))
        .hint("run it as the user to whom the files belong")
        .hint(
            "or say that it is meant: `--shared-trees`, or shared_trees = yes under [Safety] in \
             config.ini",
        ))
}

/// Makes sure that these trees are there; each command names those that it reads.
///
/// # Errors
/// Where one is missing or is no directory: the failure names the key that sets it.
pub fn require(layout: &Layout, trees: &[Tree]) -> Result<(), Failure> {
    for tree in trees {
        let dir = layout.dir(*tree);
        let (key, shown) = (tree.config_key(), Escaped::path(dir));
        match look(dir)? {
            Found::Directory => {}
            Found::Nothing => {
                let failure = Failure::failed(format!("{key}: {shown} is missing"));
                return Err(failure
                    .hint(format!("mount it, or `mkdir {shown}` if it is to be empty"))
                    .hint(format!("or set {key} to another directory")));
            }
            Found::Link | Found::Other => {
                let message = format!("{key}: {shown} is no directory");
                return Err(Failure::new(Exit::Refused, message));
            }
        }
    }
    Ok(())
}

/// A tree, or one of its units, to which a crawl is restricted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The tree, one of those that are indexed.
    pub tree: Tree,
    /// The name of the unit; none for the whole tree.
    pub unit: Option<String>,
}

/// What the directories named on the command line of `crawl` are: indexed trees, or units in them.
///
/// # Errors
/// Where one is neither, or is not there.
pub fn targets(layout: &Layout, dirs: &[PathBuf]) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::with_capacity(dirs.len());
    for dir in dirs {
        targets.push(target(layout, dir)?);
    }
    targets.sort();
    targets.dedup();
    Ok(targets)
}

fn target(layout: &Layout, dir: &Path) -> Result<Target, Failure> {
    let place = resolve(dir)?;
    let shown = Escaped::path(dir);
    if look(&place)? != Found::Directory {
        return Err(Failure::usage(format!(
            "{shown}: there is no such directory"
        )));
    }
    for tree in Tree::INDEXED {
        if place == layout.dir(tree) {
            return Ok(Target { tree, unit: None });
        }
        let is_inner = Tree::ALL.into_iter().any(|t| place == layout.dir(t));
        if is_inner || place.parent() != Some(layout.dir(tree)) {
            continue;
        }
        let name = place.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|name| tree.is_unit_name(name.as_bytes())) {
            return Ok(Target {
                tree,
                unit: Some(name.to_owned()),
            });
        }
    }
    Err(Failure::usage(format!(
        "{shown} is not indexed: it is neither a tree nor a unit of one"
    ))
    .hint(format!(
        "crawl takes {} and {}, and directories such as {}/2024 and {}/01",
        Escaped::path(layout.dir(Tree::Media)),
        Escaped::path(layout.dir(Tree::Archive)),
        Escaped::path(layout.dir(Tree::Media)),
        Escaped::path(layout.dir(Tree::Archive)),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        for (path, word) in [
            ("/mnt/card", "/mnt/card"),
            ("/media/My Card", "'/media/My Card'"),
            ("/it's", "'/it'\\''s'"),
            ("/$(x)", "'/$(x)'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}

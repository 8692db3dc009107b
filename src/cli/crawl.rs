//! Crawl, where the phase and the disk meet: look, plan, hash, merge, write.

use crate::disk::disks::{DiskKind, Disks};
use crate::disk::error::DiskError;
use crate::disk::hash::{Interrupted, Readers, hash_unknown};
use crate::disk::machine;
use crate::disk::memory::Gauge;
use crate::disk::monitor::Monitor;
use crate::disk::progress::{Notebook, Purpose};
use crate::disk::scan::{self, Scope};
use crate::disk::sidecars::Sidecars;
use crate::disk::store::{Datadir, IndexFiles, StoreError};
use crate::disk::trees::Trees;
use crate::model::exclude::Excludes;
use crate::model::index::{Index, Totals};
use crate::model::layout::Layout;
use crate::model::path::{Escaped, RelPath, TreePath};
use crate::model::plan::Settings;
use crate::model::progress::ProgressHeader;
use crate::model::state::{State, TreeListing};
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::phase::crawl::{self as phase, CrawledTree, Report};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

mod command;
mod log;
mod text;

pub use command::{command, plan};

/// What is to be crawled, and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where the trees are.
    pub layout: &'a Layout,
    /// Whether every unit is hashed again.
    pub force: bool,
    /// Whether unchanged files of media are trusted.
    pub incremental: bool,
    /// The age in days at which a unit of the archive is hashed again.
    pub max_age_days: u32,
    /// How many files are read at once at most.
    pub jobs: usize,
    /// How much of the memory may be in use, in percent.
    pub memory_percent: u8,
    /// What kind of disks the files are on.
    pub disk: DiskKind,
    /// The patterns of files that are left out.
    pub excludes: Excludes,
    /// The trees and units to look at; empty for all of media and archive.
    pub only: Vec<(Tree, Option<String>)>,
    /// What time it is.
    pub now: Time,
}

/// Why there was no crawl.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tree does not exist.
    #[error("there is no {}: make it, or set {} in the configuration", Escaped::path(.0), .1.config_key())]
    NoTree(PathBuf, Tree),
    /// A unit that was asked for is neither on the disk nor in the index.
    #[error("there is no unit {0}/{1}")]
    NoUnit(Tree, String),
    /// The tree has no units.
    #[error("{0} has no units that could be crawled")]
    NotIndexed(Tree),
    /// The datadir holds something that is of no use.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It was told to stop.
    #[error("interrupted: {kept} of {wanted} files are hashed, and that is kept")]
    Interrupted {
        /// Files whose hashes are kept for the crawl that goes on.
        kept: u64,
        /// Files that were to be hashed.
        wanted: u64,
    },
    /// There are no threads to be had.
    #[error("cannot start threads: {0}; try --jobs 1")]
    Threads(#[from] io::Error),
}

/// What a look at the disk found: all that a plan of crawl is made from.
pub struct Surveyed<'k> {
    /// The state: `phase::crawl::plan` takes it.
    pub state: State<'k>,
    trees: Trees,
    pool: ThreadPool,
    gauge: Gauge,
}

/// Looks at the disk: reads indexes and the heads of sidecar indexes, walks, and changes nothing.
///
/// # Errors
/// Where a tree or a unit that was asked for is missing, or an index is of no use.
pub fn survey<'k>(
    request: &Request<'_>,
    known: &'k IndexFiles,
    monitor: &dyn Monitor,
) -> Result<Surveyed<'k>, Error> {
    let scopes = scopes(&request.only)?;
    let trees = Trees::open(request.layout)?;
    let missing = |scope: &&Scope| trees.handle(scope.tree).is_none();
    if let Some(Scope { tree, .. }) = scopes.iter().find(missing) {
        return Err(Error::NoTree(request.layout.dir(*tree).to_owned(), *tree));
    }
    let gauge = Gauge::new(request.memory_percent);
    let pool = machine::pool(request.jobs, &gauge)?;
    let state = pool.install(|| state(request, &scopes, &trees, known, monitor))?;
    Ok(Surveyed {
        state,
        trees,
        pool,
        gauge,
    })
}

/// Crawls: hashes what is to be hashed, and writes sidecar indexes and indexes where something
/// changed.
///
/// # Errors
/// As [`survey`], where an index cannot be written, and where it is `interrupted` while it hashes. A
/// file that cannot be read is no error; the report names it.
pub fn crawl(
    request: &Request<'_>,
    known: &IndexFiles,
    interrupted: &(dyn Fn() -> bool + Sync),
    monitor: &dyn Monitor,
) -> Result<Report, Error> {
    let Surveyed {
        state,
        trees,
        pool,
        gauge,
    } = survey(request, known, monitor)?;
    for listing in &state.listing {
        let dir = request.layout.dir(listing.tree);
        for unit in &listing.units {
            let dir = dir.join(&unit.name);
            let dir = Escaped(dir.as_os_str().as_bytes());
            tracing::info!("Crawl - Processing target subdirectory: {dir}");
        }
    }
    let datadir = Datadir::at(&request.layout.datadir);
    datadir.make("")?;
    let header = ProgressHeader::new(request.force, request.now);
    let notebook = Notebook::open(&datadir, header, Purpose::Crawl);
    if let Some(trouble) = notebook.trouble() {
        tracing::warn!("Crawl - Nothing is kept for the case of an interruption: {trouble}");
    }
    let readers = Readers {
        most: machine::readers(request.jobs, &gauge),
        gauge: &gauge,
        disks: &Disks::new(request.disk),
        notebook: None,
        interrupted,
    };
    let wanted = phase::wants(&state);
    let (taken_over, readings) = hash_unknown(&trees, &wanted, &notebook, &readers, monitor);
    if taken_over.files > 0 {
        let files = taken_over.files;
        tracing::info!("Crawl - {files} files of an interrupted crawl are taken over");
    }
    let readings = readings.map_err(|Interrupted| Error::Interrupted {
        kept: taken_over.files + notebook.kept(),
        wanted: wanted.len() as u64,
    })?;
    let crawled = phase::index(&state, readings);
    let mut report = crawled.report;
    report.taken_over = taken_over;
    report.unkept = notebook.trouble().map(str::to_owned);
    let sidecars = Sidecars::new(&trees, &datadir);
    for tree in &crawled.trees {
        // Sidecar indexes go first: a crawl that is interrupted here finds them newer than the
        // index, and hashes nothing twice.
        report
            .unwritten
            .extend(write_sidecars(&sidecars, tree, &pool));
        if tree.changed {
            datadir.save_index(&tree.index)?;
        }
    }
    let ingest = save_ingest(request, known, &trees)?;
    let looked_at = |path: &TreePath<'_>| {
        let listing = state.listing.iter().find(|l| l.tree == path.tree);
        let unit = std::str::from_utf8(path.rel.first());
        listing.is_some_and(|l| unit.is_ok_and(|unit| l.covers(unit)))
    };
    notebook.close(looked_at)?;
    let whole = state.listing.iter().filter(|l| l.only.is_none());
    let whole: Vec<Tree> = whole.map(|l| l.tree).chain(ingest).collect();
    if !whole.is_empty() {
        datadir.save_last_crawls(whole, request.now)?;
    }
    log::report(&report);
    Ok(report)
}

fn scopes(only: &[(Tree, Option<String>)]) -> Result<Vec<Scope>, Error> {
    if let Some((tree, _)) = only.iter().find(|(tree, _)| !Tree::INDEXED.contains(tree)) {
        return Err(Error::NotIndexed(*tree));
    }
    let mut scopes = Vec::new();
    for tree in Tree::INDEXED {
        let mut asked = only.iter().filter(|(t, _)| *t == tree).peekable();
        if !only.is_empty() && asked.peek().is_none() {
            continue;
        }
        // One that asks for the whole tree makes the units beside it needless.
        let units: Option<BTreeSet<String>> = asked.map(|(_, unit)| unit.clone()).collect();
        scopes.push(Scope {
            tree,
            only: units.filter(|units| !units.is_empty()),
        });
    }
    Ok(scopes)
}

fn state<'k>(
    request: &Request<'_>,
    scopes: &[Scope],
    trees: &Trees,
    known: &'k IndexFiles,
    monitor: &dyn Monitor,
) -> Result<State<'k>, Error> {
    let datadir = Datadir::at(&request.layout.datadir);
    let mut state = State {
        archive: known.index(Tree::Archive)?,
        media: known.index(Tree::Media)?,
        settings: Settings {
            force: Some(request.force),
            incremental: Some(request.incremental),
            max_age_days: Some(request.max_age_days),
            exclude: request.excludes.patterns().to_vec(),
            ..Settings::default()
        },
        listing: scan::scan(trees, request.layout, scopes, &request.excludes, monitor)?,
        volumes: datadir.load_volumes()?.volumes,
        ..State::unknown(request.now)
    };
    let sidecars = Sidecars::new(trees, &datadir);
    for listing in &mut state.listing {
        for unit in &mut listing.units {
            unit.sidecar = sidecars.head(listing.tree, &unit.name);
        }
        let index = match listing.tree {
            Tree::Archive => &mut state.archive,
            _ => &mut state.media,
        };
        for name in listing.only.iter().flatten() {
            let listed = listing.units.iter().any(|u| u.name == *name);
            if !listed && !listing.is_excluded(name) && index.unit(name).is_none() {
                return Err(Error::NoUnit(listing.tree, name.clone()));
            }
        }
        adopt(index, listing, &sidecars);
    }
    Ok(state)
}

/// Takes into the index what the sidecar indexes know and it does not.
fn adopt(index: &mut Index<'_>, listing: &TreeListing, sidecars: &Sidecars<'_>) {
    let read = |name: String| {
        let sidecar = sidecars.read(listing.tree, &name)?.ok()?;
        Some((name, sidecar))
    };
    let names = phase::adoptable(index, listing);
    if !names.is_empty() {
        phase::adopt(index, names.into_par_iter().filter_map(read).collect());
    }
}

/// Writes the sidecar indexes that are out of date, and gives those units for which that failed.
fn write_sidecars(
    sidecars: &Sidecars<'_>,
    tree: &CrawledTree<'_>,
    pool: &ThreadPool,
) -> Vec<(TreePath<'static>, String)> {
    let index = &tree.index;
    let write = |name: &String| {
        let unit = index.unit(name)?;
        let timestamp = unit.indexed?;
        let written = sidecars.write(index.tree, unit, timestamp, index.entries_of(name));
        let path = RelPath::new(name.as_bytes().to_vec()).ok()?;
        Some((TreePath::new(index.tree, path), written.err()?.to_string()))
    };
    pool.install(|| tree.sidecars.par_iter().filter_map(write).collect())
}

/// Replaces the index of ingest, which holds no more than its size, where that changed; and gives
/// that tree, if it was looked at.
fn save_ingest(
    request: &Request<'_>,
    known: &IndexFiles,
    trees: &Trees,
) -> Result<Option<Tree>, Error> {
    if !request.only.is_empty() {
        return Ok(None);
    }
    let totals: Option<Totals> = scan::totals(trees, request.layout, Tree::Ingest);
    let Some(totals) = totals else {
        return Ok(None);
    };
    let old = known.index(Tree::Ingest)?;
    let datadir = Datadir::at(&request.layout.datadir);
    datadir.save_index(&phase::ingest(&old, totals, request.now))?;
    Ok(Some(Tree::Ingest))
}

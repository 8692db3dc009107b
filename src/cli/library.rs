//! What the disk holds of a library besides its files and runs: indexes and locks.

use super::context::Context;
use super::failure::{Exit, Failure};
use crate::disk::error::{Cause, DiskError};
use crate::disk::journal::RunError;
use crate::disk::lock::{Lock, LockError};
use crate::disk::store::{Datadir, IndexFiles, StoreError};
use crate::disk::trees::Trees;
use crate::model::index::Moved;
use crate::model::last_crawls::LastCrawls;
use crate::model::path::Escaped;
use crate::model::state::State;
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::Volumes;

/// Opens the indexes of a library.
///
/// # Errors
/// Where one cannot be read or trusted.
pub fn index_files(context: &Context) -> Result<IndexFiles, Failure> {
    Ok(Datadir::at(&context.layout().datadir).load_indexes()?)
}

/// What is known of a library: these indexes, and its volumes.
///
/// # Errors
/// Where one of them is damaged, or cannot be read or trusted.
pub fn state<'i>(context: &Context, indexes: &'i IndexFiles) -> Result<State<'i>, Failure> {
    Ok(State {
        archive: indexes.index(Tree::Archive)?,
        media: indexes.index(Tree::Media)?,
        volumes: volumes(context)?,
        ..State::unknown(now())
    })
}

/// What is known of the volumes of a library; says so where the last of it is torn.
///
/// # Errors
/// Where that cannot be read or trusted.
pub fn volumes(context: &Context) -> Result<Volumes, Failure> {
    let datadir = Datadir::at(&context.layout().datadir);
    let known = datadir.load_volumes()?;
    if let Some(torn) = &known.torn {
        let (path, torn) = (datadir.volumes_path(), Escaped(torn));
        context.output.warn(format_args!(
            "{}: its last line is torn, as by a crash, and counts for nothing: {torn}; record that \
             event again, if it happened",
            Escaped::path(&path)
        ));
    }
    Ok(known.volumes)
}

/// When the trees of a library were last crawled.
///
/// # Errors
/// Where that cannot be read or trusted.
pub fn last_crawls(context: &Context) -> Result<LastCrawls, Failure> {
    Ok(Datadir::at(&context.layout().datadir).load_last_crawls()?)
}

/// Lets the indexes of a library follow files that moved.
///
/// # Errors
/// Where an index cannot be read or written.
pub fn follow(context: &Context, moved: &[Moved<'_>]) -> Result<(), StoreError> {
    let datadir = Datadir::at(&context.layout().datadir);
    for tree in Tree::INDEXED {
        let touched = |m: &Moved<'_>| m.operation.from.tree == tree || m.operation.to.tree == tree;
        if !moved.iter().any(touched) {
            continue;
        }
        let files = datadir.load_indexes()?;
        datadir.save_index(&files.index(tree)?.after(moved))?;
    }
    Ok(())
}

/// Locks the library for as long as the lock lives; makes the datadir where it is missing, and
/// removes from it what a killed process left half written.
///
/// # Errors
/// Where another process holds the lock, or the datadir is not trusted.
pub fn lock(context: &Context, trees: &Trees) -> Result<Lock, Failure> {
    let datadir = Datadir::at(&context.layout().datadir);
    datadir.make("")?;
    let lock = Lock::take(datadir.path(), trees)?;
    datadir.sweep()?;
    Ok(lock)
}

/// What time it is.
pub fn now() -> Time {
    jiff::Timestamp::now().into()
}

impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Self {
        let failure = Failure::failed(error.to_string());
        match error.cause() {
            Cause::Missing => failure.hint(NEEDS_OPENAT2),
            Cause::Denied => failure.hint("run it as the user to whom the library belongs"),
            _ => failure,
        }
    }
}

/// What to do where the kernel does not know how to open something beneath a directory.
pub(super) const NEEDS_OPENAT2: &str =
    "Linux 5.6 or later is needed, and a sandbox, if there is one, that allows `openat2`";

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held(_) => Failure::new(Exit::Locked, error.to_string())
                .hint("wait until it has ended, and try again"),
            LockError::Same(one, other) => Failure::refused(error.to_string()).hint(format!(
                "set {} and {} to directories of their own",
                one.config_key(),
                other.config_key()
            )),
            LockError::Disk(error) => error.into(),
        }
    }
}

/// What to do about something that others could have written.
const OURS_ALONE: &str =
    "if it is as you left it, make it yours alone with `chown` and `chmod go-w`; else move it away";

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Untrusted(_) => Failure::failed(message)
                .hint(OURS_ALONE)
                .hint("`mediastruct crawl` makes the indexes anew where they are missing"),
            StoreError::Volumes { .. } => Failure::failed(message)
                .hint("nothing is done while it is in doubt which volumes are on discs")
                .hint("put it right from a backup, or by hand: it holds one event a line"),
            StoreError::Event(_) => Failure::usage(message)
                .hint("`mediastruct volumes` lists the copies that are known"),
            StoreError::Disk(_) | StoreError::Index { .. } => Failure::failed(message),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        match error {
            RunError::Disk(_) => Failure::failed(message),
            RunError::Foreign(_) => Failure::failed(message)
                .hint("whoever can write there could have forged a journal; nothing is done")
                .hint(OURS_ALONE),
            RunError::Journal(..) => Failure::failed(message)
                .hint("nothing is done while a journal is in doubt: it may be of an unfinished run")
                .hint("put it right from a backup, or move the run's directory out of the datadir"),
        }
    }
}

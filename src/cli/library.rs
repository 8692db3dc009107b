//! What the disk holds of a library besides its files: indexes, runs and locks.

use super::context::Context;
use super::failure::{Exit, Failure};
use crate::disk::error::DiskError;
use crate::disk::journal::{RunError, Runs};
use crate::disk::lock::{Lock, LockError};
use crate::disk::store::{Datadir, IndexFiles, StoreError};
use crate::disk::trees::Trees;
use crate::model::index::Moved;
use crate::model::run::Run;
use crate::model::time::Time;
use crate::model::tree::Tree;

/// Opens the indexes of a library.
///
/// # Errors
/// Where one cannot be read or trusted.
pub fn index_files(context: &Context) -> Result<IndexFiles, Failure> {
    Ok(Datadir::at(&context.layout().datadir).load_indexes()?)
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

/// All runs of a library, oldest first.
///
/// # Errors
/// Where one of them cannot be read or trusted.
pub fn runs(context: &Context) -> Result<Vec<Run>, Failure> {
    Ok(Runs::in_datadir(&context.layout().datadir).all()?)
}

/// Refuses to go on where a run was interrupted.
///
/// # Errors
/// Where there is such a run.
pub fn refuse_unfinished(runs: &[Run]) -> Result<(), Failure> {
    let Some(run) = runs.iter().find(|r| !r.is_finished()) else {
        return Ok(());
    };
    let message = format!("run {} was interrupted and is unfinished", run.id);
    Err(Failure::new(Exit::Unfinished, message)
        .hint("`mediastruct recover` finishes it, or takes it back")
        .hint(format!(
            "`mediastruct show {}` says what it was doing",
            run.id
        )))
}

/// Locks the library for as long as the lock lives; makes the datadir where it is missing.
///
/// # Errors
/// Where another process holds the lock.
pub fn lock(context: &Context, trees: &Trees) -> Result<Lock, Failure> {
    let datadir = &context.layout().datadir;
    Datadir::at(datadir).make("")?;
    Ok(Lock::take(datadir, trees)?)
}

/// What time it is.
pub fn now() -> Time {
    jiff::Timestamp::now().into()
}

impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Self {
        Failure::failed(error.to_string())
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held(_) => Failure::new(Exit::Locked, error.to_string())
                .hint("wait until it has ended, and try again"),
            LockError::Disk(error) => error.into(),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let message = error.to_string();
        match error {
            RunError::Disk(_) => Failure::failed(message),
            RunError::Journal(..) | RunError::Foreign { .. } => Failure::failed(message)
                .hint("nothing is done while a journal is in doubt: it may be of an unfinished run")
                .hint("put it right from a backup, or move the run's directory out of the datadir"),
        }
    }
}

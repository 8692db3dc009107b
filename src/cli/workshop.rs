//! Where runs are made and mended: what a plan is held against, and the tools that move its files.

use super::context::Context;
use super::library;
use super::output::Output;
use super::progress::Progress;
use crate::disk::apply::{BATCH, Follow, Tools};
use crate::disk::interrupt::Watch;
use crate::disk::journal::Ledger;
use crate::disk::preflight::{World, Writing};
use crate::disk::progress::{Notebook, Purpose};
use crate::disk::store::Datadir;
use crate::disk::trees::Trees;
use crate::disk::wall;
use crate::model::index::Index;
use crate::model::layout::Layout;
use crate::model::path::TreePath;
use crate::model::plan::{Phase, Plan};
use crate::model::progress::ProgressHeader;
use crate::model::run::Run;
use crate::model::volume::Volumes;
use crate::phase::undo;

/// The tools of one run, which is made or mended. While it is open, the first Ctrl-C asks the run
/// to turn back; and from its opening on, nothing can be written but in the library.
pub struct Workshop<'c> {
    trees: &'c Trees,
    follow: Box<Follow<'c>>,
    interrupted: Box<dyn Fn() -> bool + Sync>,
    /// Who watches the run.
    pub progress: Progress,
}

impl<'c> Workshop<'c> {
    /// The tools for moving files in `trees`, with the indexes of the library of `context`.
    pub fn open(trees: &'c Trees, context: &'c Context) -> Workshop<'c> {
        raise_wall(trees, context);
        let output = context.output;
        let watch = Watch::begin(move || tell_interrupted(output));
        Workshop {
            trees,
            follow: Box::new(|moved| library::follow(context, moved)),
            interrupted: Box::new(move || watch.is_interrupted()),
            progress: output.progress(),
        }
    }

    /// All tools in one hand; what is done with them is written to `ledger`.
    pub fn tools<'t>(&'t mut self, ledger: &'t mut dyn Ledger) -> Tools<'t> {
        Tools {
            filesystem: self.trees,
            ledger,
            follow: &mut *self.follow,
            now: &library::now,
            monitor: &self.progress,
            interrupted: &self.interrupted,
            batch: BATCH,
        }
    }
}

/// From here on, lets the kernel refuse this process every write but in the library.
pub fn raise_wall(trees: &Trees, context: &Context) {
    if !context.landlock {
        tracing::info!("Wall - Not raised, because of --no-landlock");
        return;
    }
    let Layout {
        datadir, logdir, ..
    } = context.layout();
    match wall::raise(trees, &[datadir, logdir]) {
        Ok(()) => tracing::info!("Wall - From here on only trees, datadir and logdir are written"),
        Err(error) => tracing::warn!("Wall - Not raised: {error}"),
    }
}

fn tell_interrupted(output: Output) {
    tracing::warn!("Interrupted");
    output.break_line();
    output.note(
        "interrupted: finishing the batch in hand, then taking back what was moved (again to stop \
         at once; `mediastruct recover` then goes on)",
    );
}

/// What `plan` is held against, besides the disk.
pub fn world<'w>(
    plan: &Plan,
    archive: &'w Index<'w>,
    media: &'w Index<'w>,
    volumes: &'w Volumes,
    runs: &'w [Run],
    hashed: Option<&'w Notebook>,
    context: &'w Context,
) -> World<'w> {
    let undone = undone(plan, runs);
    World {
        layout: context.layout(),
        archive,
        media,
        volumes,
        hashed,
        undone,
        standing: undone.map(|r| undo::standing(r, runs)).unwrap_or_default(),
        writing: Writing::default(),
    }
}

/// The hashes that were taken of the files in ingest, for a plan that moves them.
pub fn hashed(plan: &Plan, context: &Context) -> Option<Notebook> {
    let datadir = Datadir::at(&context.layout().datadir);
    let header = ProgressHeader::new(false, library::now());
    let open = || Notebook::open(&datadir, header, Purpose::Ingest);
    // A disc that files come back from stands in for the drop directory.
    (plan.phase == Phase::Ingest || plan.is_restoring()).then(open)
}

/// The directories that the run which `plan` takes back had made, parents first.
pub fn leftover<'r>(plan: &Plan, runs: &'r [Run]) -> &'r [TreePath<'static>] {
    undone(plan, runs).map_or(&[], |run| &run.progress.directories)
}

/// The run that a plan takes back.
fn undone<'r>(plan: &Plan, runs: &'r [Run]) -> Option<&'r Run> {
    let id = plan.settings.run.as_ref()?;
    runs.iter().find(|r| r.id == *id)
}

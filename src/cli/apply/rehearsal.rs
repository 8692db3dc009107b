//! A plan held against the disk, before anything moves and for `check`.

use super::work;
use crate::cli::args::CheckArguments;
use crate::cli::context::{Context, require};
use crate::cli::failure::{Exit, Failure};
use crate::cli::library;
use crate::cli::past::Past;
use crate::cli::plan_source::{read_plan, refused, shown};
use crate::cli::sealing;
use crate::cli::work::Tense;
use crate::cli::workshop::{hashed, world};
use crate::disk::preflight::{Ready, Undone, World, preflight};
use crate::disk::trees::Trees;
use crate::model::digest::Digest;
use crate::model::index::Index;
use crate::model::plan::{Basis, Phase, Plan};
use crate::model::run::{Run, TreeId, Verify};
use crate::model::schedule::Schedule;
use crate::model::tree::Tree;
use std::collections::BTreeSet;

/// A plan to be held against the disk, for nothing in the past stands in its way.
pub(super) struct Rehearsal<'r> {
    plan: &'r Plan,
    /// The order of its steps.
    pub schedule: Schedule,
    /// The run that the plan takes back, if it does, with those that took some of it back.
    pub undone: Vec<Run>,
    verify: Verify,
}

/// Says whether the plan that `arguments` name could be applied now.
///
/// # Errors
/// Where it could not be: all problems.
pub fn check(arguments: &CheckArguments, context: &Context) -> Result<Exit, Failure> {
    let plan = read_plan(&arguments.plan)?;
    rehearse(&plan, Verify::Stat, context)?;
    let shown = shown(&arguments.plan);
    context.output.note(format_args!(
        "{shown} fits the disk: it would {}",
        work(&plan, Tense::Do)
    ));
    Ok(Exit::Done)
}

/// Holds a plan against the disk, as carrying it out would do first.
pub(super) fn rehearse(plan: &Plan, verify: Verify, context: &Context) -> Result<(), Failure> {
    require(context.layout(), &read_by(plan))?;
    let rehearsal = Rehearsal::of(plan, verify, &Past::of(context)?)?;
    let trees = Trees::open(context.layout())?;
    let (_, ()) = rehearsal.hold_against_disk(&trees, context, || ())?;
    Ok(())
}

/// The trees that must be there for a plan to be looked at.
pub(super) fn read_by(plan: &Plan) -> Vec<Tree> {
    let sources = plan.moves.iter().map(|m| m.from.tree);
    let needs = plan.needs.iter().map(|n| n.path.tree);
    let prunes = plan.prunes.iter().map(|p| p.dir.tree);
    // Media and archive are never made for a plan: where one is missing, its disk may be.
    let targets = plan.moves.iter().map(|m| m.to.tree);
    let targets = targets.chain(plan.writes.iter().map(|w| w.to.tree));
    let targets = targets.filter(|tree| Tree::INDEXED.contains(tree));
    let trees = sources.chain(needs).chain(prunes).chain(targets);
    trees.collect::<BTreeSet<Tree>>().into_iter().collect()
}

impl<'r> Rehearsal<'r> {
    /// A rehearsal of `plan`, of which files are compared with it as `verify` says.
    ///
    /// # Errors
    /// Where a run is unfinished, or one carried the plan out already.
    pub(super) fn of(plan: &'r Plan, verify: Verify, past: &Past) -> Result<Self, Failure> {
        past.refuse_unfinished()?;
        past.refuse_again(plan)?;
        Ok(Rehearsal {
            plan,
            schedule: Schedule::of(plan),
            undone: past.undone_by(plan)?,
            verify,
        })
    }

    /// Looks at everything that the plan acts on or leans on, and tells what is notable about it.
    /// `meanwhile` is done beside it once all that it may take room from was asked for its room.
    pub(super) fn hold_against_disk<T: Send>(
        &self,
        trees: &Trees,
        context: &Context,
        meanwhile: impl FnOnce() -> T + Send,
    ) -> Result<(Ready, T), Failure> {
        let Rehearsal {
            plan,
            schedule,
            undone,
            verify,
        } = self;
        for remark in plan.remarks() {
            context.output.note(format_args!("note: {remark}"));
        }
        refuse_other_ingest(plan, trees, undone)?;
        let indexes = library::index_files(context)?;
        let (archive, media) = (indexes.index(Tree::Archive)?, indexes.index(Tree::Media)?);
        if plan.phase != Phase::Undo && is_of_other_state(&plan.basis, &archive, &media) {
            context.output.note(
                "note: the indexes changed since the plan was made; its files are as it says, or \
                 you will be told",
            );
        }
        let volumes = library::volumes(context)?;
        let hashed = hashed(plan, context);
        let hashed = hashed.as_ref();
        let world = World {
            writing: sealing::writing(plan, &archive, trees, context)?,
            ..world(plan, &archive, &media, &volumes, undone, hashed, context)
        };
        let steps: Vec<_> = (0..schedule.steps().len()).collect();
        let undone = Undone {
            plan,
            schedule,
            run: None,
            steps: &steps,
        };
        let (ready, done) = rayon::join(|| preflight(undone, trees, &world, *verify), meanwhile);
        let ready =
            ready.map_err(|problems| refused("the plan does not fit the disk", &problems))?;
        sealing::rehearse(plan, &archive, trees, context)?;
        Ok((ready, done))
    }
}

/// Refuses to take a run back to another drop directory than the one that it took in. Where other
/// trees are others too, the library as a whole was moved or copied.
fn refuse_other_ingest(plan: &Plan, trees: &Trees, undone: &[Run]) -> Result<(), Failure> {
    let id = plan.settings.run.as_ref();
    let Some(run) = undone.iter().find(|run| Some(&run.id) == id) else {
        return Ok(());
    };
    let (then, now) = (&run.progress.begin.trees, trees.identities());
    let of = |trees: &[TreeId], tree| trees.iter().find(|t| t.tree == tree).map(|t| t.inode);
    let is_other = |tree: Tree| {
        let (then, now) = (of(then, tree), of(&now, tree));
        then.is_some() && now.is_some() && then != now
    };
    let mut others = Tree::ALL.into_iter().filter(|tree| is_other(*tree));
    let is_ingest_alone = others.next() == Some(Tree::Ingest) && others.next().is_none();
    let mut used = plan.moves.iter().flat_map(|m| [m.from.tree, m.to.tree]);
    if is_ingest_alone && used.any(|tree| tree == Tree::Ingest) {
        let message = "ingest is another directory than the one that the run used";
        return Err(Failure::refused(message)
            .hint("name that one by ingest_dir, or by MEDIASTRUCT_INGEST_DIR for this command"));
    }
    Ok(())
}

fn is_of_other_state(basis: &Basis, archive: &Index<'_>, media: &Index<'_>) -> bool {
    let differs = |told: Option<Digest>, is: &Index<'_>| told.is_some_and(|t| t != is.basis());
    differs(basis.archive, archive) || differs(basis.media, media)
}

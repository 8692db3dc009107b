//! Validate, where the phase and the disk meet: look, read what the phase wants, plan.

use super::context::{Context, require};
use super::failure::Failure;
use super::library;
use super::readers::Reading;
use crate::disk::hash::hash_files;
use crate::disk::trees::Trees;
use crate::disk::{names, scan};
use crate::model::path::TreePath;
use crate::model::plan::Plan;
use crate::model::state::Proof;
use crate::model::tree::Tree;
use crate::phase::validate::{self as phase, ValidateError};

/// The plan that moves the duplicates of which another copy is proven to exist to validated. Reads
/// all of these, and a twin of each.
///
/// # Errors
/// Where a tree is missing or was never indexed, or cannot be read.
pub fn plan(context: &Context) -> Result<Plan, Failure> {
    let layout = context.layout();
    require(layout, &Tree::INDEXED)?;
    let trees = Trees::open(layout)?;
    let indexes = library::index_files(context)?;
    let progress = context.output.progress();
    let mut state = library::state(context, &indexes)?;
    state.found = scan::files(&trees, layout, Tree::Duplicates, &progress)?;
    state.taken = names::taken(layout.dir(Tree::Validated), None)?;
    let reading = Reading::of(context);
    loop {
        let wanted = phase::wants(&state);
        if wanted.is_empty() {
            return Ok(phase::plan(&state)?);
        }
        let files: Vec<_> = wanted.iter().map(|(tree, file)| (*tree, file)).collect();
        let readings = hash_files(&trees, &files, &reading.readers(), &progress);
        let readings = readings.map_err(|interrupted| Failure::failed(interrupted.to_string()))?;
        let proofs = wanted.iter().zip(readings).map(|((tree, file), reading)| {
            let path = TreePath::new(*tree, file.path.clone());
            (path, Proof::of(reading, file))
        });
        state.proofs.extend(proofs);
    }
}

impl From<ValidateError> for Failure {
    fn from(error: ValidateError) -> Self {
        let failure = Failure::refused(error.to_string());
        match error {
            ValidateError::NotIndexed(_) => failure.hint("`mediastruct crawl` indexes it"),
            ValidateError::Unlawful(_) => {
                failure.hint("`mediastruct crawl --force` reads every file again")
            }
        }
    }
}

//! The JSON Schemas of the files that mediastruct writes, made from the types that write them.

use super::index_file::IndexDocument;
use super::journal_file::JournalLine;
use super::plan::RawPlan;
use super::progress::ProgressLine;
use super::sidecar::Sidecar;
use super::volumes_file::VolumesLine;
use schemars::{Schema, schema_for};

/// The names that [`schema`] knows, in order.
pub const SCHEMAS: [&str; 6] = ["index", "journal", "plan", "progress", "sidecar", "volumes"];

/// The schema of that name: of a plan, an index, a sidecar index (its YAML read as JSON), or one
/// line of a journal, of the volumes' events or of the progress of a crawl.
pub fn schema(name: &str) -> Option<Schema> {
    Some(match name {
        "index" => schema_for!(IndexDocument<'static>),
        "journal" => schema_for!(JournalLine),
        "plan" => schema_for!(RawPlan),
        "progress" => schema_for!(ProgressLine),
        "sidecar" => schema_for!(Sidecar),
        "volumes" => schema_for!(VolumesLine),
        _ => return None,
    })
}

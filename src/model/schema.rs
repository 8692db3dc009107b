//! The JSON Schemas of the files that mediastruct writes and of the JSON that it prints, made from the
//! types that write them.

use super::disc_document::DiscDocument;
use super::found::Finding;
use super::history::{History, RunReport};
use super::index_file::IndexDocument;
use super::journal_file::JournalLine;
use super::last_crawls::LastCrawls;
use super::plan::RawPlan;
use super::progress::ProgressLine;
use super::sidecar::Sidecar;
use super::status::Status;
use super::volume_list::VolumeList;
use super::volumes_file::VolumesLine;
use schemars::{Schema, schema_for};

/// The names that [`schema`] knows, in order.
pub const SCHEMAS: [&str; 13] = [
    "disc",
    "find",
    "history",
    "index",
    "journal",
    "last-crawls",
    "plan",
    "progress",
    "run",
    "sidecar",
    "status",
    "volume-list",
    "volumes",
];

/// The schema of that name: of a disc, a plan, an index, a sidecar index (its YAML read as JSON), one line
/// of a journal, of the volumes' events or of the progress of a crawl, of when trees were last
/// crawled, or what a command prints with `--json`.
pub fn schema(name: &str) -> Option<Schema> {
    Some(match name {
        "disc" => schema_for!(DiscDocument),
        "find" => schema_for!(Finding),
        "history" => schema_for!(History),
        "index" => schema_for!(IndexDocument<'static>),
        "journal" => schema_for!(JournalLine),
        "last-crawls" => schema_for!(LastCrawls),
        "plan" => schema_for!(RawPlan),
        "progress" => schema_for!(ProgressLine),
        "run" => schema_for!(RunReport),
        "sidecar" => schema_for!(Sidecar),
        "volume-list" => schema_for!(VolumeList),
        "volumes" => schema_for!(VolumesLine),
        "status" => schema_for!(Status),
        _ => return None,
    })
}

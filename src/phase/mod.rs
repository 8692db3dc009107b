//! VERBS: pure functions from a [`State`](crate::model::state::State) to a
//! [`Plan`](crate::model::plan::Plan), one file a phase, or to what can be told of it.
//!
//! Nothing here touches a disk, a clock, chance or a log: the same state gives the same plan, byte
//! for byte.

pub mod archive;
pub mod crawl;
pub mod dedupe;
pub mod find;
pub mod history;
pub mod ingest;
mod names;
pub mod status;
pub mod undo;
pub mod validate;
pub mod volumes;

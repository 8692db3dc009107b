//! HANDS: the only code that touches files.
//!
//! Whatever lies in a tree is reached through a handle of that tree, and never through a symbolic
//! link. User's files are only read, and moved by the one mover; what that parked, [`purge`] alone
//! deletes. mediastruct's own files are only replaced whole.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the folder in which files are touched"
)]

pub mod apply;
pub mod census;
pub mod config_file;
pub mod disc;
pub mod disks;
pub mod error;
pub mod extents;
pub mod filesystem;
pub mod hash;
pub mod init;
pub mod interrupt;
pub mod journal;
pub mod lock;
pub mod log;
pub mod machine;
pub mod mastering;
pub mod mediagen;
pub mod memory;
pub mod metadata;
pub mod monitor;
pub mod named_file;
pub mod names;
pub mod place;
pub mod preflight;
pub mod progress;
pub mod purge;
pub mod recover;
pub mod scan;
pub mod scratch;
pub mod shelf;
pub mod sidecars;
pub mod store;
pub mod trees;
pub mod trust;
mod unsynced;
pub mod wall;
pub mod xorriso;

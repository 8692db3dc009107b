//! NOUNS: values without effects, and the texts in which they are kept.
//!
//! Nothing here touches a file, a clock or another folder of this crate. What a law can say of a
//! value, its constructor says: a path that is in hand lies in a tree, a [`plan::Plan`] in hand
//! obeys the laws.

pub mod batches;
pub mod bundle;
pub mod byte_count;
pub mod capture;
pub mod check;
pub mod contents;
pub mod date_dirs;
pub mod digest;
pub mod disc;
pub mod disc_document;
pub mod document;
pub mod exclude;
pub mod found;
pub mod history;
pub mod image_size;
pub mod index;
pub mod index_file;
pub mod intake;
pub mod journal_file;
mod json;
pub mod keep;
pub mod last_crawls;
pub mod layout;
pub mod limits;
pub mod mark;
pub mod medium;
pub mod parked;
pub mod path;
pub mod pattern;
pub mod plan;
pub mod plan_file;
pub mod problem;
pub mod progress;
pub mod report;
pub mod run;
pub mod said;
pub mod schedule;
pub mod schema;
pub mod sha256;
pub mod sidecar;
pub mod state;
pub mod status;
pub mod time;
pub mod tree;
pub mod volume;
pub mod volume_list;
pub mod volumes_file;

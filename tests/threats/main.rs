//! The threats that mediastruct is built against, each driven through the program: hostile plans,
//! indexes, journals and names, other processes at work in the trees, and other users.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

#[path = "../library/mod.rs"]
mod library;

mod bombs;
mod forgeries;
mod leftovers;
mod links;
mod modes;
mod names;
mod paths;
mod same_file;
mod stories;
mod strangers;

//! Bad input, driven through the program: each is met with a clear error and an untouched disk.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

#[path = "../library/mod.rs"]
mod library;

mod filesystems;
mod indexes;
mod owners;
mod plans;
mod runs;
mod stale;
mod trees;
mod usage;

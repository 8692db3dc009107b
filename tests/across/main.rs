//! Files that go from one file system to another, where renaming does not do: through the real
//! program, on file systems that the tests mount in a name space of their own.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

#[path = "../library/mod.rs"]
mod library;

mod attributes;
mod copies;
mod directories;
mod kept;
mod kills;
mod pairs;
mod room;
mod slowly;
mod world;
mod writes;

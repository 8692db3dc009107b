//! The mover on real file systems whose disk fails: the power is cut at any write, with the writes
//! reordered and torn; the file system is cut off its disk; the disk has a bad sector or is
//! unplugged.
//!
//! The journal lies on another file system than the files, which is the hardest case: nothing but
//! the mover's own order of syncs holds the two together. That the suite would notice a wrong
//! order is itself a test, with two movers that have one.
//!
//! All this needs root, loop devices, FUSE and the tools that make file systems; where something
//! is missing, the test says what on standard error and is skipped.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod bench;
mod blocks;
mod chance;
mod cut_off;
mod failing;
mod image;
mod logged;
mod power;
mod system;
mod tally;
mod trial;

//! The program under `strace`: which system calls it makes, and what comes of it when one of them
//! fails or is its last.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

#[path = "../library/mod.rs"]
mod library;

mod fault;
mod faults;
mod ours;
mod scene;
mod site;
mod wall;

use library::can;

/// Whether system calls can be traced here.
fn can_trace(skipped: &str) -> bool {
    can(&["strace", "-o", "/dev/null", "true"], skipped)
}

//! The lines are names in one directory: no file is in two bundles, whatever they are, and the order
//! in which they come does not matter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mediastruct::model::bundle::bundles;
use std::collections::BTreeSet;

fuzz_target!(|bytes: &[u8]| {
    let names: BTreeSet<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let names: Vec<&[u8]> = names.into_iter().collect();
    let found = named(&names);
    let members: BTreeSet<_> = found.iter().flatten().collect();
    assert_eq!(members.len(), found.iter().flatten().count());
    assert!(found.iter().all(|bundle| bundle.len() > 1));
    let turned: Vec<_> = names.iter().rev().copied().collect();
    assert_eq!(named(&turned), found);
});

/// The bundles, by names.
fn named<'n>(names: &[&'n [u8]]) -> Vec<Vec<&'n [u8]>> {
    let found = bundles(names).bundles.into_iter();
    let named = found.map(|bundle| bundle.members.iter().map(|at| names[*at]).collect());
    named.collect()
}

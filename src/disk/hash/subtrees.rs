//! The hash of a file from those of its parts, which are whole subtrees of its BLAKE3 tree.

use crate::model::digest::Digest;
use blake3::hazmat::{self, ChainingValue};

/// The hash of the content whose parts have these roots; there are at least two.
pub(super) fn root(parts: &[ChainingValue]) -> Digest {
    let (left, right) = parts.split_at(left_parts(parts.len()));
    hazmat::merge_subtrees_root(&subtree(left), &subtree(right), hazmat::Mode::Hash).into()
}

fn subtree(parts: &[ChainingValue]) -> ChainingValue {
    if let [part] = parts {
        return *part;
    }
    let (left, right) = parts.split_at(left_parts(parts.len()));
    hazmat::merge_subtrees_non_root(&subtree(left), &subtree(right), hazmat::Mode::Hash)
}

/// How many of `count` parts, at least two, lie in the left subtree: the largest power of two
/// below it. Source: BLAKE3 specification, section 2.1.
fn left_parts(count: usize) -> usize {
    count.next_power_of_two() / 2
}

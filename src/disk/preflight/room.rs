//! Whether there is room for what is copied.

use crate::disk::filesystem::{Node, Room};
use crate::model::problem::{Fault, Problem};
use crate::model::tree::Tree;
use std::collections::BTreeMap;

/// What is copied to each file system, and how much room is there.
#[derive(Default)]
pub(super) struct Copies {
    by_filesystem: BTreeMap<u64, (Tree, Room, u64, u64)>,
}

impl Copies {
    pub(super) fn add(&mut self, tree: Tree, room: Room, source: Option<&Node>) {
        let size = source.map_or(0, |node| node.stamp.size);
        // A file takes whole blocks, and one for what the file system writes of it.
        let blocks = size.div_ceil(room.block.max(1)) + 1;
        let bytes = blocks.saturating_mul(room.block);
        let start = (tree, room, 0, 0);
        let (_, _, sum, files) = self.by_filesystem.entry(room.id).or_insert(start);
        *sum = sum.saturating_add(bytes);
        *files += 1;
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (tree, room, need, files) in self.by_filesystem.values() {
            let (tree, need) = (*tree, *need);
            if need > room.bytes {
                let free = room.bytes;
                problems.push(Problem::whole(Fault::NoRoom { tree, need, free }));
            }
            let need = *files;
            if let Some(free) = room.files.filter(|free| need > *free) {
                problems.push(Problem::whole(Fault::NoInodes { tree, need, free }));
            }
        }
        problems
    }
}

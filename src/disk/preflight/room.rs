//! Whether there is room for what is copied and written.

use crate::disk::filesystem::Room;
use crate::model::problem::{Fault, Problem};
use crate::model::tree::Tree;
use std::collections::BTreeMap;

/// What a plan writes besides the files that it copies.
#[derive(Clone, Debug, Default)]
pub struct Writing {
    /// The most bytes of each file of ours that the plan writes, in its order; where they are not said,
    /// as many as the plan allows.
    pub texts: Vec<u64>,
    /// What is written down of the run in the datadir; none where that is there already.
    pub records: Option<Records>,
}

/// What is written down of a run.
#[derive(Clone, Copy, Debug)]
pub struct Records {
    /// How much may yet be written to the file system of the datadir.
    pub room: Room,
    /// Bytes that it takes, about.
    pub bytes: u64,
    /// Files that it takes.
    pub files: u64,
}

/// What is made on each file system, and how much room is there.
#[derive(Default)]
pub(super) struct Demands {
    by_filesystem: BTreeMap<u64, Demand>,
}

/// What is made on a file system.
struct Demand {
    place: &'static str,
    room: Room,
    bytes: u64,
    files: u64,
    /// The tree to which files are copied, as long as nothing else is made.
    only_copies: Option<Tree>,
}

impl Demands {
    /// A file of so many bytes is copied to a tree.
    pub(super) fn copy(&mut self, tree: Tree, room: Room, size: u64) {
        self.add(tree.name(), room, (in_blocks(&room, size), 1), Some(tree));
    }

    /// A file of ours of so many bytes is written to a tree.
    pub(super) fn write(&mut self, tree: Tree, room: Room, size: u64) {
        self.add(tree.name(), room, (in_blocks(&room, size), 1), None);
    }

    /// A run is written down.
    pub(super) fn record(&mut self, records: &Records) {
        let Records { room, bytes, files } = *records;
        let bytes = in_blocks(&room, bytes).saturating_add(room.block.saturating_mul(files));
        self.add("the datadir", room, (bytes, files), None);
    }

    /// So many bytes in so many files are made; `copied` is the tree to which they are copied, if they are.
    fn add(
        &mut self,
        place: &'static str,
        room: Room,
        (bytes, files): (u64, u64),
        copied: Option<Tree>,
    ) {
        let demand = self.by_filesystem.entry(room.id).or_insert(Demand {
            place,
            room,
            bytes: 0,
            files: 0,
            only_copies: copied,
        });
        demand.bytes = demand.bytes.saturating_add(bytes);
        demand.files += files;
        demand.only_copies = demand.only_copies.filter(|_| copied.is_some());
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let demands = self.by_filesystem.values();
        demands
            .flat_map(Demand::faults)
            .map(Problem::whole)
            .collect()
    }
}

impl Demand {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let (place, need, free) = (self.place, self.bytes, self.room.bytes);
        if need > free {
            faults.push(match self.only_copies {
                Some(tree) => Fault::NoRoom { tree, need, free },
                None => Fault::NoRoomToWrite { place, need, free },
            });
        }
        let need = self.files;
        if let Some(free) = self.room.files.filter(|free| need > *free) {
            faults.push(match self.only_copies {
                Some(tree) => Fault::NoInodes { tree, need, free },
                None => Fault::NoInodesToWrite { place, need, free },
            });
        }
        faults
    }
}

/// A file takes whole blocks, and one for what the file system writes of it.
fn in_blocks(room: &Room, size: u64) -> u64 {
    let blocks = size.div_ceil(room.block.max(1)).saturating_add(1);
    blocks.saturating_mul(room.block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(id: u64, bytes: u64, files: u64) -> Room {
        Room {
            bytes,
            block: 10,
            files: Some(files),
            id,
        }
    }

    fn told(demands: &Demands) -> Vec<String> {
        demands.problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_that_is_made_on_a_file_system_is_counted_together() {
        let mut demands = Demands::default();
        demands.copy(Tree::Archive, room(1, 100, 3), 45);
        demands.write(Tree::Archive, room(1, 100, 3), 5);
        let here = Records {
            room: room(1, 100, 3),
            bytes: 1,
            files: 1,
        };
        assert!(told(&demands).is_empty(), "60 and 20 bytes fit");
        demands.record(&here);
        let text = "what is written and copied takes up to 110 bytes on the file system of archive, \
                    and 100 are free there";
        assert_eq!(told(&demands), [text]);
        demands.write(Tree::Archive, room(1, 100, 3), 0);
        assert_eq!(told(&demands).len(), 2, "{:?}", told(&demands));
    }

    #[test]
    fn copies_alone_are_called_so_and_another_file_system_has_room_of_its_own() {
        let mut demands = Demands::default();
        demands.copy(Tree::Duplicates, room(1, 100, 9), 91);
        demands.write(Tree::Archive, room(2, 100, 9), 90);
        let text = "the copies that go to duplicates take 110 bytes, and 100 are free there";
        assert_eq!(told(&demands), [text]);
    }
}

//! The order in which files are read, and by how many at once.
//!
//! On a rotating disk one reader takes one file after another, in the order in which they lie there.
//! Everywhere else as many as there are read side by side. What comes of it is the same.

use super::crew::Left;
use crate::disk::disks::Spindle;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file to be read by one reader, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// The number of the file.
    pub file: usize,
    /// The number of the part.
    pub part: usize,
}

/// Tasks that are taken one after another.
pub(super) struct Queue {
    tasks: Vec<Task>,
    next: AtomicUsize,
    seats: usize,
    seated: AtomicUsize,
}

/// A reader's seat at a queue; given up when it is dropped.
pub(super) struct Seat<'q>(&'q Queue);

/// What the order of files is made of.
pub(super) struct Places<'p> {
    /// On which spindle the files of a device are, told by one of them.
    pub spindle: &'p dyn Fn(Tree, &Listed) -> Spindle,
    /// Where on its disk a file begins; asked of files on spindles only.
    pub extent: &'p dyn Fn(Tree, &Listed) -> Option<u64>,
}

/// The queues of files, of which number `at` makes `parts(at)` tasks.
pub(super) fn queues(
    files: &[(Tree, &Listed)],
    parts: impl Fn(usize) -> usize,
    places: &Places<'_>,
) -> Vec<Queue> {
    let mut spindles: BTreeMap<u64, Spindle> = BTreeMap::new();
    let mut groups: BTreeMap<Spindle, Vec<usize>> = BTreeMap::new();
    for (at, (tree, file)) in files.iter().enumerate() {
        let device = spindles.entry(file.stamp.device);
        let spindle = device.or_insert_with(|| (places.spindle)(*tree, file));
        match groups.get_mut(spindle) {
            Some(group) => group.push(at),
            None => drop(groups.insert(spindle.clone(), vec![at])),
        }
    }
    let queues = groups.into_iter().map(|(spindle, mut order)| {
        let seats = match spindle {
            Spindle::None => {
                sort_by_inode(files, &mut order);
                usize::MAX
            }
            Spindle::On(_) => {
                sort_by_inode(files, &mut order);
                sort_by_extent(files, &mut order, places);
                1
            }
        };
        let tasks = order.into_iter();
        let tasks = tasks.flat_map(|file| (0..parts(file)).map(move |part| Task { file, part }));
        Queue {
            tasks: tasks.collect(),
            next: AtomicUsize::new(0),
            seats,
            seated: AtomicUsize::new(0),
        }
    });
    queues.collect()
}

/// The order of inodes within a unit, in which the system finds them fastest.
fn sort_by_inode(files: &[(Tree, &Listed)], order: &mut [usize]) {
    let unit = |at: &usize| (files[*at].0, files[*at].1.path.first());
    let inode = |at: &usize| {
        let stamp = &files[*at].1.stamp;
        (stamp.device, stamp.inode, *at)
    };
    let units = order.chunk_by_mut(|a, b| unit(a) == unit(b));
    units.for_each(|chunk| chunk.sort_unstable_by_key(inode));
}

/// The order in which files begin on the disk; those of which that is not known go last, and keep
/// the order that they have.
fn sort_by_extent(files: &[(Tree, &Listed)], order: &mut [usize], places: &Places<'_>) {
    let place = |at: &usize| {
        let (tree, file) = files[*at];
        let extent = (places.extent)(tree, file);
        (file.stamp.device, extent.unwrap_or(u64::MAX))
    };
    order.sort_by_cached_key(place);
}

impl Queue {
    /// The tasks, in their order.
    pub(super) fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// What is left, and whether a seat is free for one more reader.
    pub(super) fn left(&self) -> Left {
        if self.next.load(Ordering::Relaxed) >= self.tasks.len() {
            return Left::Nothing;
        }
        match self.seated.load(Ordering::Acquire) < self.seats {
            true => Left::Free,
            false => Left::Taken,
        }
    }

    /// A seat, where one is free and there is something to do.
    pub(super) fn seat(&self) -> Option<Seat<'_>> {
        let one_more = |seated| (seated < self.seats).then_some(seated + 1);
        let (set, fetch) = (Ordering::AcqRel, Ordering::Acquire);
        let is_free = self.left() == Left::Free;
        let is_free = is_free && self.seated.fetch_update(set, fetch, one_more).is_ok();
        is_free.then(|| Seat(self))
    }
}

impl<'q> Seat<'q> {
    /// The next task.
    pub(super) fn next(&self) -> Option<&'q Task> {
        let Queue { tasks, next, .. } = self.0;
        tasks.get(next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.seated.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::Stamp;
    use crate::model::path::RelPath;

    /// Files with these devices and inodes, two in each unit.
    fn listed(files: &[(u64, u64)]) -> Vec<Listed> {
        let listed = files
            .iter()
            .enumerate()
            .map(|(at, (device, inode))| Listed {
                path: RelPath::from_text(format!("{}/{at}", 2020 + at / 2)).unwrap(),
                stamp: Stamp {
                    device: *device,
                    inode: *inode,
                    ..Stamp::default()
                },
            });
        listed.collect()
    }

    /// The numbers of the files in each queue, and its seats. Device 1 is a part of one disk with
    /// device 2; both rotate, and 9 does not. Files begin where their inodes count down to; on
    /// device 2, nobody knows where.
    fn order(files: &[(u64, u64)]) -> Vec<(Vec<usize>, usize)> {
        let listed = listed(files);
        let files: Vec<_> = listed.iter().map(|file| (Tree::Media, file)).collect();
        let places = Places {
            spindle: &|_, file| match file.stamp.device {
                9 => Spindle::None,
                _ => Spindle::On("sda".into()),
            },
            extent: &|_, file| match file.stamp.device {
                1 => Some(1000 - file.stamp.inode),
                2 => None,
                _ => panic!("asked of a file on no spindle"),
            },
        };
        let queues = queues(&files, |_| 1, &places);
        let files = |queue: &Queue| queue.tasks.iter().map(|task| task.file).collect();
        queues.iter().map(|q| (files(q), q.seats)).collect()
    }

    #[test]
    fn where_nothing_rotates_all_read_side_by_side_in_the_order_of_inodes() {
        let found = order(&[(9, 5), (9, 4), (9, 3), (9, 2)]);
        assert_eq!(found, [(vec![1, 0, 3, 2], usize::MAX)]);
    }

    #[test]
    fn a_rotating_disk_is_read_by_one_in_the_order_of_its_extents() {
        let found = order(&[(1, 5), (9, 4), (1, 7), (9, 2), (1, 6)]);
        assert_eq!(found, [(vec![1, 3], usize::MAX), (vec![2, 4, 0], 1)]);
    }

    #[test]
    fn where_no_extent_is_known_inodes_are_the_order() {
        let found = order(&[(2, 5), (2, 4), (2, 3), (2, 1)]);
        assert_eq!(found, [(vec![1, 0, 3, 2], 1)]);
        // Two devices on one disk are read one after the other.
        let found = order(&[(2, 5), (2, 4), (1, 3), (1, 4)]);
        assert_eq!(found, [(vec![3, 2, 1, 0], 1)]);
    }

    #[test]
    fn a_queue_has_so_many_seats_and_then_none() {
        let listed = listed(&[(1, 1), (1, 2)]);
        let files: Vec<_> = listed.iter().map(|file| (Tree::Media, file)).collect();
        let places = Places {
            spindle: &|_, _| Spindle::On("sda".into()),
            extent: &|_, _| None,
        };
        let queue = &queues(&files, |at| at + 1, &places)[0];
        let seat = queue.seat().unwrap();
        assert!(queue.left() == Left::Taken && queue.seat().is_none());
        assert_eq!(seat.next(), Some(&Task { file: 0, part: 0 }));
        drop(seat);
        assert_eq!(queue.left(), Left::Free);
        let seat = queue.seat().unwrap();
        assert_eq!(seat.next(), Some(&Task { file: 1, part: 0 }));
        assert_eq!(seat.next(), Some(&Task { file: 1, part: 1 }));
        assert_eq!(seat.next(), None);
        drop(seat);
        assert!(queue.left() == Left::Nothing && queue.seat().is_none());
    }
}

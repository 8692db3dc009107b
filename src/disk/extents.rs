//! Where on its disk a file begins.

use rustix::io;
use rustix::ioctl::{Updater, ioctl, opcode};
use std::os::fd::AsFd;

/// What the kernel is asked, and its answer: the first extent. Source: linux/fiemap.h.
#[repr(C)]
#[derive(Default)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped: u32,
    count: u32,
    reserved: u32,
    extent: Extent,
}

#[repr(C)]
#[derive(Default)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

/// The number of the question is made of the size of what stands before the extents.
type Head = [u64; 4];

/// The place of the bytes is not known, or not decided on yet, or encrypted or packed by the file
/// system: FIEMAP_EXTENT_UNKNOWN, DELALLOC, ENCODED, DATA_INLINE.
const NOWHERE: u32 = 0x2 | 0x4 | 0x8 | 0x200;

/// The byte of the disk at which the content of a file begins; none where it has none, or its file
/// system does not tell.
pub fn first_extent(file: impl AsFd) -> Option<u64> {
    let mut map = Fiemap {
        length: u64::MAX,
        count: 1,
        ..Fiemap::default()
    };
    ask(file, &mut map).ok()?;
    let extent = &map.extent;
    (map.mapped > 0 && extent.flags & NOWHERE == 0).then_some(extent.physical)
}

#[allow(
    unsafe_code,
    reason = "the kernel knows this question under this number, and writes one extent at most, for \
              which there is room behind the question"
)]
fn ask(file: impl AsFd, map: &mut Fiemap) -> io::Result<()> {
    const FIEMAP: rustix::ioctl::Opcode = opcode::read_write::<Head>(b'f', 11);
    // SAFETY: see the reason above.
    unsafe { ioctl(file, Updater::<FIEMAP, Fiemap>::new(map)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;

    #[test]
    fn the_question_is_the_one_that_the_kernel_knows() {
        assert_eq!(opcode::read_write::<Head>(b'f', 11), 0xC020_660B);
        assert_eq!(std::mem::size_of::<Fiemap>(), 32 + 56);
    }

    #[test]
    fn a_file_begins_somewhere_or_nowhere() {
        let mut full = tempfile::tempfile().unwrap();
        full.write_all(&[1; 8192]).unwrap();
        full.sync_all().unwrap();
        let other = tempfile::tempfile().unwrap();
        assert_eq!(first_extent(&other), None, "it is empty");
        assert_eq!(first_extent(File::open("/proc/self/stat").unwrap()), None);
        match first_extent(&full) {
            Some(place) => assert!(place > 0),
            None => println!("skipped, as this file system does not tell: where a file begins"),
        }
    }
}

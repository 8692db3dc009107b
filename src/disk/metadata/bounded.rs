//! Reads from a file that may be hostile: so many bytes, so many times, and no more.

use std::io::{self, Read, Seek, SeekFrom};

/// How many bytes are read of one file at most.
const MOST_BYTES: u64 = 32 << 20;

/// How often a file is asked for bytes at most. Where pictures keep their dates, a few dozen do.
const MOST_READS: u32 = 20_000;

/// How many bytes are fetched at once, most of what is asked for being small and close together.
const PAGE: usize = 4096;

/// A file with a budget.
///
/// What lies beyond the end or the budget is not there. Should the file not be readable, nothing
/// more is there either, and [`Bounded::finish`] says why: so the readers of formats know only one
/// way for bytes to be missing.
pub(super) struct Bounded<'a> {
    file: &'a mut dyn ReadSeek,
    length: u64,
    bytes_left: u64,
    reads_left: u32,
    page_at: u64,
    page: Vec<u8>,
    failure: Option<io::Error>,
}

/// What can be read anywhere.
pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// A part of a file, in which offsets count from its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u64,
    length: u64,
}

impl Span {
    /// The part of this part that begins at `offset` and is `length` bytes long, as far as it
    /// lies in this one.
    pub(super) fn part(self, offset: u64, length: u64) -> Span {
        let offset = offset.min(self.length);
        Span {
            start: self.start + offset,
            length: length.min(self.length - offset),
        }
    }

    /// What follows `offset`.
    pub(super) fn from(self, offset: u64) -> Span {
        self.part(offset, u64::MAX)
    }

    /// How many bytes it is long.
    pub(super) fn length(self) -> u64 {
        self.length
    }
}

impl<'a> Bounded<'a> {
    /// A file that nothing was read of.
    ///
    /// # Errors
    /// Where its length cannot be found.
    pub(super) fn new(file: &'a mut dyn ReadSeek) -> io::Result<Bounded<'a>> {
        Ok(Bounded {
            length: file.seek(SeekFrom::End(0))?,
            file,
            bytes_left: MOST_BYTES,
            reads_left: MOST_READS,
            page_at: 0,
            page: Vec::new(),
            failure: None,
        })
    }

    /// The whole file.
    pub(super) fn whole(&self) -> Span {
        Span {
            start: 0,
            length: self.length,
        }
    }

    /// Why the file could not be read, if so.
    pub(super) fn finish(self) -> io::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    /// `length` bytes at `offset`, or fewer where the span, the file or the budget ends.
    pub(super) fn up_to(&mut self, span: Span, offset: u64, length: usize) -> Vec<u8> {
        let span = span.part(offset, length as u64);
        if self.reads_left == 0 {
            return Vec::new();
        }
        self.reads_left -= 1;
        // The span lies in the file, and is no longer than was asked for.
        let wanted = span.length as usize;
        if let Some(bytes) = self.in_page(span.start, wanted) {
            return bytes.to_vec();
        }
        if wanted > PAGE {
            return self.fetch(span.start, wanted);
        }
        self.page = self.fetch(span.start, PAGE);
        self.page_at = span.start;
        self.page[..wanted.min(self.page.len())].to_vec()
    }

    /// Exactly `N` bytes at `offset`.
    pub(super) fn exactly<const N: usize>(&mut self, span: Span, offset: u64) -> Option<[u8; N]> {
        self.up_to(span, offset, N).try_into().ok()
    }

    /// The number in the four bytes at `offset`, most significant first.
    pub(super) fn number(&mut self, span: Span, offset: u64) -> Option<u32> {
        self.exactly(span, offset).map(u32::from_be_bytes)
    }

    fn in_page(&self, start: u64, wanted: usize) -> Option<&[u8]> {
        let offset = usize::try_from(start.checked_sub(self.page_at)?).ok()?;
        self.page.get(offset..offset.checked_add(wanted)?)
    }

    /// Reads from the file itself.
    fn fetch(&mut self, start: u64, wanted: usize) -> Vec<u8> {
        let wanted = self.bytes_left.min(wanted as u64);
        let mut bytes = Vec::new();
        let read = self.file.seek(SeekFrom::Start(start)).and_then(|_| {
            let file = &mut *self.file;
            file.take(wanted).read_to_end(&mut bytes)
        });
        self.bytes_left -= bytes.len() as u64;
        if let Err(error) = read {
            self.failure = Some(error);
            self.reads_left = 0;
            bytes.clear();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn no_more_is_served_than_the_budget_has() {
        let mut file = Cursor::new(vec![1; MOST_BYTES as usize + 5 * PAGE]);
        let mut bytes = Bounded::new(&mut file).unwrap();
        let whole = bytes.whole();
        let served = bytes.up_to(whole, 0, usize::MAX).len();
        assert_eq!(served as u64, MOST_BYTES);
        assert!(bytes.up_to(whole, MOST_BYTES, 1).is_empty());
    }

    #[test]
    fn no_more_reads_are_done_than_the_budget_has() {
        let mut file = Cursor::new(vec![1; 100]);
        let mut bytes = Bounded::new(&mut file).unwrap();
        let whole = bytes.whole();
        let served = (0..2 * MOST_READS).filter(|_| bytes.number(whole, 4).is_some());
        assert_eq!(served.count(), MOST_READS as usize);
    }

    #[test]
    fn a_part_never_reaches_beyond_what_it_is_part_of() {
        let mut file = Cursor::new((0..=255).collect::<Vec<u8>>());
        let mut bytes = Bounded::new(&mut file).unwrap();
        let part = bytes.whole().part(10, 4);
        assert_eq!(bytes.up_to(part, 1, 100), [11, 12, 13]);
        assert_eq!(bytes.up_to(part.part(2, u64::MAX), 0, 100), [12, 13]);
        assert!(bytes.up_to(part.from(u64::MAX), 0, 100).is_empty());
        assert_eq!(bytes.exactly::<5>(part, 0), None);
        assert_eq!(bytes.number(part, 0), Some(0x0a0b_0c0d));
    }

    #[test]
    fn a_file_that_fails_says_so_at_the_end() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        impl Seek for Failing {
            fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
                Ok(100)
            }
        }
        let mut file = Failing;
        let mut bytes = Bounded::new(&mut file).unwrap();
        let whole = bytes.whole();
        assert!(bytes.up_to(whole, 0, 4).is_empty());
        assert!(bytes.finish().is_err());
    }
}

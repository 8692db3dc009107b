//! The image of a disc: what is in it, as xorriso tells, and the bytes of its files, which are read
//! from where it says that they lie.

use super::sorted;
use crate::disk::xorriso::{self, XorrisoError};
use crate::model::disc::{DiscFile, DiscListing};
use crate::model::path::{Escaped, RelPath};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes in a sector.
const SECTOR: u64 = 2048;

/// Where the primary volume descriptor begins, in bytes. Source: ECMA-119, 6.2.1 and 8.4.
const DESCRIPTOR: u64 = 16 * SECTOR;

/// A part of a file, in bytes of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Where it begins.
    pub start: u64,
    /// How long it is at most: the last part of a file ends in the middle of a sector.
    pub length: u64,
}

/// A file, as xorriso tells of it.
#[derive(Default)]
struct Told {
    size: u64,
    extents: BTreeMap<u64, Extent>,
}

/// What is in an image, and where its files lie. Of a disc in a `drive` it is told how many sessions
/// it has, of which the last one knows all files; an image is taken for its first.
pub(super) fn list(
    image: &File,
    drive: Option<&Path>,
) -> Result<(DiscListing, Vec<Vec<Extent>>), XorrisoError> {
    let (process, handle) = (std::process::id(), image.as_raw_fd());
    let itself = || format!("stdio:/proc/{process}/fd/{handle}").into();
    let address = drive.map_or_else(itself, |drive| drive.as_os_str().to_owned());
    let mut arguments: Vec<OsString> = vec!["-indev".into(), address];
    let find = ["-find", "/", "-type", "f", "-exec", "report_lba", "--"];
    arguments.extend(find.map(OsString::from));
    for kind in ["l", "p", "b", "c", "s"] {
        let find = ["-find", "/", "-type", kind, "-exec", "lsdl", "--"];
        arguments.extend(find.map(OsString::from));
    }
    let text = xorriso::ask(&arguments)?;
    let (listing, files) = parse(&text).ok_or(XorrisoError::Answer)??;
    let found = files.into_iter().map(|(path, told)| {
        let file = DiscFile {
            path,
            size: told.size,
            modified: None,
        };
        (file, told.extents.into_values().collect())
    });
    let found = found.collect();
    Ok(sorted(listing, found))
}

/// Files by their paths.
type Files = BTreeMap<RelPath<'static>, Told>;

/// What an answer of xorriso says; none where it is not understood. Names in it may hold anything,
/// also the end of a line.
fn parse(text: &[u8]) -> Option<Result<(DiscListing, Files), XorrisoError>> {
    let mut listing = DiscListing::default();
    let mut files = Files::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(line) = rest.strip_prefix(b"File data lba:") {
            let quote = line.iter().position(|b| *b == b'\'')?;
            let numbers = std::str::from_utf8(&line[..quote]).ok()?;
            let mut numbers = numbers.split(',').map(|n| n.trim().parse::<u64>().ok());
            let mut next = || numbers.next().flatten();
            let (part, lba, blocks, size) = (next()?, next()?, next()?, next()?);
            let (path, after) = quoted(&line[quote..])?;
            rest = after;
            let path = match in_image(&path) {
                Ok(path) => path,
                Err(error) => return Some(Err(error)),
            };
            let told = files.entry(path).or_default();
            told.size = size;
            let extent = Extent {
                start: lba.checked_mul(SECTOR)?,
                length: blocks.checked_mul(SECTOR)?,
            };
            told.extents.insert(part, extent);
        } else if let Some(what) = special(rest[0]) {
            let quote = rest.iter().position(|b| *b == b'\'')?;
            let (path, after) = quoted(&rest[quote..])?;
            rest = match after.strip_prefix(b" -> ") {
                Some(target) => quoted(target)?.1,
                None => after,
            };
            match in_image(&path) {
                Ok(path) => listing.special.push((path, what)),
                Err(error) => return Some(Err(error)),
            }
        }
        let end = rest.iter().position(|b| *b == b'\n');
        rest = end.map_or(&[], |end| &rest[end + 1..]);
    }
    Some(Ok((listing, files)))
}

/// What the letter stands for with which a line begins that lists something special.
fn special(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'l' => "a symbolic link",
        b'p' => "a named pipe",
        b'b' | b'c' => "a device",
        b's' => "a socket",
        _ => return None,
    })
}

/// The bytes that stand quoted at the beginning of `text`, as for a shell, and what follows them.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"'")?;
    let mut bytes = Vec::new();
    loop {
        let end = rest.iter().position(|b| *b == b'\'')?;
        bytes.extend_from_slice(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(b"\"'\"'") {
            Some(after) => {
                bytes.push(b'\'');
                rest = after;
            }
            None => return Some((bytes, rest)),
        }
    }
}

/// A path in an image, where that can be one of ours.
fn in_image(path: &[u8]) -> Result<RelPath<'static>, XorrisoError> {
    let rel = path.strip_prefix(b"/").unwrap_or(path).to_vec();
    RelPath::new(rel).map_err(|error| {
        let why = format!("{}: {error}", Escaped(path));
        XorrisoError::Failed(vec![why])
    })
}

/// Gives the bytes of a file of `size` bytes to `take`, part by part, for as long as it wants more.
pub(super) fn each(
    image: &File,
    extents: &[Extent],
    size: u64,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let mut left = size;
    for extent in extents {
        let (mut at, end) = (extent.start, extent.length.min(left));
        let end = at.checked_add(end).ok_or(io::ErrorKind::InvalidData)?;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(usize::MAX);
            let most = most.min(buffer.len());
            match image.read_at(&mut buffer[..most], at) {
                Ok(0) => return Err(io::Error::other("the image ends before it does")),
                Ok(count) => {
                    at += count as u64;
                    left -= count as u64;
                    if !take(&buffer[..count]) {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    match left {
        0 => Ok(()),
        _ => Err(io::Error::other(
            "the image does not say where all of it is",
        )),
    }
}

/// Whether there is a file system of discs in it, as far as its first bytes tell.
pub(super) fn is_image(image: &File) -> bool {
    descriptor(image).is_some()
}

/// The primary volume descriptor of an image, as far as it is looked at, without what tells that it
/// is one.
fn descriptor(image: &File) -> Option<[u8; 66]> {
    let mut descriptor = [0; 72];
    image.read_exact_at(&mut descriptor, DESCRIPTOR).ok()?;
    descriptor.strip_prefix(b"\x01CD001")?.try_into().ok()
}

/// The name that an image bears, where it says one.
pub(super) fn volume_id(image: &File) -> Option<String> {
    let descriptor = descriptor(image)?;
    let id = descriptor.get(34..66)?;
    let id = std::str::from_utf8(id).ok()?.trim_end_matches([' ', '\0']);
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Option<(DiscListing, Files)> {
        parse(text)?.ok()
    }

    #[test]
    fn odd_names_and_several_parts_are_understood() {
        let text = b"Report layout: xt , Startlba ,   Blocks , Filesize , ISO image path\n\
            File data lba:  0 ,       72 ,  2097151 , 5368709120 , '/2019/big'\n\
            File data lba:  1 ,  2097223 ,   524289 , 5368709120 , '/2019/big'\n\
            File data lba:  0 ,       67 ,        0 ,        0 , '/2019/it'\"'\"'s\nFile data lba: \xff'\n\
            lrwxrwxrwx    1 0        0               0 Nov 25 10:02 '/a\nl' -> '/etc\n/pa'\"'\"'sswd'\n\
            prw-r--r--    1 0        0               0 Nov 25 10:02 '/fifo'\n";
        let (listing, files) = parsed(text).unwrap();
        let paths: Vec<_> = files.keys().map(RelPath::as_bytes).collect();
        let odd = b"2019/it's\nFile data lba: \xff";
        assert_eq!(paths, [&b"2019/big"[..], odd]);
        let big = files.values().next().unwrap();
        let bytes: u64 = big.extents.values().map(|e| e.length).sum();
        assert_eq!((bytes, big.size), (5_368_709_120, 5_368_709_120));
        let special: Vec<_> = listing
            .special
            .iter()
            .map(|(p, w)| (p.as_bytes(), *w))
            .collect();
        assert_eq!(
            special,
            [(&b"a\nl"[..], "a symbolic link"), (b"fifo", "a named pipe")]
        );
    }

    #[test]
    fn what_is_not_understood_is_no_listing() {
        for odd in [
            &b"File data lba:  0 , 1 , 1"[..],
            b"File data lba:  0 , 1 , 1 , 1 , '/unended",
            b"File data lba:  0 , x , 1 , 1 , '/a'",
            b"File data lba:  0 , 18446744073709551615 , 1 , 1 , '/a'",
            b"File data lba:  0 , 1 , 1 , 1 , '/../a'",
            b"lrwx '/a' -> x",
        ] {
            assert!(parsed(odd).is_none(), "{}", Escaped(odd));
        }
    }

    #[test]
    fn parts_outside_the_image_are_not_read() {
        let image = tempfile::tempfile().unwrap();
        image.set_len(4096).unwrap();
        let read = |start, length, size| {
            let mut bytes = 0;
            let extents = [Extent { start, length }];
            let take = |part: &[u8]| {
                bytes += part.len();
                true
            };
            each(&image, &extents, size, &mut [0; 1000], take).map(|()| bytes)
        };
        assert_eq!(read(2048, 2048, 2000).unwrap(), 2000);
        for (start, length, size) in [
            (2048, 4096, 4096),
            (1 << 40, 2048, 1),
            (u64::MAX - 10, 2048, 2048),
            (0, 2048, 3000),
        ] {
            assert!(
                read(start, length, size).is_err(),
                "{start} {length} {size}"
            );
        }
    }
}

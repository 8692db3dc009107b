//! Files that are damaged, or made to do harm: reading them ends, soon and without a panic.

use super::{chunk, dated_xmp, exif, jpeg, reading, riff, usual_exif};
use crate::disk::mediagen::boxes::container;
use crate::disk::mediagen::exif::Order;
use crate::disk::metadata::{png, read};
use crate::model::capture::Source;
use proptest::prelude::*;
use std::io::{self, Read, Seek, SeekFrom};

#[test]
fn directories_that_point_to_themselves_and_to_each_other_end() {
    // One entry, the EXIF directory, at its own place; and itself as the next.
    let mut block = b"MM\0*\0\0\0\x08\0\x01".to_vec();
    block.extend(b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08");
    block.extend(b"\0\0\0\x08");
    assert_eq!(reading(&block).dates, []);
}

#[test]
fn a_date_before_the_damage_counts() {
    let mut block = exif(Order::Big, &[(0x9003, super::TAKEN)]);
    // The next directory lies beyond the end.
    let next = 8 + 2 + 2 * 12;
    block[next..next + 4].copy_from_slice(&[0xff; 4]);
    assert_eq!(reading(&block).date(Source::ExifOriginal), super::taken());
}

/// A file of endless bytes that counts how many are asked for.
struct Endless {
    head: Vec<u8>,
    pattern: Vec<u8>,
    at: u64,
    served: u64,
    largest: usize,
}

impl Endless {
    fn new(head: &[u8], pattern: &[u8]) -> Endless {
        Endless {
            head: head.to_vec(),
            pattern: pattern.to_vec(),
            at: 0,
            served: 0,
            largest: 0,
        }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.head.get(self.at as usize..).unwrap_or_default();
        let (first, rest) = buffer.split_at_mut(head.len().min(buffer.len()));
        first.copy_from_slice(&head[..first.len()]);
        let behind = (self.at as usize).saturating_sub(self.head.len()) % self.pattern.len();
        let repeated = self.pattern.iter().cycle().skip(behind);
        for (byte, repeated) in rest.iter_mut().zip(repeated) {
            *byte = *repeated;
        }
        self.at += buffer.len() as u64;
        self.served += buffer.len() as u64;
        self.largest = self.largest.max(buffer.len());
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(_) => 1 << 42,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

#[test]
fn of_a_file_of_terabytes_no_more_is_read_than_the_budget() {
    let nested = container(b"moov", &[&[0; 4]]);
    let cases: [(&str, Vec<u8>, Vec<u8>); 9] = [
        (
            "segments",
            b"\xff\xd8\xff\xe1\xff\xff".to_vec(),
            b"\xff\xe1\xff\xff".to_vec(),
        ),
        ("fill bytes", b"\xff\xd8\xff".to_vec(), b"\xff".to_vec()),
        (
            "entries",
            b"II*\0\x08\0\0\0\xff\xff".to_vec(),
            b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0".to_vec(),
        ),
        (
            "chunks",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"eXIf", &usual_exif()),
        ),
        (
            "gigantic text",
            b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXtXML:com.adobe.xmp\0\0\0\0\0".to_vec(),
            b"<a b='c'>".to_vec(),
        ),
        ("boxes", container(b"ftyp", &[b"isom"]), nested),
        (
            "gigantic box",
            b"\0\0\0\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            b"\0\0\0\x08udta".to_vec(),
        ),
        (
            "elements",
            b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            b"\xec\x81\0".to_vec(),
        ),
        (
            "blocks",
            b"GIF89a\0\0\0\0\0\0\0".to_vec(),
            b"\x21\xfe\x01a\0".to_vec(),
        ),
    ];
    for (name, head, pattern) in cases {
        let mut file = Endless::new(&head, &pattern);
        read(&mut file, super::now()).unwrap();
        assert!(file.served <= 33 << 20, "{name}: {} bytes", file.served);
        assert!(file.largest <= 8 << 20, "{name}: {} at once", file.largest);
    }
}

#[test]
fn a_small_text_that_inflates_without_end_is_cut_off() {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(dated_xmp().as_bytes()).unwrap();
    for _ in 0..64 {
        encoder.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert_eq!(png::inflated(&bomb).len() as u64, png::MOST_INFLATED);
    let text = [b"XML:com.adobe.xmp\0\x01\0\0\0", &bomb[..]].concat();
    let read = reading(&super::png(&[chunk(b"iTXt", &text)]));
    assert_eq!(read.date(Source::XmpOriginal), super::taken());
}

#[test]
fn deep_xml_ends() {
    let deep = format!("<x:xmpmeta><rdf:RDF>{}", "<a xmlns:b='c'>".repeat(200_000));
    assert_eq!(reading(deep.as_bytes()).dates, []);
    let wide = format!("<rdf:RDF><rdf:Description {}>", "a='b' ".repeat(400_000));
    assert_eq!(reading(wide.as_bytes()).dates, []);
}

/// Files of every format, which are then damaged.
fn seeds() -> Vec<Vec<u8>> {
    let named = [b"Exif\0\0", &usual_exif()[..]].concat();
    let packet = dated_xmp().into_bytes();
    vec![
        usual_exif(),
        jpeg(&[&named]),
        super::png(&[chunk(b"eXIf", &usual_exif())]),
        riff(b"WEBP", &[(b"EXIF", &usual_exif()), (b"XMP ", &packet)]),
        riff(b"AVI ", &[(b"IDIT", b"Fri Mar 01 12:00:05 2019")]),
        packet,
        br#"{"photoTakenTime":{"timestamp":"1551441605"}}"#.to_vec(),
        [b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x90\x15\x49\xa9\x66\x8b\x44\x61\x88", &[1; 8][..]].concat(),
        container(b"moov", &[&container(b"mvhd", &[&[0xd9; 100]])]),
        [b"GIF89a\x01\0\x01\0\x80\0\0aaaaaa\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0", &b";"[..]].concat(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        reading(&bytes);
    }

    #[test]
    fn no_damage_panics(
        seed in 0_usize..10,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut file = seeds().swap_remove(seed);
        for (place, byte) in damage {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        reading(&file);
    }
}

//! Traps in movies and in pictures that are made of boxes.

use super::{exif, instant, local, reading, taken, usual_exif};
use crate::disk::mediagen::boxes::{container, versioned};
use crate::disk::mediagen::exif::Order;
use crate::model::capture::{Content, Source, When};

const FROM_1904: u64 = 2_082_844_800;
const TAKEN: u64 = 1_551_441_605;

/// A movie with that time in its header, and these boxes beside it.
fn movie(seconds: u64, wide: bool, more: &[u8]) -> Vec<u8> {
    let header = if wide {
        versioned(b"mvhd", 1, 0, &[&seconds.to_be_bytes(), &[0; 100]])
    } else {
        versioned(b"mvhd", 0, 0, &[&(seconds as u32).to_be_bytes(), &[0; 92]])
    };
    let start = container(b"ftyp", &[b"isom\0\0\0\0isom"]);
    let data = container(b"mdat", &[&[0; 50]]);
    [start, data, container(b"moov", &[&header, more])].concat()
}

fn header_date(seconds: u64, wide: bool) -> Option<When> {
    let read = reading(&movie(seconds, wide, b""));
    assert_eq!(read.content, Content::Video);
    read.date(Source::MovieHeader)
}

#[test]
fn a_movies_header_is_read_with_times_of_32_and_of_64_bits() {
    for wide in [false, true] {
        let at = header_date(TAKEN + FROM_1904, wide);
        assert_eq!(at, instant("2019-03-01T12:00:05Z"));
    }
}

#[test]
fn a_movies_header_of_zero_or_of_an_epoch_is_no_date() {
    for wide in [false, true] {
        for seconds in [0, 1, FROM_1904, FROM_1904 + 1, FROM_1904 + 60 * 86_400] {
            assert_eq!(header_date(seconds, wide), None, "{seconds}");
        }
    }
    // The year 171546, and what is beyond all calendars.
    assert_eq!(header_date(5_353_466_000_000, true), None);
    assert_eq!(header_date(u64::MAX, true), None);
}

#[test]
fn a_movies_header_that_counts_from_1970_is_not_of_1953() {
    assert_eq!(header_date(TAKEN, false), instant("2019-03-01T12:00:05Z"));
}

fn apple_metadata(pairs: &[(&str, &str)], with_version: bool) -> Vec<u8> {
    let mut keys = (pairs.len() as u32).to_be_bytes().to_vec();
    let mut values = Vec::new();
    for (number, (key, value)) in (1_u32..).zip(pairs) {
        keys.extend(container(b"mdta", &[key.as_bytes()]));
        let data = container(b"data", &[b"\0\0\0\x01\0\0\0\0", value.as_bytes()]);
        values.extend(container(&number.to_be_bytes(), &[&data]));
    }
    let version: &[u8] = if with_version { &[0; 4] } else { b"" };
    let handler = versioned(b"hdlr", 0, 0, &[b"\0\0\0\0mdta", &[0; 12], b"\0"]);
    let keys = versioned(b"keys", 0, 0, &[&keys]);
    container(
        b"meta",
        &[version, &handler, &keys, &container(b"ilst", &[&values])],
    )
}

#[test]
fn apples_creation_date_is_found_wherever_it_stands() {
    let pairs = [
        ("com.apple.quicktime.make", "Apple"),
        ("com.apple.quicktime.content.identifier", "AB-12"),
        (
            "com.apple.quicktime.creationdate",
            "2019-03-01T12:00:05-0330",
        ),
    ];
    for with_version in [false, true] {
        let metadata = apple_metadata(&pairs, with_version);
        for more in [metadata.clone(), container(b"udta", &[&metadata])] {
            let read = reading(&movie(TAKEN + FROM_1904, false, &more));
            assert_eq!(
                read.date(Source::QuickTimeCreationDate),
                local("2019-03-01T12:00:05", Some(-210))
            );
            assert_eq!(read.make.as_deref(), Some("Apple"));
            assert_eq!(read.content_id.as_deref(), Some("AB-12"));
        }
    }
}

#[test]
fn an_old_telephones_date_and_maker_are_read_and_the_year_of_a_film_is_not() {
    let text = |kind, text: &str| {
        let length = (text.len() as u16).to_be_bytes();
        container(kind, &[&length, b"\0\0", text.as_bytes()])
    };
    let day = text(b"\xa9day", "2019-03-01T12:00:05+0100");
    let data = container(b"udta", &[&day, &text(b"\xa9mak", "Canon")]);
    let read = reading(&movie(0, false, &data));
    let date = read.date(Source::QuickTimeCreationDate);
    assert_eq!(date, local("2019-03-01T12:00:05", Some(60)));
    assert_eq!(read.make.as_deref(), Some("Canon"));
    let film = container(b"udta", &[&text(b"\xa9day", "2019-03-01")]);
    assert_eq!(reading(&movie(0, false, &film)).dates, []);
}

#[test]
fn exif_in_canons_boxes_is_read() {
    let uuid = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
    let first = exif(Order::Little, &[]);
    let block = container(b"CMT2", &[&usual_exif()]);
    let uuid = container(b"uuid", &[uuid, &container(b"CMT1", &[&first]), &block]);
    let start = container(b"ftyp", &[b"crx \0\0\0\x01crx isom"]);
    let file = [start, container(b"moov", &[&uuid])].concat();
    let read = reading(&file);
    assert_eq!(read.content, Content::Still);
    assert_eq!(read.date(Source::ExifOriginal), taken());
    assert_eq!(read.make.as_deref(), Some("Maker"));
}

/// A picture whose EXIF item is in `extents` pieces, in the file or in `meta` itself.
fn heif(brand: &[u8; 4], version: u8, in_meta: bool, extents: usize) -> Vec<u8> {
    let start = container(b"ftyp", &[brand, &[0; 4], b"mif1"]);
    let item = [&6_u32.to_be_bytes()[..], b"Exif\0\0", &usual_exif()].concat();
    let meta = |base: u32| {
        let mut places = vec![0x44, 0, 0, 1, 0, 7];
        if version > 0 {
            places.extend([0, u8::from(in_meta)]);
        }
        places.extend([0, 0]);
        places.extend((extents as u16).to_be_bytes());
        let size = item.len().div_ceil(extents);
        let mut at = base;
        for piece in item.chunks(size) {
            places.extend(at.to_be_bytes());
            places.extend((piece.len() as u32).to_be_bytes());
            at += piece.len() as u32;
        }
        let entry = versioned(b"infe", 2, 0, &[b"\0\x07\0\0Exif\0"]);
        let data = container(b"idat", &[if in_meta { &item } else { b"" }]);
        versioned(
            b"meta",
            0,
            0,
            &[
                &versioned(b"hdlr", 0, 0, &[b"\0\0\0\0pict", &[0; 12], b"\0"]),
                &versioned(b"iinf", 0, 0, &[b"\0\x01", &entry]),
                &versioned(b"iloc", version, 0, &[&places]),
                &data,
            ],
        )
    };
    let base = (start.len() + meta(0).len() + 8) as u32;
    let meta = meta(if in_meta { 0 } else { base });
    [start, meta, container(b"mdat", &[&item])].concat()
}

#[test]
fn exif_is_found_in_heic_and_avif_wherever_the_item_lies() {
    for (brand, version, in_meta, extents) in [
        (b"heic", 0, false, 1),
        (b"heic", 1, false, 3),
        (b"avif", 1, true, 1),
        (b"mif1", 1, true, 2),
    ] {
        let read = reading(&heif(brand, version, in_meta, extents));
        assert_eq!(read.content, Content::Still);
        assert_eq!(read.date(Source::ExifOriginal), taken());
    }
}

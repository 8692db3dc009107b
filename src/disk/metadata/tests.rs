//! Each trap is a test, on files that are made here.

mod boxes;
mod hostile;

use super::read;
use crate::disk::mediagen::exif::{Order, Tag, Value, tiff};
use crate::disk::mediagen::{self, Options, Truth};
use crate::model::capture::{Content, Reading, Source, When};
use crate::model::path::TreePath;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Cursor, Write};
use std::os::unix::ffi::OsStrExt;

fn now() -> Timestamp {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

fn reading(file: &[u8]) -> Reading {
    read(&mut Cursor::new(file), now()).unwrap()
}

fn local(text: &str, offset: Option<i32>) -> Option<When> {
    let at: DateTime = text.parse().unwrap();
    let offset = offset.map(|minutes| Offset::from_seconds(minutes * 60).unwrap());
    Some(When::Local(at, offset))
}

fn instant(text: &str) -> Option<When> {
    Some(When::Instant(text.parse().unwrap()))
}

/// An EXIF block whose EXIF directory holds these texts.
fn exif(order: Order, texts: &[(u16, &str)]) -> Vec<u8> {
    let tags = texts
        .iter()
        .map(|(tag, text)| Tag(*tag, Value::Text((*text).into())));
    let make = Tag(0x010f, Value::Text("Maker".into()));
    tiff(
        order,
        &[],
        vec![make, Tag(0x8769, Value::Directory(tags.collect()))],
    )
}

/// The usual block, of 2019-03-01T12:00:05 local time.
fn usual_exif() -> Vec<u8> {
    exif(Order::Big, &[(0x9003, TAKEN)])
}

const TAKEN: &str = "2019:03:01 12:00:05";

fn taken() -> Option<When> {
    local("2019-03-01T12:00:05", None)
}

/// A JPEG that consists of these APP1 segments.
fn jpeg(segments: &[&[u8]]) -> Vec<u8> {
    let mut file = b"\xff\xd8".to_vec();
    for segment in segments {
        file.extend(b"\xff\xe1");
        file.extend((segment.len() as u16 + 2).to_be_bytes());
        file.extend(*segment);
    }
    file.extend(b"\xff\xda\0\x02\xff\xd9");
    file
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], kind, data, &[0; 4]].concat()
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    let end = chunk(b"IEND", b"");
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat(), end].concat()
}

fn riff(form: &[u8; 4], chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut data = form.to_vec();
    for (kind, chunk) in chunks {
        data.extend(*kind);
        data.extend((chunk.len() as u32).to_le_bytes());
        data.extend(*chunk);
        data.extend(vec![0; chunk.len() % 2]);
    }
    let length = (data.len() as u32).to_le_bytes();
    [&b"RIFF"[..], &length, &data].concat()
}

fn xmp(properties: &str) -> String {
    format!(
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
        xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:p="http://ns.adobe.com/photoshop/1.0/"
        xmlns:xmp="http://ns.adobe.com/xap/1.0/" {properties}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#
    )
}

fn dated_xmp() -> String {
    xmp(r#"exif:DateTimeOriginal="2019-03-01T12:00:05"/>"#)
}

#[test]
fn all_that_mediagen_writes_is_read_as_it_was_meant() {
    let dir = tempfile::tempdir().unwrap();
    let truth: Truth =
        mediagen::generate(dir.path(), &Options::default(), &mut |_, _, _| {}).unwrap();
    let mut dated = 0;
    let (mut stills, mut videos) = (BTreeSet::new(), BTreeSet::new());
    for file in &truth.files {
        let path = TreePath::from_text(&file.path).unwrap().to_bytes();
        let path = dir.path().join(OsStr::from_bytes(&path));
        let reading = read(&mut File::open(path).unwrap(), Timestamp::MAX).unwrap();
        match reading.content {
            Content::Video => videos.extend(reading.content_id.clone()),
            _ => stills.extend(reading.content_id.clone()),
        }
        let Some(source) = &file.source else {
            assert_eq!(reading.dates, [], "{}", file.path);
            continue;
        };
        let source: Source = serde_json::from_value(source.as_str().into()).unwrap();
        let expected = match (&file.taken, &file.instant) {
            (Some(at), _) => When::Local(at.parse().unwrap(), file.offset.as_deref().map(minutes)),
            (None, at) => When::Instant(at.as_deref().unwrap().parse().unwrap()),
        };
        let found = match reading.date(source) {
            Some(When::Local(at, offset)) => Some(When::Local(whole(at), offset)),
            other => other,
        };
        assert_eq!(found, Some(expected), "{}", file.path);
        dated += 1;
    }
    assert!(dated > 300);
    assert!(!stills.is_empty());
    assert_eq!(stills, videos, "a Live Photo's halves name each other");
}

fn minutes(text: &str) -> Offset {
    super::text::offset(text.as_bytes()).unwrap()
}

fn whole(at: DateTime) -> DateTime {
    at.with().subsec_nanosecond(0).build().unwrap()
}

#[test]
fn exif_is_read_in_either_byte_order() {
    for order in [Order::Little, Order::Big] {
        let block = exif(
            order,
            &[(0x9003, TAKEN), (0x9291, "25"), (0x9011, "+05:30")],
        );
        let read = reading(&block);
        assert_eq!(read.content, Content::Still);
        assert_eq!(
            read.date(Source::ExifOriginal),
            local("2019-03-01T12:00:05.25", Some(330))
        );
        assert_eq!(read.make.as_deref(), Some("Maker"));
    }
}

#[test]
fn offset_time_alone_belongs_to_the_date_of_the_last_change() {
    let read = reading(&exif(Order::Big, &[(0x9003, TAKEN), (0x9010, "+02:00")]));
    assert_eq!(read.date(Source::ExifOriginal), taken());
}

#[test]
fn each_date_has_its_own_offset() {
    let texts = [(0x9003, TAKEN), (0x9004, TAKEN), (0x9012, "-08:00")];
    let read = reading(&exif(Order::Little, &texts));
    assert_eq!(read.date(Source::ExifOriginal), taken());
    let digitized = local("2019-03-01T12:00:05", Some(-480));
    assert_eq!(read.date(Source::ExifDigitized), digitized);
}

#[test]
fn dates_that_no_camera_can_have_meant_are_passed_over() {
    for text in [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2019: 3: 1 12: 0: 5",
        "0000:01:01 00:00:00",
        "1904:01:01 00:00:00",
        "1970:01:01 00:00:00",
        "2031:01:01 00:00:00",
        "171546:01:01 00:00:00",
    ] {
        let read = reading(&exif(Order::Big, &[(0x9003, text), (0x9004, TAKEN)]));
        assert_eq!(read.date(Source::ExifOriginal), None, "{text}");
        assert_eq!(read.date(Source::ExifDigitized), taken(), "{text}");
    }
}

#[test]
fn exif_is_found_in_jpeg_png_webp_and_fujifilms_raw() {
    let block = usual_exif();
    let named = [b"Exif\0\0", &block[..]].concat();
    let picture = jpeg(&[&named]);
    let mut raf = b"FUJIFILMCCD-RAW ".to_vec();
    raf.resize(84, 0);
    raf.extend(92_u32.to_be_bytes());
    raf.extend((picture.len() as u32).to_be_bytes());
    raf.extend(&picture);
    let hex: String = named.iter().map(|byte| format!("{byte:02x}")).collect();
    let profile = format!("Raw profile type exif\0\nexif\n{:8}\n{hex}\n", named.len());
    for (name, file) in [
        ("jpeg", picture),
        ("raf", raf),
        ("png", png(&[chunk(b"eXIf", &block)])),
        (
            "png with a profile",
            png(&[chunk(b"tEXt", profile.as_bytes())]),
        ),
        (
            "webp",
            riff(b"WEBP", &[(b"VP8X", &[0; 9]), (b"EXIF", &block)]),
        ),
        ("webp with a name", riff(b"WEBP", &[(b"EXIF", &named)])),
    ] {
        let read = reading(&file);
        assert_eq!(read.date(Source::ExifOriginal), taken(), "{name}");
        assert_eq!(read.content, Content::Still, "{name}");
    }
}

#[test]
fn raw_files_with_first_bytes_of_their_own_are_read() {
    for magic in [&b"IIRO"[..], b"IIRS", b"IIU\0"] {
        let mut file = exif(Order::Little, &[(0x9003, TAKEN)]);
        file[..4].copy_from_slice(magic);
        assert_eq!(reading(&file).date(Source::ExifOriginal), taken());
    }
}

#[test]
fn xmp_is_found_in_jpeg_png_webp_gif_tiff_and_alone() {
    let packet = dated_xmp().into_bytes();
    let segment = [b"http://ns.adobe.com/xap/1.0/\0", &packet[..]].concat();
    let text = [b"XML:com.adobe.xmp\0\0\0\0\0", &packet[..]].concat();
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    deflated.write_all(&packet).unwrap();
    let deflated = deflated.finish().unwrap();
    let compressed = [b"XML:com.adobe.xmp\0\x01\0\0\0", &deflated[..]].concat();
    let gif = [
        b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bXMP DataXMP",
        &packet[..],
    ]
    .concat();
    let field = Tag(0x02bc, Value::Bytes(packet.clone()));
    let utf16: Vec<u8> = dated_xmp()
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for (name, file) in [
        ("jpeg", jpeg(&[&segment])),
        ("png", png(&[chunk(b"iTXt", &text)])),
        ("compressed png", png(&[chunk(b"iTXt", &compressed)])),
        ("webp", riff(b"WEBP", &[(b"XMP ", &packet)])),
        ("gif", gif),
        ("tiff", tiff(Order::Big, &[], vec![field])),
        ("alone", packet.clone()),
        ("alone in UTF-16", utf16),
    ] {
        assert_eq!(reading(&file).date(Source::XmpOriginal), taken(), "{name}");
    }
    assert_eq!(reading(&packet).content, Content::Sidecar);
}

#[test]
fn extended_xmp_is_put_together_in_its_order() {
    let packet = dated_xmp().into_bytes();
    let part = |place: usize, bytes: &[u8]| {
        let mut part = b"http://ns.adobe.com/xmp/extension/\0".to_vec();
        part.extend([b'A'; 32]);
        part.extend((packet.len() as u32).to_be_bytes());
        part.extend((place as u32).to_be_bytes());
        part.extend(bytes);
        part
    };
    let (first, second) = packet.split_at(packet.len() / 2);
    let file = jpeg(&[&part(first.len(), second), &part(0, first)]);
    assert_eq!(reading(&file).date(Source::XmpOriginal), taken());
}

#[test]
fn xmp_says_it_in_elements_too_and_only_what_it_says_of_the_picture_counts() {
    let packet = xmp(
        r#"><xmp:History rdf:parseType="Resource"><rdf:Description xmp:CreateDate="2001-01-01T00:00:00"/>
        <xmp:CreateDate>2001-01-01T00:00:00</xmp:CreateDate></xmp:History>
        <xmp:CreateDate>2019-03-01T12:00:05+01:00</xmp:CreateDate>
        <p:DateCreated>2019-03-01</p:DateCreated></rdf:Description>"#,
    );
    let read = reading(packet.as_bytes());
    let created = local("2019-03-01T12:00:05", Some(60));
    assert_eq!(read.date(Source::XmpCreateDate), created);
    let day = jiff::civil::date(2019, 3, 1);
    assert_eq!(read.date(Source::XmpCreated), Some(When::Day(day)));
    assert_eq!(read.date(Source::XmpOriginal), None);
}

#[test]
fn a_prefix_means_what_it_is_declared_to_mean() {
    let packet = dated_xmp().replace("exif", "e");
    let packet = packet.replace("ns.adobe.com/e/", "ns.adobe.com/exif/");
    assert_eq!(
        reading(packet.as_bytes()).date(Source::XmpOriginal),
        taken()
    );
}

#[test]
fn an_xmp_packet_that_breaks_off_tells_what_came_before() {
    let whole = dated_xmp();
    let end = whole.find("</rdf:RDF>").unwrap();
    let read = reading(&whole.as_bytes()[..end]);
    assert_eq!(read.date(Source::XmpOriginal), taken());
}

#[test]
fn takeout_tells_the_moment_and_the_name() {
    for timestamp in [r#""1551441605""#, "1551441605"] {
        let text = format!(
            r#"{{"title":"a b.jpg","photoTakenTime":{{"timestamp":{timestamp}}},"people":[]}}"#
        );
        let read = reading(text.as_bytes());
        assert_eq!(read.content, Content::Sidecar);
        assert_eq!(read.date(Source::Takeout), instant("2019-03-01T12:00:05Z"));
        assert_eq!(read.title.as_deref(), Some("a b.jpg"));
    }
    assert_eq!(reading(br#"{"title":"a"}"#), Reading::default());
}

#[test]
fn an_avi_tells_the_time_on_the_cameras_clock() {
    for text in [
        "Fri Mar 01 12:00:05 2019\n\0",
        "FRI MAR 01 12:00:05 2019",
        TAKEN,
    ] {
        let idit = riff(b"hdrl", &[(b"IDIT", text.as_bytes())]);
        let file = riff(b"AVI ", &[(b"LIST", &idit[8..])]);
        let read = reading(&file);
        assert_eq!(read.content, Content::Video);
        assert_eq!(read.date(Source::Avi), taken(), "{text}");
    }
}

#[test]
fn a_matroska_file_tells_the_moment() {
    // 2019-03-01T12:00:05Z is so many seconds after 2001.
    let nanoseconds = (1_551_441_605_i64 - 978_307_200) * 1_000_000_000;
    let date = [b"\x44\x61\x88", &nanoseconds.to_be_bytes()[..]].concat();
    let info = [b"\x15\x49\xa9\x66\x40\x0b", &date[..]].concat();
    for length in [&b"\x01\xff\xff\xff\xff\xff\xff\xff"[..], b"\x93"] {
        let segment = [b"\x18\x53\x80\x67", length, b"\xec\x80", &info].concat();
        let file = [b"\x1a\x45\xdf\xa3\x80", &segment[..]].concat();
        let read = reading(&file);
        assert_eq!(read.content, Content::Video);
        let moment = instant("2019-03-01T12:00:05Z");
        assert_eq!(read.date(Source::Matroska), moment);
    }
}

#[test]
fn what_a_file_is_does_not_follow_from_its_name_but_from_its_bytes() {
    for (file, content) in [
        (&b"GIF89a"[..], Content::Still),
        (b"8BPS\0\x01", Content::Still),
        (b"FLV\x01", Content::Video),
        (b"\0\0\x01\xba", Content::Video),
        (
            b"<?xml version=\"1.0\"?><!DOCTYPE plist><plist>",
            Content::Sidecar,
        ),
        (b"hello", Content::Unknown),
        (b"", Content::Unknown),
    ] {
        assert_eq!(reading(file).content, content, "{}", file.escape_ascii());
    }
}

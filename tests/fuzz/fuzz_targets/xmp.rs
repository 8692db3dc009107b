//! Anything within XMP's outermost element is read as a packet, without a panic.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use mediastruct::disk::metadata;
use std::io::Cursor;

const BEGIN: &[u8] = b"<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
    xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">";

fuzz_target!(|bytes: &[u8]| {
    let packet = [BEGIN, bytes].concat();
    let reading = metadata::read(&mut Cursor::new(packet), Timestamp::MAX);
    reading.expect("what is in memory can be read");
});

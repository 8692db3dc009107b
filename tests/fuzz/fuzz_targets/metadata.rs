//! Any bytes are read as a file, without a panic and within bounds.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use mediastruct::disk::metadata;
use std::io::Cursor;

fuzz_target!(|bytes: &[u8]| {
    let reading = metadata::read(&mut Cursor::new(bytes), Timestamp::MAX);
    reading.expect("what is in memory can be read");
});

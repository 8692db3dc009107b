//! Anything that begins like JSON is read as a file of Google Takeout's, without a panic.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use mediastruct::disk::metadata;
use std::io::Cursor;

fuzz_target!(|bytes: &[u8]| {
    let json = [b"{", bytes].concat();
    let reading = metadata::read(&mut Cursor::new(json), Timestamp::MAX);
    reading.expect("what is in memory can be read");
});

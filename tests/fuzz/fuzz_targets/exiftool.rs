//! Any bytes are an answer of ExifTool's, without a panic; what it says of a date is sane.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use mediastruct::disk::metadata::exiftool::understand;

fuzz_target!(|bytes: &[u8]| {
    const AT: &str = "/proc/1/fd/7";
    let _ = understand(bytes, AT, Timestamp::MAX);
    let tags = [b"[{\"SourceFile\":\"/proc/1/fd/7\",", bytes, b"}]"].concat();
    let _ = understand(&tags, AT, Timestamp::MAX);
});

//! Hashing files by plain large reads: a file that is truncated under a memory map kills the
//! process, one that is truncated under a read ends.

use crate::model::digest::Digest;
use std::fs::File;
use std::io::{self, Read};

/// Bytes of a buffer; it stays in a core's own cache.
const BUFFER: usize = 64 * 1024;

/// The hash of what `file` holds from where it stands to its end; tells `read` of the bytes as
/// they come.
///
/// # Errors
/// Where reading fails.
pub fn hash_file(mut file: &File, mut read: impl FnMut(u64)) -> io::Result<Digest> {
    let mut buffer = vec![0; BUFFER];
    let mut hasher = blake3::Hasher::new();
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                read(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

//! Reading files once for two hashes: the BLAKE3 by which the index knows them, and the SHA-256 that
//! stands on discs, which every system can compute.

use super::one_file::read_to_end;
use super::{Hashing, Interrupted, Readers};
use crate::disk::error::Reason;
use crate::disk::monitor::Monitor;
use crate::disk::trees::{Trees, node_of};
use crate::model::digest::Digest;
use crate::model::index::Reading;
use crate::model::sha256::Sha256;
use crate::model::state::Listed;
use crate::model::tree::Tree;
use std::io;
use std::sync::OnceLock;

/// Both hashes of a file, or why it could not be read.
pub type Summed = Result<(Digest, Sha256), Box<str>>;

/// Both hashes of each of these files, or why it could not be read, in their order.
///
/// # Errors
/// Where the readers were interrupted.
pub fn sum_files(
    trees: &Trees,
    files: &[(Tree, &Listed)],
    readers: &Readers<'_>,
    monitor: &dyn Monitor,
) -> Result<Vec<Summed>, Interrupted> {
    let sums = files.iter().map(|_| OnceLock::new()).collect();
    let hashing = Hashing {
        // SHA-256 goes over a file from its beginning to its end: no parts.
        part: u64::MAX,
        sums: Some(sums),
        ..Hashing::of(trees, files, monitor)
    };
    let readings = hashing.all("Reading", readers, trees)?;
    let sums = hashing.sums.unwrap_or_default();
    let read = readings.into_iter().zip(sums);
    let read = read.map(|(reading, sum)| match (reading, sum.into_inner()) {
        (Reading::Same(digest), Some(sum)) => Ok((digest, sum)),
        (Reading::Failed(why), _) => Err(why),
        _ => Err("it changed while it was read".into()),
    });
    Ok(read.collect())
}

impl Hashing<'_> {
    /// Reads a file from its beginning to its end for both hashes; it has to hold still meanwhile.
    pub(super) fn read_summed(
        &self,
        (tree, listed): (Tree, &Listed),
        sum: &OnceLock<Sha256>,
        buffer: &mut [u8],
    ) -> Reading {
        use sha2::Digest as _;
        let mut attempt = || {
            let file = self.open(tree, listed)?;
            let before = node_of(&file, b"")?;
            let (mut blake3, mut sha256) = (blake3::Hasher::new(), sha2::Sha256::new());
            read_to_end(&file, buffer, |bytes| {
                blake3.update(bytes);
                sha256.update(bytes);
            })?;
            match node_of(&file, b"")?.stamp == before.stamp {
                true => io::Result::Ok((blake3.finalize(), sha256.finalize())),
                false => Err(io::Error::other("it changed while it was read")),
            }
        };
        match attempt() {
            Ok((digest, hash)) => {
                // Each file is read once, and so each cell is set once.
                let _ = sum.set(Sha256(hash.into()));
                Reading::Same(digest.into())
            }
            Err(error) => Reading::Failed(Reason(&error).to_string().into()),
        }
    }
}

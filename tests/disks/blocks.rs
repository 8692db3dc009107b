//! What a disk holds, kept sparsely: blocks of zeros take no room.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Bytes that a disk writes at once or not at all.
pub const BLOCK: usize = 4096;

/// The content of a disk; a copy shares its blocks with the original.
#[derive(Clone)]
pub struct Blocks {
    /// How many bytes the disk has, a multiple of [`BLOCK`].
    pub size: u64,
    blocks: HashMap<u64, Arc<[u8; BLOCK]>>,
}

impl Blocks {
    /// The content of an image file.
    pub fn read_from(path: &Path) -> std::io::Result<Blocks> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut blocks = HashMap::new();
        let mut block = [0; BLOCK];
        for number in 0..size / BLOCK as u64 {
            file.read_exact(&mut block)?;
            if block != [0; BLOCK] {
                blocks.insert(number, Arc::new(block));
            }
        }
        Ok(Blocks { size, blocks })
    }

    /// Makes an image file of the content, where none is yet.
    pub fn write_to(&self, path: &Path) -> std::io::Result<()> {
        let file = File::create_new(path)?;
        file.set_len(self.size)?;
        for (number, block) in &self.blocks {
            file.write_all_at(&block[..], number * BLOCK as u64)?;
        }
        Ok(())
    }

    /// Overwrites the bytes from `offset` on.
    pub fn write(&mut self, mut offset: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (number, within) = place(offset);
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - within));
            let block = self.blocks.entry(number);
            let block = Arc::make_mut(block.or_insert_with(|| Arc::new([0; BLOCK])));
            block[within..within + now.len()].copy_from_slice(now);
            offset += now.len() as u64;
            bytes = later;
        }
    }

    /// The bytes from `offset` on, as many as asked for or as there are.
    pub fn read(&self, mut offset: u64, length: usize) -> Vec<u8> {
        let end = self.size.min(offset.saturating_add(length as u64));
        let mut bytes = Vec::with_capacity(length);
        while offset < end {
            let (number, within) = place(offset);
            let now = ((end - offset) as usize).min(BLOCK - within);
            match self.blocks.get(&number) {
                Some(block) => bytes.extend_from_slice(&block[within..within + now]),
                None => bytes.resize(bytes.len() + now, 0),
            }
            offset += now as u64;
        }
        bytes
    }

    /// Where the blocks lie that hold exactly these bytes, in order.
    pub fn find(&self, wanted: &[u8]) -> Vec<u64> {
        let found = self.blocks.iter().filter(|(_, block)| block[..] == *wanted);
        let mut offsets: Vec<_> = found.map(|(number, _)| number * BLOCK as u64).collect();
        offsets.sort_unstable();
        offsets
    }
}

/// The block that the byte at `offset` lies in, and where in it.
fn place(offset: u64) -> (u64, usize) {
    (offset / BLOCK as u64, (offset % BLOCK as u64) as usize)
}

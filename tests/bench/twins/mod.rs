//! A library in which each file of media is there twice, so that dedupe moves half of them.

use rayon::prelude::*;
use std::fs;
use std::path::Path;

/// Makes the library beneath `root`: so many contents of so many bytes each, in two files each.
pub fn make(root: &Path, contents: usize, bytes: usize) {
    for tree in ["media", "archive"] {
        fs::create_dir_all(root.join(tree)).unwrap();
    }
    // Of years that begin after them, none is the keeper's.
    let directory = |first: usize, number: usize| {
        let (year, month) = (first + number % 8, number / 8 % 12 + 1);
        root.join(format!("media/{year}/{month:02}"))
    };
    for number in 0..contents.min(8 * 12) {
        fs::create_dir_all(directory(2009, number)).unwrap();
        fs::create_dir_all(directory(2017, number)).unwrap();
    }
    (0..contents).into_par_iter().for_each(|number| {
        let mut content = vec![0; bytes];
        fill(&mut content, &[number as u64]);
        for first in [2009, 2017] {
            let name = format!("IMG_{number:07}.jpg");
            fs::write(directory(first, number).join(name), &content).unwrap();
        }
    });
}

/// Fills `content` with bytes that look random and follow from `seed`.
pub fn fill(content: &mut [u8], seed: &[u64]) {
    let mut hasher = blake3::Hasher::new();
    for number in seed {
        hasher.update(&number.to_le_bytes());
    }
    hasher.finalize_xof().fill(content);
}

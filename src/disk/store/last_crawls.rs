//! The file that says when trees were last crawled.

use super::{Datadir, StoreError, write_whole};
use crate::disk::error::DiskError;
use crate::disk::trust;
use crate::model::last_crawls::LastCrawls;
use crate::model::time::Time;
use crate::model::tree::Tree;
use std::io::Read;

/// Bytes of the file that are read: more than it ever has.
const MOST: u64 = 64 * 1024;

const NAME: &str = "last_crawls.json";

impl Datadir {
    /// When trees were last crawled; nothing where there is no such file, or it is damaged.
    ///
    /// # Errors
    /// Where it cannot be read or trusted.
    pub fn load_last_crawls(&self) -> Result<LastCrawls, StoreError> {
        let Some(directory) = trust::open_directory(&self.path)? else {
            return Ok(LastCrawls::default());
        };
        let path = self.path.join(NAME);
        let Some((file, _)) = trust::open_file(directory, NAME.as_ref(), &path, MOST)? else {
            return Ok(LastCrawls::default());
        };
        let mut text = Vec::new();
        let read = file.take(MOST).read_to_end(&mut text);
        read.map_err(|e| DiskError::at("read", &path, e))?;
        Ok(LastCrawls::parse(&text))
    }

    /// Remembers that these trees were crawled at `at`.
    ///
    /// # Errors
    /// Where the file that is there is not trusted, or the disk refuses.
    pub fn save_last_crawls(
        &self,
        trees: impl IntoIterator<Item = Tree>,
        at: Time,
    ) -> Result<(), StoreError> {
        let mut crawls = self.load_last_crawls()?;
        crawls
            .trees
            .extend(trees.into_iter().map(|tree| (tree, at)));
        let path = self.path.join(NAME);
        let text = crawls.text();
        Ok(write_whole(&path, 0o600, |out| {
            out.write_all(text.as_bytes())
        })?)
    }
}

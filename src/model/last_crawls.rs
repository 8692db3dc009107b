//! When trees were last crawled as a whole, whether that changed their indexes or not: an index in
//! which nothing changed is not written again, and tells only when it last changed.

use super::time::Time;
use super::tree::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `format` of `last_crawls.json` that this version writes.
pub const LAST_CRAWLS_FORMAT: &str = "mediastruct/last-crawls/1";

/// What `last_crawls.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mediastruct last crawls")]
pub struct LastCrawls {
    /// `mediastruct/last-crawls/1`.
    pub format: String,
    /// When the last crawl began that looked at all of a tree and came to its end.
    pub trees: BTreeMap<Tree, Time>,
}

impl LastCrawls {
    /// What a text tells; nothing where it is damaged or of another version, for the next crawl
    /// writes it anew.
    pub fn parse(text: &[u8]) -> LastCrawls {
        let read = serde_json::from_slice::<LastCrawls>(text).ok();
        let ours = read.filter(|read| read.format == LAST_CRAWLS_FORMAT);
        ours.unwrap_or_default()
    }

    /// The text of the file: one line.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("times serialize") + "\n"
    }
}

impl Default for LastCrawls {
    /// Nothing is known of any crawl.
    fn default() -> Self {
        LastCrawls {
            format: LAST_CRAWLS_FORMAT.to_owned(),
            trees: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_tells_nothing() {
        let mut crawls = LastCrawls::default();
        crawls.trees.insert(Tree::Media, Time::default());
        let text = crawls.text();
        assert_eq!(LastCrawls::parse(text.as_bytes()), crawls);
        for damaged in [&text[1..], &text.replace("/1", "/2"), ""] {
            let read = LastCrawls::parse(damaged.as_bytes());
            assert_eq!(read, LastCrawls::default(), "{damaged}");
        }
    }
}

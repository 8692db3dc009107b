//! Where a value was set, for messages.

use super::Key;
use crate::model::path::Escaped;
use std::fmt;
use std::path::Path;

/// Where a value was set.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// In a configuration file.
    File(&'a Path),
    /// In an environment variable.
    Variable,
}

impl Source<'_> {
    /// The place of `key` in this source: `/etc/mediastruct/config.ini: [Crawl] jobs`.
    pub fn place_of(self, key: Key) -> impl fmt::Display {
        let (section, name) = (key.section(), key.name());
        match self {
            Source::File(path) => format!("{}: [{section}] {name}", Escaped::path(path)),
            Source::Variable => key.variable(),
        }
    }
}

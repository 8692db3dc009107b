//! What long work tells whoever is watching.

use crate::model::index::Totals;

/// Someone who watches long work: a progress bar, a log, or nobody.
///
/// Calls come from several threads at once and are to return at once.
pub trait Monitor: Sync {
    /// Work named `what` begins, with so much to do.
    fn begin(&self, what: &str, totals: Totals);

    /// The work is now at `place`, e.g. `media/2024`.
    fn at(&self, place: &str);

    /// So many more files and bytes are done.
    fn advance(&self, files: u64, bytes: u64);

    /// The work that began last is over.
    fn end(&self);
}

/// Nobody watches.
pub struct Unwatched;

impl Monitor for Unwatched {
    fn begin(&self, _: &str, _: Totals) {}
    fn at(&self, _: &str) {}
    fn advance(&self, _: u64, _: u64) {}
    fn end(&self) {}
}

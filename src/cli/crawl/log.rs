//! What a crawl found, in the log.

use crate::model::path::Escaped;
use crate::phase::crawl::Report;

/// Writes to the log what a crawl found that is not as it should be, and what it left out.
pub(super) fn report(report: &Report) {
    for path in &report.rot {
        tracing::error!("Crawl - Bit rot: {path}");
    }
    let unread = report.unread.iter().chain(&report.unreadable);
    for (path, why) in unread.chain(&report.unwritten) {
        tracing::error!("Crawl - {path}: {why}");
    }
    for (pattern, count) in &report.excluded {
        let pattern = Escaped(pattern.as_bytes());
        tracing::info!("Crawl - {count} files and directories left out by '{pattern}'");
    }
    for (path, what) in &report.unlike {
        tracing::error!("Crawl - {path}: {what}; its volume is burned");
    }
    for path in &report.unheld {
        tracing::error!(
            "Crawl - {path} is gone, and its discs do not hold what the index had last"
        );
    }
    for path in &report.missing {
        tracing::error!("Crawl - {path} is in the index and gone from the disk");
    }
}

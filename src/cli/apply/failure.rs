//! What is said of a run that failed.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::library;
use crate::disk::apply::{ApplyError, Stop};
use crate::disk::error::Cause;
use crate::disk::store::StoreError;
use crate::model::run::RunId;

/// A run that failed, and what to do about it.
pub(super) fn failure(error: ApplyError, run: &RunId, context: &Context) -> Failure {
    let program = context.program();
    match error {
        ApplyError::RolledBack(stop) => {
            let failure = Failure::failed(format!(
                "{stop}; everything that was moved is back in its place"
            ));
            match hint_for(&stop) {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
        ApplyError::Unconfirmed(_) => Failure::failed(error.to_string()).hint(format!(
            "when the cause is mended, `{program} recover` records it"
        )),
        ApplyError::Unfinished(..) => Failure::failed(format!("{error}; run {run} is unfinished"))
            .hint(format!(
                "when the cause is mended, `{program} recover` finishes it or takes it back"
            )),
    }
}

fn hint_for(stop: &Stop) -> Option<&'static str> {
    let error = match stop {
        Stop::Disk(error) | Stop::Index(StoreError::Disk(error)) => error,
        Stop::Interrupted => return None,
        _ => return Some("`mediastruct crawl`, and make a new plan"),
    };
    match error.cause() {
        Cause::OtherFileSystem => Some("the tree spans file systems in a way that cannot be moved"),
        Cause::Unsupported => Some(
            "this file system can neither rename without replacing nor link, so nothing is moved \
             on it",
        ),
        Cause::Occupied => Some("something took the name meanwhile; make a new plan"),
        Cause::ReadOnly => Some("the file system is mounted read-only, or the file is protected"),
        Cause::Full => Some("make room on the disk, and apply the plan again"),
        Cause::Missing => Some(library::NEEDS_OPENAT2),
        Cause::Denied => Some("run it as the user to whom the files belong"),
        Cause::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::error::DiskError;
    use crate::model::path::TreePath;
    use std::path::Path;

    #[test]
    fn a_full_disk_is_told_from_a_changed_file() {
        let full = || {
            const ENOSPC: i32 = 28;
            let source = std::io::Error::from_raw_os_error(ENOSPC);
            DiskError::at("write", Path::new("data/media_index.json"), source)
        };
        let room = Some("make room on the disk, and apply the plan again");
        assert_eq!(hint_for(&Stop::Disk(full())), room);
        assert_eq!(hint_for(&Stop::Index(StoreError::Disk(full()))), room);
        let path = TreePath::from_text("media/2024/a.jpg").unwrap();
        let again = Some("`mediastruct crawl`, and make a new plan");
        assert_eq!(hint_for(&Stop::Changed(path)), again);
    }
}

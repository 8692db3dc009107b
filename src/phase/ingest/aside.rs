//! Which files of the drop directory ingest lets lie, whatever is in them.

use crate::model::path::RelPath;
use crate::model::plan::SkipKind;
use crate::model::state::Listed;
use crate::model::time::Time;

/// For how many seconds a file has to be as it is before it counts as whole.
const SETTLED: u64 = 60;

/// Files that operating systems and photo programs keep for themselves.
const SYSTEM_FILES: [&[u8]; 7] = [
    b".DS_Store",
    b".directory",
    b".nomedia",
    b"Thumbs.db",
    b"desktop.ini",
    b"ehthumbs.db",
    b"ehthumbs_vista.db",
];

/// Directories in which they do.
const SYSTEM_DIRECTORIES: [&[u8]; 8] = [
    b"$RECYCLE.BIN",
    b".Spotlight-V100",
    b".TemporaryItems",
    b".Trashes",
    b".fseventsd",
    b"@eaDir",
    b"System Volume Information",
    b"lost+found",
];

/// Why a file is let lie that was listed at `now`, for people; none where it is to be read.
pub(super) fn reason(file: &Listed, now: Time) -> Option<(SkipKind, &'static str)> {
    if is_of_system(&file.path) {
        return Some((SkipKind::System, "an operating system keeps it for itself"));
    }
    if file.stamp.size == 0 {
        return Some((SkipKind::Empty, "there is nothing in it"));
    }
    let age = now.seconds_since(file.stamp.modified).unsigned_abs();
    (age < SETTLED).then_some((
        SkipKind::Changing,
        "it was written within the last minute, and may not be whole yet: ingest again later",
    ))
}

fn is_of_system(path: &RelPath<'_>) -> bool {
    let is_one_of = |names: &[&[u8]], name: &[u8]| {
        let mut names = names.iter();
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    let mut above = path.components().rev().skip(1);
    // Such as `._a.jpg`, in which a Mac keeps what other file systems cannot.
    let is_double = path.file_name().starts_with(b"._");
    is_double
        || is_one_of(&SYSTEM_FILES, path.file_name())
        || above.any(|name| is_one_of(&SYSTEM_DIRECTORIES, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::Stamp;

    fn kind(path: &str, size: u64, age: i64) -> Option<SkipKind> {
        let now = Time::new(1_700_000_000, 0).unwrap();
        let modified = Time::new(1_700_000_000 - age, 0).unwrap();
        let file = Listed {
            path: RelPath::from_text(path.to_owned()).unwrap(),
            stamp: Stamp {
                size,
                modified,
                ..Stamp::default()
            },
        };
        reason(&file, now).map(|(kind, _)| kind)
    }

    #[test]
    fn what_systems_keep_is_empty_or_may_still_be_written_is_let_lie() {
        for (path, size, age, expected) in [
            ("a.jpg", 1, 3600, None),
            ("a.jpg", 0, 3600, Some(SkipKind::Empty)),
            ("a.jpg", 1, 59, Some(SkipKind::Changing)),
            ("a.jpg", 1, 60, None),
            // A clock that is ahead by years is a camera's; by seconds, another machine's.
            ("a.jpg", 1, -59, Some(SkipKind::Changing)),
            ("a.jpg", 1, -86_400, None),
            ("phone/.DS_Store", 1, 0, Some(SkipKind::System)),
            ("phone/thumbs.DB", 0, 0, Some(SkipKind::System)),
            ("DCIM/._a.jpg", 4096, 3600, Some(SkipKind::System)),
            (".Trashes/501/a.jpg", 1, 3600, Some(SkipKind::System)),
            ("Trashes/501/a.jpg", 1, 3600, None),
            (".hidden.jpg", 1, 3600, None),
        ] {
            assert_eq!(kind(path, size, age), expected, "{path}");
        }
    }
}

//! How Google Takeout names the JSON file that it writes beside each picture and movie.
//!
//! `IMG.jpg.json`, since 2024 `IMG.jpg.supplemental-metadata.json`; cut so that the name has no
//! more than 51 characters, wherever that falls. Where the picture is numbered, `IMG(1).jpg`, the
//! number moves to the end of what the cut left: `IMG.jpg(1).json`.

use super::{Directory, stem_of};

/// What stands between the name of a picture and `.json`.
const SUFFIX: &[u8] = b"supplemental-metadata";

/// The characters that are left of a name that was cut: 51, less those of `.json`.
const CUT: usize = 46;

/// The group of the picture or movie that the JSON file tells of whose name without `.json` is
/// `base`.
pub(super) fn owner(directory: &Directory<'_>, base: &[u8]) -> Option<usize> {
    if let Some(group) = directory.named(base) {
        return Some(group);
    }
    if let Some((base, number)) = numbered(base) {
        let numbered = |name: &[u8]| {
            let (stem, extension) = name.split_at(stem_of(name).len());
            directory.named(&[stem, number, extension].concat())
        };
        return numbered(base).or_else(|| numbered(without_suffix(base)?));
    }
    let whole = without_suffix(base).and_then(|name| directory.named(name));
    whole.or_else(|| {
        let is_cut = characters(base) == CUT;
        is_cut.then(|| directory.begins(base))?
    })
}

/// What stands before a number in brackets at the end, and the number with its brackets.
fn numbered(base: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = base.iter().rposition(|b| *b == b'(')?;
    let digits = base[open + 1..].strip_suffix(b")")?;
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| base.split_at(open))
}

/// The name before a suffix that may have been cut.
fn without_suffix(base: &[u8]) -> Option<&[u8]> {
    let dot = base.iter().rposition(|b| *b == b'.')?;
    SUFFIX.starts_with(&base[dot + 1..]).then(|| &base[..dot])
}

fn characters(name: &[u8]) -> usize {
    std::str::from_utf8(name).map_or(name.len(), |text| text.chars().count())
}

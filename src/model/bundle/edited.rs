//! How Apple's Photos calls what it made of a picture, and how ingest calls it then.
//!
//! What Photos edited of `IMG_1234` is `IMG_E1234`, and what it kept to do so `IMG_O1234`. Ingest
//! gives both the stem of the picture and a mark: `20190301_120000_17762fddd969a453_E`.

use std::borrow::Cow;

/// The stem of the picture that the file of this stem was made of; none for what was not edited.
pub(super) fn edited_from(stem: &[u8]) -> Option<Cow<'_, [u8]>> {
    let marked = stem
        .strip_suffix(b"_E")
        .or_else(|| stem.strip_suffix(b"_O"));
    if let Some(original) = marked.filter(|original| is_of_ingest(original)) {
        return Some(Cow::Borrowed(original));
    }
    let rest = stem.strip_prefix(b"IMG_")?;
    let number = rest
        .strip_prefix(b"E")
        .or_else(|| rest.strip_prefix(b"O"))?;
    number.first().filter(|b| b.is_ascii_digit())?;
    Some(Cow::Owned([b"IMG_", number].concat()))
}

/// Whether ingest gives such stems: the day, the time, and 16 digits of a hash in lower case.
fn is_of_ingest(stem: &[u8]) -> bool {
    let mut parts = stem.split(|b| *b == b'_');
    let mut is_next = |len: usize, is_digit: fn(&u8) -> bool| {
        parts
            .next()
            .is_some_and(|part| part.len() == len && part.iter().all(is_digit))
    };
    is_next(8, u8::is_ascii_digit)
        && is_next(6, u8::is_ascii_digit)
        && is_next(16, |b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_of_what_was_edited_tell_the_original() {
        for (stem, original) in [
            ("IMG_E1234", "IMG_1234"),
            ("IMG_O1234", "IMG_1234"),
            (
                "20190301_120000_17762fddd969a453_E",
                "20190301_120000_17762fddd969a453",
            ),
            (
                "20190301_120000_17762fddd969a453_O",
                "20190301_120000_17762fddd969a453",
            ),
        ] {
            let found = edited_from(stem.as_bytes());
            assert_eq!(found.as_deref(), Some(original.as_bytes()));
        }
        for stem in [
            "",
            "_E",
            "IMG_1234",
            "IMG_Edith",
            "IMG_1234_E",
            "20190301_120000_17762fddd969a453",
            "20190301_120000_17762fddd969a453_A",
            "20190301_120000_17762fddd969a453_e",
            "20190301_120000_17762fddd969a453_E_E",
            "20190301_120000_17762FDDD969A453_E",
            "20190301_120000_17762fddd969a45_E",
            "20190301_1200_17762fddd969a453_E",
            "x20190301_120000_17762fddd969a453_E",
        ] {
            assert_eq!(edited_from(stem.as_bytes()), None, "{stem}");
        }
    }
}

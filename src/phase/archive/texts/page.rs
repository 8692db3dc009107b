//! `index.html`: a catalogue of a disc for any browser, without scripts and without anything that is
//! not in it.

use crate::model::path::Escaped;
use std::fmt::Write;

/// Bytes of a row but those of its path and its size.
const BESIDE: u64 = 17 + 2 + 8 + 20 + 1;

/// The page of a disc that is called `label`, with these files, by path and size in bytes.
pub(super) fn page<'f>(
    label: &str,
    about: &str,
    files: impl Iterator<Item = (&'f [u8], u64)>,
) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{label}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <style>\nbody {{ font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em }}\n\
         td {{ padding: 0 1em 0 0 }}\ntd + td {{ text-align: right; white-space: nowrap }}\n</style>\n\
         </head>\n<body>\n<h1>{label}</h1>\n<p>{about}</p>\n<table>\n"
    );
    for (path, size) in files {
        row(path, size, &mut page);
    }
    page.push_str("</table>\n</body>\n</html>\n");
    page
}

/// One row: a link to the file, and how many bytes it has.
fn row(path: &[u8], size: u64, page: &mut String) {
    page.push_str("<tr><td><a href=\"");
    for byte in path {
        match is_plain(*byte) {
            true => page.push(char::from(*byte)),
            false => {
                let _ = write!(page, "%{byte:02X}");
            }
        }
    }
    page.push_str("\">");
    for character in Escaped(path).to_string().chars() {
        match character {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            other => page.push(other),
        }
    }
    let _ = writeln!(page, "</a><td>{size}");
}

/// The most bytes of the row of a file at `path`.
pub(in crate::phase::archive) fn row_length(path: &[u8]) -> u64 {
    let bytes = path.iter().map(|byte| u64::from(MOST[usize::from(*byte)]));
    BESIDE + bytes.sum::<u64>()
}

/// The most bytes that each byte of a path takes in a row.
const MOST: [u8; 256] = {
    let mut most = [0; 256];
    let mut byte = 0;
    while byte < most.len() {
        most[byte] = match byte as u8 {
            plain if is_plain(plain) => 2,
            b' '..=b'~' => 3 + 5,
            // A byte of a longer character stands by itself, or is escaped as one or as a whole.
            _ => 3 + 10,
        };
        byte += 1;
    }
    most
};

/// Whether a byte stands in a link as it is: the unreserved characters of RFC 3986, and the slash.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row_of(path: &[u8]) -> String {
        let mut page = String::new();
        row(path, u64::MAX, &mut page);
        page
    }

    #[test]
    fn names_can_neither_leave_their_link_nor_become_markup() {
        let row = row_of(b"2019/\"><script>&\xff\n.jpg");
        assert!(row.starts_with("<tr><td><a href=\"2019/%22%3E%3Cscript%3E%26%FF%0A.jpg\">2019/"));
        assert!(row.contains("&gt;&lt;script&gt;&amp;"), "{row}");
        assert_eq!(row.matches('<').count(), 5, "{row}");
        assert_eq!(row.matches('\n').count(), 1, "{row}");
    }

    proptest! {
        #[test]
        fn no_row_is_longer_than_is_said(path: Vec<u8>, text in "\\PC{0,40}", odd in any::<String>()) {
            for path in [path, text.into_bytes(), odd.into_bytes()] {
                prop_assert!(row_of(&path).len() as u64 <= row_length(&path), "{:?}", path);
            }
        }
    }
}

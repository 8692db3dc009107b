//! `MANIFEST.sha256`: the SHA-256 of every file on a disc, as `sha256sum -c` reads it.

use crate::model::sha256::Sha256;

/// Bytes of a line but those of the path: the hash, two spaces and the newline.
const BESIDE: u64 = 64 + 2 + 1;

/// One line. Backslashes, newlines and carriage returns in a path are written as GNU coreutils write
/// them: behind a backslash, and with one more before the whole line.
pub(super) fn line(path: &[u8], sum: Sha256, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend(format!("{sum}  ").bytes());
    let mut is_escaped = false;
    for byte in path {
        match escape(*byte) {
            Some(escape) => {
                is_escaped = true;
                out.extend([b'\\', escape]);
            }
            None => out.push(*byte),
        }
    }
    if is_escaped {
        out.insert(start, b'\\');
    }
    out.push(b'\n');
}

/// Bytes of the line of a file at `path`.
pub(in crate::phase::archive) fn line_length(path: &[u8]) -> u64 {
    let escaped = path.iter().filter(|byte| escape(**byte).is_some()).count() as u64;
    BESIDE + path.len() as u64 + escaped + u64::from(escaped > 0)
}

/// What stands behind the backslash for a byte that would not stand by itself.
fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line_of(path: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        line(path, Sha256::of(b""), &mut out);
        out
    }

    #[test]
    fn odd_names_are_written_as_sha256sum_does() {
        let sum = Sha256::of(b"");
        for (path, written) in [
            ("2019/a.jpg", format!("{sum}  2019/a.jpg\n")),
            ("-a *b", format!("{sum}  -a *b\n")),
            ("a\\b\nc\rd", format!("\\{sum}  a\\\\b\\nc\\rd\n")),
        ] {
            assert_eq!(line_of(path.as_bytes()), written.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn a_line_is_as_long_as_is_said(path: Vec<u8>) {
            prop_assert_eq!(line_of(&path).len() as u64, line_length(&path));
        }
    }
}

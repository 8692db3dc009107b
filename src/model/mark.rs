//! `.unburned`: that a volume is on no disc yet, and what it is to fit.

use super::medium::Medium;

/// The most bytes that are read of a mark.
pub const MAX_MARK_BYTES: u64 = 1024;

const MEDIUM: &str = "medium: ";

/// What the mark of a volume says that is to fit `medium`.
pub fn text(medium: Medium) -> Vec<u8> {
    format!("This volume is on no disc yet.\n{MEDIUM}{medium}\n").into_bytes()
}

/// What a volume is to fit, as its mark says; one that somebody else made may be empty.
pub fn medium(text: &[u8]) -> Option<Medium> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(MEDIUM)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_anything_else_is_let_be() {
        for name in ["bd100", "sectors:1200", "dir:4TB"] {
            let said: Medium = name.parse().unwrap();
            assert_eq!(medium(&text(said)), Some(said));
        }
        for other in [&b""[..], b"medium: bd1\n", b"\xff", b"not on a disc yet"] {
            assert_eq!(medium(other), None);
        }
    }
}

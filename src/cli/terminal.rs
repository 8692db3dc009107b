//! Text that a terminal may safely show.

use crate::model::path::Escaped;

/// `text` with control, bidirectional and invisible characters escaped and everything else, also
/// backslashes, as it is: for text whose names are escaped already, and for JSON.
pub fn line(text: &str) -> String {
    text.split('\\')
        .map(|part| Escaped(part.as_bytes()).to_string())
        .collect::<Vec<_>>()
        .join("\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_backslashes_stay() {
        assert_eq!(line("a\\u{1b}\u{1b}[2J\n"), "a\\u{1b}\\u{1b}[2J\\n");
        assert_eq!(line("\\"), "\\");
        assert_eq!(line("ü \u{202e}"), "ü \\u{202e}");
    }
}

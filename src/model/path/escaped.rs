//! Names as people may safely see them.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Bytes of a name as people may safely see them: control, bidirectional and invisible characters,
/// backslashes and bytes that are no UTF-8 are escaped, so that no name can forge a line or drive a
/// terminal.
pub struct Escaped<'a>(
    /// The bytes to show.
    pub &'a [u8],
);

impl<'a> Escaped<'a> {
    /// A path of the operating system, to be seen by people.
    pub fn path(path: &'a (impl AsRef<Path> + ?Sized)) -> Escaped<'a> {
        Escaped(path.as_ref().as_os_str().as_bytes())
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            let is_escaped = |c: char| c == '\\' || is_deceptive(c);
            write_escaped(f, chunk.valid(), is_escaped)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Writes `text` with some of its characters escaped, such as `\n` and `\u{1b}`.
///
/// # Errors
/// As `out`.
pub fn write_escaped(
    out: &mut dyn fmt::Write,
    text: &str,
    is_escaped: impl Fn(char) -> bool,
) -> fmt::Result {
    // Most texts are plain, and go as they are.
    let mut plain = 0;
    for (at, found) in text.match_indices(is_escaped) {
        out.write_str(&text[plain..at])?;
        write!(out, "{}", found.escape_default())?;
        plain = at + found.len();
    }
    out.write_str(&text[plain..])
}

/// Whether a character moves the cursor, changes the direction of text or cannot be seen.
///
/// Source: Unicode categories Cc, Zl, Zp, and the Bidi_Control and default-ignorable format
/// characters of UAX #9 and UAX #44.
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

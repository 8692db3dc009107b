//! JSON of which there are millions of lines: values that are written, and read again, in one
//! spelling, key by key.
//!
//! It is what serde writes of the same values, and nothing is read here that serde would not read
//! as the same; where a text is spelled in any other way, nothing is read, and serde decides.

use super::digest::{Digest, digits};
use super::path::TreePath;
use super::time::Time;
use memchr::memchr;
use std::str::FromStr;

/// Text that is being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t>(pub(super) &'t [u8]);

impl<'t> Reader<'t> {
    /// Goes on behind `text`, where it stands next.
    pub(super) fn skip(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text.as_bytes())?;
        Some(())
    }

    /// Reads a string, from behind its opening quote; none where something is escaped in it.
    pub(super) fn string(&mut self) -> Option<&'t str> {
        let end = memchr(b'"', self.0)?;
        let text = &self.0[..end];
        if !is_plain(text) {
            return None;
        }
        self.0 = &self.0[end + 1..];
        std::str::from_utf8(text).ok()
    }

    /// Reads a hash, from behind its opening quote.
    pub(super) fn digest(&mut self) -> Option<Digest> {
        let (digits, rest) = self.0.split_first_chunk::<64>()?;
        let digest = Digest::of_digits(digits)?;
        self.0 = rest.strip_prefix(b"\"")?;
        Some(digest)
    }

    /// Reads a time, from behind its opening quote.
    pub(super) fn time(&mut self) -> Option<Time> {
        let end = memchr(b'"', self.0)?;
        let Some(time) = Time::plain(&self.0[..end]) else {
            return self.parsed();
        };
        self.0 = &self.0[end + 1..];
        Some(time)
    }

    /// Reads what a string stands for, from behind its opening quote.
    pub(super) fn parsed<T: FromStr>(&mut self) -> Option<T> {
        self.string()?.parse().ok()
    }

    /// Reads a path in a tree, from behind its opening quote.
    pub(super) fn path(&mut self) -> Option<TreePath<'static>> {
        Some(TreePath::from_text(self.string()?).ok()?.into_owned())
    }

    /// Reads a whole number.
    pub(super) fn number<N: TryFrom<u64>>(&mut self) -> Option<N> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        if digits == 0 || (digits > 1 && self.0[0] == b'0') {
            return None;
        }
        let mut number = 0_u64;
        for digit in &self.0[..digits] {
            number = number.checked_mul(10)?.checked_add(u64::from(digit & 15))?;
        }
        self.0 = &self.0[digits..];
        number.try_into().ok()
    }
}

/// Text that is being written.
pub(super) struct Writer<'t>(pub(super) &'t mut Vec<u8>);

impl Writer<'_> {
    /// Writes `text` as it stands.
    pub(super) fn put(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Writes a string.
    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        self.put("\"");
        self.inner(text);
        self.put("\"")
    }

    /// Writes a path in a tree.
    pub(super) fn path(&mut self, path: &TreePath<'_>) -> &mut Self {
        let Ok(rel) = std::str::from_utf8(path.rel.as_bytes()) else {
            return self.string(&path.to_text());
        };
        self.put("\"").put(path.tree.name()).put("/");
        self.inner(rel);
        self.put("\"")
    }

    /// Writes a hash.
    pub(super) fn digest(&mut self, digest: &Digest) -> &mut Self {
        self.put("\"");
        self.0.extend_from_slice(&digits(digest));
        self.put("\"")
    }

    /// Writes a time.
    pub(super) fn time(&mut self, time: Time) -> &mut Self {
        self.put("\"");
        time.write_to(self.0);
        self.put("\"")
    }

    /// Writes a whole number.
    pub(super) fn number(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[start..]);
        self
    }

    /// Writes what stands between the quotes of a string.
    fn inner(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.put(text);
            return;
        }
        for c in text.chars() {
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                '\t' => self.put("\\t"),
                '\u{8}' => self.put("\\b"),
                '\u{c}' => self.put("\\f"),
                '\0'..='\u{1f}' => self.put(&format!("\\u{:04x}", u32::from(c))),
                _ => self.put(c.encode_utf8(&mut [0; 4])),
            };
        }
    }
}

/// Whether a text stands in a string as it is. All of it is looked at, whatever is found: so it goes
/// many bytes at a time.
fn is_plain(text: &[u8]) -> bool {
    let is_odd = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    !text.iter().fold(false, |odd, byte| odd | is_odd(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strings_and_numbers_are_written_as_serde_writes_them(
            text in prop_oneof![any::<String>(), "[\\x00-\\x7f]{0,20}"],
            number: u64,
        ) {
            let mut written = Vec::new();
            Writer(&mut written).string(&text).put(" ").number(number);
            let expected = format!("{} {number}", serde_json::to_string(&text).unwrap());
            prop_assert_eq!(String::from_utf8(written).unwrap(), expected);
        }

        #[test]
        fn what_is_read_serde_reads_as_the_same(
            text in prop_oneof![any::<String>(), "[ -~]{0,9}\"", "[0-9]{1,21}"],
        ) {
            let mut reader = Reader(text.as_bytes());
            if let Some(number) = reader.number::<u64>() {
                let read = &text[..text.len() - reader.0.len()];
                prop_assert_eq!(serde_json::from_str::<u64>(read).unwrap(), number);
            }
            let mut reader = Reader(text.as_bytes());
            if let Some(string) = reader.string() {
                let read = &text[..text.len() - reader.0.len()];
                let read: String = serde_json::from_str(&format!("\"{read}")).unwrap();
                prop_assert_eq!(read, string);
            }
        }
    }
}

//! How archive works: the section Archive.

use super::Key;
use super::value::parse_number;
use crate::model::medium::{Medium, Pack, Parity};
use crate::phase::archive::texts::SET;

/// How archive works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveSettings {
    /// What a volume is to fit.
    pub medium: Medium,
    /// The share of it that is left to error-correction data.
    pub parity: Parity,
    /// How files are packed into volumes.
    pub pack: Pack,
    /// The name of the set of discs, of `[A-Z0-9_]`.
    pub set: String,
    /// After how many days a disc is to be read again.
    pub verify_after_days: u32,
}

impl Default for ArchiveSettings {
    fn default() -> ArchiveSettings {
        ArchiveSettings {
            medium: Medium::default(),
            parity: Parity::NONE,
            pack: Pack::default(),
            set: SET.to_owned(),
            verify_after_days: 730,
        }
    }
}

impl ArchiveSettings {
    /// What `text` says of a key of this section; nothing where the key is of another.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn set(&mut self, key: Key, text: &str) -> Result<(), String> {
        match key {
            Key::Medium => self.medium = parse(text)?,
            Key::Parity => self.parity = parse(text)?,
            Key::Pack => self.pack = parse(text)?,
            Key::Set => self.set = parse_set(text)?,
            Key::VerifyAfterDays => {
                let days = parse_number(text, 1, u64::from(u32::MAX))?;
                self.verify_after_days = u32::try_from(days).unwrap_or(u32::MAX);
            }
            _ => {}
        }
        Ok(())
    }
}

fn parse<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// The name of a set of discs: what may stand in the label of every disc.
fn parse_set(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    match text.len() <= 11 && text.bytes().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("expected at most 11 of A to Z, 0 to 9 and _, such as MEDIA".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_understood_or_refused() {
        let mut settings = ArchiveSettings::default();
        for (key, good, bad) in [
            (Key::Medium, "bd100", "bd1"),
            (Key::Parity, "5%", "5"),
            (Key::Pack, "compact", "tight"),
            (Key::Set, "FAMILY_1", "Family"),
            (Key::VerifyAfterDays, "365", "0"),
        ] {
            assert_eq!(settings.set(key, good), Ok(()), "{good}");
            assert!(settings.set(key, bad).is_err(), "{bad}");
        }
        assert_eq!(settings.medium.to_string(), "bd100");
        assert_eq!(settings.set, "FAMILY_1");
        assert!(settings.set(Key::Set, "ABCDEFGHIJKL").is_err());
    }
}

//! How archive works: the section Archive.

use super::Key;
use super::value::parse_number;
use crate::model::disc::SetName;
use crate::model::medium::{Medium, Pack, Parity};

/// How archive works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveSettings {
    /// What a volume is to fit.
    pub medium: Medium,
    /// The share of it that is left to error-correction data.
    pub parity: Parity,
    /// How files are packed into volumes.
    pub pack: Pack,
    /// The name of the set of discs.
    pub set: SetName,
    /// After how many days a disc is to be read again.
    pub verify_after_days: u32,
}

impl Default for ArchiveSettings {
    fn default() -> ArchiveSettings {
        ArchiveSettings {
            medium: Medium::default(),
            parity: Parity::NONE,
            pack: Pack::default(),
            set: SetName::default(),
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
            Key::Set => self.set = set_name(text)?,
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

fn set_name(text: &str) -> Result<SetName, String> {
    let name = SetName::try_from(text.to_owned());
    name.map_err(|error| error.to_string())
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
        assert_eq!(settings.set.as_str(), "FAMILY_1");
        assert!(settings.set(Key::Set, "ABCDEFGHIJKL").is_err());
    }
}

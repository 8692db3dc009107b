//! The share of a medium that is left free.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The share of a medium that is left to error-correction data: from 0 % to less than 100 %, in
/// hundredths of a percent. Its text is `5%` or `2.5%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parity(u16);

/// The text is no share that can be left free.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a share from 0% to less than 100%, such as 5% or 2.5%, with at most two decimals"
)]
pub struct ParityError;

/// Hundredths of a percent in a whole.
const WHOLE: u16 = 10_000;

impl Parity {
    /// Nothing is left free.
    pub const NONE: Parity = Parity(0);

    /// So many hundredths of a percent; none where that is the whole or more.
    pub const fn hundredths(number: u16) -> Option<Parity> {
        match number < WHOLE {
            true => Some(Parity(number)),
            false => None,
        }
    }

    /// Its share of so many sectors, rounded up.
    pub fn of(self, sectors: u64) -> u64 {
        let share = (u128::from(sectors) * u128::from(self.0)).div_ceil(u128::from(WHOLE));
        // A part of a u64 fits one.
        share as u64
    }
}

impl FromStr for Parity {
    type Err = ParityError;

    fn from_str(text: &str) -> Result<Self, ParityError> {
        let number = text.strip_suffix('%').ok_or(ParityError)?;
        let (whole, part) = match number.split_once('.') {
            Some((whole, part)) if matches!(part.len(), 1 | 2) => (whole, part),
            Some(_) => return Err(ParityError),
            None => (number, ""),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(ParityError);
        }
        let number = format!("{whole}{part:0<2}");
        let number = number.parse().ok().filter(|_| !whole.is_empty());
        number.and_then(Parity::hundredths).ok_or(ParityError)
    }
}

impl fmt::Display for Parity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", part / 10),
            _ => write!(f, "{whole}.{part:02}%"),
        }
    }
}

impl Serialize for Parity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Parity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Parity {
    fn schema_name() -> Cow<'static, str> {
        "Parity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9]{1,2}(\\.[0-9]{1,2})?%$",
            "description": "The share of a medium that is left to error-correction data."
        })
    }
}

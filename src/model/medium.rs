//! What a volume is to fit: a disc, a number of sectors or a part of a hard disk, the share of it
//! that is left to error-correction data, and how files are packed into it.

mod pack;
mod parity;

pub use self::pack::{Pack, PackError};
pub use self::parity::{Parity, ParityError};

use super::byte_count;
use super::path::Escaped;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The bytes of one sector of a disc or an image.
pub const SECTOR: u64 = 2048;

/// What a volume is to fit. Its text is what people write and what stands in plans: `bd25`,
/// `sectors:359424`, `dir:2TB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// One of the discs that can be bought.
    Disc(Disc),
    /// So many sectors of 2048 bytes; at least one.
    Sectors(u64),
    /// A directory of so many bytes, on a hard disk; at least one sector.
    Directory(u64),
}

/// The discs that are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disc {
    /// A CD of 80 minutes.
    Cd700,
    /// A DVD+R with one layer.
    DvdPlus,
    /// A DVD-R with one layer.
    DvdMinus,
    /// A DVD+R with two layers.
    DvdPlusDual,
    /// A DVD-R with two layers.
    DvdMinusDual,
    /// A Blu-ray with one layer.
    Bd25,
    /// A Blu-ray with two layers.
    Bd50,
    /// A Blu-ray with three layers.
    Bd100,
    /// A Blu-ray with four layers.
    Bd128,
}

/// Whether the drive keeps sectors of a Blu-ray back, to replace those that turn out bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DefectManagement {
    /// It does, as drives do unless told otherwise.
    #[default]
    On,
    /// Every sector of the disc is for data.
    Off,
}

/// The text names no medium.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no medium; known are {}, sectors:N and dir:SIZE{}", known(), nearest(.text))]
pub struct MediumError {
    /// What was given, escaped.
    text: String,
}

impl Default for Medium {
    /// A Blu-ray with one layer.
    fn default() -> Medium {
        Medium::Disc(Disc::Bd25)
    }
}

impl Medium {
    /// The sectors of 2048 bytes that it holds. Only a Blu-ray has other ones with the drive's
    /// defect management than without.
    pub fn sectors(self, defects: DefectManagement) -> u64 {
        match self {
            Medium::Disc(disc) => disc.sectors(defects),
            Medium::Sectors(sectors) => sectors,
            Medium::Directory(bytes) => bytes / SECTOR,
        }
    }

    /// Whether an image of the volume is to be burned or kept; else it stays a directory.
    pub fn is_disc(self) -> bool {
        !matches!(self, Medium::Directory(_))
    }
}

impl Disc {
    /// All discs, smallest first.
    pub const ALL: [Disc; 9] = [
        Disc::Cd700,
        Disc::DvdPlus,
        Disc::DvdMinus,
        Disc::DvdMinusDual,
        Disc::DvdPlusDual,
        Disc::Bd25,
        Disc::Bd50,
        Disc::Bd100,
        Disc::Bd128,
    ];

    /// Its name, as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Disc::Cd700 => "cd700",
            Disc::DvdPlus => "dvd+r",
            Disc::DvdMinus => "dvd-r",
            Disc::DvdPlusDual => "dvd+r-dl",
            Disc::DvdMinusDual => "dvd-r-dl",
            Disc::Bd25 => "bd25",
            Disc::Bd50 => "bd50",
            Disc::Bd100 => "bd100",
            Disc::Bd128 => "bd128",
        }
    }

    /// The disc of that name.
    pub fn named(name: &str) -> Option<Disc> {
        Disc::ALL.into_iter().find(|disc| disc.name() == name)
    }

    /// The sectors of 2048 bytes that it holds.
    pub const fn sectors(self, defects: DefectManagement) -> u64 {
        let (raw, managed) = match self {
            Disc::Cd700 => (359_424, 359_424),
            Disc::DvdPlus => (2_295_104, 2_295_104),
            Disc::DvdMinus => (2_298_496, 2_298_496),
            Disc::DvdPlusDual => (4_173_824, 4_173_824),
            Disc::DvdMinusDual => (4_171_712, 4_171_712),
            Disc::Bd25 => (12_219_392, 11_826_176),
            Disc::Bd50 => (24_438_784, 23_652_352),
            Disc::Bd100 => (48_878_592, 47_305_728),
            Disc::Bd128 => (62_500_864, 60_403_712),
        };
        match defects {
            DefectManagement::On => managed,
            DefectManagement::Off => raw,
        }
    }
}

/// The names of the discs, for messages.
fn known() -> String {
    Disc::ALL.map(Disc::name).join(", ")
}

/// A question for the disc that is meant, where one is like the text.
fn nearest(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let likeness = |disc: &Disc| strsim::jaro_winkler(&text, disc.name());
    let order = |a: &Disc, b: &Disc| likeness(a).total_cmp(&likeness(b));
    let best = Disc::ALL.into_iter().max_by(order);
    match best.filter(|disc| likeness(disc) > 0.7) {
        Some(disc) => format!("; did you mean {}?", disc.name()),
        None => String::new(),
    }
}

impl FromStr for Medium {
    type Err = MediumError;

    fn from_str(text: &str) -> Result<Self, MediumError> {
        let medium = if let Some(number) = text.strip_prefix("sectors:") {
            // A sign, which `parse` would accept, is no digit.
            let digits = number.bytes().all(|b| b.is_ascii_digit());
            number.parse().ok().filter(|_| digits).map(Medium::Sectors)
        } else if let Some(size) = text.strip_prefix("dir:") {
            byte_count::parse(size).map(Medium::Directory)
        } else {
            Disc::named(text).map(Medium::Disc)
        };
        let medium = medium.filter(|medium| medium.sectors(DefectManagement::On) > 0);
        medium.ok_or_else(|| MediumError {
            text: Escaped(text.as_bytes()).to_string(),
        })
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Medium::Disc(disc) => f.write_str(disc.name()),
            Medium::Sectors(sectors) => write!(f, "sectors:{sectors}"),
            Medium::Directory(bytes) => write!(f, "dir:{}", byte_count::to_text(*bytes)),
        }
    }
}

impl Serialize for Medium {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Medium {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Medium {
    fn schema_name() -> Cow<'static, str> {
        "Medium".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let discs = Disc::ALL.map(|disc| disc.name().replace('+', "\\+"));
        let size = "[0-9]+ *([kKmMgGtT]([iI]?[bB])?|[bB]|[bB][yY][tT][eE][sS])?";
        let pattern = format!("^({}|sectors:[0-9]+|dir:{size})$", discs.join("|"));
        json_schema!({
            "type": "string",
            "pattern": pattern,
            "description": "What a volume is to fit: a disc by its name, a number of sectors of 2048 bytes, or a directory of so many bytes."
        })
    }
}

#[cfg(test)]
mod tests;

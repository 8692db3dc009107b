//! The values of keys, as people write them.

use crate::disk::disks::DiskKind;
use crate::model::byte_count;
use crate::model::keep::Keep;
use std::fmt;
use std::num::NonZeroUsize;

/// A part of a whole, from 1 to 100 percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u8);

impl Percent {
    /// So many percent, if that is a part of a whole.
    pub const fn new(percent: u8) -> Option<Percent> {
        match percent {
            1..=100 => Some(Percent(percent)),
            _ => None,
        }
    }

    /// The number before the sign.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// A share such as `80%`; the sign may be left out.
///
/// # Errors
/// What was expected instead.
pub fn parse_percent(text: &str) -> Result<Percent, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    let percent = parse_digits(number).and_then(|n| u8::try_from(n).ok());
    percent
        .and_then(Percent::new)
        .ok_or_else(|| "expected a share from 1% to 100%".to_owned())
}

/// A size such as `500MB`: a number of bytes, or of kB, MB, GB, TB (thousands), or KiB, MiB, GiB,
/// TiB (1024s).
///
/// # Errors
/// What was expected instead.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    byte_count::parse(text).ok_or_else(|| "expected a size such as 500MB or 4GiB".to_owned())
}

/// `yes` or `no`, or one of the other words for them that the original took.
pub fn parse_yes(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err("expected yes or no".to_owned()),
    }
}

/// The name of a rule by which dedupe chooses the copy that it keeps.
///
/// # Errors
/// What was expected instead.
pub fn parse_keep(text: &str) -> Result<Keep, String> {
    Keep::named(text).ok_or_else(|| {
        let names = Keep::ALL.map(Keep::name);
        format!("expected one of {}", names.join(", "))
    })
}

/// A whole number in a range.
pub fn parse_number(text: &str, from: u64, to: u64) -> Result<u64, String> {
    let number = parse_digits(text).filter(|n| (from..=to).contains(n));
    number.ok_or_else(|| format!("expected a whole number from {from} to {to}"))
}

/// How many files are read at once.
pub fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    let number = parse_number(text, 1, 1024)?;
    let number = usize::try_from(number).ok().and_then(NonZeroUsize::new);
    number.ok_or_else(|| "expected a whole number from 1 to 1024".to_owned())
}

/// What kind of disks there are.
///
/// # Errors
/// What was expected instead.
pub fn parse_disk(text: &str) -> Result<DiskKind, String> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(DiskKind::Auto),
        "rotational" | "hdd" => Ok(DiskKind::Rotational),
        "ssd" => Ok(DiskKind::Ssd),
        _ => Err("expected auto, rotational or ssd".to_owned()),
    }
}

/// Digits only: no sign, which `parse` would accept.
fn parse_digits(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_parts_of_a_whole() {
        assert_eq!(parse_percent("80%").map(Percent::get), Ok(80));
        assert_eq!(parse_percent("100").map(Percent::get), Ok(100));
        for bad in ["0%", "101%", "-5%", "+5%", "", "%", "80 % %"] {
            assert!(parse_percent(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_in_thousands_or_in_1024s() {
        assert_eq!(parse_bytes("500MB"), Ok(500_000_000));
        assert_eq!(parse_bytes("4 GiB"), Ok(4 << 30));
        assert_eq!(parse_bytes("17"), Ok(17));
        for bad in ["", "MB", "-1", "1.5GB", "5 parsecs", "99999999999TB"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn yes_and_no_are_understood() {
        assert_eq!(parse_yes("yes"), Ok(true));
        assert_eq!(parse_yes("No"), Ok(false));
        for bad in ["", "y", "2", "ja"] {
            assert!(parse_yes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn kinds_of_disks_are_known_by_their_names() {
        assert_eq!(parse_disk("auto"), Ok(DiskKind::Auto));
        assert_eq!(parse_disk("HDD"), Ok(DiskKind::Rotational));
        assert_eq!(parse_disk("rotational"), Ok(DiskKind::Rotational));
        assert_eq!(parse_disk("ssd"), Ok(DiskKind::Ssd));
        assert!(parse_disk("floppy").is_err());
    }

    #[test]
    fn jobs_are_at_least_one() {
        assert!(parse_jobs("0").is_err());
        assert!(parse_jobs("1025").is_err());
        assert_eq!(parse_jobs("8").map(NonZeroUsize::get), Ok(8));
    }
}

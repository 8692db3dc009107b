//! Numbers of bytes, as people write them.

/// The units of a size and how many bytes each has; a unit of no letters is the byte.
const UNITS: [(&str, u64); 15] = [
    ("", 1),
    ("b", 1),
    ("k", 1000),
    ("kb", 1000),
    ("kib", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("t", 1_000_000_000_000),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
    ("bytes", 1),
];

/// The units in which sizes are written, largest first.
const WRITTEN: [(&str, u64); 8] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
];

/// The bytes of a size such as `500MB`: a number of bytes, or of kB, MB, GB, TB (thousands), or
/// KiB, MiB, GiB, TiB (1024s); none where the text is no such size, or more than 2⁶⁴ bytes.
pub fn parse(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    // An empty number is none; a sign, which `parse` would accept, is no digit.
    let number: u64 = text[..end].parse().ok()?;
    let unit = text[end..].trim().to_ascii_lowercase();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*factor)
}

/// The one text of a size: in the largest unit of which it is a whole number. [`parse`] gives the
/// size back.
pub fn to_text(bytes: u64) -> String {
    let whole = |(_, factor): &&(&str, u64)| bytes >= *factor && bytes.is_multiple_of(*factor);
    match WRITTEN.iter().find(whole) {
        Some((unit, factor)) => format!("{}{unit}", bytes / factor),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_in_thousands_or_in_1024s() {
        assert_eq!(parse("500MB"), Some(500_000_000));
        assert_eq!(parse("4 GiB"), Some(4 << 30));
        assert_eq!(parse("17"), Some(17));
        for bad in ["", "MB", "-1", "+1", "1.5GB", "5 parsecs", "99999999999TB"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_are_written_in_their_largest_whole_unit() {
        assert_eq!(to_text(0), "0");
        assert_eq!(to_text(4_000_000_000_000), "4TB");
        assert_eq!(to_text(1 << 40), "1TiB");
        assert_eq!(to_text(1_500_000_000), "1500MB");
        assert_eq!(to_text(1025), "1025");
    }

    proptest! {
        #[test]
        fn text_of_a_size_round_trips(number in any::<u64>(), zeros in 0u32..40) {
            for bytes in [number, number >> zeros << zeros, number / 1_000_000 * 1_000_000] {
                prop_assert_eq!(parse(&to_text(bytes)), Some(bytes));
            }
        }
    }
}

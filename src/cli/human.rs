//! Numbers as people read them.

use std::fmt;

/// A number with its thousands parted: `9,218`.
#[derive(Clone, Copy)]
pub struct Count(pub u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad_integral(true, "", &text)
    }
}

/// A number of things, the word for more than one made by an `s`: `1 file`, `2,000 files`.
#[derive(Clone, Copy)]
pub struct Things(pub u64, pub &'static str);

impl fmt::Display for Things {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", Count(self.0), self.1)
    }
}

/// A number of bytes in decimal units, as discs are sold: `7.3 MB`.
#[derive(Clone, Copy)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
        if self.0 < 1000 {
            return f.pad(&format!("{} B", self.0));
        }
        // Tenths of the unit, rounded half up in whole numbers: no float decides a text.
        let (mut divisor, mut at) = (1000_u64, 0);
        let tenths = |divisor: u64| {
            (u128::from(self.0) * 10 + u128::from(divisor / 2)) / u128::from(divisor)
        };
        while tenths(divisor) >= 10_000 && at + 1 < UNITS.len() {
            divisor *= 1000;
            at += 1;
        }
        let tenths = tenths(divisor);
        f.pad(&format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[at]))
    }
}

/// A number of bytes in decimal units, and exactly: `7.3 MB (7,340,032 bytes)`.
#[derive(Clone, Copy)]
pub struct Exactly(pub u64);

impl fmt::Display for Exactly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return Things(self.0, "byte").fmt(f);
        }
        write!(f, "{} ({} bytes)", Bytes(self.0), Count(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_people_read_them() {
        let count = |n| Count(n).to_string();
        assert_eq!([count(0), count(999), count(1000)], ["0", "999", "1,000"]);
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(format!("{:>6}", Count(1234)), " 1,234");
        let bytes = |n| Bytes(n).to_string();
        assert_eq!([bytes(0), bytes(999)], ["0 B", "999 B"]);
        assert_eq!([bytes(1000), bytes(7_340_032)], ["1.0 kB", "7.3 MB"]);
        assert_eq!([bytes(999_949), bytes(999_950)], ["999.9 kB", "1.0 MB"]);
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(Exactly(1).to_string(), "1 byte");
        assert_eq!(Exactly(7_340_032).to_string(), "7.3 MB (7,340,032 bytes)");
        assert_eq!(Things(1, "file").to_string(), "1 file");
    }
}

//! Content hashes.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::str::FromStr;

/// A BLAKE3 hash of 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(
    /// The 32 bytes.
    pub [u8; 32],
);

/// The text is no hash: 64 lower-case hexadecimal digits were expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hexadecimal digits")]
pub struct DigestError;

impl Digest {
    /// The name of the algorithm in files that hold hashes.
    pub const ALGORITHM: &str = "blake3";

    /// The hash that these digits stand for; none where one of them is no lower-case hexadecimal digit.
    pub(super) fn of_digits(digits: &[u8; 64]) -> Option<Digest> {
        let mut bytes = [0; 32];
        // One question at the end is quicker than one for each digit.
        let mut seen = 0;
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| NIBBLES[usize::from(digit)]);
            seen |= high | low;
            *byte = high << 4 | low;
        }
        (seen < 16).then_some(Digest(bytes))
    }

    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Digest {
        blake3::hash(bytes).into()
    }

    /// The first eight hexadecimal digits, enough for people to tell two apart.
    pub fn short(self) -> String {
        self.to_string()[..8].to_owned()
    }
}

/// Hashes bytes that come in small pieces, many of them at once.
#[derive(Default)]
pub struct Pieces {
    hasher: blake3::Hasher,
    waiting: Vec<u8>,
}

impl Pieces {
    /// Bytes that are hashed at once.
    const CHUNK: usize = 64 * 1024;

    /// Adds one more piece.
    pub fn update(&mut self, piece: &[u8]) {
        if self.waiting.is_empty() && piece.len() >= Self::CHUNK {
            self.hasher.update(piece);
            return;
        }
        self.waiting.extend_from_slice(piece);
        if self.waiting.len() >= Self::CHUNK {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
    }

    /// The hash of all pieces, as if they had come as one.
    pub fn finish(mut self) -> Digest {
        self.hasher.update(&self.waiting).finalize().into()
    }
}

impl io::Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Digest(*hash.as_bytes())
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.as_bytes().try_into().map_err(|_| DigestError)?;
        Digest::of_digits(digits).ok_or(DigestError)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What each byte stands for as a digit; more than 15 where it is none.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [16; 256];
    let mut digit = 0;
    while digit < HEX.len() {
        nibbles[HEX[digit] as usize] = digit as u8;
        digit += 1;
    }
    nibbles
};

/// The two digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [HEX[byte >> 4], HEX[byte & 15]];
        byte += 1;
    }
    pairs
};

/// The digits of a hash, without an allocation.
pub(super) fn digits(digest: &Digest) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest.0) {
        pair.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    text
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&digits(self)).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = digits(self);
        serializer.serialize_str(std::str::from_utf8(&digits).map_err(ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Digest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hash")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "A BLAKE3 hash."})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_hash_of_the_whole() {
        let whole: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let mut pieces = Pieces::default();
        whole.chunks(777).for_each(|piece| pieces.update(piece));
        assert_eq!(pieces.finish(), Digest::of(&whole));
    }

    #[test]
    fn text_round_trips_and_nothing_else_is_accepted() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(digest.to_string().starts_with(&digest.short()));
        for bad in ["", "ab", &"G".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert_eq!(bad.parse::<Digest>(), Err(DigestError), "{bad}");
        }
    }
}

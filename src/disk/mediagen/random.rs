//! Randomness that is the same everywhere: streams read from BLAKE3's extendable output.

/// A stream of random bytes that a seed, a purpose and a number fix entirely.
pub(super) struct Stream {
    bytes: blake3::OutputReader,
}

impl Stream {
    /// The stream for `purpose` and `number` under `seed`; any two differ in all three ways.
    pub(super) fn new(seed: u64, purpose: &str, number: u64) -> Self {
        let key = blake3::derive_key("mediastruct mediagen 1", &seed.to_le_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(&number.to_le_bytes());
        hasher.update(purpose.as_bytes());
        Stream {
            bytes: hasher.finalize_xof(),
        }
    }

    /// Fills `buffer` with the next bytes.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) {
        self.bytes.fill(buffer);
    }

    /// The next 64 bits as a number.
    pub(super) fn number(&mut self) -> u64 {
        let mut buffer = [0; 8];
        self.fill(&mut buffer);
        u64::from_le_bytes(buffer)
    }

    /// A number from 0 up to but not including `bound`, which must not be 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of a 128-bit product needs no division and is even enough for test data.
        ((u128::from(self.number()) * u128::from(bound)) >> 64) as u64
    }

    /// True in `share` of all calls; at 0 never, at 1 always.
    pub(super) fn happens(&mut self, share: f64) -> bool {
        // 2^53 times a share is exact enough, and a multiplication is the same on every machine.
        let bound = (share * 9_007_199_254_740_992.0) as u64;
        (self.number() >> 11) < bound
    }

    /// One of `choices`, which must not be empty.
    pub(super) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// A size in bytes drawn around `median`: nearly log-normal, from an eighth to eight times it.
    pub(super) fn size(&mut self, median: u64) -> u64 {
        /// Powers of two by eighths of an octave, times 65,536.
        const EIGHTHS: [u128; 8] = [
            65_536, 71_468, 77_936, 84_990, 92_682, 101_070, 110_218, 120_194,
        ];
        // The sum of six even draws is nearly a bell curve, centred on 24 eighths.
        let eighths: u64 = (0..6).map(|_| self.below(9)).sum();
        let octaves = eighths / 8;
        let scaled = u128::from(median) * EIGHTHS[(eighths % 8) as usize];
        u64::try_from((scaled << octaves) >> (16 + 3)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn sizes_lie_around_the_median() {
        let mut stream = Stream::new(1, "sizes", 0);
        let mut sizes: Vec<u64> = (0..2001).map(|_| stream.size(48 << 10)).collect();
        sizes.sort_unstable();
        assert!((40 << 10..56 << 10).contains(&sizes[1000]));
        assert!(sizes[0] >= 6 << 10 && sizes[2000] <= 384 << 10);
    }

    #[test]
    fn shares_hold_at_their_ends() {
        let mut stream = Stream::new(1, "shares", 0);
        assert!((0..100).all(|_| stream.happens(1.0)));
        assert!(!(0..100).any(|_| stream.happens(0.0)));
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_number() {
        let first = |seed, purpose, number| Stream::new(seed, purpose, number).number();
        let reference = first(1, "a", 1);
        assert_eq!(reference, first(1, "a", 1));
        assert_ne!(reference, first(2, "a", 1));
        assert_ne!(reference, first(1, "b", 1));
        assert_ne!(reference, first(1, "a", 2));
    }
}

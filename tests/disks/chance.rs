//! Chance that repeats itself: the same seed gives the same choices.

/// A generator of pseudo-random numbers, SplitMix64.
pub struct Chance(u64);

impl Chance {
    /// The choices that belong to `seed`.
    pub fn of(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True in `percent` of 100 cases.
    pub fn hits(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

//! What NumPy draws from `numpy.random.default_rng(seed)` (`numpy/random/_generator.pyx`, NumPy 1.17 and later; its
//! policy keeps these streams but for announced changes, of which there was none in these).

use std::collections::HashSet;

/// PCG64 (O'Neill 2014, HMC-CS-2014-0905), XSL-RR of 128 bits.
#[derive(Debug)]
pub(super) struct Generator {
    state: u128,
    increment: u128,
    /// The high half of a number whose low half was drawn.
    half: Option<u32>,
}

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        let [a, b, c, d] = spread(seed);
        let join = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        let mut generator = Self { state: 0, increment: join(c, d) << 1 | 1, half: None };
        generator.step();
        generator.state = generator.state.wrapping_add(join(a, b));
        generator.step();
        generator
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
    fn draw(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        let value = folded.rotate_right((self.state >> 122) as u32);
        self.half = Some((value >> 32) as u32);
        value as u32
    }

    /// A number up to `most`, by Lemire's multiplication (2019, doi:10.1145/3230636).
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
    fn up_to(&mut self, most: u32) -> u32 {
        if most == 0 {
            return 0;
        }
        let Some(count) = most.checked_add(1) else { return self.draw() };
        let mut product = u64::from(self.draw()) * u64::from(count);
        if (product as u32) < count {
            let threshold = (u32::MAX - most) % count;
            while (product as u32) < threshold {
                product = u64::from(self.draw()) * u64::from(count);
            }
        }
        (product >> 32) as u32
    }

    /// A number up to `most`, by drawing as many bits until it is not above.
    fn below_mask(&mut self, most: u32) -> u32 {
        if most == 0 {
            return 0;
        }
        let mask = u32::MAX >> most.leading_zeros();
        loop {
            let value = self.draw() & mask;
            if value <= most {
                return value;
            }
        }
    }

    /// `choice(size, count, replace=False)`.
    pub(super) fn choice(&mut self, size: u32, count: u32) -> Vec<u32> {
        let count = count.min(size);
        if size > 10_000 && count > size / 50 {
            let mut all: Vec<u32> = (0..size).collect();
            for at in ((size - count).max(1)..size).rev() {
                let other = self.up_to(at);
                all.swap(other as usize, at as usize);
            }
            return all.split_off((size - count) as usize);
        }
        // Floyd's algorithm (Bentley and Floyd 1987, doi:10.1145/30401.315746), then shuffled.
        let mut chosen = Vec::with_capacity(count as usize);
        let mut seen = HashSet::with_capacity(count as usize);
        for last in size - count..size {
            let value = self.up_to(last);
            let value = if seen.insert(value) { value } else { last };
            seen.insert(value);
            chosen.push(value);
        }
        for at in (1..count).rev() {
            let other = self.up_to(at);
            chosen.swap(other as usize, at as usize);
        }
        chosen
    }

    /// `shuffle(values)` of an array; of at most 2³² numbers.
    pub(super) fn shuffle(&mut self, values: &mut [u32]) {
        for at in (1..values.len()).rev() {
            let other = self.below_mask(u32::try_from(at).unwrap_or(u32::MAX));
            values.swap(other as usize, at);
        }
    }
}

/// `SeedSequence(seed).generate_state(4, uint64)` (`numpy/random/bit_generator.pyx`, after O'Neill's `seed_seq_fe`).
#[expect(clippy::cast_possible_truncation, reason = "the halves of a seed")]
fn spread(seed: u64) -> [u64; 4] {
    let mut factor = 0x43b0_d7e5_u32;
    let mut hashed = |value: u32| {
        let value = value ^ factor;
        factor = factor.wrapping_mul(0x931e_8875);
        let value = value.wrapping_mul(factor);
        value ^ value >> 16
    };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(&mut hashed);
    for from in 0..4 {
        for to in (0..4).filter(|to| *to != from) {
            let other = hashed(pool[from]);
            let mixed = pool[to].wrapping_mul(0xca01_f9dd).wrapping_sub(other.wrapping_mul(0x4973_f715));
            pool[to] = mixed ^ mixed >> 16;
        }
    }
    let mut factor = 0x8b51_f9dd_u32;
    let mut next = |at: usize| {
        let value = pool[at % 4] ^ factor;
        factor = factor.wrapping_mul(0x58f3_8ded);
        let value = value.wrapping_mul(factor);
        u64::from(value ^ value >> 16)
    };
    let mut words = [0; 4];
    for (at, word) in words.iter_mut().enumerate() {
        *word = next(2 * at) | next(2 * at + 1) << 32;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::Generator;

    /// Drawn by NumPy 2.4.6.
    #[test]
    fn streams_are_numpys() {
        assert_eq!(Generator::new(42).choice(16, 5), [10, 6, 9, 1, 15]);
        assert_eq!(Generator::new(7).choice(20_000, 4), [18_895, 12_500, 17_944, 13_682]);
        assert_eq!(Generator::new((1 << 40) + 5).choice(20_001, 401)[..3], [3996, 18_103, 4921]);
        let shuffled = |seed: u64, count: u32| {
            let mut all: Vec<u32> = (0..count).collect();
            Generator::new(seed).shuffle(&mut all);
            all
        };
        assert_eq!(shuffled(42, 12), [0, 7, 6, 9, 11, 3, 5, 2, 4, 10, 1, 8]);
        assert_eq!(shuffled(0, 7), [2, 4, 3, 6, 5, 0, 1]);
    }
}

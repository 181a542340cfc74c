//! What torch 2.8.0 draws on a CPU from a generator with a seed.

use std::collections::HashMap;

use half::bf16;

/// The state of the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998, doi:10.1145/272991.272995).
#[derive(Debug)]
pub(super) struct Twister {
    state: Vec<u32>,
    next: usize,
}

const SIZE: usize = 624;
const MIDDLE: usize = 397;

impl Twister {
    /// As `torch.Generator().manual_seed(seed)`: the low half of the seed counts.
    pub(super) fn new(seed: u64) -> Self {
        let mut state = Vec::with_capacity(SIZE);
        #[expect(clippy::cast_possible_truncation, reason = "as torch cuts it (`MT19937RNGEngine.h`)")]
        let mut last = seed as u32;
        state.push(last);
        for at in 1..SIZE as u32 {
            last = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(at);
            state.push(last);
        }
        Self { state, next: SIZE }
    }

    fn draw(&mut self) -> u32 {
        if self.next == SIZE {
            for at in 0..SIZE {
                let joined = (self.state[at] & 0x8000_0000) | (self.state[(at + 1) % SIZE] & 0x7fff_ffff);
                let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[at] = self.state[(at + MIDDLE) % SIZE] ^ (joined >> 1) ^ odd;
            }
            self.next = 0;
        }
        let mut value = self.state[self.next];
        self.next += 1;
        value ^= value >> 11;
        value ^= (value << 7) & 0x9d2c_5680;
        value ^= (value << 15) & 0xefc6_0000;
        value ^ (value >> 18)
    }
}

/// Numbers of single precision, as tensors of it are filled (`aten/src/ATen/core/DistributionsHelper.h`,
/// `aten/src/ATen/native/cpu/DistributionTemplates.h`).
impl Twister {
    /// One of `[0, 1)`.
    fn unit(&mut self) -> f32 {
        (self.draw() & 0x00ff_ffff) as f32 * (1.0 / 16_777_216.0)
    }

    /// One of `[0, 1)` in double precision.
    fn wide_unit(&mut self) -> f64 {
        let high = u64::from(self.draw());
        let both = (high << 32 | u64::from(self.draw())) & ((1 << 53) - 1);
        both as f64 / (1_u64 << 53) as f64
    }

    /// One of `[0, 1)` as NumPy's `RandomState` draws it from the same generator (`legacy-distributions.h`).
    pub(super) fn numpy_unit(&mut self) -> f64 {
        let (high, low) = (self.draw() >> 5, self.draw() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// `Tensor.uniform_(low, high)`.
    pub(super) fn uniform(&mut self, count: usize, low: f32, high: f32) -> Vec<f32> {
        (0..count).map(|_| self.unit() * (high - low) + low).collect()
    }

    /// `Tensor.uniform_(low, high)` of a tensor of bfloat16: of as many bits as its numbers have, and rounded to them.
    pub(super) fn uniform_half(&mut self, count: usize, low: bf16, high: bf16) -> Vec<f32> {
        let width = bf16::from_f32(high.to_f32() - low.to_f32()).to_f32();
        let unit = |bits: u32| (bits & 0xff) as f32 * (1.0 / 256.0);
        (0..count).map(|_| bf16::from_f32(unit(self.draw()) * width + low.to_f32()).to_f32()).collect()
    }

    /// `torch.normal` around zero: pairs by the transform of Box and Muller (1958, doi:10.1214/aoms/1177706645), of
    /// fewer than sixteen numbers in double precision, else in blocks of sixteen, of which the last is drawn anew where
    /// it is not whole.
    pub(super) fn normal(&mut self, count: usize, deviation: f64) -> Vec<f32> {
        const BLOCK: usize = 16;
        let turn = std::f64::consts::TAU;
        let mut values = Vec::with_capacity(count);
        #[expect(clippy::cast_possible_truncation, reason = "the tensor is of single precision")]
        if count < BLOCK {
            while values.len() < count {
                let (one, other) = (self.wide_unit(), self.wide_unit());
                let (radius, angle) = ((-2.0 * (-other).ln_1p()).sqrt(), turn * one);
                let pair = [radius * angle.cos(), radius * angle.sin()];
                values.extend(pair.map(|value| (value * deviation) as f32));
            }
            values.truncate(count);
            return values;
        }
        values.extend((0..count).map(|_| self.unit()));
        for block in values.chunks_exact_mut(BLOCK) {
            box_muller(block, deviation);
        }
        if !count.is_multiple_of(BLOCK) {
            let last = &mut values[count - BLOCK..];
            last.iter_mut().for_each(|value| *value = self.unit());
            box_muller(last, deviation);
        }
        values
    }
}

/// Pairs of uniform numbers, one of each half, to pairs of normal ones.
fn box_muller(block: &mut [f32], deviation: f64) {
    let (first, second) = block.split_at_mut(block.len() / 2);
    for (one, other) in first.iter_mut().zip(second) {
        let (radius, angle) = ((-2.0 * (1.0 - f64::from(*one)).ln()).sqrt(), std::f64::consts::TAU * f64::from(*other));
        #[expect(clippy::cast_possible_truncation, reason = "the tensor is of single precision")]
        let round = |value: f64| (value * deviation) as f32;
        (*one, *other) = (round(radius * angle.cos()), round(radius * angle.sin()));
    }
}

/// The first `count` of `torch.randperm(size, generator=torch.Generator().manual_seed(seed))` on a CPU
/// (`aten/src/ATen/native/TensorFactories.cpp`, `randperm_cpu`, torch 2.8.0). `None` for more than about 214 million
/// numbers, which torch draws otherwise.
#[must_use]
pub fn permutation_start(seed: u64, size: usize, count: usize) -> Option<Vec<usize>> {
    if size >= u32::MAX as usize / 20 {
        return None;
    }
    let mut twister = Twister::new(seed);
    // Only the places that were swapped are held: few of many.
    let mut moved: HashMap<usize, usize> = HashMap::new();
    let mut chosen = Vec::with_capacity(count.min(size));
    for at in 0..count.min(size) {
        let other = if at + 1 < size { at + twister.draw() as usize % (size - at) } else { at };
        let here = moved.get(&at).copied().unwrap_or(at);
        let there = moved.insert(other, here).unwrap_or(other);
        chosen.push(if other == at { here } else { there });
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::Twister;

    /// Drawn by torch 2.8.0.
    #[test]
    fn numbers_are_torchs() {
        let near = |found: &[f32], wanted: &[f32]| {
            let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6;
            found.len() == wanted.len() && found.iter().zip(wanted).all(is_near)
        };
        let few = Twister::new(42).normal(3, 0.5);
        assert!(near(&few, &[0.168_345_18, 0.064_404_7, 0.117_231_18]), "{few:?}");
        let many = Twister::new(42).normal(18, 0.5);
        assert!(near(&many[..3], &[0.963_457_64, 0.743_642_03, -0.248_698_77]), "{many:?}");
        assert!(near(&many[15..], &[0.429_929_26, -0.154_863_39, -0.197_855_25]), "{many:?}");
        let even = Twister::new(3).uniform(3, -0.25, 0.75);
        assert!(near(&even, &[-0.245_736_48, -0.144_430_64, 0.035_842_48]), "{even:?}");
        let half = Twister::new(3).uniform_half(4, bf16::from_f32(-0.25), bf16::from_f32(0.75));
        assert!(near(&half, &[0.164_062_5, 0.343_75, 0.722_656_25, 0.261_718_75]), "{half:?}");
    }
}

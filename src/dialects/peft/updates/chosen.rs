//! Entries that PEFT chooses with torch's generator and does not save.

use std::collections::HashMap;

/// The state of the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998, doi:10.1145/272991.272995).
struct Twister {
    state: Vec<u32>,
    next: usize,
}

const SIZE: usize = 624;
const MIDDLE: usize = 397;

impl Twister {
    /// As `torch.Generator().manual_seed(seed)`: the low half of the seed counts.
    fn new(seed: u64) -> Self {
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

//! Chance, as much of it as a simulation needs.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A small generator of pseudo-random numbers (xorshift64*), seeded differently each time.
#[derive(Debug)]
pub struct Dice(u64);

impl Default for Dice {
    fn default() -> Dice {
        Dice(RandomState::new().hash_one(0) | 1)
    }
}

impl Dice {
    /// A number from 0 up to and without `below`.
    pub fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) % below.max(1)
    }

    /// True once in `times`, on average.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// A duration as waiting times are: mostly short, now and then long.
    pub fn around(&mut self, typical: Duration) -> Duration {
        let uniform = (self.below(1 << 20) + 1) as f64 / f64::from(1 << 20);
        typical.mul_f64(0.3 - uniform.ln() * 0.7)
    }
}

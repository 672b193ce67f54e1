//! The values and keys that every contender is given.

use std::array;
use std::sync::LazyLock;

/// How many different values a histogram sees before they repeat.
pub(crate) const VALUES: usize = 4096;

/// How many series are written as text.
pub(crate) const SERIES: usize = 100_000;

/// How many keys are looked up before their order repeats.
pub(crate) const ORDER: usize = 16_384;

/// The upper bounds of every histogram whose buckets are given: 1 µs doubled twenty times.
#[cfg(feature = "peers")]
pub(crate) const BOUNDS: usize = 20;

#[cfg(feature = "peers")]
pub(crate) fn bounds() -> Vec<f64> {
    (0..BOUNDS as i32).map(|k| 1e-6 * 2_f64.powi(k)).collect()
}

/// Splitmix: the same numbers in every run and on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

/// Log-normal latencies in both units that libraries take: median 1 ms, sigma 2, kept within 1 µs and 1 s.
#[derive(Clone)]
pub(crate) struct Latencies {
    pub(crate) nanos: [u64; VALUES],
    pub(crate) seconds: [f64; VALUES],
}

impl Latencies {
    pub(crate) fn new() -> Box<Latencies> {
        let mut random = Random::new(42);
        let nanos = array::from_fn(|_| {
            let normal =
                (-2.0 * random.unit().ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos();
            (13.8 + 2.0 * normal).exp().clamp(1e3, 1e9) as u64
        });
        Box::new(Latencies {
            nanos,
            seconds: nanos.map(|nanos| nanos as f64 / 1e9),
        })
    }

    /// Those of the rows whose memory is measured: there before it is.
    pub(crate) fn shared() -> &'static Latencies {
        static SHARED: LazyLock<Box<Latencies>> = LazyLock::new(Latencies::new);
        &SHARED
    }

    /// As [`new`](Self::new), beginning elsewhere.
    pub(crate) fn from(phase: usize) -> Box<Latencies> {
        let mut latencies = Latencies::new();
        latencies.nanos.rotate_left(phase % VALUES);
        latencies.seconds.rotate_left(phase % VALUES);
        latencies
    }

    #[inline(always)]
    pub(crate) fn at(&self, i: usize) -> Latency {
        Latency {
            nanos: self.nanos[i % VALUES],
            seconds: self.seconds[i % VALUES],
        }
    }

    /// The 64 that histogram number `i` gets when memory is measured.
    pub(crate) fn samples(&self, i: usize) -> impl Iterator<Item = Latency> + '_ {
        (0..64).map(move |k| self.at(i * 64 + k))
    }
}

/// One of them.
#[derive(Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) nanos: u64,
    pub(crate) seconds: f64,
}

pub(crate) fn key(i: usize) -> String {
    format!("/api/v1/items/{i:06}")
}

/// `n` different keys of about 20 bytes, for the life of the process: some libraries take nothing shorter.
pub(crate) fn keys(n: usize) -> &'static [&'static str] {
    (0..n).map(|i| &*key(i).leak()).collect::<Vec<_>>().leak()
}

/// A pseudo-random order in which they are visited.
pub(crate) fn key_order(keys: &'static [&'static str]) -> Box<[&'static str; ORDER]> {
    let mut random = Random::new(keys.len() as u64);
    Box::new(array::from_fn(|_| keys[random.below(keys.len())]))
}

//! How long to wait before the next attempt: twice as long each time, with jitter, so that a thousand programs whose
//! server comes back do not all come at once.

use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It failed again: how long to wait now.
    pub(crate) fn next(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        delay(self.failures, random())
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Between half of the full delay and the whole; `random` is from 0 to 1.
fn delay(failures: u32, random: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let full = FIRST.saturating_mul(doubled).min(LONGEST);
    full.mul_f64(0.5 + random / 2.0)
}

/// Not for secrets: std seeds its hash maps from the system.
fn random() -> f64 {
    let bits = std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_half_a_minute_and_begins_anew_after_a_success() {
        assert_eq!(delay(1, 1.0), Duration::from_millis(200));
        assert_eq!(delay(4, 1.0), Duration::from_millis(1600));
        assert_eq!(delay(1000, 1.0), LONGEST);
        assert_eq!(delay(1, 0.0), Duration::from_millis(100));
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            assert!(backoff.next() <= LONGEST);
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }

    #[test]
    fn two_programs_do_not_wait_equally_long() {
        let waits: std::collections::BTreeSet<Duration> =
            (0..100).map(|_| delay(5, random())).collect();
        assert!(waits.len() > 90);
    }
}

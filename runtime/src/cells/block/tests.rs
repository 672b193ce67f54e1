use super::*;

/// A distribution with one writer, which is the test.
struct Written {
    pointer: AtomicU64,
    garbage: Garbage,
}

impl Written {
    fn new() -> Written {
        Written {
            pointer: AtomicU64::new(0),
            garbage: Garbage::new(),
        }
    }

    /// Records; says whether the hot path did.
    fn record(&self, sample: impl Sample) -> bool {
        // SAFETY: the test is the one writer.
        unsafe {
            let done = record(&self.pointer, sample);
            if !done {
                record_rare(&self.pointer, &self.garbage, sample);
            }
            done
        }
    }

    /// As if the one bucket in use had counted so much.
    fn set_count(&self, count: u32) {
        // SAFETY: the block is valid until the next turn's begin, and there is none.
        let block = unsafe { current(&self.pointer, Relaxed) }.unwrap();
        // SAFETY: likewise.
        let (buckets, _) = unsafe { Block::buckets(block) };
        let used = buckets.iter().find(|bucket| bucket.load(Relaxed) > 0);
        used.unwrap().store(count, Relaxed);
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        // SAFETY: nobody frees the block meanwhile.
        unsafe { read(&self.pointer, &mut tally) };
        tally
    }

    fn counts(&self) -> Vec<u64> {
        self.tally().buckets().map(|(_, count)| count).collect()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // SAFETY: nobody else has them.
        unsafe {
            remove(&self.pointer);
            self.garbage.free();
        }
    }
}

const FULL: u64 = u32::MAX as u64;

#[test]
fn a_full_bucket_spills_and_counts_on() {
    let written = Written::new();
    assert!(!written.record(1000_u64));
    written.set_count(u32::MAX - 1);
    assert!(written.record(1000_u64));
    assert_eq!(written.counts(), [FULL]);
    assert!(!written.record(1000_u64), "the bucket is full");
    assert_eq!(written.counts(), [FULL + 1]);
    assert!(written.record(1000_u64), "from then on as before");
    assert_eq!(written.counts(), [FULL + 2]);
    assert!(!written.record(1_u64), "the window grows");
    assert_eq!(written.counts(), [1, FULL + 2]);
    written.set_count(u32::MAX);
    assert!(!written.record(1_u64), "another bucket is full");
    assert_eq!(written.counts(), [FULL + 1, FULL + 2]);
}

#[test]
fn what_a_gone_thread_counted_is_moved_whole_however_much_it_is() {
    let base = Written::new();
    for (last, expected) in [(7, FULL - 1 + 7), (u32::MAX, 2 * FULL + 6)] {
        let gone = Written::new();
        gone.record(1000_u64);
        gone.set_count(last);
        if base.counts().is_empty() {
            base.record(1000_u64);
            base.set_count(u32::MAX - 1);
        }
        // SAFETY: the test has both to itself.
        assert!(unsafe { absorb(&base.pointer, &base.garbage, &gone.pointer) });
        assert_eq!(base.counts(), [expected]);
        assert!(gone.counts().is_empty());
    }
}

#[test]
#[cfg_attr(
    miri,
    ignore = "a window of 65,000 buckets takes an interpreter too long"
)]
fn negative_zero_is_zero_in_the_largest_window_too() {
    let written = Written::new();
    for value in [1.0, 1e300, f64::MAX, -0.0, 0.0] {
        written.record(value);
    }
    let tally = written.tally();
    assert_eq!(tally.zero, 2);
    assert_eq!((tally.min(), tally.max()), (Some(0.0), Some(f64::MAX)));
    let buckets: Vec<i32> = tally.buckets().map(|(index, _)| index).collect();
    assert_eq!((buckets.len(), buckets[2]), (3, scale::MAX_INDEX));
}

#[test]
#[cfg_attr(
    miri,
    ignore = "a window of 65,000 buckets takes an interpreter too long"
)]
fn what_is_less_than_normal_is_in_the_least_bucket() {
    let written = Written::new();
    let subnormal = f64::MIN_POSITIVE * 0.75;
    for value in [1.0, f64::MIN_POSITIVE, subnormal] {
        written.record(value);
    }
    let tally = written.tally();
    let buckets: Vec<_> = tally.buckets().collect();
    assert_eq!(buckets, [(scale::MIN_INDEX, 2), (-1, 1)]);
    assert_eq!(tally.min(), Some(subnormal));
}

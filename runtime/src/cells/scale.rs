//! Base-2 exponential buckets at scale 5: which bucket a number falls into, and what a bucket spans.
//!
//! Bucket `i` holds `(2^(i/32), 2^((i+1)/32)]`, upper-inclusive, as the OpenTelemetry data model
//! defines it, so distributions leave for Prometheus and OTLP without being bucketed again, and any
//! two merge without loss. 32 buckets per power of two keep every value within 1.1 % of its
//! bucket's representative.
//!
//! Recording calls [`place`], so it takes no logarithm and no branch. Cut off below the fifth bit of the mantissa, a number's
//! bits are already its octave times 32 plus a linear 32nd; one addition before the cut makes that the exponential one. The
//! top six bits of the mantissa choose one of 64 cells; a cell is narrower than any bucket, so it holds at most one
//! boundary, and the cell's step is chosen such that the addition carries into bit 47 exactly when the number lies above
//! that boundary. Boundaries are irrational (apart from the powers of two), so comparing with their truncation to 52 bits
//! is exact.
//!
//! Pure and safe: the recording blocks of `cells` and the distributions of `snapshot` both stand on it.

/// Buckets per power of two.
const PER_OCTAVE: i32 = 32;

const MANTISSA_BITS: u32 = 52;
const ONE: u64 = 1 << MANTISSA_BITS;
const EXPONENT_BIAS: i32 = 1023;

/// The mantissa bits that choose a cell.
const CELL_BITS: u32 = 6;
const CELLS: usize = 1 << CELL_BITS;
const CELL_SHIFT: u32 = MANTISSA_BITS - CELL_BITS;

/// The bucket that ends at the smallest normal number, `2^-1022`; subnormals are counted here too.
pub(crate) const MIN_INDEX: i32 = -1022 * PER_OCTAVE - 1;
/// The bucket of `f64::MAX`.
pub(crate) const MAX_INDEX: i32 = 1024 * PER_OCTAVE - 1;

/// `floor((2^(i/32) - 1) * 2^52)`: the mantissa of the largest f64 not above the `i`-th boundary of an octave.
/// A test proves each entry by raising it to its 32nd power in whole numbers.
#[rustfmt::skip] // four in a row can be read, thirty-two rows cannot
const BOUNDARIES: [u64; PER_OCTAVE as usize] = [
    0x0_0000_0000_0000, 0x0_59b0_d315_8574, 0x0_b558_6cf9_890f, 0x1_1301_d012_5b50,
    0x1_72b8_3c7d_517a, 0x1_d487_3168_b9aa, 0x2_387a_6e75_6238, 0x2_9e9d_f51f_dee1,
    0x3_06fe_0a31_b715, 0x3_71a7_373a_a9ca, 0x3_dea6_4c12_3422, 0x4_4e08_6061_892d,
    0x4_bfda_d536_2a27, 0x5_342b_569d_4f81, 0x5_ab07_dd48_5429, 0x6_247e_b03a_5584,
    0x6_a09e_667f_3bcc, 0x7_1f75_e8ec_5f73, 0x7_a114_73eb_0186, 0x8_2589_994c_ce12,
    0x8_ace5_422a_a0db, 0x9_3737_b0cd_c5e4, 0x9_c491_82a3_f090, 0xa_5503_b23e_255c,
    0xa_e89f_995a_d3ad, 0xb_7f76_f2fb_5e46, 0xc_199b_dd85_529c, 0xc_b720_dcef_9069,
    0xd_5818_dcfb_a487, 0xd_fc97_337b_9b5e, 0xe_a4af_a2a4_90d9, 0xf_5076_5b6e_4540,
];

/// The bit of a number from which on its bits count 32nds of octaves.
const PLACE_SHIFT: u32 = MANTISSA_BITS - PER_OCTAVE.ilog2();

/// Per cell, what to add to a number so that from bit [`PLACE_SHIFT`] on it is its place: within its octave, 0 for the
/// bucket that ends where the octave starts, 32 for the octave's last.
const STEPS: [u64; CELLS] = steps();

const fn steps() -> [u64; CELLS] {
    let mut steps = [0_u64; CELLS];
    // The first boundary not below the current cell.
    let mut next = 0;
    let mut cell = 0;
    while cell < CELLS {
        let begin = (cell as u64) << CELL_SHIFT;
        let below = (next as u64) << PLACE_SHIFT;
        let within = next < BOUNDARIES.len() && BOUNDARIES[next] >> CELL_SHIFT == cell as u64;
        // Steps may be negative: they wrap, and the addition wraps back.
        steps[cell] = if within {
            next += 1;
            (below + (1 << PLACE_SHIFT)).wrapping_sub(BOUNDARIES[next - 1] + 1)
        } else {
            below.wrapping_sub(begin)
        };
        cell += 1;
    }
    assert!(next == BOUNDARIES.len(), "a cell holds two boundaries");
    steps
}

/// Where the place of bucket 0 is: [`place`] counts from the octave of the subnormals.
const ORIGIN: i32 = EXPONENT_BIAS * PER_OCTAVE + 1;

/// The place of a bucket.
pub(super) fn place_of(index: i32) -> u32 {
    (index + ORIGIN) as u32
}

/// The bucket at a place.
pub(crate) fn index_at(place: u32) -> i32 {
    place as i32 - ORIGIN
}

/// The place of a positive, finite, normal f64, given by its bits: its bucket, counted from another origin.
///
/// Zero and subnormals get a place below that of every bucket, or that of [`MIN_INDEX`].
#[inline(always)]
pub(super) fn place(bits: u64) -> u32 {
    // A constant of this function's own, since a static is reached through a pointer from another crate. The mask keeps
    // the look-up free of a bounds check.
    let step = const { &STEPS }[(bits >> CELL_SHIFT) as usize & (CELLS - 1)];
    (bits.wrapping_add(step) >> PLACE_SHIFT) as u32
}

/// The bucket of a positive, finite f64, given by its bits.
///
/// Zero and subnormals fall into [`MIN_INDEX`]; the caller counts zero, negatives, NaN and infinities
/// elsewhere (for those the result means nothing, but nothing panics).
pub(crate) fn index(bits: u64) -> i32 {
    index_at(place(bits.max(ONE)))
}

/// What a bucket spans: above the first, up to and including the second.
///
/// Both are the f64s between which the buckets really part, so `index(bounds(i).1) == i` and the next f64 is
/// in the next bucket. The lowest bucket starts at zero, the highest ends at `f64::MAX`; indexes outside
/// [`MIN_INDEX`]`..=`[`MAX_INDEX`] are taken as the nearest inside.
pub(crate) fn bounds(index: i32) -> (f64, f64) {
    let index = index.clamp(MIN_INDEX, MAX_INDEX);
    let lower = if index == MIN_INDEX {
        0.0
    } else {
        boundary(index)
    };
    let upper = if index == MAX_INDEX {
        f64::MAX
    } else {
        boundary(index + 1)
    };
    (lower, upper)
}

/// The largest f64 not above `2^(k/32)`, for `k` of normal numbers.
fn boundary(k: i32) -> f64 {
    let octave = k.div_euclid(PER_OCTAVE);
    let within = k.rem_euclid(PER_OCTAVE) as usize;
    f64::from_bits((((octave + EXPONENT_BIAS) as u64) << MANTISSA_BITS) | BOUNDARIES[within])
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;
    use crate::cells::effort;

    /// A whole number of any size, least significant 32 bits first.
    type Whole = Vec<u32>;

    fn times(a: &Whole, b: &Whole) -> Whole {
        let mut out = vec![0u32; a.len() + b.len()];
        for (i, &x) in a.iter().enumerate() {
            let mut carry = 0u64;
            for (j, &y) in b.iter().enumerate() {
                let sum = u64::from(x) * u64::from(y) + u64::from(out[i + j]) + carry;
                out[i + j] = sum as u32;
                carry = sum >> 32;
            }
            out[i + b.len()] = carry as u32;
        }
        while out.last() == Some(&0) {
            out.pop();
        }
        out
    }

    /// `x^32` against `2^bit`.
    fn power_32_against(x: u64, bit: u32) -> Ordering {
        let mut power: Whole = vec![x as u32, (x >> 32) as u32];
        for _ in 0..5 {
            power = times(&power, &power.clone());
        }
        let mut right = vec![0u32; bit as usize / 32];
        right.push(1 << (bit % 32));
        power
            .len()
            .cmp(&right.len())
            .then_with(|| power.iter().rev().cmp(right.iter().rev()))
    }

    #[test]
    fn every_boundary_is_the_exact_floor_of_its_root_of_two() {
        for (i, &fraction) in BOUNDARIES.iter().enumerate() {
            let bit = MANTISSA_BITS * 32 + i as u32;
            let at_most = power_32_against(ONE + fraction, bit);
            assert_eq!(
                at_most == Ordering::Equal,
                i == 0,
                "only the power of two is rational"
            );
            assert_ne!(at_most, Ordering::Greater, "boundary {i} is too high");
            assert_eq!(
                power_32_against(ONE + fraction + 1, bit),
                Ordering::Greater,
                "boundary {i} is too low"
            );
        }
    }

    #[test]
    fn a_boundary_belongs_to_the_bucket_below_and_the_next_number_to_the_one_above() {
        for k in MIN_INDEX + 1..=MAX_INDEX {
            let bits = boundary(k).to_bits();
            assert_eq!(index(bits), k - 1, "2^({k}/32) is inclusive");
            assert_eq!(index(bits + 1), k, "just above 2^({k}/32)");
            let below = if k == MIN_INDEX + 1 { MIN_INDEX } else { k - 1 };
            assert_eq!(index(bits - 1), below, "just below 2^({k}/32)");
        }
    }

    #[test]
    fn powers_of_two_end_their_octave() {
        for exponent in -1022..=1023 {
            let power = 2f64.powi(exponent);
            assert_eq!(index(power.to_bits()), exponent * 32 - 1);
        }
        assert_eq!(index(1f64.to_bits()), -1);
        assert_eq!(index(2f64.to_bits()), 31);
        assert_eq!(index(1000f64.to_bits()), 318);
    }

    #[test]
    fn buckets_join_without_gap_or_overlap() {
        for i in MIN_INDEX..MAX_INDEX {
            assert_eq!(bounds(i).1, bounds(i + 1).0);
            assert_eq!(index(bounds(i).1.to_bits()), i);
        }
    }

    #[test]
    fn the_ends_of_the_range_have_a_bucket() {
        assert_eq!(index(f64::MIN_POSITIVE.to_bits()), MIN_INDEX);
        assert_eq!(index(1), MIN_INDEX, "the smallest subnormal");
        assert_eq!(
            index(f64::MIN_POSITIVE.to_bits() - 1),
            MIN_INDEX,
            "the largest subnormal"
        );
        assert_eq!(index(f64::MIN_POSITIVE.to_bits() + 1), MIN_INDEX + 1);
        assert_eq!(index(f64::MAX.to_bits()), MAX_INDEX);
        assert_eq!(bounds(MIN_INDEX), (0.0, f64::MIN_POSITIVE));
        assert_eq!(bounds(MAX_INDEX).1, f64::MAX);
        assert_eq!(bounds(i32::MIN), bounds(MIN_INDEX));
        assert_eq!(bounds(i32::MAX), bounds(MAX_INDEX));
    }

    #[test]
    fn the_index_agrees_with_the_logarithm_away_from_boundaries() {
        // A fixed linear congruential sequence over all normal bit patterns.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..effort::times(200_000) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let bits = ONE + (state >> 1) % (f64::MAX.to_bits() - ONE);
            let place = f64::from_bits(bits).log2() * 32.0;
            if (place - place.round()).abs() > 1e-6 {
                assert_eq!(index(bits), place.floor() as i32);
            }
        }
    }

    #[test]
    fn a_bucket_has_a_point_within_1_1_percent_of_everything_it_holds() {
        for i in MIN_INDEX + 1..=MAX_INDEX {
            let (lower, upper) = bounds(i);
            let half_width = (upper - lower) / 2.0 / (lower / 2.0 + upper / 2.0);
            assert!(half_width <= 0.011, "bucket {i}: {half_width}");
        }
    }

    #[test]
    fn nonsense_bits_do_not_panic() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 0.0] {
            index(value.to_bits());
        }
        index(u64::MAX);
    }
}

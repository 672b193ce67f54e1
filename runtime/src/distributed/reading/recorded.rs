//! What histograms, timers and meters have, out of a body.

use super::{Items, Read};
use crate::distributed::fields::{distribution, rates, recorded};
use crate::report::wire::{Field, Malformed, checked_fields, read_varint, unzigzag};
use crate::snapshot::{Distribution, Outcomes, Rates};

/// The buckets that the smallest and the largest number fall into are nearer than this.
const FARTHEST_BUCKET: i64 = 40_000;

/// What histograms, timers and meters have, together.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) lifetime: Distribution,
    pub(super) recent: Distribution,
    pub(super) rates: Rates,
    pub(super) refused: u64,
    pub(super) outcomes: Outcomes,
    pub(super) in_flight: u64,
    pub(super) count: u64,
}

pub(super) fn read_recorded(bytes: &[u8], items: &mut Items) -> Read<Recorded> {
    let mut read = Recorded::default();
    for field in checked_fields(bytes) {
        match field? {
            (recorded::LIFETIME, Field::Bytes(bytes)) => {
                read.lifetime = read_distribution(bytes, items)?;
            }
            (recorded::RECENT, Field::Bytes(bytes)) => {
                read.recent = read_distribution(bytes, items)?;
            }
            (recorded::RATES, Field::Bytes(bytes)) => read.rates = read_rates(bytes)?,
            (recorded::REFUSED, Field::Whole(of)) => read.refused = of,
            (recorded::OK, Field::Whole(of)) => read.outcomes.ok = of,
            (recorded::ERR, Field::Whole(of)) => read.outcomes.err = of,
            (recorded::PANICKED, Field::Whole(of)) => read.outcomes.panicked = of,
            (recorded::CANCELLED, Field::Whole(of)) => read.outcomes.cancelled = of,
            (recorded::IN_FLIGHT, Field::Whole(of)) => read.in_flight = of,
            (recorded::COUNT, Field::Whole(of)) => read.count = of,
            _ => {}
        }
    }
    Ok(read)
}

fn read_rates(bytes: &[u8]) -> Read<Rates> {
    let mut read = Rates::default();
    for field in checked_fields(bytes) {
        match field? {
            (rates::M1, Field::Eight(bits)) => read.m1 = f64::from_bits(bits),
            (rates::M5, Field::Eight(bits)) => read.m5 = f64::from_bits(bits),
            (rates::M15, Field::Eight(bits)) => read.m15 = f64::from_bits(bits),
            _ => {}
        }
    }
    Ok(read)
}

fn read_distribution(bytes: &[u8], items: &mut Items) -> Read<Distribution> {
    let mut read = Distribution::default();
    for field in checked_fields(bytes) {
        match field? {
            (distribution::ZERO, Field::Whole(of)) => read.zero = of,
            (distribution::BUCKETS, Field::Bytes(bytes)) => {
                read.buckets = read_buckets(bytes, items)?;
            }
            (distribution::MIN, Field::Eight(bits)) => read.min = f64::from_bits(bits),
            (distribution::MAX, Field::Eight(bits)) => read.max = f64::from_bits(bits),
            (distribution::WHOLE_LOW, Field::Whole(of)) => read.whole |= u128::from(of),
            (distribution::WHOLE_HIGH, Field::Whole(of)) => read.whole |= u128::from(of) << 64,
            (distribution::REST, Field::Eight(bits)) => read.rest = f64::from_bits(bits),
            _ => {}
        }
    }
    match read.rest.is_nan() {
        true => Err(Malformed),
        false => Ok(read),
    }
}

/// Ascending, each with something in it: everything that computes with them relies on that.
fn read_buckets(mut bytes: &[u8], items: &mut Items) -> Read<Vec<(i32, u64)>> {
    let mut buckets: Vec<(i32, u64)> = Vec::new();
    let mut before = 0_i64;
    while !bytes.is_empty() {
        items.take()?;
        let step = unzigzag(read_varint(&mut bytes).ok_or(Malformed)?);
        let count = read_varint(&mut bytes).ok_or(Malformed)?;
        let index = before.checked_add(step).ok_or(Malformed)?;
        let is_ascending = buckets.is_empty() || step > 0;
        if !is_ascending || count == 0 || index.abs() > FARTHEST_BUCKET {
            return Err(Malformed);
        }
        buckets.push((index as i32, count));
        before = index;
    }
    Ok(buckets)
}

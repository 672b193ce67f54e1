//! The sizes that pieces have.

use crate::mapped::layout::QUANTUM;

/// Sizes of pieces: each up to 32 quanta, and from there eight steps to each doubling.
pub(super) const CLASSES: usize = 32 + 8 * 30;

/// The class that a size falls into, and the size that its pieces have.
pub(super) fn class_of(size: u64) -> Option<(usize, u64)> {
    let quanta = size.div_ceil(QUANTUM).max(1);
    if quanta <= 32 {
        return Some((quanta as usize - 1, quanta * QUANTUM));
    }
    let octave = (quanta - 1).ilog2();
    let step = 1_u64 << (octave - 3);
    let quanta = quanta.div_ceil(step) * step;
    let within = (quanta - (1 << octave)) / step; // 1 to 8
    let class = 32 + 8 * (octave as usize - 5) + within as usize - 1;
    (class < CLASSES).then_some((class, quanta * QUANTUM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_holds_what_falls_into_it_and_wastes_little() {
        let mut before = 0;
        for size in (1..5000).chain((13..34).map(|bits| (1 << bits) + 1)) {
            let (class, given) = class_of(size).unwrap();
            assert!(class >= before, "{size}");
            assert!(given >= size && given.is_multiple_of(QUANTUM), "{size}");
            assert!(given <= size.next_multiple_of(QUANTUM) + size / 8, "{size}");
            assert_eq!(class_of(given), Some((class, given)), "{size}");
            before = class;
        }
        assert_eq!(class_of(u64::MAX / 2), None);
    }
}

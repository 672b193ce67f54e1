//! How often a test does something: an interpreter takes a thousand times as long for each.

/// As often as asked; under Miri, which finds at once what repetition brings up by chance, a tenth as often and no more than
/// forty times.
pub(super) const fn times(often: usize) -> usize {
    if !cfg!(miri) {
        often
    } else if often / 10 < 40 {
        often / 10
    } else {
        40
    }
}

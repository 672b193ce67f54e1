//! Names of variants, whatever they carry, and behind pointers.
use calipers::{Counter, Family, Variant, Variants};

mod inner {
    #[derive(calipers::Variants)]
    #[variants(rename_all = "kebab-case", crate = "::calipers")]
    pub enum Failed<E, const N: usize>
    where
        E: std::error::Error,
    {
        TimedOut,
        Io(E),
        #[variant(name = "odd one")]
        r#Else { _codes: [u8; N] },
        #[cfg(any())]
        Never(Missing),
    }
}
use inner::Failed;

#[derive(Variants)]
enum Nothing {}

fn main() {
    type Of = Failed<std::fmt::Error, 2>;
    assert_eq!(Of::NAMES, ["timed-out", "io", "odd one"]);
    assert_eq!(Of::TimedOut.name(), "timed-out");
    assert_eq!(Of::Io(std::fmt::Error).index(), 1);
    assert_eq!((&Of::Else { _codes: [0; 2] }).name(), "odd one");
    assert_eq!(Box::new(Of::TimedOut).name(), "timed-out");
    assert_eq!(Nothing::NAMES.len() + std::convert::Infallible::NAMES.len(), 0);
    let family = Family::<Variant<Of>, Counter>::detached();
    family.get(&Of::TimedOut).inc();
    family.get(Variant::of(&Of::TimedOut)).inc();
}

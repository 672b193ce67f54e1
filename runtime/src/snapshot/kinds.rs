//! Kinds by what they are called.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::Kind;
use crate::cells::gate;
use crate::merging::SUM_OF_GAUGES;

const PLAIN: [Kind; 10] = [
    Kind::Counter,
    Kind::UpDownCounter,
    Kind::Gauge,
    Kind::Text,
    Kind::Info,
    Kind::StateSet,
    Kind::StateTime,
    Kind::Histogram,
    Kind::Timer,
    Kind::Meter,
];

static FAMILIES: [Kind; 13] = [
    Kind::Family(&PLAIN[0]),
    Kind::Family(&PLAIN[1]),
    Kind::Family(&PLAIN[2]),
    Kind::Family(&PLAIN[3]),
    Kind::Family(&PLAIN[4]),
    Kind::Family(&PLAIN[5]),
    Kind::Family(&PLAIN[6]),
    Kind::Family(&PLAIN[7]),
    Kind::Family(&PLAIN[8]),
    Kind::Family(&PLAIN[9]),
    // Of several programs' gauges, as they declare.
    Kind::Family(&SUM_OF_GAUGES),
    Kind::Family(&Kind::Max),
    Kind::Family(&Kind::Min),
];

/// What a `Sum` may fold.
const SUMMABLE: [Kind; 5] = [
    Kind::Counter,
    Kind::UpDownCounter,
    Kind::Histogram,
    Kind::Timer,
    Kind::Meter,
];

static SUMS: [Kind; 11] = [
    Kind::Sum(&SUMMABLE[0]),
    Kind::Sum(&SUMMABLE[1]),
    Kind::Sum(&SUMMABLE[2]),
    Kind::Sum(&SUMMABLE[3]),
    Kind::Sum(&SUMMABLE[4]),
    Kind::Sum(&Kind::Family(&SUMMABLE[0])),
    Kind::Sum(&Kind::Family(&SUMMABLE[1])),
    Kind::Sum(&Kind::Family(&SUMMABLE[2])),
    Kind::Sum(&Kind::Family(&SUMMABLE[3])),
    Kind::Sum(&Kind::Family(&SUMMABLE[4])),
    SUM_OF_GAUGES,
];

/// The kind that is called so.
pub(crate) fn named(name: &str) -> Option<Kind> {
    static BY_NAME: OnceLock<HashMap<String, Kind>> = OnceLock::new();
    let by_name = gate::get_or_init(&BY_NAME, || {
        let all = PLAIN.iter().chain(&FAMILIES).chain(&SUMS);
        let all = all.chain(&[Kind::CountBy, Kind::Max, Kind::Min]);
        all.map(|kind| (kind.to_string(), *kind)).collect()
    });
    by_name.get(name).copied()
}

/// Whether [`named`] knows a kind by what it is called.
#[cfg(feature = "distributed")]
pub(crate) fn has_name(kind: Kind) -> bool {
    let is_among = |kinds: &[Kind]| kinds.iter().any(|known| known.same(kind));
    match kind {
        Kind::Family(_) => is_among(&FAMILIES),
        Kind::Sum(_) => is_among(&SUMS),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_what_they_are_called() {
        assert_eq!(named("counter"), Some(Kind::Counter));
        assert_eq!(named("family of timer"), Some(Kind::Family(&Kind::Timer)));
        let sum = named("sum of family of counter");
        assert_eq!(sum, Some(Kind::Sum(&Kind::Family(&Kind::Counter))));
        let merged = named("family of max of gauge");
        assert_eq!(merged, Some(Kind::Family(&Kind::Max)));
        assert_eq!(named("sum of text"), None);
    }
}

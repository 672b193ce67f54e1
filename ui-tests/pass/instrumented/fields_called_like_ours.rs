//! A field may be called what the generated code calls its own variables.

use calipers::prelude::*;

#[derive(Instrumented)]
struct Shelf {
    made: Counter,
    #[stat(skip)]
    place: u8,
    #[stat(skip)]
    parts: u8,
    #[stat(skip)]
    node: u8,
    #[stat(skip)]
    registry: u8,
    #[stat(with = { let sum = place + parts + node + registry; move || f64::from(sum) })]
    sum: Gauge,
}

fn main() {
    let parts = ShelfParts {
        place: 1,
        parts: 2,
        node: 4,
        registry: 8,
    };
    let shelf = Shelf::init("/shelf", parts);
    shelf.made.inc();
    let all = [shelf.place, shelf.parts, shelf.node, shelf.registry];
    assert_eq!(all, [1, 2, 4, 8]);
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.gauge("/shelf/sum"), Some(15.0));
    assert_eq!(snapshot.counter("/shelf/made"), Some(1));
}

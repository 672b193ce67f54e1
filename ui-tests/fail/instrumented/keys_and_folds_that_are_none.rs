use calipers::prelude::*;
use calipers::{CountBy, Max, Min, Sum};

#[derive(Instrumented)]
struct Handler {
    by_weight: Family<f64, Counter>,
    names: Family<String, String>,
}

#[derive(Instrumented)]
struct Parent {
    most: Max<Counter>,
    least: Min<Timer>,
    state: CountBy<Counter>,
    level: Sum<Gauge>,
}

fn main() {}

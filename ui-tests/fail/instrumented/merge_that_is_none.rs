use calipers::prelude::*;

#[derive(Instrumented)]
struct Queue {
    #[stat(merge = "per_source")]
    depth: Gauge<u64>,
    #[stat(merge = "average")]
    age: Gauge,
    #[stat(merge = "")]
    load: Gauge,
}

fn main() {}

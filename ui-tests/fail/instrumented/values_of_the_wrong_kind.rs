use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(parent = 3, label = thread, init = "at", collapsed = true, prefix = 1, rename_all = camelCase)]
#[instrumented(crate = calipers)]
struct Handler {
    #[stat(name = latency, unit = 5, label = key, hide_zero = false)]
    latency: Timer,
    #[stat(cap = "100")]
    by_path: Family<String, Counter>,
    #[stat(skip = )]
    pool: u8,
    #[stat(with)]
    gauge: Gauge<u64>,
    #[stat(merge = sum)]
    level: Gauge,
    #[stat(child(1))]
    child: u8,
}

fn main() {}

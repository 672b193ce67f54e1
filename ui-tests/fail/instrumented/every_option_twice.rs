use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(parent = A, parent = B, label = "a", label = "b", init = at, init = on, collapsed, collapsed)]
#[instrumented(prefix = "a", prefix = "b", rename_all = "camelCase", rename_all = "lowercase")]
#[instrumented(crate = "calipers", crate = "calipers")]
struct Handler {
    #[stat(name = "a", name = "b", unit = "s", unit = "s", label = "a", label = "b")]
    #[stat(cap = 1, cap = 2, hide_zero, hide_zero)]
    requests: Counter,
    #[stat(skip, skip)]
    pool: u8,
    #[stat(child, child)]
    child: u8,
    #[stat(with = 1, with = 2, merge = "sum", merge = "max")]
    gauge: Gauge<u64>,
}

fn main() {}

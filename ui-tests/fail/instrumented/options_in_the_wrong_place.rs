use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(skip, name = "a", unit = "s", with = 1, child, cap = 1, hide_zero, merge = "sum")]
struct Handler {
    #[stat(parent = A, init = at, collapsed, prefix = "a", rename_all = "camelCase", crate = "a")]
    latency: Timer,
}

fn main() {}

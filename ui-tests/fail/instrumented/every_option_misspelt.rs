use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(parnet = Other, lable = "a", inti = at, colapsed, prefx = "b")]
#[instrumented(rename_al = "camelCase", crat = "calipers")]
struct Handler {
    #[stat(nmae = "a", unti = "s", labl = "b", cpa = 3, hide_zeros)]
    requests: Counter,
    #[stat(skp)]
    pool: u8,
    #[stat(wiht = || 1_u64, mergee = "sum")]
    size: Gauge<u64>,
    #[stat(chlid)]
    inner: Inner,
}

#[derive(Instrumented)]
struct Inner {
    seen: Counter,
}

#[derive(Instrumented)]
struct Other {
    seen: Counter,
}

fn main() {}

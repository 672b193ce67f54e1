use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(prefix = "a/../b")]
struct Handler {
    #[stat(name = "a//b")]
    a: Counter,
    #[stat(name = "")]
    b: Counter,
    #[stat(name = "c/")]
    c: Counter,
    #[stat(name = "d\n")]
    d: Counter,
}

fn main() {}

use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    #[stat(cap = 0)]
    by_path: Family<String, Counter>,
}

fn main() {}

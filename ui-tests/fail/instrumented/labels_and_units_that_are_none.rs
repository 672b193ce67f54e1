use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(label = "thread name")]
struct Handler {
    #[stat(label = "__path")]
    by_path: Family<String, Counter>,
    #[stat(label = "1st")]
    by_first: Family<String, Counter>,
    #[stat(unit = "")]
    a: Histogram,
    #[stat(unit = "bytes per second")]
    b: Histogram,
}

fn main() {}

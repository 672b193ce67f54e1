use calipers::prelude::*;
use calipers::{Info, Max};

#[derive(Instrumented)]
struct Queue {
    #[stat(merge = "sum")]
    done: Counter,
    #[stat(merge = "max")]
    deepest: Max<Gauge>,
    #[stat(merge = "last")]
    by_path: Family<String, Timer>,
    #[stat(with = [("version", "1.2")], merge = "last")]
    about: Info,
}

fn main() {}

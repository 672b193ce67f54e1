use calipers::prelude::*;

#[derive(Instrumented)]
struct Server {
    #[stat(with = || 1.0, child)]
    load: Gauge,
}

fn main() {}

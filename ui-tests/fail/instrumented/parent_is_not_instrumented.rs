use calipers::prelude::*;

struct Config;

#[derive(Instrumented)]
struct Worker {
    finished: Counter,
}

fn make(config: Config) -> Worker {
    Worker::init_child(&config, "worker")
}

fn main() {}

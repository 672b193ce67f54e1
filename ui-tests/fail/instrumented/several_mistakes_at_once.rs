use calipers::prelude::*;

#[derive(Instrumented)]
#[instrumented(label = "a b")]
struct Handler {
    #[stat(unti = "s")]
    latency: Timer,
    #[stat(name = "a//b")]
    requests: Counter,
    buf: Vec<u8>,
    #[stat(skip, name = "x")]
    pool: u8,
}

fn make() -> Handler {
    Handler::init("/handler", HandlerParts { pool: 1 })
}

fn main() {}

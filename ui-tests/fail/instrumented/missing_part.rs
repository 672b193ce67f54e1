use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(skip)]
    pool: u8,
    #[stat(skip)]
    size: u16,
}

fn make() -> Handler {
    Handler::init("/handler", HandlerParts { pool: 1 })
}

fn main() {}

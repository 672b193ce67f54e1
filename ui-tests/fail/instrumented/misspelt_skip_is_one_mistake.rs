use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler {
    latency: Timer,
    #[stat(skpi)]
    buf: Vec<u8>,
}

fn make() -> Handler {
    Handler::init("/handler", HandlerParts { buf: Vec::new() })
}

fn main() {}

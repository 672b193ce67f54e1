//! Nothing that is generated needs the prelude, or finds what the user calls by its names.
#![no_implicit_prelude]
#![deny(warnings)]
#![forbid(unsafe_code)]

use ::calipers::{Counter, Instrumented, States, Timer, collection, timed};

#[allow(dead_code)]
struct Option;
#[allow(dead_code)]
struct Result;
#[allow(dead_code)]
struct String;
#[allow(dead_code)]
mod core {}
#[allow(dead_code)]
mod calipers {}

#[::core::prelude::v1::derive(Instrumented)]
struct Handler {
    requests: Counter,
    latency: Timer,
    #[stat(skip)]
    size: u8,
    #[stat(skip = 1)]
    step: u8,
}

#[::core::prelude::v1::derive(States)]
enum Phase {
    On,
    Off,
}

collection! {
    static WEB: Web = "/web" { errors: Counter }
}

impl Handler {
    #[timed(self.latency)]
    fn sized(&self) -> u8 {
        self.size + self.step
    }

    #[timed]
    async fn waited(&self) -> u8 {
        self.size
    }
}

#[timed]
fn plain() {}

fn main() {
    let handler = Handler::init("/handler", HandlerParts { size: 1 });
    handler.requests.inc();
    ::std::assert_eq!(handler.sized(), 2);
    ::core::mem::drop(handler.waited());
    WEB.errors.inc();
    plain();
    let _ = (Phase::On, Phase::Off);
}

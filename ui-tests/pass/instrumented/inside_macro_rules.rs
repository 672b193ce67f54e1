//! The macros below a `macro_rules!`, with names and types that come through its variables.
use calipers::prelude::*;
use calipers::{Node, States, collection, timed};

macro_rules! handler {
    ($name:ident, $field:ident: $ty:ty, $place:ident: $node:ty, $path:literal, $skipped:expr) => {
        #[derive(Instrumented)]
        struct $name {
            #[stat(name = $path)]
            $field: $ty,
            $place: $node,
            #[stat(skip = $skipped)]
            skipped: u8,
        }

        impl $name {
            #[timed]
            fn run(&self) -> u8 {
                self.skipped
            }
        }
    };
}

macro_rules! group {
    ($name:ident, $class:ident, $path:literal, $state:ident) => {
        collection! { static $name: $class = $path { errors: Counter } }
        #[derive(States)]
        enum $state {
            $name,
        }
    };
}

handler!(Handler, requests: Counter, node: Node, "a/b", 1 + 2);
group!(WEB, Web, "/web", Phase);

fn main() {
    let handler = Handler::init("/handler");
    handler.requests.inc();
    assert_eq!(handler.run(), 3);
    let _ = &handler.node;
    WEB.errors.inc();
    let _ = Phase::WEB;
}

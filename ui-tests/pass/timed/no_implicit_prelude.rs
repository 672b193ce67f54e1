//! Errors, polls and slow calls where no name of the prelude means what it usually does.
#![no_implicit_prelude]
#![deny(warnings)]
#![forbid(unsafe_code)]

use ::calipers::{Counter, Family, Instrumented, Timer, Variant, Variants, timed};

#[allow(dead_code)]
struct Option;
#[allow(dead_code)]
struct Err;
#[allow(dead_code)]
struct Send;
#[allow(dead_code)]
trait Future {}
#[allow(dead_code)]
mod core {}
#[allow(dead_code)]
mod calipers {}

#[::core::prelude::v1::derive(Variants)]
enum Failed {
    Once,
    Twice(u8),
}

#[::core::prelude::v1::derive(Instrumented)]
struct Handler {
    latency: Timer,
    errors: Family<Variant<Failed>, Counter>,
}

impl Handler {
    #[timed(self.latency, err = self.errors)]
    fn fail(&mut self) -> ::core::result::Result<(), Failed> {
        ::core::result::Result::Err(Failed::Twice(2))
    }
}

#[timed("/unusual/later", err, polls, slow = "1s")]
async fn later() -> ::core::result::Result<u8, Failed> {
    ::core::result::Result::Err(Failed::Once)
}

fn main() {
    let mut handler = Handler::init("/handler");
    ::core::assert!(handler.fail().is_err());
    let mut context = ::core::task::Context::from_waker(::core::task::Waker::noop());
    let future = ::core::pin::pin!(later());
    ::core::assert!(::core::future::Future::poll(future, &mut context).is_ready());
    let snapshot = ::calipers::snapshot();
    let one = ::core::option::Option::Some(1);
    ::core::assert_eq!(snapshot.counter("/handler/errors/twice"), one);
    ::core::assert_eq!(snapshot.counter("/unusual/later_errors/once"), one);
}

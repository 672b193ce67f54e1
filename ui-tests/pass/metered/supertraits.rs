//! Metered traits above and below one another, in macros, without the prelude's names, and under strict lints.
#![no_implicit_prelude]
#![deny(warnings, unreachable_pub, unused_qualifications, single_use_lifetimes)]
#![forbid(unsafe_code)]

use ::calipers::{Counter, Timer, metered};

#[allow(dead_code)]
struct Option;
#[allow(dead_code)]
mod core {}

#[metered("{module}/servers/{type}")]
trait Server {
    #[stat]
    fn requests(&self) -> &Counter;
}

#[metered("{module}/timed/{type}")]
trait TimedServer: Server {
    #[stat]
    fn latency(&self) -> &Timer;
    #[stat(unit = "By")]
    fn never_asked_for(&self) -> &Counter;

    fn serve(&self) {
        let _timing = self.latency().start();
        self.requests().inc();
    }
}

struct Users;

#[metered]
impl Server for Users {}

#[metered]
impl TimedServer for Users {}

macro_rules! servers {
    ($($(#[$attribute:meta])* $name:ident)*) => {$(
        struct $name;
        #[metered]
        impl Server for $name {}
        #[metered]
        impl TimedServer for $name {}
    )*};
}

servers!(Orders Carts);

struct Behind<'a, T: ?::core::marker::Sized>(&'a T);

#[metered]
impl<T: TimedServer + ?::core::marker::Sized> Server for Behind<'_, T> {}

fn main() {
    let all: [&dyn TimedServer; 3] = [&Users, &Orders, &Carts];
    for server in all {
        server.serve();
        Behind(server).requests().inc();
        Behind(server).0.serve();
    }
    let snapshot = ::calipers::snapshot();
    let module = ::core::module_path!();
    for name in ["Users", "Orders", "Carts"] {
        let requests = snapshot.counter(&::std::format!("/{module}/servers/{name}/requests"));
        ::core::assert_eq!(requests, ::core::option::Option::Some(2), "{name}");
    }
}

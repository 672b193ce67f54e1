//! Stats for each implementor: plain, generic, with lifetimes, behind `dyn`, with a supertrait of its own.
use calipers::prelude::*;
use calipers::{Meter, metered};

mod http {
    use super::*;

    /// An endpoint.
    #[metered("my.http.endpoints.{type}")]
    pub trait Endpoint: Send {
        /// Time to answer.
        #[stat]
        fn latency(&self) -> &Timer;
        #[stat(name = "errorRate", unit = "1")]
        fn error_rate(&self) -> &Meter;
        #[cfg(any())]
        #[stat]
        fn never(&self) -> &Missing;

        fn get(&self) -> u8 {
            let _timing = self.latency().start();
            self.get_impl()
        }
        fn get_impl(&self) -> u8;
    }
}

use http::Endpoint;

struct Users;

#[metered]
impl http::Endpoint for Users {
    fn get_impl(&self) -> u8 {
        1
    }
}

struct Named<'a>(&'a str);

#[metered]
impl<'a> Endpoint for Named<'a> {
    fn get_impl(&self) -> u8 {
        let _ = self.error_rate();
        self.0.len() as u8
    }
}

struct Cached<T>(T);

#[metered]
impl<T: Endpoint> Endpoint for Cached<T>
where
    T: Sync,
{
    fn get_impl(&self) -> u8 {
        self.0.get() + 1
    }
}

#[metered]
impl Endpoint for Box<dyn Endpoint> {
    fn get_impl(&self) -> u8 {
        (**self).get_impl()
    }
}

#[metered("{module}/jobs/{type}")]
trait Job {
    #[stat]
    fn runs(&self) -> &Counter;
}

#[metered]
impl Job for Users {}

fn main() {
    let all: Vec<Box<dyn Endpoint>> = vec![Box::new(Users), Box::new(Named("ab")), Box::new(Cached(Users))];
    let sum: u8 = all.iter().map(|endpoint| (**endpoint).get()).sum();
    assert_eq!(sum, 5);
    assert_eq!(all[0].get(), 1);
    Users.runs().inc();
    let (a, b) = (Cached(Users), Cached(Cached(Users)));
    assert!(!std::ptr::eq(a.latency(), b.latency()));
    assert!(std::ptr::eq(Cached(Users).latency(), a.latency()));
}

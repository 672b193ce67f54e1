//! `#[async_trait]` boxes the body; below it or above it, what is timed is what the box does.
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use calipers::prelude::*;
use calipers::timed;

#[async_trait]
trait Fetch {
    async fn fetch(&mut self, key: &str) -> Result<u8, String>;

    #[timed("/default/{type}")]
    async fn twice(&mut self, key: &str) -> Result<u8, String> {
        Ok(self.fetch(key).await? * 2)
    }
}

#[derive(Instrumented)]
struct Field {
    latency: Timer,
}

#[async_trait]
impl Fetch for Field {
    #[timed(self.latency)]
    async fn fetch(&mut self, key: &str) -> Result<u8, String> {
        let number: u8 = key.parse().map_err(|_| "none")?;
        if number == 0 {
            return Err("zero".into());
        }
        std::future::ready(()).await;
        Ok(number)
    }
}

struct Above;

#[timed("/above/{type}/{fn}")]
#[async_trait]
impl Fetch for Above {
    async fn fetch(&mut self, key: &str) -> Result<u8, String> {
        Ok(key.parse().map_err(|_| "none")?)
    }
}

struct Below;

#[async_trait]
#[timed("/below/{type}/{fn}")]
impl Fetch for Below {
    async fn fetch(&mut self, key: &str) -> Result<u8, String> {
        Ok(key.parse().map_err(|_| "none")?)
    }
}

fn run<F: Future + Send>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

fn main() {
    let mut field = Field::init("/field");
    assert_eq!(run(field.twice("2")), Ok(4));
    assert!(run(field.fetch("0")).is_err());
    assert_eq!(run(Above.twice("2")), Ok(4));
    assert!(run(Below.fetch("x")).is_err());

    let snapshot = calipers::snapshot();
    let ended = |path: &str| snapshot.timer(path).map(|timer| (timer.outcomes().ok, timer.outcomes().err));
    assert_eq!(ended("/field/latency"), Some((1, 1)));
    assert_eq!(ended("/above/Above/fetch"), Some((1, 0)));
    assert_eq!(ended("/below/Below/fetch"), Some((0, 1)));
    assert_eq!(ended("/default/Field"), Some((1, 0)));
    assert_eq!(snapshot.timer("/field/latency").map(|timer| timer.in_flight()), Some(0));
}

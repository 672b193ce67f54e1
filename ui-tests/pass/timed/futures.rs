//! Futures stay `Send`, are timed from their first poll, and may be boxed by hand.
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use calipers::prelude::*;
use calipers::timed;

#[derive(Instrumented)]
struct Store {
    latency: Timer,
    #[stat(skip)]
    items: Vec<u8>,
}

impl Store {
    #[timed(self.latency)]
    async fn fetch(&mut self, at: usize) -> Result<&mut u8, String> {
        pause().await;
        let item = self.items.get_mut(at).ok_or("none")?;
        Ok(item)
    }

    #[timed(self.latency)]
    fn boxed<'a>(&'a self, text: &'a str) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send + 'a>> {
        Box::pin(async move {
            pause().await;
            let number: u8 = text.parse().map_err(|_| "no number")?;
            Ok(number + self.items[0])
        })
    }

    #[timed]
    fn sent(&self) -> impl Future<Output = usize> + Send + use<> {
        let length = self.items.len();
        async move {
            pause().await;
            length
        }
    }
}

#[timed]
async fn plain() {
    pause().await;
}

#[timed("/{fn}")]
async fn generic<T: Send>(value: T) -> T {
    pause().await;
    value
}

#[timed]
async fn implicit() -> impl Iterator<Item = u8> {
    pause().await;
    [1, 2].into_iter()
}

#[timed]
async fn forever() -> ! {
    loop {
        pause().await;
    }
}

/// Pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
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
    let mut store = Store::init("/store", StoreParts { items: vec![1, 2] });
    assert_eq!(run(store.fetch(1)).map(|item| *item), Ok(2));
    assert!(run(store.fetch(9)).is_err());
    assert_eq!(run(store.boxed("4")), Ok(5));
    assert!(run(store.boxed("x")).is_err());
    assert_eq!(run(store.sent()), 2);
    run(plain());
    assert_eq!(run(generic("a")), "a");
    assert_eq!(run(implicit()).count(), 2);
    let mut forever = Box::pin(forever());
    assert!(forever.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(plain());
}

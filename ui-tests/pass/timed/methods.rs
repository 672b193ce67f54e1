//! Methods with every receiver, into fields, statics and other expressions.
use std::pin::Pin;
use std::sync::Arc;

use calipers::prelude::*;
use calipers::{collection, timed};

collection! { static WEB: Web = "/web" { latency: Timer } }

#[derive(Instrumented)]
struct Store {
    latency: Timer,
    #[stat(label = "op")]
    by_op: Family<String, Timer>,
    #[stat(skip)]
    items: Vec<u8>,
}

impl Store {
    fn timer(&self) -> &Timer {
        &self.latency
    }

    #[timed(self.latency)]
    fn shared(&self) -> &[u8] {
        &self.items
    }

    #[timed(self.latency)]
    fn exclusive(&mut self, item: u8) -> &mut u8 {
        self.items.push(item);
        self.items.last_mut().unwrap()
    }

    #[timed(self.timer())]
    fn owned(self) -> Vec<u8> {
        self.items
    }

    #[timed]
    fn counted(self: &Arc<Self>) -> usize {
        self.items.len()
    }

    #[timed("/store/pinned")]
    fn pinned(self: Pin<&Self>) -> usize {
        self.items.len()
    }

    #[timed(WEB.latency)]
    fn made() -> Self {
        Self::init("/store", StoreParts { items: vec![1] })
    }

    #[timed("/stores/{type}/{fn}")]
    fn of_type(&self) -> Result<u8, Vec<u8>> {
        self.items.first().copied().ok_or_else(Vec::new)
    }

    #[timed(self.by_op.get("named"))]
    fn by_key(&self) {}
}

trait Fetch {
    fn fetch(&self) -> u8;

    #[timed]
    fn twice(&self) -> u8 {
        self.fetch() + self.fetch()
    }
}

impl Fetch for Store {
    #[timed(self.latency)]
    fn fetch(&self) -> u8 {
        self.items[0]
    }
}

impl Fetch for u8 {
    #[timed]
    fn fetch(&self) -> u8 {
        *self
    }
}

struct Generic<T>(T);

impl<T: Clone> Generic<T> {
    #[timed]
    fn get(&self) -> T {
        self.0.clone()
    }
}

fn main() {
    let mut store = Store::made();
    *store.exclusive(3) += 1;
    assert_eq!(store.shared(), [1, 4]);
    assert_eq!(store.of_type(), Ok(1));
    assert_eq!((store.fetch(), store.twice(), 4_u8.twice()), (1, 2, 8));
    let dynamic: &dyn Fetch = &store;
    assert_eq!(dynamic.twice(), 2);
    store.by_key();
    let store = Arc::new(store);
    assert_eq!(store.counted(), 2);
    assert_eq!(Pin::new(&*store).pinned(), 2);
    let store = Arc::into_inner(store).unwrap();
    assert_eq!(store.owned(), [1, 4]);
    assert_eq!((Generic("a").get(), Generic(1).get()), ("a", 1));
}

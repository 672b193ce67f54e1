//! A whole `impl`: every method, or those that are marked; of a trait too.
use calipers::prelude::*;
use calipers::timed;

struct Store<T>(Vec<T>);

#[timed("/db/{type}/{fn}")]
impl<T: Clone> Store<T> {
    const LIMIT: usize = 2;

    const fn new() -> Self {
        Store(Vec::new())
    }

    fn put(&mut self, item: T) -> Result<(), T> {
        if self.0.len() == Self::LIMIT {
            return Err(item);
        }
        self.0.push(item);
        Ok(())
    }

    async fn first(&self) -> Option<T> {
        self.0.first().cloned()
    }

    fn of(items: Vec<T>) -> Self {
        Store(items)
    }
}

#[derive(Instrumented)]
struct Service {
    latency: Timer,
}

#[timed]
impl Service {
    #[timed]
    fn marked(&self) -> u8 {
        1
    }

    #[calipers::timed(self.latency)]
    fn into_a_field(&self) -> u8 {
        2
    }

    fn unmarked(&self) -> u8 {
        3
    }
}

#[timed]
impl Iterator for Store<u8> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0.pop()
    }
}

fn main() {
    let mut store = Store::new();
    assert!(store.put(1_u8).is_ok() && store.put(2).is_ok() && store.put(3) == Err(3));
    drop(store.first());
    assert_eq!(store.next(), Some(2));
    assert_eq!(Store::of(vec![1]).0, [1]);
    let service = Service::init("/service");
    assert_eq!(service.marked() + service.into_a_field() + service.unmarked(), 6);
}

//! Limits: quantiles, multiples of them, durations; on functions, futures, methods and whole `impl`s.
use calipers::timed;

#[timed("/query", slow = "p99")]
fn query() -> Result<u8, ()> {
    Ok(1)
}

#[timed(slow = "250ms")]
async fn later() {}

struct Store;

#[timed(slow = "1.5*p99.9")]
impl Store {
    fn get(&self) -> u8 {
        2
    }
}

impl Store {
    #[timed("/{type}/{fn}", slow = "2 s")]
    fn put(&self) -> u8 {
        3
    }
}

fn main() {
    drop(later());
    assert_eq!(query().unwrap_or(0) + Store.get() + Store.put(), 6);
}

//! A trait may be called `T`, and a type's instantiations are told apart.

use calipers::metered;
use calipers::prelude::*;

#[metered("letters.{type}")]
trait T {
    #[stat]
    fn seen(&self) -> &Counter;
}

struct Page<X>(X);

#[metered]
impl T for Page<u8> {}

#[metered]
impl T for Page<&'static str> {}

fn main() {
    Page(1_u8).seen().inc();
    Page("a").seen().add(2);
    assert_eq!((Page(1_u8).0, Page("a").0), (1, "a"));
    let snapshot = calipers::snapshot();
    assert_eq!(snapshot.counter("/letters/Page<u8>/seen"), Some(1));
    assert_eq!(snapshot.counter("/letters/Page<&str>/seen"), Some(2));
}

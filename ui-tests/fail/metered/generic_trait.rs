#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http.{type}")]
trait Endpoint<T> {
    #[stat]
    fn latency(&self) -> &Timer;
}

fn main() {}

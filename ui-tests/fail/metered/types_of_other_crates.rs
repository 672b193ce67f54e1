use calipers::metered;
use calipers::prelude::*;

#[metered("a.{type}")]
trait Endpoint {
    #[stat]
    fn latency(&self) -> &Timer;
}

#[metered]
impl Endpoint for u8 {}

#[metered]
impl Endpoint for (u16, u16) {}

fn main() {}

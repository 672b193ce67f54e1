use calipers::metered;
use calipers::prelude::*;

#[metered("a.{type}", crat = "calipers")]
trait Endpoint {
    #[stat(nmae = "took")]
    fn latency(&self) -> &Timer;
}

#[metered("b.{type}", crate = calipers)]
trait Other {
    #[stat(name)]
    fn latency(&self) -> &Timer;
}

fn main() {}

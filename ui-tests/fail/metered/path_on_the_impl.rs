#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http.{type}")]
trait Endpoint {
    #[stat]
    fn latency(&self) -> &Timer;
}

struct Users;

#[metered("users")]
impl Endpoint for Users {}

fn main() {}

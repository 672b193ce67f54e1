#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http.latency")]
trait Endpoint {
    #[stat]
    fn latency(&self) -> &Timer;
}

#[metered("/http")]
trait Other {
    #[stat]
    fn latency(&self) -> &Timer;
}

struct Users;

#[metered]
impl Endpoint for Users {}

fn main() {}

#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http.{type}")]
trait Endpoint {
    #[stat]
    fn latency(&self) -> Timer;
    #[stat]
    fn errors(&mut self) -> &Counter;
    #[stat]
    fn requests() -> &'static Counter;
    #[stat]
    fn by_path(&self, path: &str) -> &Counter;
    #[stat]
    fn body(&self) -> &Counter {
        loop {}
    }
}

struct Users;

#[metered]
impl Endpoint for Users {}

fn main() {}

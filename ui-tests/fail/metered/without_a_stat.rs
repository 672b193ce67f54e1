#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http.{type}")]
trait Endpoint {
    fn get(&self);
}

fn main() {}

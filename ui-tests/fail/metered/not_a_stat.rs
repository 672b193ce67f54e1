#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered("http.{type}")]
trait Endpoint {
    #[stat]
    fn names(&self) -> &Vec<String>;
}

fn main() {}

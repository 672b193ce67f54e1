#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

trait Endpoint {
    fn get(&self);
}

struct Users;

#[metered]
impl Endpoint for Users {
    fn get(&self) {}
}

fn main() {}

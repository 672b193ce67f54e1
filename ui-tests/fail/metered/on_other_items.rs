#[allow(unused_imports)]
use calipers::prelude::*;
use calipers::metered;

#[metered]
struct Users;

#[metered("a.{type}")]
fn get() {}

#[metered]
impl Users {}

fn main() {}

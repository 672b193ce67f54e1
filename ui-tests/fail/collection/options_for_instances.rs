use calipers::prelude::*;

calipers::collection! {
    #[instrumented(parent = Other, label = "x", init = at)]
    pub static WEB: Web = "/web" { errors: Counter }
}

fn main() {}

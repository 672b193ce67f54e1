use calipers::prelude::*;

calipers::collection! {
    pub const WEB: Web = "/web" { errors: Counter }
}

fn main() {}

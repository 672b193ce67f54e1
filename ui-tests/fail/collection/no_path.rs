use calipers::prelude::*;

calipers::collection! {
    pub static WEB: Web { errors: Counter }
}

fn main() {}

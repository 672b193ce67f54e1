use calipers::prelude::*;

calipers::collection! {
    pub static WEB: Web = "/web" { errors: Counter, names: Vec<String> }
}

fn main() {}

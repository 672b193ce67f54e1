use calipers::prelude::*;

calipers::collection! {
    pub static WEB: Web = "/web" {
        errors: Counter,
        #[stat(skip)]
        size: u8,
    }
}

fn main() {}

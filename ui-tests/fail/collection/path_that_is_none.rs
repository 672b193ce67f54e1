use calipers::prelude::*;

calipers::collection! {
    pub static WEB: Web = "/web/" { errors: Counter }
}

fn count() {
    WEB.errors.inc();
}

fn main() {}

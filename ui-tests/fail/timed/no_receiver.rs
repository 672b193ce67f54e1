use calipers::prelude::*;

struct Store {
    load: Timer,
}

impl Store {
    #[calipers::timed(self.load)]
    fn fetch() -> u8 {
        1
    }
}

#[calipers::timed(&self.load)]
fn free() {}

fn main() {}

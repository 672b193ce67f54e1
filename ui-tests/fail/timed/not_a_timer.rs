use calipers::prelude::*;

#[derive(Instrumented)]
struct Store {
    loads: Counter,
}

impl Store {
    #[calipers::timed(self.loads)]
    fn fetch(&self) -> u8 {
        1
    }

    #[calipers::timed(self.missing)]
    fn other(&self) {}

    #[calipers::timed(self.loads)]
    async fn later(&self) {}
}

fn main() {}

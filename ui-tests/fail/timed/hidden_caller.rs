use std::panic::Location;

use calipers::timed;

#[timed]
#[track_caller]
fn line() -> u32 {
    Location::caller().line()
}

struct Store;

#[timed("/{type}/{fn}")]
impl Store {
    #[track_caller]
    fn get(&self) -> u32 {
        Location::caller().line()
    }
}

fn main() {}

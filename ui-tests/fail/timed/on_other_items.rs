#[calipers::timed]
struct Store;

#[calipers::timed]
enum Phase {}

#[calipers::timed]
trait Fetch {}

#[calipers::timed]
mod inner {}

#[calipers::timed]
unsafe extern "C" {
    fn foreign();
}

#[calipers::timed]
const ONE: u8 = 1;

fn main() {}

#[calipers::timed]
const fn parse() -> u8 {
    1
}

fn main() {}

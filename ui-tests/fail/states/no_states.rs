#[derive(calipers::States)]
enum Phase {}

fn main() {}

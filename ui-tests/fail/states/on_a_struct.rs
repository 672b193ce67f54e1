#[derive(calipers::States)]
struct Phase;

fn main() {}

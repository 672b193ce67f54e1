calipers::collection! {}

fn main() {}

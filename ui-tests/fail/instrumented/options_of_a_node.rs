use calipers::prelude::*;

use calipers::Node;

#[derive(Instrumented)]
struct Handler {
    #[stat(name = "place")]
    node: Node,
}

fn main() {}

use calipers::prelude::*;

struct Node;

#[derive(Instrumented)]
struct Handler {
    requests: Counter,
    node: Node,
}

fn main() {}

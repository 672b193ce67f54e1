use calipers::Info;
use calipers::prelude::*;

#[derive(Instrumented)]
struct Server {
    build: Info,
}

fn main() {}

use calipers::prelude::*;

#[derive(Instrumented)]
struct Handler(Counter, Timer);

fn main() {}
